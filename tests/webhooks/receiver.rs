//! A game server that takes webhooks, answers as it is told to, and remembers what came.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{
        HeaderMap, StatusCode,
        header::{LOCATION, RETRY_AFTER},
    },
    response::{IntoResponse, Response},
    routing::any,
};
use serde_json::Value;
use tokio::{net::TcpListener, sync::watch, time::timeout};
use url::Url;

/// A test that waits longer for something has failed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// What it answers with, whatever the status.
pub(crate) const WORDS: &str = "the receiver's own words";

/// A running one. Ends with its test.
pub(crate) struct Receiver {
    pub(crate) url: Url,
    inner: Arc<Inner>,
}

struct Inner {
    received: watch::Sender<Vec<Received>>,
    answers: Mutex<VecDeque<(StatusCode, Option<String>)>>,
    at_once: AtomicUsize,
    most_at_once: AtomicUsize,
    is_open: watch::Sender<bool>,
}

/// One request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Receiver {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hooks", listener.local_addr().unwrap()).parse().unwrap();
        let inner = Arc::new(Inner {
            received: watch::Sender::new(vec![]),
            answers: Mutex::default(),
            at_once: AtomicUsize::new(0),
            most_at_once: AtomicUsize::new(0),
            is_open: watch::Sender::new(true),
        });
        let router = Router::new().fallback(any(take)).with_state(Arc::clone(&inner));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, inner }
    }

    /// Has the next requests answered so; after them all are taken.
    pub(crate) fn answer(&self, statuses: &[StatusCode]) {
        self.inner.answers.lock().unwrap().extend(statuses.iter().map(|it| (*it, None)));
    }

    /// Has the next request refused and its sender asked for patience.
    pub(crate) fn put_off(&self, status: StatusCode, retry_after: &str) {
        let answer = (status, Some(retry_after.to_owned()));
        self.inner.answers.lock().unwrap().push_back(answer);
    }

    /// How many requests were under way at the same time, at the most.
    pub(crate) fn most_at_once(&self) -> usize {
        self.inner.most_at_once.load(Ordering::SeqCst)
    }

    /// Lets requests in, and answers none until [`Receiver::go_on`].
    pub(crate) fn hang(&self) {
        self.inner.is_open.send_replace(false);
    }

    pub(crate) fn go_on(&self) {
        self.inner.is_open.send_replace(true);
    }

    /// All that came so far, in the order in which it came.
    pub(crate) fn received(&self) -> Vec<Received> {
        self.inner.received.borrow().clone()
    }

    pub(crate) fn types(&self) -> Vec<String> {
        self.received().iter().map(Received::webhook_type).collect()
    }

    /// Waits until so many requests have come.
    pub(crate) async fn wait_for(&self, count: usize) -> Vec<Received> {
        let mut received = self.inner.received.subscribe();
        let came = timeout(PATIENCE, received.wait_for(|it| count <= it.len())).await;
        came.expect("the webhooks should have come by now").unwrap().clone()
    }
}

impl Received {
    pub(crate) fn header(&self, name: &str) -> String {
        self.headers[name].to_str().unwrap().to_owned()
    }

    pub(crate) fn id(&self) -> String {
        self.header("webhook-id")
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn webhook_type(&self) -> String {
        self.json()["type"].as_str().unwrap().to_owned()
    }
}

async fn take(State(inner): State<Arc<Inner>>, headers: HeaderMap, body: Bytes) -> Response {
    let at_once = inner.at_once.fetch_add(1, Ordering::SeqCst) + 1;
    inner.most_at_once.fetch_max(at_once, Ordering::SeqCst);
    inner.received.send_modify(|it| it.push(Received { headers, body }));
    let answer = inner.answers.lock().unwrap().pop_front();
    let (status, retry_after) = answer.unwrap_or((StatusCode::OK, None));
    inner.is_open.subscribe().wait_for(|is_open| *is_open).await.unwrap();
    inner.at_once.fetch_sub(1, Ordering::SeqCst);
    let mut response = (status, [(LOCATION, "/elsewhere")], WORDS).into_response();
    if let Some(retry_after) = retry_after {
        response.headers_mut().insert(RETRY_AFTER, retry_after.parse().unwrap());
    }
    response
}

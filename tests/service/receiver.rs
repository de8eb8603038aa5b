//! A game server's receiver of webhooks, which keeps all that arrives, as it arrives.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU32, Ordering},
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use serde_json::Value;

use super::harness::wait_until;

/// One delivery, with what it was answered.
#[derive(Clone, Debug)]
pub(crate) struct Delivery {
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) answer: StatusCode,
}

impl Delivery {
    pub(crate) fn message(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }

    /// Whether it tells of this session in this status.
    pub(crate) fn tells(&self, session_id: &str, status: &str) -> bool {
        let message = self.message();
        message["session_id"] == session_id && message["status"] == status
    }
}

/// Listens until its test's runtime ends.
#[derive(Clone)]
pub(crate) struct Receiver {
    pub(crate) url: String,
    state: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    deliveries: Mutex<Vec<Delivery>>,
    refusals_left: AtomicU32,
}

impl Receiver {
    pub(crate) async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/webhooks", listener.local_addr().unwrap());
        let state = Arc::<Shared>::default();
        let routes = Router::new().route("/webhooks", post(receive)).with_state(Arc::clone(&state));
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Self { url, state }
    }

    /// Answers the next `times` deliveries with 500.
    pub(crate) fn refuse_next(&self, times: u32) {
        self.state.refusals_left.store(times, Ordering::SeqCst);
    }

    pub(crate) fn deliveries(&self) -> Vec<Delivery> {
        self.state.deliveries.lock().unwrap().clone()
    }

    /// All deliveries so far that tell of a session in a status.
    pub(crate) fn telling(&self, session_id: &str, status: &str) -> Vec<Delivery> {
        let mut deliveries = self.deliveries();
        deliveries.retain(|it| it.tells(session_id, status));
        deliveries
    }

    /// Waits for the first delivery that tells of a session in a status.
    pub(crate) async fn wait_for(&self, session_id: &str, status: &str) -> Delivery {
        let what = format!("the webhook that {session_id} is {status}");
        wait_until(&what, async || self.telling(session_id, status).first().cloned()).await
    }
}

async fn receive(State(state): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let one_less = |left: u32| left.checked_sub(1);
    let is_refused =
        state.refusals_left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less).is_ok();
    let answer = if is_refused { StatusCode::INTERNAL_SERVER_ERROR } else { StatusCode::OK };
    state.deliveries.lock().unwrap().push(Delivery { headers, body, answer });
    answer
}

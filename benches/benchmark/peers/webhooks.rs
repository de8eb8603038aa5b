//! Both ends of webhooks: a worker that follows the log and delivers, and a receiver that notes when
//! each message came.

use std::{
    fmt::Write as _,
    future::pending,
    sync::{Arc, Mutex},
    time::{SystemTime, UNIX_EPOCH},
};

use axum::{
    Router,
    extract::State,
    http::HeaderMap,
    routing::{get, post},
};
use sqlx::postgres::PgPoolOptions;
use toffeepay::{
    clock::SystemClock,
    event_store::{
        EventStore,
        subscription::{Follower, Wake, announce, listen},
    },
    ids::SHARD,
    vault::Key,
    webhooks::{Deliveries, DeliveryWorker, PublicUrls, SecretKeys, TargetPolicy},
};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Takes every message.
pub(crate) const TAKES_PATH: &str = "/takes";
/// Never answers.
pub(crate) const HANGS_PATH: &str = "/hangs";
/// Answers with a line for each message since it was last asked: its id, and when it came, in
/// microseconds since 1970.
pub(crate) const RECEIVED_PATH: &str = "/received";

type Received = Arc<Mutex<Vec<(String, u64)>>>;

pub(super) fn receiver() -> Router {
    Router::new()
        .route(TAKES_PATH, post(take))
        .route(HANGS_PATH, post(async || pending::<()>().await))
        .route(RECEIVED_PATH, get(tell))
        .with_state(Received::default())
}

async fn take(State(received): State<Received>, headers: HeaderMap) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let id = headers["webhook-id"].to_str().unwrap().to_owned();
    received.lock().unwrap().push((id, u64::try_from(now.as_micros()).unwrap()));
}

async fn tell(State(received): State<Received>) -> String {
    let received = std::mem::take(&mut *received.lock().unwrap());
    received.into_iter().fold(String::new(), |mut text, (id, at)| {
        writeln!(text, "{id} {at}").unwrap();
        text
    })
}

/// As `toffeepay serve --role worker`, but that it may send to this machine.
pub(super) async fn work(database_url: &str, master_key: &str) {
    // Whoever starts a peer waits until it says where it listens.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let master = Key::from_base64(master_key).unwrap();
    let pool = PgPoolOptions::new().max_connections(20).test_before_acquire(false);
    let pool = pool.connect(database_url).await.unwrap();
    let options = database_url.parse().unwrap();
    let wake = Wake::default();
    let store = EventStore::open(pool.clone(), options, &master, Arc::new(|| ()));
    let urls = PublicUrls { pay_base_url: "http://127.0.0.1:1".parse().unwrap() };
    let deliveries = Deliveries::new(store.clone(), &master, urls);
    let follower = Follower::new(pool.clone(), deliveries, SHARD, &wake);
    let clock = Arc::new(SystemClock);
    let worker = DeliveryWorker::new(
        &pool,
        store,
        &master,
        SecretKeys::of(&master),
        TargetPolicy::Anywhere,
        clock,
    )
    .unwrap();
    eprintln!("listening on {}", listener.local_addr().unwrap());
    let forever = CancellationToken::new();
    tokio::join!(
        listen(pool.clone(), wake.clone(), forever.clone()),
        announce(pool, wake, forever.clone()),
        follower.run(forever.clone()),
        worker.run(forever),
    );
}

//! Workers that are killed at any moment, a database that is, and receivers that misbehave.
//!
//! The oracle is the log: what each event tells each endpoint is written down here once more.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
    time::Duration,
};

use futures::future::join_all;
use rand::RngExt;
use sqlx::PgPool;
use toffeepay::{
    clock::SystemClock,
    domain::game::{
        PayloadShape::{Envelope, Flat},
        WebhookType,
    },
    event_store::{
        EventStore,
        migrations::migrate,
        subscription::{Follower, Wake},
    },
    vault::Key,
    webhooks::{Deliveries, DeliveryWorker, PublicUrls, SecretKeys, TargetPolicy},
};
use tokio::{
    task::block_in_place,
    time::{Instant, sleep},
};
use tokio_util::sync::CancellationToken;

use super::{
    hostile::{Manner, Receiver, Request},
    support::{
        child::{self, Other},
        cluster::{Scratch, durable},
        database::TestDatabase,
        oracles::{Judged, get_ready, verify_webhooks},
    },
    world::World,
};

const BODY: &str = "crashing::work_until_killed";
const WORKERS: usize = 3;
/// Sessions that are paid between one crash and the next.
const SESSIONS: usize = 8;
/// The most that an endpoint without a limit of its own has under way.
const AT_ONCE: usize = 16;
/// After how many rounds signatures are judged: libraries take none that is older than five minutes.
const JUDGED_EVERY: usize = 40;
/// How long it may take until all is delivered: the slowest receivers cost ten seconds a request.
const PATIENCE: Duration = Duration::from_secs(240);

/// An endpoint, its secret and who is there.
struct Told {
    endpoint_id: String,
    secret: String,
    is_flat: bool,
    receiver: Receiver,
}

#[tokio::test(flavor = "multi_thread")]
async fn every_event_reaches_every_endpoint_in_order_whatever_is_killed() {
    survive(5).await;
}

/// The same for longer: `ROUNDS=200 cargo test --test webhooks soak -- --ignored`.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes as long as one likes"]
async fn soak() {
    let rounds = std::env::var("ROUNDS").ok().and_then(|it| it.parse().ok());
    survive(rounds.unwrap_or(100)).await;
}

async fn survive(rounds: usize) {
    tokio::task::spawn_blocking(get_ready).await.unwrap();
    let folder = Scratch::new("webhooks-crash");
    let mut postgres = durable(folder.path());
    let url = postgres.url().to_owned();
    migrate(&url.parse().unwrap(), |_| ()).await.unwrap();
    let master = Key::generate();
    let key = master.to_base64();
    let world = World::on(TestDatabase::at(url.clone()), master).await;
    let told = endpoints(&world).await;
    let mut workers: Vec<Other> =
        (0..WORKERS).map(|_| Other::start_with_key(BODY, &url, &key)).collect();

    let (mut in_flight, mut judged) = (BTreeSet::new(), vec![0; told.len()]);
    for round in 0..rounds {
        join_all((0..SESSIONS).map(|_| world.paid_session())).await;
        sleep(Duration::from_millis(rand::rng().random_range(1..1_500))).await;
        let victim = rand::rng().random_range(0..WORKERS);
        workers[victim].kill();
        in_flight.extend(taken_and_still_due(&world.owner, &told).await);
        workers[victim] = Other::start_with_key(BODY, &url, &key);
        if round == rounds / 2 {
            postgres.kill();
            postgres = durable(folder.path());
            assert_eq!(postgres.url(), url);
            world.until_it_answers().await;
            in_flight.extend(taken_and_still_due(&world.owner, &told).await);
        }
        if round % JUDGED_EVERY == JUDGED_EVERY - 1 {
            block_in_place(|| assert_signed(&told, &mut judged));
        }
    }
    until_nothing_is_due(&world.owner).await;
    drop(workers);

    assert_all_arrived(&world.owner, &told, rounds * SESSIONS).await;
    told.iter().for_each(assert_in_order);
    assert_no_more_came_twice(&told, &in_flight);
    block_in_place(|| assert_signed(&told, &mut judged));
}

/// One endpoint for each manner, flat and envelope in turns.
async fn endpoints(world: &World) -> Vec<Told> {
    let mut told = vec![];
    for (number, manner) in Manner::ALL.into_iter().enumerate() {
        let is_flat = number % 2 == 0;
        let receiver = Receiver::start(manner).await;
        let of_sessions = [WebhookType::SessionCreated, WebhookType::SessionPaid];
        let (endpoint_id, secret) = if is_flat {
            world.endpoint(&receiver.url, Flat, &of_sessions).await
        } else {
            world.endpoint(&receiver.url, Envelope, WebhookType::ALL).await
        };
        told.push(Told { endpoint_id: endpoint_id.to_string(), secret, is_flat, receiver });
    }
    told
}

/// What a receiver has taken although it is still to be sent: what was under way.
async fn taken_and_still_due(pool: &PgPool, told: &[Told]) -> BTreeSet<(String, String)> {
    let due = async || -> Result<Vec<(String, String)>, sqlx::Error> {
        sqlx::query_as("SELECT endpoint_id, message_id FROM webhook_due").fetch_all(pool).await
    };
    let due = loop {
        match due().await {
            Ok(due) => break BTreeSet::from_iter(due),
            // Just after its restart the database takes no connections.
            Err(_) => sleep(Duration::from_millis(50)).await,
        }
    };
    let taken: BTreeSet<(String, String)> = told
        .iter()
        .flat_map(|it| taken(it).into_keys().map(|id| (it.endpoint_id.clone(), id)))
        .collect();
    due.intersection(&taken).cloned().collect()
}

/// How often an endpoint took each message.
fn taken(told: &Told) -> HashMap<String, usize> {
    let mut taken = HashMap::new();
    for it in told.receiver.requests().iter().filter(|it| it.is_taken) {
        *taken.entry(it.header("webhook-id").to_owned()).or_default() += 1;
    }
    taken
}

async fn until_nothing_is_due(pool: &PgPool) {
    let began = Instant::now();
    loop {
        let behind: Result<(i64, i64), sqlx::Error> = sqlx::query_as(
            "SELECT (SELECT count(*) FROM webhook_due),
                    (SELECT head.position - subscription.position
                     FROM event_head head, subscription WHERE name = 'webhooks')",
        )
        .fetch_one(pool)
        .await;
        if behind.as_ref().is_ok_and(|it| *it == (0, 0)) {
            return;
        }
        assert!(began.elapsed() < PATIENCE, "still due, still to be followed: {behind:?}");
        sleep(Duration::from_millis(100)).await;
    }
}

/// Each (endpoint, event) of the log at least once, and nothing that is not in the log.
async fn assert_all_arrived(pool: &PgPool, told: &[Told], sessions: usize) {
    let events: Vec<(String, String)> = sqlx::query_as(
        "SELECT substr(stream, 9), type FROM event WHERE stream LIKE 'session-%' ORDER BY position",
    )
    .fetch_all(pool)
    .await
    .unwrap();
    assert!(sessions * 3 <= events.len());
    for it in told {
        let mut expected = BTreeMap::new();
        for (session_id, event) in &events {
            for word in words_of(event, it.is_flat) {
                *expected.entry((session_id.clone(), (*word).to_owned())).or_insert(0) += 1;
            }
        }
        let mut arrived = BTreeMap::new();
        for (message, session_id) in first_of_each(it) {
            *arrived
                .entry((session_id, message["type"].as_str().unwrap().to_owned()))
                .or_insert(0) += 1;
        }
        assert_eq!(arrived, expected, "{:?}", it.receiver.manner);
    }
}

/// What an event of a session is told as.
fn words_of(event: &str, is_flat: bool) -> &'static [&'static str] {
    match (event, is_flat) {
        ("Created", _) => &["session.created"],
        ("PaymentStarted", false) => &["payment.created"],
        ("Paid", false) => &["payment.succeeded", "session.paid"],
        ("PaymentStarted", true) => &[],
        ("Paid", true) => &["session.paid"],
        (other, _) => panic!("nothing here makes {other}"),
    }
}

/// Each message that was taken, as it first came, with its session.
fn first_of_each(told: &Told) -> Vec<(serde_json::Value, String)> {
    let taken = taken(told);
    let mut seen = BTreeSet::new();
    let is_first = |it: &Request| {
        let id = it.header("webhook-id").to_owned();
        taken.contains_key(&id) && seen.insert(id)
    };
    let mut is_first = is_first;
    let requests = told.receiver.requests();
    let first = requests.iter().filter(|it| is_first(it));
    first
        .map(|it| {
            let message: serde_json::Value = serde_json::from_slice(&it.body).unwrap();
            assert_eq!(message["id"], it.header("webhook-id"));
            let session_id =
                if told.is_flat { &message["session_id"] } else { &message["data"]["session_id"] };
            let session_id =
                session_id.as_str().or(message["data"]["id"].as_str()).unwrap().to_owned();
            (message, session_id)
        })
        .collect()
}

/// Of each session, by the place of the event and then of the message.
fn assert_in_order(told: &Told) {
    let mut last: HashMap<String, (i64, bool)> = HashMap::new();
    for (message, session_id) in first_of_each(told) {
        let is_session = message["type"].as_str().unwrap().starts_with("session.");
        let place = (message["sequence"].as_i64().unwrap(), is_session);
        if let Some(before) = last.insert(session_id.clone(), place) {
            let manner = told.receiver.manner;
            assert!(before < place, "{manner:?}: {session_id} at {place:?} after {before:?}");
        }
    }
}

/// Twice came only what was under way at a kill, or on one lane of a worker that the machine did
/// not let run for a second.
fn assert_no_more_came_twice(told: &[Told], in_flight: &BTreeSet<(String, String)>) {
    let came_twice = told.iter().flat_map(|it| {
        let more = taken(it).into_iter().filter(|(_, times)| 1 < *times);
        more.map(|(id, _)| (it.endpoint_id.clone(), id))
    });
    let came_twice: Vec<_> = came_twice.collect();
    let requests: usize = told.iter().map(|it| it.receiver.requests().len()).sum();
    let (twice, kills) = (came_twice.len(), in_flight.len());
    println!("{requests} requests; {twice} messages taken twice, {kills} under way at kills");
    let unexplained: Vec<_> = came_twice.iter().filter(|it| !in_flight.contains(it)).collect();
    assert!(unexplained.len() <= AT_ONCE, "{unexplained:?}");
}

/// All that came since so many were judged of each, taken or not, by libraries that are not ours.
fn assert_signed(told: &[Told], judged_to: &mut [usize]) {
    let mut requests: Vec<(&Told, Vec<Request>)> = vec![];
    for (it, judged_to) in told.iter().zip(judged_to) {
        let since = it.receiver.requests().split_off(*judged_to);
        *judged_to += since.len();
        requests.push((it, since));
    }
    let judged = requests.iter().flat_map(|(told, requests)| {
        let judged = |it: &'_ Request| (it.headers.clone(), it.body.clone());
        requests.iter().map(move |it| (told.secret.as_str(), judged(it)))
    });
    let judged: Vec<_> = judged.collect();
    let judged: Vec<Judged<'_>> =
        judged.iter().map(|(secret, (headers, body))| Judged { secret, headers, body }).collect();
    verify_webhooks(&judged).iter().for_each(|it| it.assert_accepted());
}

/// Not a test: follows the log and delivers, until it is killed.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "run by other tests, in a process of its own"]
async fn work_until_killed() {
    let (Some(url), Some(key)) = (child::database_url(), child::master_key()) else { return };
    let TestDatabase { service, service_options, .. } = TestDatabase::at(url);
    let master = Key::from_base64(&key).unwrap();
    let store = EventStore::open(service.clone(), service_options, &master, Arc::new(|| ()));
    let urls = PublicUrls { pay_base_url: "https://pay.example.com".parse().unwrap() };
    let deliveries = Deliveries::new(store.clone(), &master, urls);
    let follower = Follower::new(service.clone(), deliveries, 0, &Wake::default());
    let clock = Arc::new(SystemClock);
    let anywhere = TargetPolicy::Anywhere;
    let worker =
        DeliveryWorker::new(&service, store, &master, SecretKeys::of(&master), anywhere, clock)
            .unwrap();
    let forever = CancellationToken::new();
    tokio::join!(follower.run(forever.clone()), worker.run(forever));
}

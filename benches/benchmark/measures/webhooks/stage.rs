//! A game whose webhooks go to a receiver of a process of its own, and sessions that cause them.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};

use reqwest::Client;
use sqlx::{PgPool, postgres::PgPoolOptions};
use toffeepay::{
    admin::{Admin, NewGame, StudioRef, default_settings},
    clock::{Clock, SystemClock},
    domain::{
        game::{Endpoint, PayloadShape, WebhookType},
        id::{EndpointId, GameId, SessionId},
        session::{Session, SessionCommand},
        text::DisplayName,
        world::World,
    },
    event_store::{
        CommandContext, EventStore,
        subscription::{Follower, Step, Wake, announce},
    },
    http_client::http_client,
    ids::{NewId, SHARD},
    vault::Key,
    webhooks::{Deliveries, PublicUrls, WebhookSecret},
};
use tokio::{task::JoinSet, time::MissedTickBehavior};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::{
    bench::Bench,
    commands::{a_player, purchase},
    load::histogram,
    peers::{Peer, RECEIVED_PATH},
    postgres::Database,
    service::{GAME, Process},
};

/// How many append at once, when sessions are made as fast as that goes.
const APPENDERS: usize = 64;
/// All is to be delivered by then.
const PATIENCE: Duration = Duration::from_secs(600);
const LOOK_EVERY: Duration = Duration::from_millis(20);

pub(super) struct Stage {
    pub(super) pool: PgPool,
    database: Database,
    master: Key,
    store: EventStore,
    receiver: Process,
    http: Client,
    /// What is due in rows before this one is due to endpoints that do not answer.
    delivered_before: AtomicI64,
    _announces: DropGuard,
}

impl Stage {
    pub(super) async fn new(bench: &Bench, name: &str) -> Self {
        let database = bench.postgres.database(name).await;
        let new = PgPoolOptions::new().max_connections(8);
        let pool = new.connect(&database.service_url).await.unwrap();
        let (master, wake) = (Key::generate(), Wake::default());
        let on_commit = {
            let wake = wake.clone();
            Arc::new(move || wake.notify())
        };
        let options = database.service_url.parse().unwrap();
        let store = EventStore::open(pool.clone(), options, &master, on_commit);
        let stop = CancellationToken::new();
        tokio::spawn(announce(pool.clone(), wake, stop.clone()));
        let receiver = Peer::Receiver.start();
        let (http, stop) = (http_client(PATIENCE).unwrap(), stop.drop_guard());
        let delivered_before = AtomicI64::default();
        let stage = Self {
            pool,
            database,
            master,
            store,
            receiver,
            http,
            delivered_before,
            _announces: stop,
        };
        let name = || DisplayName::parse("Space Shooter").unwrap();
        let (game_id, studio) = (GameId::parse(GAME).unwrap(), StudioRef::parse("Demo").unwrap());
        let game = NewGame { game_id, studio, name: name(), settings: default_settings().unwrap() };
        stage.admin().register_game(game).await.unwrap();
        stage
    }

    fn admin(&self) -> Admin {
        Admin::new(self.store.clone(), self.pool.clone(), &self.master, "benchmark")
    }

    /// One more endpoint, which hears of new sessions from now on.
    pub(super) async fn endpoint(&self, path: &str) {
        let url = format!("http://{}{path}", self.receiver.address).parse().unwrap();
        let types = vec![WebhookType::SessionCreated];
        let endpoint = Endpoint::new(World::Test, url, PayloadShape::Flat, types);
        let (id, secret) = (EndpointId::new(SystemClock.now()), WebhookSecret::generate());
        let game_id = GameId::parse(GAME).unwrap();
        self.admin().add_endpoint(&game_id, id, endpoint, &secret).await.unwrap();
    }

    pub(super) fn worker(&self) -> Process {
        let database_url = self.database.service_url.clone();
        Peer::Worker { database_url, master_key: self.master.to_base64() }.start()
    }

    /// Makes so many sessions as fast as that goes.
    pub(super) async fn sessions(&self, count: usize) {
        let mut tasks = JoinSet::new();
        for nth in 0..APPENDERS {
            let store = self.store.clone();
            let own = count / APPENDERS + usize::from(nth < count % APPENDERS);
            tasks.spawn(async move {
                for _ in 0..own {
                    session(&store).await;
                }
            });
        }
        tasks.join_all().await;
    }

    /// Makes so many sessions a second, whatever becomes of those before.
    pub(super) async fn sessions_at(&self, per_second: u32, time: Duration) {
        let mut ticks = tokio::time::interval(Duration::from_secs(1) / per_second);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
        let (began, mut tasks) = (Instant::now(), JoinSet::new());
        while began.elapsed() < time {
            ticks.tick().await;
            let store = self.store.clone();
            tasks.spawn(async move { session(&store).await });
        }
        tasks.join_all().await;
    }

    /// Follows the log to its end in this process; how long that took.
    pub(super) async fn follow(&self) -> Duration {
        let urls = PublicUrls { pay_base_url: "http://127.0.0.1:1".parse().unwrap() };
        let deliveries = Deliveries::new(self.store.clone(), &self.master, urls);
        let mut follower = Follower::new(self.pool.clone(), deliveries, SHARD, &Wake::default());
        let mut began = Instant::now();
        loop {
            match follower.step().await.unwrap() {
                Step::Handled(_) => {}
                Step::Idle => break,
                // A worker that was killed a moment ago.
                Step::NotLeader => {
                    tokio::time::sleep(LOOK_EVERY).await;
                    began = Instant::now();
                }
                other => panic!("{other:?}"),
            }
        }
        follower.release().await;
        began.elapsed()
    }

    /// Waits until nothing is due but to endpoints that do not answer.
    ///
    /// Looks only from where the last look found something: beside an old transaction all that was
    /// ever delivered is still in the table, and reading it is no work of what is measured.
    pub(super) async fn until_delivered(&self) {
        let began = Instant::now();
        loop {
            let (is_followed, first): (bool, Option<i64>) = sqlx::query_as(
                "SELECT head.position = subscription.position, (
                     SELECT id FROM webhook_due JOIN webhook_endpoint USING (endpoint_id)
                     WHERE $1 <= id AND endpoint ->> 'url' NOT LIKE '%/hangs'
                     ORDER BY id LIMIT 1)
                 FROM event_head head, subscription WHERE name = 'webhooks'",
            )
            .bind(self.delivered_before.load(Ordering::Relaxed))
            .fetch_one(&self.pool)
            .await
            .unwrap();
            match first {
                Some(first) => self.delivered_before.store(first, Ordering::Relaxed),
                None if is_followed => return,
                None => {}
            }
            assert!(began.elapsed() < PATIENCE, "not delivered in time");
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// When each message came since this was last asked, in microseconds since 1970; of one that
    /// came twice, when it first did.
    pub(super) async fn received(&self) -> HashMap<String, u64> {
        let url = format!("http://{}{RECEIVED_PATH}", self.receiver.address);
        let text = self.http.get(url).send().await.unwrap().text().await.unwrap();
        let mut received = HashMap::new();
        for line in text.lines() {
            let (id, at) = line.split_once(' ').unwrap();
            received.entry(id.to_owned()).or_insert(at.parse().unwrap());
        }
        received
    }

    /// How long each of these messages took, from when its event was recorded, in microseconds.
    pub(super) async fn latencies(
        &self,
        received: &HashMap<String, u64>,
    ) -> hdrhistogram::Histogram<u64> {
        let recorded: Vec<(String, i64)> = sqlx::query_as(
            "SELECT DISTINCT message_id, (extract(epoch FROM noted_at) * 1000000)::bigint
             FROM webhook_message",
        )
        .fetch_all(&self.pool)
        .await
        .unwrap();
        let mut latencies = histogram();
        for (id, at) in recorded {
            if let Some(received) = received.get(&id) {
                let micros = received.saturating_sub(at.unsigned_abs());
                latencies.saturating_record(micros.max(1));
            }
        }
        latencies
    }

    pub(super) async fn end(self, bench: &Bench, name: &str) {
        self.pool.close().await;
        bench.postgres.drop(name).await;
    }
}

async fn session(store: &EventStore) {
    let now = SystemClock.now();
    let id = SessionId::new(now).to_string();
    let context = CommandContext::new("benchmark".to_owned(), "benchmark", now);
    let command = SessionCommand::Create(Box::new(purchase(&a_player(), now)));
    store.execute::<Session>(&id, command, &context).await.unwrap();
}

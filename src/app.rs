//! The composition root: every part of the service, put together once, here.

mod front;
mod leaving;
mod parts;

use std::{sync::Arc, time::Duration};

use axum::Router;
use clap::ValueEnum;
use secrecy::SecretString;
use sqlx::{PgPool, postgres::PgConnectOptions};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use url::Url;

use front::Front;
use parts::Parts;

use crate::{
    acts::Acts,
    admin::{API_KEYS_PURPOSE, Admin},
    api::{self, Api, Calls, Health, KeyLimits, KeyUse, Webhooks},
    checkout::Checkout,
    clock::{Clock, SystemClock},
    dashboard::{Dashboard, Feed},
    domain::world::World,
    event_store::{
        EventStore,
        subscription::{self, Follower, Wake},
    },
    figures::Figures,
    ids::SHARD,
    people::People,
    processes::{CallWorker, ProviderCalls, Timer},
    projections::status::StatusReader,
    providers::{
        Registry,
        sandbox::{Faults, NOTIFICATIONS_PATH, SETTLE_AFTER_DEFAULT, SandboxBank, SandboxConfig},
    },
    server::{self, Ending, Patience},
    telemetry,
    vault::Key,
    webhooks::{
        Deliveries, DeliveryWorker, History, PublicUrls, SecretKeys, SenderError, TargetPolicy,
        TestEvents, keep_partitions,
    },
};

/// How long a connection's first bytes may take.
const BEGIN_WITHIN: Duration = Duration::from_secs(10);
/// How long a request's head may take, from its first byte on.
const HEAD_WITHIN: Duration = Duration::from_secs(10);
/// How long a connection is kept for its next request. Longer than proxies keep theirs, 60 s by
/// default: a request on a connection that we just closed is lost, and they do not repeat a POST.
const IDLE_WITHIN: Duration = Duration::from_secs(75);
/// How long a client may take in nothing of its answer.
const STALLED_WITHIN: Duration = Duration::from_secs(30);

/// Who the dashboard's acts are by until it says who asks: to be found in no log.
const NOBODY: &str = "process:dashboard";

/// Which part of the work a process does. Any number of each may run on one database.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Role {
    /// Both.
    #[default]
    All,
    /// Answers requests of game servers, players and providers.
    Api,
    /// Calls providers, sends webhooks, watches the clock.
    Worker,
}

/// All that a service is told at its start.
pub struct Settings {
    /// Which part of the work it does.
    pub role: Role,
    /// Where players find it; a session's URL is this and the session's id.
    pub pay_base_url: Url,
    /// Where the sandbox's bank sends its notifications; below `pay_base_url`, if `None`.
    pub notify_base_url: Option<Url>,
    /// The sandbox for test money, and the faults it pretends. `None`: no test payments.
    pub sandbox: Option<Faults>,
    /// Under which keys the secrets of webhook endpoints are sealed.
    pub secret_keys: SecretKeys,
    /// Where webhooks may go.
    pub targets: TargetPolicy,
    /// How long it goes on answering after it was told to end, while it says that it is not ready.
    pub notice: Duration,
    /// How long open requests may take to finish at the end.
    pub drain: Duration,
    /// Whether the dashboard shows nothing to people who have no second factor.
    pub needs_second_factor: bool,
    /// How many proxies stand in front, each of which says from whom it got a request.
    pub proxies: u8,
}

/// The log's database, as the service's restricted role.
pub struct Database {
    /// For reads and read models; the worker of deliveries connects to the same by itself.
    pub pool: PgPool,
    /// For the committer's own connection.
    pub options: PgConnectOptions,
}

/// Why a service cannot start, or did not end well.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// The sandbox's bank cannot.
    #[error("the sandbox cannot start: {0}")]
    Sandbox(#[from] crate::providers::sandbox::SandboxError),
    /// The sender of webhooks cannot.
    #[error("webhooks cannot be sent: {0}")]
    Webhooks(#[from] SenderError),
    /// The API cannot be described.
    #[error("the API's descriptors cannot be read: {0}")]
    Descriptors(#[from] connectrpc_reflection::ReflectionError),
    /// A part of it ended without being told to; the log says why.
    #[error("a part of the service ended by itself: {0}")]
    PartEnded(&'static str),
}

/// A service that is put together and not running yet.
pub struct App {
    settings: Settings,
    pool: PgPool,
    wake: Wake,
    clock: Arc<dyn Clock>,
    master: Key,
    store: EventStore,
    providers: Registry,
    bank: Option<Arc<SandboxBank>>,
    rate_limits: Arc<KeyLimits>,
    key_use: Arc<KeyUse>,
}

impl App {
    /// Puts the parts together. Nothing runs but the committer.
    ///
    /// # Errors
    ///
    /// Each [`AppError`].
    pub fn new(database: Database, master: Key, settings: Settings) -> Result<Self, AppError> {
        let Database { pool, options } = database;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let wake = Wake::default();
        let on_commit = {
            let wake = wake.clone();
            Arc::new(move || wake.notify())
        };
        let store = EventStore::open(pool.clone(), options, &master, on_commit);
        let bank = match &settings.sandbox {
            Some(faults) => Some(Arc::new(bank(&pool, &master, &settings, faults, &clock)?)),
            None => None,
        };
        let providers = match &bank {
            Some(bank) => Registry::default().with(World::Test, Arc::clone(bank) as Arc<_>),
            None => Registry::default(),
        };
        let (rate_limits, key_use) = (Arc::default(), Arc::default());
        Ok(Self {
            settings,
            pool,
            wake,
            clock,
            master,
            store,
            providers,
            bank,
            rate_limits,
            key_use,
        })
    }

    /// The log, for whoever sets the service up.
    pub fn store(&self) -> &EventStore {
        &self.store
    }

    /// Runs until shut down: requests are drained first, then the workers finish what they do.
    ///
    /// # Errors
    ///
    /// [`AppError::Webhooks`] and [`AppError::Descriptors`] before anything runs,
    /// [`AppError::PartEnded`] when all has stopped.
    pub async fn run(
        self,
        listener: TcpListener,
        more_routes: Router,
        shutdown: CancellationToken,
    ) -> Result<(), AppError> {
        let parts = Parts::new(shutdown.clone());
        // First of all, since what is measured before is lost.
        let metrics = telemetry::start_metrics();
        if let Some(metrics) = metrics.clone() {
            parts.begin("metrics", |stop| telemetry::keep_metrics_small(metrics, stop));
        }
        let health = Health { pool: self.pool.clone(), metrics, stopping: shutdown.clone() };
        let feed = Feed::new(self.pool.clone(), self.wake.clone(), shutdown.clone());
        let feed = Arc::new(feed);
        let mut front = self.front(health, &feed)?;
        front.others = telemetry::guarded(front.others.merge(more_routes));
        let closing = leaving::after_notice(&shutdown, self.settings.notice);
        if self.settings.role != Role::Api {
            self.begin_workers(&parts)?;
        }
        if self.settings.role != Role::Worker {
            self.begin_keepers(&parts);
            parts.begin("feed of what happens now", |stop| feed.run(stop));
        }
        let (pool, wake) = (self.pool.clone(), self.wake.clone());
        parts.begin("announcer", |stop| subscription::announce(pool, wake, stop));
        let patience = Patience {
            begin_within: BEGIN_WITHIN,
            head_within: HEAD_WITHIN,
            idle_within: IDLE_WITHIN,
            stalled_within: STALLED_WITHIN,
            drain: self.settings.drain,
        };
        let ending = Ending { leaving: shutdown, closing };
        server::serve(listener, telemetry::observed(front, Calls::is_route), ending, patience)
            .await;
        parts.stop(self.settings.drain).await.map_err(AppError::PartEnded)
    }

    fn front(&self, health: Health, feed: &Arc<Feed>) -> Result<Front, AppError> {
        let inside = api::health_routes(health.clone());
        if self.settings.role == Role::Worker {
            return Ok(Front { calls: None, others: inside });
        }
        let api = Api {
            store: self.store.clone(),
            pool: self.pool.clone(),
            statuses: StatusReader::start(self.pool.clone()),
            clock: Arc::clone(&self.clock),
            key_hasher: Arc::new(self.master.derive(API_KEYS_PURPOSE)),
            known_keys: Arc::default(),
            key_use: Arc::clone(&self.key_use),
            rate_limits: Arc::clone(&self.rate_limits),
            pay_base_url: self.settings.pay_base_url.clone(),
            providers: self.providers.clone(),
            webhooks: Arc::new(self.webhooks(health.stopping.clone())),
        };
        let checkout = Checkout {
            store: self.store.clone(),
            pool: self.pool.clone(),
            clock: Arc::clone(&self.clock),
            pay_base_url: self.settings.pay_base_url.clone(),
            providers: self.providers.clone(),
        };
        let dashboard = Dashboard {
            people: Arc::new(self.people()),
            admin: self.admin(),
            store: self.store.clone(),
            pool: self.pool.clone(),
            feed: Arc::clone(feed),
            history: Arc::new(History::new(self.pool.clone(), &self.master)),
            providers: self.providers.clone(),
            test_events: Arc::new(TestEvents::new(self.pool.clone(), &self.master, self.urls())),
            targets: self.settings.targets.clone(),
            clock: Arc::clone(&self.clock),
            base_url: self.settings.pay_base_url.clone(),
            needs_second_factor: self.settings.needs_second_factor,
            proxies: self.settings.proxies,
        };
        let bank = self.bank.as_ref().map(|it| it.routes()).unwrap_or_default();
        let discovery = api::discovery_routes(health)?;
        let calls = api.calls();
        let others = inside.merge(api.routes()).merge(discovery);
        let others = others.merge(checkout.routes()).merge(dashboard.routes()).merge(bank);
        Ok(Front { calls: Some(calls), others })
    }

    /// What the API needs to show and change where webhooks go.
    fn webhooks(&self, stopping: CancellationToken) -> Webhooks {
        let Settings { secret_keys, targets, .. } = &self.settings;
        let (keys, targets) = (secret_keys.clone(), targets.clone());
        Webhooks::new(&self.pool, &self.master, keys, self.urls(), targets, stopping)
    }

    fn people(&self) -> People {
        let clock = Arc::clone(&self.clock);
        People::new(self.store.clone(), self.pool.clone(), &self.master, clock)
    }

    /// Acts for whoever the dashboard says.
    fn admin(&self) -> Admin {
        let admin = Admin::new(self.store.clone(), self.pool.clone(), &self.master, NOBODY);
        let admin = admin.with_secret_keys(self.settings.secret_keys.clone());
        admin.with_clock(Arc::clone(&self.clock))
    }

    fn urls(&self) -> PublicUrls {
        PublicUrls { pay_base_url: self.settings.pay_base_url.clone() }
    }

    /// What stands behind the API's routes.
    fn begin_keepers(&self, parts: &Parts) {
        let rate_limits = Arc::clone(&self.rate_limits);
        parts.begin("keeper of rate limits", |stop| rate_limits.keep_small(stop));
        let (key_use, pool) = (Arc::clone(&self.key_use), self.pool.clone());
        let clock = Arc::clone(&self.clock);
        parts.begin("writer of the uses of keys", |stop| key_use.run(pool, clock, stop));
    }

    fn begin_workers(&self, parts: &Parts) -> Result<(), AppError> {
        let Self { pool, wake, clock, store, .. } = self;
        let (policy, time) = (self.settings.targets.clone(), Arc::clone(clock));
        let secrets = self.settings.secret_keys.clone();
        // First, since it alone may fail: no worker runs yet that would be left behind.
        let sender = DeliveryWorker::new(pool, store.clone(), &self.master, secrets, policy, time)?;
        parts.begin("sender of webhooks", |stop| sender.run(stop));
        let (own_pool, own_wake) = (pool.clone(), wake.clone());
        parts.begin("listener", |stop| subscription::listen(own_pool, own_wake, stop));
        let calls = Follower::new(pool.clone(), ProviderCalls, SHARD, wake);
        parts.begin("follower of provider calls", |stop| calls.run(stop));
        let figures = Follower::new(pool.clone(), Figures, SHARD, wake);
        parts.begin("follower of figures", |stop| figures.run(stop));
        let acts = Follower::new(pool.clone(), Acts, SHARD, wake);
        parts.begin("follower of acts", |stop| acts.run(stop));
        let (providers, time) = (self.providers.clone(), Arc::clone(clock));
        let worker = CallWorker::new(pool.clone(), store.clone(), providers, time);
        parts.begin("worker of provider calls", |stop| worker.run(stop));
        let timer = Timer::new(pool.clone(), store.clone(), Arc::clone(clock));
        parts.begin("timer", |stop| timer.run(stop));
        if let Some(bank) = &self.bank {
            let notifier = bank.notifier();
            parts.begin("sandbox's notifier", |stop| notifier.run(stop));
        }
        let deliveries = Deliveries::new(store.clone(), &self.master, self.urls());
        let deliveries = Follower::new(pool.clone(), deliveries, SHARD, wake);
        let own_pool = pool.clone();
        parts.begin("follower of webhooks", |stop| async move {
            // A message needs the partition of its day, and after a long stop there is none.
            if let Err(error) = keep_partitions(&own_pool).await {
                tracing::warn!(%error, "partitions of webhooks could not be kept");
            }
            deliveries.run(stop).await;
        });
        Ok(())
    }
}

fn bank(
    pool: &PgPool,
    master: &Key,
    settings: &Settings,
    faults: &Faults,
    clock: &Arc<dyn Clock>,
) -> Result<SandboxBank, AppError> {
    let below = |base: &Url| format!("{}{NOTIFICATIONS_PATH}", base.as_str().trim_end_matches('/'));
    let config = SandboxConfig {
        pay_base_url: settings.pay_base_url.to_string(),
        notify_url: settings.notify_base_url.as_ref().map(below),
        signing_secret: SecretString::from(master.derive("sandbox-notifications").to_base64()),
        settle_after: SETTLE_AFTER_DEFAULT,
        faults: *faults,
    };
    Ok(SandboxBank::new(pool.clone(), config, Arc::clone(clock))?)
}

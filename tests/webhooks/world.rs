//! A service on a database of its own: a game, its sessions, its endpoints, and a clock set by hand.

use std::sync::{Arc, Mutex};

use chrono::TimeDelta;
use secrecy::ExposeSecret;
use sqlx::PgPool;
use toffeepay::{
    clock::{Clock, SystemClock},
    domain::{
        Timestamp,
        currency::Currency,
        game::{
            DisabledBy, Endpoint, EndpointChange, Game, GameCommand, GameSettings, PayloadShape,
            WebhookType,
        },
        id::{EndpointId, GameId, PaymentId, RecoveryId, SessionId, StudioId},
        item::Item,
        money::Money,
        return_url::{ReturnUrl, ReturnUrls},
        session::{
            CaptureMode, CreateSession, PaymentMethod, PaymentOutcome, ProviderName, Reference,
            Session, SessionCommand, SessionError, StartPayment,
        },
        text::{DisplayName, ItemTitle, UserId},
        world::World as MoneyWorld,
    },
    event_store::{
        CommandContext, EventStore, ExecuteError,
        subscription::{Follower, Step, Wake},
    },
    ids::NewId,
    vault::Key,
    webhooks::{
        Deliveries, DeliveryWorker, History, PublicUrls, SecretKeys, TargetPolicy, WebhookSecret,
        recovery,
    },
};
use url::Url;

use super::{receiver::PATIENCE, support::database::TestDatabase};

pub(crate) const PLAYER: &str = "player_42";

/// What is due when all is done.
pub(crate) const NOTHING: [i32; 0] = [];

/// Begins with the real time, which the judges of signatures compare with.
pub(crate) struct ManualClock(Mutex<Timestamp>);

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

impl ManualClock {
    pub(crate) fn set(&self, now: Timestamp) {
        *self.0.lock().unwrap() = now;
    }

    pub(crate) fn advance(&self, seconds: i64) {
        *self.0.lock().unwrap() += TimeDelta::seconds(seconds);
    }
}

pub(crate) struct World {
    /// As whoever may do anything.
    pub(crate) owner: PgPool,
    /// With the rights of the service's role only.
    pub(crate) service: PgPool,
    pub(crate) store: EventStore,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) game_id: GameId,
    master: Key,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::on(TestDatabase::new().await, Key::generate()).await
    }

    /// One on a database where there is none yet.
    pub(crate) async fn on(database: TestDatabase, master: Key) -> Self {
        let TestDatabase { owner, service, service_options, .. } = database;
        let store = EventStore::open(service.clone(), service_options, &master, Arc::new(|| ()));
        let clock = Arc::new(ManualClock(Mutex::new(SystemClock.now())));
        let game_id = GameId::parse("space_shooter").unwrap();
        let world = Self { owner, service, store, clock, game_id, master };
        let settings = GameSettings {
            currencies: vec![Currency::parse("USD").unwrap()],
            capture_mode: CaptureMode::Automatic,
            session_lifetime_s: 86_400,
            return_urls: ReturnUrls::default(),
        };
        let (studio_id, at) = (StudioId::new(world.clock.now()), world.clock.now());
        let name = DisplayName::parse("Space Shooter").unwrap();
        world.change_game(GameCommand::Register { studio_id, name, settings, at }).await;
        world
    }

    pub(crate) async fn change_game(&self, command: GameCommand) {
        let context = self.context();
        self.store.execute::<Game>(self.game_id.as_str(), command, &context).await.unwrap();
    }

    /// Adds an endpoint for test money, with a secret; both of their names.
    pub(crate) async fn endpoint(
        &self,
        url: &Url,
        shape: PayloadShape,
        types: &[WebhookType],
    ) -> (EndpointId, String) {
        self.endpoint_of(MoneyWorld::Test, url, shape, types).await
    }

    pub(crate) async fn endpoint_of(
        &self,
        world: MoneyWorld,
        url: &Url,
        shape: PayloadShape,
        types: &[WebhookType],
    ) -> (EndpointId, String) {
        let at = self.clock.now();
        let endpoint_id = EndpointId::new(at);
        let secret = self.add_secret(&endpoint_id, 1).await;
        let endpoint = Endpoint::new(world, url.clone(), shape, types.to_vec());
        let added = endpoint_id.clone();
        self.change_game(GameCommand::AddEndpoint { endpoint_id: added, endpoint, at }).await;
        (endpoint_id, secret)
    }

    /// Stores a new secret as the current one; its text.
    pub(crate) async fn add_secret(&self, endpoint_id: &EndpointId, number: i32) -> String {
        let text = WebhookSecret::generate().as_text().expose_secret().to_owned();
        let key = self.master.derive("endpoint-secrets");
        let sealed = key.seal(endpoint_id.as_str().as_bytes(), text.as_bytes()).unwrap();
        sqlx::query(
            "INSERT INTO endpoint_secret (endpoint_id, number, sealed) VALUES ($1, $2, $3)",
        )
        .bind(endpoint_id.as_str())
        .bind(number)
        .bind(sealed)
        .execute(&self.service)
        .await
        .unwrap();
        text
    }

    /// Appends once more until that is possible, after the database was away.
    pub(crate) async fn until_it_answers(&self) {
        let began = std::time::Instant::now();
        while let Err(error) = self.try_session_of(MoneyWorld::Test).await {
            assert!(began.elapsed() < PATIENCE, "{error}");
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    }

    /// Creates a session for test money.
    pub(crate) async fn session(&self) -> SessionId {
        self.session_of(MoneyWorld::Test).await
    }

    pub(crate) async fn session_of(&self, world: MoneyWorld) -> SessionId {
        self.try_session_of(world).await.unwrap()
    }

    async fn try_session_of(
        &self,
        world: MoneyWorld,
    ) -> Result<SessionId, ExecuteError<SessionError>> {
        let now = self.clock.now();
        let session_id = SessionId::new(now);
        let create = SessionCommand::Create(Box::new(CreateSession {
            game_id: self.game_id.clone(),
            world,
            user_id: UserId::parse(PLAYER).unwrap(),
            item: Item {
                title: ItemTitle::parse("50 Gold Coins").unwrap(),
                price: price(),
                image: None,
                country: None,
            },
            return_url: ReturnUrl::parse("mygame://payment-complete").unwrap(),
            capture_mode: CaptureMode::Automatic,
            wallet_enabled: false,
            created_at: now,
            expires_at: now + TimeDelta::hours(24),
        }));
        let context = self.context();
        self.store.execute::<Session>(session_id.as_str(), create, &context).await?;
        Ok(session_id)
    }

    /// Has a session paid.
    pub(crate) async fn pay(&self, session_id: &SessionId) {
        let at = self.clock.now();
        let payment_id = PaymentId::new(at);
        let start = SessionCommand::StartPayment(Box::new(StartPayment {
            payment_id: payment_id.clone(),
            method: PaymentMethod::Card,
            provider: ProviderName::parse("sandbox").unwrap(),
            instrument: Reference::parse("tok_1").unwrap(),
            at,
        }));
        self.command(session_id, start).await;
        let reference = Reference::parse("ch_1").unwrap();
        let outcome = PaymentOutcome::Captured { amount: price(), reference };
        let record = SessionCommand::RecordPayment { payment_id, outcome, at };
        self.command(session_id, record).await;
    }

    pub(crate) async fn paid_session(&self) -> SessionId {
        let session_id = self.session().await;
        self.pay(&session_id).await;
        session_id
    }

    pub(crate) async fn command(&self, session_id: &SessionId, command: SessionCommand) {
        let context = self.context();
        self.store.execute::<Session>(session_id.as_str(), command, &context).await.unwrap();
    }

    /// Notes what is due to endpoints.
    pub(crate) fn follower(&self) -> Follower<Deliveries> {
        let pay_base_url = "https://pay.example.com".parse().unwrap();
        let urls = PublicUrls { pay_base_url };
        let deliveries = Deliveries::new(self.store.clone(), &self.master, urls);
        Follower::new(self.service.clone(), deliveries, 0, &Wake::default())
    }

    /// Follows the log to its end: what is due to endpoints is noted.
    pub(crate) async fn fan_out(&self) {
        let mut follower = self.follower();
        loop {
            match follower.step().await.unwrap() {
                Step::Handled(_) => {}
                Step::Idle => return follower.release().await,
                other => panic!("an event was not handled: {other:?}"),
            }
        }
    }

    pub(crate) fn history(&self) -> History {
        History::new(self.service.clone(), &self.master)
    }

    /// A worker that may call this machine.
    pub(crate) fn worker(&self) -> DeliveryWorker {
        self.worker_with(TargetPolicy::Anywhere)
    }

    pub(crate) fn worker_with(&self, policy: TargetPolicy) -> DeliveryWorker {
        let clock = Arc::clone(&self.clock) as Arc<dyn Clock>;
        DeliveryWorker::new(
            &self.service,
            self.store.clone(),
            &self.master,
            SecretKeys::of(&self.master),
            policy,
            clock,
        )
        .unwrap()
    }

    /// Number and outcome of each attempt, in the order in which they were made.
    pub(crate) async fn attempts(&self) -> Vec<(i32, String)> {
        sqlx::query_as("SELECT number, outcome FROM webhook_attempt ORDER BY at, number")
            .fetch_all(&self.owner)
            .await
            .unwrap()
    }

    /// Has the time come at which the next attempt is made that waits for its time.
    pub(crate) async fn wait_for_the_next_attempt(&self) {
        let next_at: Timestamp = sqlx::query_scalar("SELECT min(next_at) FROM webhook_due")
            .fetch_one(&self.owner)
            .await
            .unwrap();
        self.clock.set(next_at);
    }

    /// Why nothing is sent to the game's only endpoint, as the log has it.
    pub(crate) async fn disabled_by(&self) -> Option<DisabledBy> {
        let game = self.store.load::<Game>(self.game_id.as_str(), None).await.unwrap().aggregate;
        game.present().unwrap().endpoints[0].disabled.map(|it| it.by)
    }

    pub(crate) async fn change_endpoint(&self, endpoint_id: &EndpointId, change: EndpointChange) {
        let (endpoint_id, at) = (endpoint_id.clone(), self.clock.now());
        let change = Box::new(change);
        self.change_game(GameCommand::ChangeEndpoint { endpoint_id, change, at }).await;
        self.fan_out().await;
    }

    /// Hands in again all that the endpoint did not take; how much that was.
    pub(crate) async fn recover(&self, endpoint_id: &EndpointId) -> i64 {
        let now = self.clock.now();
        let (id, since) = (RecoveryId::new(now), Timestamp::UNIX_EPOCH);
        recovery::start(&self.service, &id, endpoint_id, since).await.unwrap();
        loop {
            let step = recovery::step(&self.service).await.unwrap().unwrap();
            if step.finished_at.is_some() {
                return step.handed_in;
            }
        }
    }

    /// How often each message that is due was attempted.
    pub(crate) async fn due(&self) -> Vec<i32> {
        sqlx::query_scalar("SELECT attempts FROM webhook_due ORDER BY id")
            .fetch_all(&self.owner)
            .await
            .unwrap()
    }

    pub(crate) async fn count(&self, table: &str) -> i64 {
        sqlx::query_scalar(&format!("SELECT count(*) FROM {table}"))
            .fetch_one(&self.owner)
            .await
            .unwrap()
    }

    /// What is kept sealed of a message.
    pub(crate) fn opened(&self, message_id: &str, sealed: &[u8]) -> Vec<u8> {
        let key = self.master.derive("webhook-bodies").derive(message_id);
        key.open(message_id.as_bytes(), sealed).unwrap()
    }

    /// As if every lease's time had passed.
    pub(crate) async fn end_leases(&self) {
        let end = sqlx::query("UPDATE webhook_lane SET leased_until = '-infinity'");
        end.execute(&self.owner).await.unwrap();
    }

    fn context(&self) -> CommandContext {
        CommandContext::new("process:test", "test", self.clock.now())
    }
}

pub(crate) fn price() -> Money {
    Money::new(499, Currency::parse("USD").unwrap()).unwrap()
}

//! The stage of a test: a database, the log, one session, a scripted provider, a clock to set.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use chrono::TimeDelta;
use toffeepay::{
    api::{Health, health_routes},
    clock::{Clock, SystemClock},
    domain::{
        Timestamp,
        currency::Currency,
        id::{GameId, PaymentId, RefundId, SessionId},
        item::Item,
        money::Money,
        return_url::ReturnUrl,
        session::{
            CaptureMode, CreateSession, DeclineReason, PaymentMethod, PaymentOutcome, ProviderName,
            ProviderText, Reference, Refusal, Session, SessionCommand, SessionState, StartPayment,
        },
        text::{ItemTitle, UserId},
        world::World,
    },
    event_store::{
        CommandContext, EventStore,
        subscription::{Follower, Step, Wake},
    },
    ids::NewId,
    processes::{CallWorker, ProviderCalls, Timer},
    providers::{
        Charge, ChargeAnswer, Instrument, Notification, NotificationError, Provider, ProviderError,
        RefundAnswer, Registry, RequestKey, TokenizeError,
    },
    vault::Key,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::support::database::TestDatabase;

/// What joins all that a test itself asks for.
pub const REQUEST_ID: &str = "request-1";

/// Says what it was told to say, in turn, and remembers what it was asked.
#[derive(Default)]
pub struct Script {
    pub asked: Mutex<Vec<String>>,
    pub charges: Mutex<VecDeque<Result<ChargeAnswer, ProviderError>>>,
    pub looked_up: Mutex<Option<ChargeAnswer>>,
    pub captures: Mutex<VecDeque<ChargeAnswer>>,
    pub voids: Mutex<VecDeque<ChargeAnswer>>,
    pub refunds: Mutex<VecDeque<Result<RefundAnswer, ProviderError>>>,
    pub refund_looked_up: Mutex<Option<RefundAnswer>>,
}

impl Script {
    fn note(&self, what: impl Into<String>) {
        self.asked.lock().unwrap().push(what.into());
    }
}

/// Takes what comes next; a provider that is asked for more than was planned fails the test.
fn next<T>(queue: &Mutex<VecDeque<T>>) -> T {
    queue.lock().unwrap().pop_front().expect("the provider was asked once too often")
}

pub struct Scripted(pub Arc<Script>);

#[async_trait]
impl Provider for Scripted {
    fn name(&self) -> ProviderName {
        ProviderName::parse("scripted").unwrap()
    }

    async fn tokenize(&self, _: Instrument) -> Result<Reference, TokenizeError> {
        unreachable!("the attempts of these tests have their tokens")
    }

    async fn charge(&self, charge: Charge) -> Result<ChargeAnswer, ProviderError> {
        self.0.note(format!("charge {}", charge.payment_id));
        next(&self.0.charges)
    }

    async fn capture(&self, key: &RequestKey, _: Money) -> Result<ChargeAnswer, ProviderError> {
        self.0.note(format!("capture {key}"));
        Ok(next(&self.0.captures))
    }

    async fn void(&self, key: &RequestKey) -> Result<ChargeAnswer, ProviderError> {
        self.0.note(format!("void {key}"));
        Ok(next(&self.0.voids))
    }

    async fn refund(
        &self,
        _: &SessionId,
        _: &RefundId,
        _: &PaymentId,
        _: Money,
    ) -> Result<RefundAnswer, ProviderError> {
        self.0.note("refund");
        next(&self.0.refunds)
    }

    async fn look_up(&self, _: &PaymentId) -> Result<Option<ChargeAnswer>, ProviderError> {
        self.0.note("look up");
        Ok(self.0.looked_up.lock().unwrap().clone())
    }

    async fn look_up_refund(&self, _: &RefundId) -> Result<Option<RefundAnswer>, ProviderError> {
        self.0.note("look up refund");
        Ok(self.0.refund_looked_up.lock().unwrap().clone())
    }

    fn read_notification(
        &self,
        _: &http::HeaderMap,
        _: &[u8],
        _: Timestamp,
    ) -> Result<Notification, NotificationError> {
        Err(NotificationError::Malformed)
    }
}

/// A clock that stands until it is set.
struct Set(Arc<Mutex<Timestamp>>);

impl Clock for Set {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

pub struct Stage {
    pub database: TestDatabase,
    pub script: Arc<Script>,
    pub session_id: SessionId,
    pub began_at: Timestamp,
    store: EventStore,
    worker: CallWorker,
    pub timer: Timer,
    follower: Follower<ProviderCalls>,
    now: Arc<Mutex<Timestamp>>,
}

impl Stage {
    /// With a session that nobody paid yet.
    pub async fn new(capture_mode: CaptureMode) -> Self {
        let database = TestDatabase::new().await;
        let pool = database.service.clone();
        let options = database.service_options.clone();
        let store = EventStore::open(pool.clone(), options, &Key::generate(), Arc::new(|| {}));
        let script = Arc::new(Script::default());
        let provider = Arc::new(Scripted(Arc::clone(&script)));
        let providers = Registry::default().with(World::Test, provider);
        let began_at = SystemClock.now();
        let now = Arc::new(Mutex::new(began_at));
        let clock: Arc<dyn Clock> = Arc::new(Set(Arc::clone(&now)));
        let worker = CallWorker::new(pool.clone(), store.clone(), providers, Arc::clone(&clock));
        let timer = Timer::new(pool.clone(), store.clone(), clock);
        let follower = Follower::new(pool, ProviderCalls, 0, &Wake::default());
        let session_id = SessionId::new(began_at);
        let stage =
            Self { database, script, session_id, began_at, store, worker, timer, follower, now };
        stage.create(&stage.session_id, capture_mode).await;
        stage
    }

    pub async fn create(&self, session_id: &SessionId, capture_mode: CaptureMode) {
        let details = CreateSession {
            game_id: GameId::parse("g").unwrap(),
            world: World::Test,
            user_id: UserId::parse("player").unwrap(),
            item: Item {
                title: ItemTitle::parse("Coins").unwrap(),
                price: price(),
                image: None,
                country: None,
            },
            return_url: ReturnUrl::parse("mygame://back").unwrap(),
            capture_mode,
            wallet_enabled: false,
            created_at: self.began_at,
            expires_at: self.began_at + TimeDelta::hours(24),
        };
        let command = SessionCommand::Create(Box::new(details));
        self.give(session_id, command).await;
    }

    pub async fn give(&self, session_id: &SessionId, command: SessionCommand) {
        let context = CommandContext::new("process:test", REQUEST_ID, self.began_at);
        let context = context.with_command(&[&Uuid::new_v4().to_string()]);
        self.store.execute::<Session>(session_id.as_str(), command, &context).await.unwrap();
    }

    /// The player presses pay; the attempt.
    pub async fn start(&self) -> PaymentId {
        let payment_id = PaymentId::new(self.began_at);
        let attempt = StartPayment {
            payment_id: payment_id.clone(),
            method: PaymentMethod::Card,
            provider: ProviderName::parse("scripted").unwrap(),
            instrument: Reference::parse("token").unwrap(),
            at: self.began_at,
        };
        let command = SessionCommand::StartPayment(Box::new(attempt));
        self.give(&self.session_id, command).await;
        payment_id
    }

    /// The provider says something by itself.
    pub async fn hear(&self, payment_id: &PaymentId, outcome: PaymentOutcome) {
        let (payment_id, at) = (payment_id.clone(), self.began_at);
        let command = SessionCommand::RecordPayment { payment_id, outcome, at };
        self.give(&self.session_id, command).await;
    }

    /// An attempt of this session was declined, another paid, and then the first was taken too: the
    /// late one.
    pub async fn take_late(&self) -> PaymentId {
        let declined = self.start().await;
        self.hear(&declined, PaymentOutcome::Declined(refusal())).await;
        let paid = self.start().await;
        self.hear(&paid, captured()).await;
        self.hear(&declined, captured()).await;
        declined
    }

    /// The provider will answer the next refund so.
    pub fn will_answer_refund(&self, answer: Result<RefundAnswer, ProviderError>) {
        self.script.refunds.lock().unwrap().push_back(answer);
    }

    /// Its money is held: the attempt.
    pub async fn hold(&mut self) -> PaymentId {
        let payment_id = self.start().await;
        let held = Ok(ChargeAnswer::Outcome(authorized()));
        self.script.charges.lock().unwrap().push_back(held);
        self.work().await;
        payment_id
    }

    /// The provider will answer the next capture so.
    pub fn will_answer_capture(&self, outcome: PaymentOutcome) {
        self.script.captures.lock().unwrap().push_back(ChargeAnswer::Outcome(outcome));
    }

    /// The provider will answer the next void so.
    pub fn will_answer_void(&self, outcome: PaymentOutcome) {
        self.script.voids.lock().unwrap().push_back(ChargeAnswer::Outcome(outcome));
    }

    /// The game or the player asks for something, now.
    pub async fn ask(&self, command: impl FnOnce(Timestamp) -> SessionCommand) {
        self.give(&self.session_id, command(self.began_at)).await;
    }

    /// Follows the log to its end, then makes every call that is noted, due or not.
    pub async fn work(&mut self) {
        while matches!(self.follower.step().await.unwrap(), Step::Handled(_)) {}
        sqlx::query("UPDATE provider_call SET next_at = now(), leased_until = '-infinity'")
            .execute(&self.database.owner)
            .await
            .unwrap();
        self.worker.make_due().await.unwrap();
    }

    /// The same as a process that was started without the provider.
    pub async fn work_as_a_stranger(&mut self) {
        while matches!(self.follower.step().await.unwrap(), Step::Handled(_)) {}
        let clock: Arc<dyn Clock> = Arc::new(Set(Arc::clone(&self.now)));
        let (pool, providers) = (self.database.service.clone(), Registry::default());
        let stranger = CallWorker::new(pool, self.store.clone(), providers, clock);
        assert_eq!(stranger.make_due().await.unwrap(), 1);
    }

    /// The player is erased: the stream's key is gone.
    pub async fn erase(&self) {
        let erase = sqlx::query("SELECT destroy_stream_key('session-' || $1)");
        erase.bind(self.session_id.as_str()).execute(&self.database.owner).await.unwrap();
    }

    pub async fn state(&self) -> SessionState {
        let loaded = self.store.load::<Session>(self.session_id.as_str(), None).await.unwrap();
        loaded.aggregate.present().unwrap().clone()
    }

    /// What each event of the session is joined with, in order.
    pub async fn correlations(&self) -> Vec<String> {
        let events = self.store.events::<Session>(self.session_id.as_str()).await.unwrap();
        events.into_iter().map(|it| it.envelope.correlation).collect()
    }

    /// What `/readyz` warns of.
    pub async fn warnings(&self) -> Vec<String> {
        let pool = self.database.service.clone();
        let health = Health { pool, metrics: None, stopping: CancellationToken::default() };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let serving = tokio::spawn(axum::serve(listener, health_routes(health)).into_future());
        client.write_all(b"GET /readyz HTTP/1.0\r\n\r\n").await.unwrap();
        let mut answer = String::new();
        client.read_to_string(&mut answer).await.unwrap();
        serving.abort();
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        let body: serde_json::Value = serde_json::from_str(body).unwrap();
        serde_json::from_value(body["warnings"].clone()).unwrap()
    }

    /// How many calls are still to be made.
    pub async fn open_calls(&self) -> i64 {
        self.count("SELECT count(*) FROM provider_call").await
    }

    pub async fn count(&self, query: &str) -> i64 {
        sqlx::query_scalar(query).fetch_one(&self.database.owner).await.unwrap()
    }

    pub fn set_clock(&self, after: TimeDelta) {
        *self.now.lock().unwrap() = self.began_at + after;
    }

    pub fn asked(&self) -> Vec<String> {
        self.script.asked.lock().unwrap().clone()
    }
}

pub fn price() -> Money {
    Money::price(499, Currency::parse("USD").unwrap()).unwrap()
}

pub fn captured() -> PaymentOutcome {
    PaymentOutcome::Captured { amount: price(), reference: Reference::parse("charge").unwrap() }
}

pub fn authorized() -> PaymentOutcome {
    PaymentOutcome::Authorized { amount: price(), reference: Reference::parse("charge").unwrap() }
}

pub fn refusal() -> Refusal {
    let text = ProviderText::parse("no").unwrap();
    Refusal { reason: DeclineReason::ProviderRefused, text }
}

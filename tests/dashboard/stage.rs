//! The stage of a test: two games, their sessions, an endpoint that refuses once, and a reader of pages.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, BodyDataStream, to_bytes},
    extract::ConnectInfo,
    http::{
        HeaderMap, Request, StatusCode,
        header::{ACCEPT, CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE, USER_AGENT},
    },
    routing::any,
};
use chrono::TimeDelta;
use futures::StreamExt;
use secrecy::ExposeSecret;
use toffeepay::{
    acts::Acts,
    admin::{API_KEYS_PURPOSE, Admin},
    api::{Api, Webhooks},
    clock::{Clock, SystemClock},
    dashboard::{Dashboard, Feed},
    domain::{
        Timestamp,
        currency::Currency,
        game::{Endpoint, Game, GameCommand, GameSettings, PayloadShape, WebhookType},
        id::{EndpointId, GameId, PaymentId, PersonId, RefundId, SessionId, StudioId},
        item::Item,
        money::Money,
        person::EmailAddress,
        return_url::{ReturnUrl, ReturnUrls},
        session::{
            CaptureMode, CreateSession, DeclineReason, PaymentMethod, PaymentOutcome, ProviderName,
            ProviderText, Reference, RefundCause, RefundOutcome, Refusal, Session, SessionCommand,
            StartPayment,
        },
        studio::{Role, Studio, StudioCommand},
        text::{DisplayName, ItemTitle, RefundReason, UserId},
        world::World,
    },
    event_store::{
        CommandContext, EventStore,
        subscription::{Follower, Step, Wake},
    },
    ids::NewId,
    people::{People, SIGN_IN_LINK_PATH},
    projections::{game::GameRow, status::StatusReader},
    providers::Registry,
    vault::Key,
    webhooks::{
        Deliveries, DeliveryWorker, History, PublicUrls, SecretKeys, TargetPolicy, TestEvents,
        WebhookSecret,
    },
};
use tokio::{net::TcpListener, time::timeout};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use crate::support::{database::TestDatabase, provider::QuietProvider};

pub(crate) const GAME: &str = "space_shooter";
pub(crate) const OTHER_GAME: &str = "other_game";
/// What the endpoint answers when it refuses: as hostile as a server can be.
pub(crate) const REFUSAL: &str = "<script>alert('answer')</script>";

/// How long a stream may be silent that should say something: long, since machines are slow.
const HEARD_WITHIN: Duration = Duration::from_secs(30);

/// What `Set` shows, set by hand.
pub(crate) struct Set(Mutex<Timestamp>);

impl Clock for Set {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

pub(crate) struct Stage {
    pub(crate) database: TestDatabase,
    pub(crate) store: EventStore,
    clock: Arc<Set>,
    master: Key,
    pub(crate) people: Arc<People>,
    feed: Arc<Feed>,
    /// What the browser of a member of the game's studio keeps.
    pub(crate) cookie: String,
}

/// A page as a browser gets it.
pub(crate) struct Page {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

/// A stream of server-sent events.
pub(crate) struct Heard {
    pub(crate) status: StatusCode,
    stream: BodyDataStream,
    pub(crate) text: String,
}

impl Heard {
    /// Listens until it has heard `text`.
    pub(crate) async fn until(&mut self, text: &str) {
        while !self.text.contains(text) {
            let bytes = timeout(HEARD_WITHIN, self.stream.next()).await;
            let bytes = bytes.unwrap_or_else(|_| panic!("no {text:?} in {}", self.text));
            let bytes = bytes.unwrap_or_else(|| panic!("ended without {text:?}: {}", self.text));
            self.text.push_str(std::str::from_utf8(&bytes.unwrap()).unwrap());
        }
    }
}

impl Page {
    pub(crate) fn location(&self) -> &str {
        assert_eq!(self.status, StatusCode::SEE_OTHER);
        self.headers[LOCATION].to_str().unwrap()
    }

    /// The page without what is another number each time.
    pub(crate) fn without_nonces(&self) -> String {
        let parts = self.text.split("nonce=\"");
        parts.map(|it| it.split_once('"').map_or(it, |(_, rest)| rest)).collect()
    }

    pub(crate) fn assert_has(&self, text: &str) {
        assert!(self.text.contains(text), "no {text:?} in {}", self.text);
    }

    pub(crate) fn assert_has_no(&self, text: &str) {
        assert!(!self.text.contains(text), "{text:?} in {}", self.text);
    }

    /// Where a link leads whose text is `name`.
    pub(crate) fn link(&self, name: &str) -> Option<String> {
        let (before, _) = self.text.split_once(&format!(">{name}</a>"))?;
        let (_, href) = before.rsplit_once("href=\"")?;
        let (href, _) = href.split_once('"')?;
        Some(href.replace("&amp;", "&"))
    }
}

impl Stage {
    pub(crate) async fn new() -> Self {
        Self::at(TestDatabase::new().await).await
    }

    /// In a database that is migrated and empty.
    pub(crate) async fn at(database: TestDatabase) -> Self {
        let (pool, options) = (database.service.clone(), database.service_options.clone());
        let master = Key::generate();
        let wake = Wake::default();
        let own_wake = wake.clone();
        let on_commit = Arc::new(move || own_wake.notify());
        let store = EventStore::open(pool, options, &master, on_commit);
        let clock = Arc::new(Set(Mutex::new(SystemClock.now())));
        let own_clock = Arc::clone(&clock) as Arc<dyn Clock>;
        let people = People::new(store.clone(), database.service.clone(), &master, own_clock);
        let (people, cookie) = (Arc::new(people), String::new());
        let stop = CancellationToken::new();
        let feed = Feed::new(database.service.clone(), wake, stop.clone());
        let feed = Arc::new(feed);
        tokio::spawn(Arc::clone(&feed).run(stop));
        let mut stage = Self { database, store, clock, master, people, feed, cookie };
        for (game_id, name) in [(GAME, "Space Shooter"), (OTHER_GAME, "Other Game")] {
            let settings = GameSettings {
                currencies: ["USD", "EUR"].map(|it| Currency::parse(it).unwrap()).to_vec(),
                capture_mode: CaptureMode::Automatic,
                session_lifetime_s: 86_400,
                return_urls: ReturnUrls::default(),
            };
            let (studio_id, at) = (StudioId::new(stage.now()), stage.now());
            let name = DisplayName::parse(name).unwrap();
            let found = StudioCommand::Found { name: name.clone(), at };
            let context = stage.context("operator:ada");
            stage.store.execute::<Studio>(studio_id.as_str(), found, &context).await.unwrap();
            let register = GameCommand::Register { studio_id, name, settings, at };
            stage.change_game(game_id, register).await;
        }
        let (_, link) = stage.person("ada@studio.example", GAME, Role::Finance).await;
        stage.cookie = stage.enter(&link).await;
        stage
    }

    /// A member of the studio that has a game, and a link's path that lets them in.
    pub(crate) async fn person(
        &self,
        email: &str,
        game_id: &str,
        role: Role,
    ) -> (PersonId, String) {
        let (context, people) = (self.context("operator:ada"), &self.people);
        let email = EmailAddress::parse(email).unwrap();
        let person_id = people.invite(&email, &context).await.unwrap();
        let studio_id = self.studio_of(game_id).await;
        people.add_member(&studio_id, person_id.clone(), role, &context).await.unwrap();
        let holds = TimeDelta::hours(24);
        let link = people.issue_link(&person_id, holds, &context).await.unwrap();
        (person_id, format!("{SIGN_IN_LINK_PATH}{}", link.reveal()))
    }

    pub(crate) async fn studio_of(&self, game_id: &str) -> StudioId {
        let game = GameRow::find(&self.database.service, game_id).await.unwrap().unwrap();
        StudioId::parse(game.studio_id).unwrap()
    }

    /// Has nobody of a studio be a member any more.
    pub(crate) async fn let_go(&self, game_id: &str, person_id: PersonId) {
        let context = self.context("operator:ada");
        let studio_id = self.studio_of(game_id).await;
        self.people.remove_member(&studio_id, person_id, &context).await.unwrap();
    }

    /// Comes in by a link; what the browser keeps.
    pub(crate) async fn enter(&self, link: &str) -> String {
        self.come_in(Request::post(link).body(Body::empty()).unwrap()).await
    }

    /// The same, from a network address with a browser.
    pub(crate) async fn enter_from(&self, link: &str, from: SocketAddr, agent: &str) -> String {
        let request = Request::post(link).header(USER_AGENT, agent).extension(ConnectInfo(from));
        self.come_in(request.body(Body::empty()).unwrap()).await
    }

    async fn come_in(&self, request: Request<Body>) -> String {
        let response = self.routes().oneshot(request).await.unwrap();
        let cookie = response.headers()[SET_COOKIE].to_str().unwrap();
        cookie.split_once(';').unwrap().0.to_owned()
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) fn advance(&self, seconds: i64) {
        *self.clock.0.lock().unwrap() += TimeDelta::seconds(seconds);
    }

    pub(crate) fn routes(&self) -> Router {
        let pool = self.database.service.clone();
        let history = Arc::new(History::new(pool.clone(), &self.master));
        let clock = Arc::clone(&self.clock) as Arc<dyn Clock>;
        let dashboard = Dashboard {
            people: Arc::clone(&self.people),
            admin: self.admin(),
            store: self.store.clone(),
            pool,
            feed: Arc::clone(&self.feed),
            history,
            providers: Registry::default()
                .with(World::Test, Arc::new(QuietProvider { name: "sandbox", tells: None })),
            test_events: Arc::new(self.test_events()),
            targets: TargetPolicy::Anywhere,
            clock,
            base_url: "http://127.0.0.1".parse().unwrap(),
            needs_second_factor: false,
            proxies: 0,
        };
        dashboard.routes()
    }

    fn test_events(&self) -> TestEvents {
        TestEvents::new(self.database.service.clone(), &self.master, urls())
    }

    /// The API beside it, as a game server finds it.
    pub(crate) fn api(&self) -> Router {
        let pool = self.database.service.clone();
        let (keys, stopping) = (SecretKeys::of(&self.master), CancellationToken::new());
        let (master, targets) = (&self.master, TargetPolicy::Anywhere);
        let api = Api {
            store: self.store.clone(),
            statuses: StatusReader::start(pool.clone()),
            clock: Arc::clone(&self.clock) as Arc<dyn Clock>,
            key_hasher: Arc::new(self.master.derive(API_KEYS_PURPOSE)),
            known_keys: Arc::default(),
            key_use: Arc::default(),
            rate_limits: Arc::default(),
            pay_base_url: urls().pay_base_url,
            providers: Registry::default(),
            webhooks: Arc::new(Webhooks::new(&pool, master, keys, urls(), targets, stopping)),
            pool,
        };
        api.routes()
    }

    fn admin(&self) -> Admin {
        let pool = self.database.service.clone();
        let admin = Admin::new(self.store.clone(), pool, &self.master, "process:test");
        admin.with_clock(Arc::clone(&self.clock) as Arc<dyn Clock>)
    }

    pub(crate) async fn get(&self, path: &str) -> Page {
        self.get_as(&self.cookie, path).await
    }

    /// As whoever keeps that.
    pub(crate) async fn get_as(&self, cookie: &str, path: &str) -> Page {
        let request = Request::get(path).header(COOKIE, cookie).body(Body::empty()).unwrap();
        let response = self.routes().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let text = to_bytes(body, usize::MAX).await.unwrap();
        let text = String::from_utf8(text.to_vec()).unwrap();
        Page { status: parts.status, headers: parts.headers, text }
    }

    /// Listens to what a page listens to, from where the browser was.
    pub(crate) async fn listen_as(&self, cookie: &str, path: &str, last: Option<&str>) -> Heard {
        let request = Request::get(path).header(COOKIE, cookie).header(ACCEPT, "text/event-stream");
        let request = match last {
            Some(last) => request.header("last-event-id", last),
            None => request,
        };
        let request = request.body(Body::empty()).unwrap();
        let response = self.routes().oneshot(request).await.unwrap();
        let status = response.status();
        Heard { status, stream: response.into_body().into_data_stream(), text: String::new() }
    }

    /// Sends a form to a page as whoever keeps that; `fields` are as in a URL's query.
    pub(crate) async fn post_as(&self, cookie: &str, path: &str, fields: &str) -> Page {
        let form = "application/x-www-form-urlencoded";
        let request = Request::post(path).header(COOKIE, cookie).header(CONTENT_TYPE, form);
        let request = request.body(Body::from(fields.to_owned())).unwrap();
        let response = self.routes().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let text = to_bytes(body, usize::MAX).await.unwrap();
        let text = String::from_utf8(text.to_vec()).unwrap();
        Page { status: parts.status, headers: parts.headers, text }
    }

    /// What each form has in it that is drawn for whoever keeps that.
    pub(crate) async fn form_token(&self, cookie: &str) -> String {
        let home = self.get_as(cookie, "/dashboard").await;
        let (_, token) = home.text.split_once(r#"name="form_token" value=""#).unwrap();
        token.split_once('"').unwrap().0.to_owned()
    }

    /// Sends one of our own forms, as people do who say why whenever they are asked, unless `fields` say it.
    pub(crate) async fn send_as(&self, cookie: &str, path: &str, fields: &str) -> Page {
        let token = self.form_token(cookie).await;
        let says_why = fields.split('&').any(|it| it.starts_with("why="));
        let fields = if says_why { fields.to_owned() } else { format!("{fields}&why=for+a+test") };
        self.post_as(cookie, path, &format!("form_token={token}&{fields}")).await
    }

    /// Sends one of our own forms with a file.
    pub(crate) async fn upload_as(
        &self,
        cookie: &str,
        path: &str,
        fields: &[(&str, &str)],
        file: &[u8],
    ) -> Page {
        let token = self.form_token(cookie).await;
        let mut body = vec![];
        for (name, value) in fields.iter().chain([&("form_token", token.as_str())]) {
            let head =
                format!("--limit\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n");
            body.extend([head.as_bytes(), value.as_bytes(), b"\r\n"].concat());
        }
        let head = "--limit\r\nContent-Disposition: form-data; name=\"logo\"; filename=\"a.png\"\r\n\
                    Content-Type: image/png\r\n\r\n";
        body.extend([head.as_bytes(), file, b"\r\n--limit--\r\n"].concat());
        let kind = "multipart/form-data; boundary=limit";
        let request = Request::post(path).header(COOKIE, cookie).header(CONTENT_TYPE, kind);
        let response =
            self.routes().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        let text = to_bytes(body, usize::MAX).await.unwrap();
        let text = String::from_utf8(text.to_vec()).unwrap();
        Page { status: parts.status, headers: parts.headers, text }
    }

    /// Has what people did stand in the history.
    pub(crate) async fn follow_acts(&self) {
        let pool = self.database.service.clone();
        let mut follower = Follower::new(pool, Acts, 0, &Wake::default());
        while follower.step().await.unwrap() != Step::Idle {}
        follower.release().await;
    }

    /// How many events the log has.
    pub(crate) async fn events(&self) -> i64 {
        let count = sqlx::query_scalar("SELECT count(*) FROM event");
        count.fetch_one(&self.database.owner).await.unwrap()
    }

    /// A page of the game's sessions in the test world.
    pub(crate) async fn list(&self, query: &str) -> Page {
        self.get(&format!("/dashboard/{GAME}/test/sessions{query}")).await
    }

    pub(crate) async fn story(&self, session_id: &SessionId) -> Page {
        self.get(&format!("/dashboard/{GAME}/test/sessions/{session_id}")).await
    }

    pub(crate) fn context(&self, actor: &str) -> CommandContext {
        CommandContext::new(actor, "request-1", self.now())
    }

    pub(crate) async fn change_game(&self, game_id: &str, command: GameCommand) {
        let context = self.context("operator:ada");
        self.store.execute::<Game>(game_id, command, &context).await.unwrap();
    }

    /// The game as it is now.
    pub(crate) async fn game(&self) -> GameRow {
        GameRow::find(&self.database.service, GAME).await.unwrap().unwrap()
    }

    pub(crate) async fn give(&self, session_id: &SessionId, actor: &str, command: SessionCommand) {
        let context = self.context(actor);
        self.store.execute::<Session>(session_id.as_str(), command, &context).await.unwrap();
    }

    pub(crate) async fn session(&self, user_id: &str, title: &str) -> SessionId {
        self.session_of(GAME, World::Test, user_id, title).await
    }

    pub(crate) async fn session_of(
        &self,
        game_id: &str,
        world: World,
        user_id: &str,
        title: &str,
    ) -> SessionId {
        let now = self.now();
        let session_id = SessionId::new(now);
        let create = SessionCommand::Create(Box::new(CreateSession {
            game_id: GameId::parse(game_id).unwrap(),
            world,
            user_id: UserId::parse(user_id).unwrap(),
            item: Item {
                title: ItemTitle::parse(title).unwrap(),
                price: price(),
                image: None,
                country: None,
            },
            return_url: ReturnUrl::parse("mygame://payment-complete?from=shop").unwrap(),
            capture_mode: CaptureMode::Automatic,
            wallet_enabled: false,
            created_at: now,
            expires_at: now + TimeDelta::hours(24),
        }));
        self.give(&session_id, "key:key_unknown", create).await;
        session_id
    }

    pub(crate) async fn start(&self, session_id: &SessionId) -> PaymentId {
        self.advance(4);
        let payment_id = PaymentId::new(self.now());
        let start = SessionCommand::StartPayment(Box::new(StartPayment {
            payment_id: payment_id.clone(),
            method: PaymentMethod::Card,
            provider: ProviderName::parse("sandbox").unwrap(),
            instrument: Reference::parse("tok_secret").unwrap(),
            at: self.now(),
        }));
        self.give(session_id, "player", start).await;
        payment_id
    }

    async fn hear(&self, session_id: &SessionId, payment_id: &PaymentId, outcome: PaymentOutcome) {
        self.advance(1);
        let (payment_id, at) = (payment_id.clone(), self.now());
        let record = SessionCommand::RecordPayment { payment_id, outcome, at };
        self.give(session_id, "provider:sandbox", record).await;
    }

    pub(crate) async fn decline(&self, session_id: &SessionId) -> PaymentId {
        let payment_id = self.start(session_id).await;
        let text = ProviderText::parse("the bank's own words").unwrap();
        let refusal = Refusal { reason: DeclineReason::InsufficientFunds, text };
        self.hear(session_id, &payment_id, PaymentOutcome::Declined(refusal)).await;
        payment_id
    }

    pub(crate) async fn pay(&self, session_id: &SessionId) -> PaymentId {
        let payment_id = self.start(session_id).await;
        let reference = Reference::parse("ch_1").unwrap();
        let outcome = PaymentOutcome::Captured { amount: price(), reference };
        self.hear(session_id, &payment_id, outcome).await;
        payment_id
    }

    pub(crate) async fn refund(
        &self,
        session_id: &SessionId,
        payment_id: &PaymentId,
        reason: &str,
    ) -> RefundId {
        self.advance(60);
        let (refund_id, at) = (RefundId::new(self.now()), self.now());
        let request = SessionCommand::RequestRefund {
            refund_id: refund_id.clone(),
            payment_id: payment_id.clone(),
            cause: RefundCause::Game,
            reason: Some(RefundReason::parse(reason).unwrap()),
            at,
        };
        self.give(session_id, "key:key_unknown", request).await;
        let reference = Reference::parse("re_1").unwrap();
        let outcome = RefundOutcome::Succeeded { reference };
        let record = SessionCommand::RecordRefund { refund_id: refund_id.clone(), outcome, at };
        self.give(session_id, "provider:sandbox", record).await;
        refund_id
    }

    /// The player is erased: the stream's key is gone.
    pub(crate) async fn erase(&self, session_id: &SessionId) {
        let erase = sqlx::query("SELECT destroy_stream_key('session-' || $1)");
        erase.bind(session_id.as_str()).execute(&self.database.owner).await.unwrap();
    }

    /// Adds an endpoint that refuses what it gets first, and takes the rest.
    pub(crate) async fn endpoint(&self) -> EndpointId {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hooks", listener.local_addr().unwrap()).parse().unwrap();
        let first = Arc::new(Mutex::new(true));
        let answer = async move || {
            if std::mem::take(&mut *first.lock().unwrap()) {
                (StatusCode::INTERNAL_SERVER_ERROR, REFUSAL)
            } else {
                (StatusCode::OK, "")
            }
        };
        let router = Router::new().fallback(any(answer));
        tokio::spawn(async move { axum::serve(listener, router).await });
        let at = self.now();
        let endpoint_id = EndpointId::new(at);
        let secret = WebhookSecret::generate().as_text().expose_secret().to_owned();
        let key = self.master.derive("endpoint-secrets");
        let sealed = key.seal(endpoint_id.as_str().as_bytes(), secret.as_bytes()).unwrap();
        let insert = "INSERT INTO endpoint_secret (endpoint_id, number, sealed) VALUES ($1, 1, $2)";
        let insert = sqlx::query(insert).bind(endpoint_id.as_str()).bind(sealed);
        insert.execute(&self.database.service).await.unwrap();
        let types = vec![WebhookType::SessionPaid];
        let endpoint = Endpoint::new(World::Test, url, PayloadShape::Flat, types);
        let added = endpoint_id.clone();
        self.change_game(GAME, GameCommand::AddEndpoint { endpoint_id: added, endpoint, at }).await;
        endpoint_id
    }

    /// Follows the log to its end, then makes one round of deliveries.
    pub(crate) async fn deliver(&self) {
        let pool = self.database.service.clone();
        let deliveries = Deliveries::new(self.store.clone(), &self.master, urls());
        let mut follower = Follower::new(pool.clone(), deliveries, 0, &Wake::default());
        while matches!(follower.step().await.unwrap(), Step::Handled(_)) {}
        follower.release().await;
        let clock = Arc::clone(&self.clock) as Arc<dyn Clock>;
        let (store, secrets) = (self.store.clone(), SecretKeys::of(&self.master));
        let policy = TargetPolicy::Anywhere;
        let worker =
            DeliveryWorker::new(&pool, store, &self.master, secrets, policy, clock).unwrap();
        worker.deliver_due().await.unwrap();
    }
}

pub(crate) fn price() -> Money {
    Money::new(499, Currency::parse("USD").unwrap()).unwrap()
}

fn urls() -> PublicUrls {
    PublicUrls { pay_base_url: "https://pay.example.com".parse().unwrap() }
}

//! A bank on a database of its own, a clock that is set by hand, and a receiver of notifications.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use chrono::{DateTime, TimeZone, Utc};
use secrecy::SecretString;
use sqlx::{
    Connection, Executor, PgConnection, PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use toffeepay::{
    clock::Clock,
    domain::{
        currency::Currency,
        id::{PaymentId, RefundId, SessionId},
        money::Money,
        session::{
            CaptureMode, DeclineReason, PaymentMethod, PaymentOutcome, Reference, RefundOutcome,
            Refusal,
        },
    },
    ids::NewId,
    providers::{
        Charge, ChargeAnswer, Instrument, Notification, NotificationSubject, Provider,
        RefundAnswer, RequestKey, TokenizeError,
        sandbox::{Movement, MovementKind, NOTIFICATIONS_PATH, SandboxBank, SandboxConfig},
    },
};
use tokio::sync::Notify;

use super::support::cluster::shared;

pub(crate) const PAYS: &str = "4242424242424242";
pub(crate) const DECLINED: &str = "4000000000000002";
pub(crate) const WITHOUT_FUNDS: &str = "4000000000009995";
pub(crate) const ASKS_FOR_AUTHENTICATION: &str = "4000002500003155";
pub(crate) const SETTLES_LATER: &str = "4000000000000259";
pub(crate) const SECURITY_CODE: &str = "7391";
pub(crate) const SECRET: &str = "the bank's secret";

/// A migrated database that no other test uses: as its owner, and as the service's own role.
pub(crate) async fn databases() -> (PgPool, PgPool) {
    let name = format!("bank_{}", uuid::Uuid::new_v4().simple());
    let mut admin = PgConnection::connect(shared().url()).await.unwrap();
    admin.execute(format!("CREATE DATABASE {name}").as_str()).await.unwrap();
    let options: PgConnectOptions = shared().url_of(&name).parse().unwrap();
    let owner =
        PgPoolOptions::new().max_connections(2).connect_with(options.clone()).await.unwrap();
    sqlx::migrate!().run(&owner).await.unwrap();
    let service = PgPoolOptions::new().max_connections(16).after_connect(|connection, _| {
        Box::pin(async move {
            connection.execute("SET ROLE toffeepay_service").await?;
            Ok(())
        })
    });
    (owner, service.connect_with(options).await.unwrap())
}

pub(crate) struct ManualClock(Mutex<DateTime<Utc>>);

impl Clock for ManualClock {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap()
    }
}

impl ManualClock {
    pub(crate) fn advance(&self, by: Duration) {
        *self.0.lock().unwrap() += by;
    }
}

/// Takes notifications as the service does, or refuses the next few.
#[derive(Default)]
pub(crate) struct Receiver {
    received: Mutex<Vec<(HeaderMap, Bytes)>>,
    refusals_left: AtomicU32,
    has_received: Notify,
}

impl Receiver {
    pub(crate) fn refuse_next(&self, times: u32) {
        self.refusals_left.store(times, Ordering::SeqCst);
    }

    pub(crate) fn received(&self) -> Vec<(HeaderMap, Bytes)> {
        self.received.lock().unwrap().clone()
    }

    pub(crate) async fn wait_for(&self, count: usize) {
        let is_there = async {
            while self.received().len() < count {
                self.has_received.notified().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), is_there).await.unwrap();
    }
}

async fn receive(
    State(receiver): State<Arc<Receiver>>,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    receiver.received.lock().unwrap().push((headers, body));
    receiver.has_received.notify_one();
    let left = |it: u32| it.checked_sub(1);
    match receiver.refusals_left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, left) {
        Ok(_) => StatusCode::SERVICE_UNAVAILABLE,
        Err(_) => StatusCode::NO_CONTENT,
    }
}

pub(crate) struct World {
    pub(crate) bank: SandboxBank,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) receiver: Arc<Receiver>,
    pub(crate) base_url: String,
    pub(crate) owner: PgPool,
    pub(crate) session_id: SessionId,
}

/// A bank that does nothing wrong.
pub(crate) async fn world() -> World {
    world_with("").await
}

/// A bank with faults, its pages and the receiver behind a real HTTP server.
pub(crate) async fn world_with(faults: &str) -> World {
    let (owner, service) = databases().await;
    let now = Utc.with_ymd_and_hms(2026, 11, 23, 12, 0, 0).unwrap();
    let clock = Arc::new(ManualClock(Mutex::new(now)));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}", listener.local_addr().unwrap());
    let config = SandboxConfig {
        pay_base_url: format!("{base_url}/"),
        notify_url: None,
        signing_secret: SecretString::from(SECRET),
        settle_after: Duration::from_secs(5),
        faults: faults.parse().unwrap(),
    };
    let bank = SandboxBank::new(service, config, clock.clone()).unwrap();
    let receiver = Arc::new(Receiver::default());
    let routes = Router::new()
        .route(NOTIFICATIONS_PATH, post(receive))
        .with_state(receiver.clone())
        .merge(bank.routes());
    tokio::spawn(async move { axum::serve(listener, routes).await });
    let session_id = SessionId::new(now);
    World { bank, clock, receiver, base_url, owner, session_id }
}

impl World {
    pub(crate) fn new_payment(&self) -> PaymentId {
        PaymentId::new(self.clock.now())
    }

    pub(crate) async fn token(&self, number: &str) -> Reference {
        self.bank.tokenize(card(number)).await.unwrap()
    }

    /// Charges USD 4.99 to a card.
    pub(crate) async fn charge(
        &self,
        number: &str,
        capture_mode: CaptureMode,
    ) -> (PaymentId, ChargeAnswer) {
        let charge = self.charge_of(self.token(number).await, capture_mode);
        let payment_id = charge.payment_id.clone();
        (payment_id, self.bank.charge(charge).await.unwrap())
    }

    pub(crate) fn charge_of(&self, instrument: Reference, capture_mode: CaptureMode) -> Charge {
        Charge {
            session_id: self.session_id.clone(),
            payment_id: self.new_payment(),
            method: PaymentMethod::Card,
            amount: usd(499),
            instrument,
            capture_mode,
        }
    }

    /// A payment that was captured at once.
    pub(crate) async fn captured(&self) -> PaymentId {
        let (payment_id, answer) = self.charge(PAYS, CaptureMode::Automatic).await;
        assert!(is_captured(&answer), "{answer:?}");
        payment_id
    }

    /// A payment whose money is held.
    pub(crate) async fn held(&self) -> PaymentId {
        let (payment_id, answer) = self.charge(PAYS, CaptureMode::Manual).await;
        let is_held = matches!(answer, ChargeAnswer::Outcome(PaymentOutcome::Authorized { amount, .. }) if amount == usd(499));
        assert!(is_held, "{answer:?}");
        payment_id
    }

    pub(crate) async fn refund(
        &self,
        payment_id: &PaymentId,
        refund_id: &RefundId,
        minor_units: i64,
    ) -> RefundOutcome {
        let refund = self.bank.refund(&self.session_id, refund_id, payment_id, usd(minor_units));
        match refund.await.unwrap() {
            RefundAnswer::Outcome(outcome) => outcome,
            RefundAnswer::Pending => panic!("the sandbox refunds at once"),
        }
    }

    /// What the books say has moved, as (payment, kind, minor units).
    pub(crate) async fn moved(&self) -> Vec<(PaymentId, MovementKind, i64)> {
        let line = |it: Movement| (it.payment_id, it.kind, it.amount.minor_units());
        self.bank.movements().await.unwrap().into_iter().map(line).collect()
    }

    /// Every notification that came, verified and read.
    pub(crate) fn told(&self) -> Vec<Notification> {
        let read = |(headers, body): (HeaderMap, Bytes)| {
            self.bank.read_notification(&headers, &body, self.clock.now()).unwrap()
        };
        self.receiver.received().into_iter().map(read).collect()
    }

    /// The kinds of what came, for comparing.
    pub(crate) fn told_kinds(&self) -> Vec<&'static str> {
        self.told().iter().map(|it| kind(&it.subject)).collect()
    }
}

pub(crate) fn kind(subject: &NotificationSubject) -> &'static str {
    match subject {
        NotificationSubject::Payment(_, PaymentOutcome::Authorized { .. }) => "authorized",
        NotificationSubject::Payment(_, PaymentOutcome::Captured { .. }) => "captured",
        NotificationSubject::Payment(_, PaymentOutcome::Declined(_)) => "declined",
        NotificationSubject::Payment(_, PaymentOutcome::Voided) => "voided",
        NotificationSubject::Refund(_, RefundOutcome::Succeeded { .. }) => "refunded",
        NotificationSubject::Refund(_, RefundOutcome::Failed(_)) => "refund failed",
        _ => "unexpected",
    }
}

pub(crate) fn card(number: &str) -> Instrument {
    Instrument::Card {
        number: number.into(),
        expiry_month: 12,
        expiry_year: 2030,
        security_code: SECURITY_CODE.into(),
    }
}

/// The first request to take a payment's held money or to let it go.
pub(crate) fn first(payment_id: &PaymentId) -> RequestKey {
    RequestKey { payment_id: payment_id.clone(), number: 1 }
}

pub(crate) fn usd(minor_units: i64) -> Money {
    Money::new(minor_units, Currency::parse("USD").unwrap()).unwrap()
}

pub(crate) fn is_captured(answer: &ChargeAnswer) -> bool {
    matches!(answer, ChargeAnswer::Outcome(PaymentOutcome::Captured { amount, .. }) if *amount == usd(499))
}

pub(crate) fn decline_reason(answer: &ChargeAnswer) -> Option<DeclineReason> {
    match answer {
        ChargeAnswer::Outcome(PaymentOutcome::Declined(refusal)) => Some(refusal.reason),
        _ => None,
    }
}

pub(crate) fn refusal(refused: Result<Reference, TokenizeError>) -> Refusal {
    match refused {
        Err(TokenizeError::Refused(refusal)) => refusal,
        other => panic!("{other:?}"),
    }
}

//! `toffeepay replay` agrees with what the API reads, after thousands of sessions of mixed fates,
//! and finds a row that somebody changed by hand.

use chrono::{DateTime, TimeDelta, Utc};
use futures::{StreamExt, stream};
use toffeepay::{
    domain::{
        currency::Currency,
        id::{GameId, PaymentId, RefundId, SessionId},
        item::Item,
        money::Money,
        return_url::ReturnUrl,
        session::{
            CancelledBy, CaptureMode, CreateSession, DeclineReason, PaymentMethod, PaymentOutcome,
            ProviderName, ProviderText, Reference, RefundCause, RefundOutcome, Refusal, Session,
            SessionCommand, StartPayment,
        },
        text::{ItemTitle, RefundReason, UserId},
        world::World,
    },
    event_store::CommandContext,
    ids::NewId,
};

use super::books::settled;
use super::client::{DECLINED, PAYS};
use super::harness::{Library, Options, Service};

const SESSIONS: usize = 2_000;
/// As many at once as there may be requests in one group commit.
const AT_ONCE: usize = 128;

#[tokio::test]
async fn replay_agrees_after_thousands_of_sessions_of_mixed_fates() {
    let mut service = Service::start(Options::default()).await;
    let paid = service.client.create_session(&service.client.purchase()).await;
    service.client.pay(&paid, PAYS).await.unwrap();
    let declined = service.client.create_session(&service.client.purchase()).await;
    service.client.pay(&declined, DECLINED).await.unwrap();
    service.client.wait_for_status(&paid, "paid").await;
    service.stop().await;

    let library = service.library().await;
    let fates = stream::iter(0..SESSIONS).map(|number| live_a_life(&library, number));
    fates.buffer_unordered(AT_ONCE).collect::<()>().await;
    service.assert_replay_agrees().await;

    // What was left open is now asked for, expired and told.
    service.restart().await;
    settled(&library.pool).await;
    service.assert_replay_agrees().await;
    service.stop().await;
}

#[tokio::test]
async fn replay_finds_a_row_that_was_changed_by_hand_and_names_it() {
    let service = Service::start(Options::default()).await;
    let sound = service.client.create_session(&service.client.purchase()).await;
    let forged = service.client.create_session(&service.client.purchase()).await;
    let library = service.library().await;
    sqlx::query("UPDATE session SET status = 'paid' WHERE id = $1")
        .bind(&forged)
        .execute(&library.pool)
        .await
        .unwrap();
    let output = service.command(&["replay"]).await;
    let said = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains(&forged) && !said.contains(&sound), "{said}");
}

/// One of ten kinds of lives, each ending somewhere else.
async fn live_a_life(library: &Library, number: usize) {
    let now = Utc::now();
    let life = Life { library, session_id: SessionId::new(now), now };
    let lifetime = if number % 10 == 7 { TimeDelta::seconds(-1) } else { TimeDelta::hours(24) };
    life.gives(life.create(number, lifetime)).await;
    if number.is_multiple_of(10) {
        return;
    }
    life.gives(SessionCommand::OpenPage { at: now }).await;
    match number % 10 {
        1 => {
            let payment_id = life.start().await;
            life.hears(&payment_id, declined()).await;
        }
        2 | 3 => drop(life.is_paid().await),
        4 => {
            let payment_id = life.is_paid().await;
            let refund_id = life.asks_for_refund(&payment_id).await;
            let outcome = RefundOutcome::Succeeded { reference: reference("refund") };
            life.gives(SessionCommand::RecordRefund { refund_id, outcome, at: now }).await;
        }
        5 => life.gives(SessionCommand::Cancel { by: CancelledBy::Player, at: now }).await,
        6 => {
            for _ in 0..3 {
                let payment_id = life.start().await;
                life.hears(&payment_id, declined()).await;
            }
        }
        7 => life.gives(SessionCommand::Expire { at: now }).await,
        8 => {
            let payment_id = life.start().await;
            let reference = reference("charge");
            let held = PaymentOutcome::Authorized { amount: price(number), reference };
            life.hears(&payment_id, held).await;
            life.hears(&payment_id, PaymentOutcome::Voided).await;
        }
        // Left with an attempt that nobody has asked the provider about.
        _ => drop(life.start().await),
    }
}

struct Life<'a> {
    library: &'a Library,
    session_id: SessionId,
    now: DateTime<Utc>,
}

impl Life<'_> {
    fn create(&self, number: usize, lifetime: TimeDelta) -> SessionCommand {
        let created_at = self.now - TimeDelta::hours(25);
        let expires_at = self.now + lifetime;
        SessionCommand::Create(Box::new(CreateSession {
            game_id: GameId::parse("space_shooter").unwrap(),
            world: World::Test,
            user_id: UserId::parse(format!("player_{number}")).unwrap(),
            item: Item {
                title: ItemTitle::parse(format!("Sword № {number}")).unwrap(),
                price: price(number),
                image: None,
                country: None,
            },
            return_url: ReturnUrl::parse("mygame://payment-complete").unwrap(),
            capture_mode: CaptureMode::Automatic,
            wallet_enabled: false,
            created_at,
            expires_at,
        }))
    }

    async fn gives(&self, command: SessionCommand) {
        let context = CommandContext::new("process:test", "test", self.now);
        let (store, id) = (&self.library.store, self.session_id.as_str());
        store.execute::<Session>(id, command, &context).await.unwrap();
    }

    async fn start(&self) -> PaymentId {
        let payment_id = PaymentId::new(self.now);
        self.gives(SessionCommand::StartPayment(Box::new(StartPayment {
            payment_id: payment_id.clone(),
            method: PaymentMethod::Card,
            provider: ProviderName::parse("sandbox").unwrap(),
            instrument: reference("token"),
            at: self.now,
        })))
        .await;
        payment_id
    }

    async fn hears(&self, payment_id: &PaymentId, outcome: PaymentOutcome) {
        let payment_id = payment_id.clone();
        self.gives(SessionCommand::RecordPayment { payment_id, outcome, at: self.now }).await;
    }

    async fn is_paid(&self) -> PaymentId {
        let payment_id = self.start().await;
        let session = self.library.store.load::<Session>(self.session_id.as_str(), None).await;
        let amount = session.unwrap().aggregate.present().unwrap().item.price;
        let captured = PaymentOutcome::Captured { amount, reference: reference("charge") };
        self.hears(&payment_id, captured).await;
        payment_id
    }

    async fn asks_for_refund(&self, payment_id: &PaymentId) -> RefundId {
        let refund_id = RefundId::new(self.now);
        self.gives(SessionCommand::RequestRefund {
            refund_id: refund_id.clone(),
            payment_id: payment_id.clone(),
            cause: RefundCause::Game,
            reason: Some(RefundReason::parse("bought twice").unwrap()),
            at: self.now,
        })
        .await;
        refund_id
    }
}

fn price(number: usize) -> Money {
    let currency = Currency::parse(["USD", "EUR", "GBP"][number % 3]).unwrap();
    Money::price(i64::try_from(number).unwrap() + 1, currency).unwrap()
}

fn reference(text: &str) -> Reference {
    Reference::parse(text).unwrap()
}

fn declined() -> PaymentOutcome {
    let text = ProviderText::parse("The card was declined.").unwrap();
    PaymentOutcome::Declined(Refusal { reason: DeclineReason::CardDeclined, text })
}

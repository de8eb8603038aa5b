//! Sessions to which random things happen, right and wrong, as commands to the log.

use chrono::{TimeDelta, Utc};
use rand::rngs::SmallRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use toffeepay::domain::currency::Currency;
use toffeepay::domain::id::{GameId, PaymentId, RefundId, SessionId};
use toffeepay::domain::item::Item;
use toffeepay::domain::money::Money;
use toffeepay::domain::return_url::ReturnUrl;
use toffeepay::domain::session::*;
use toffeepay::domain::text::{ItemTitle, RefundReason, UserId};
use toffeepay::domain::world::World;
use toffeepay::event_store::{CommandContext, EventStore, ExecuteError};
use toffeepay::ids::NewId;

/// Things that happen to a session at most, beside its creation.
const STEPS_MAX: u32 = 14;

/// Lets a session live a life that `seed` decides.
pub(crate) async fn live(store: &EventStore, game_id: &GameId, seed: u64) -> SessionId {
    let mut rng = SmallRng::seed_from_u64(seed);
    let session_id = SessionId::new(Utc::now());
    let price = price(&mut rng);
    do_now(store, &session_id, create(game_id, price, seed)).await;
    let (mut payments, mut refunds) = (vec![], vec![]);
    for _ in 0..rng.random_range(0..STEPS_MAX) {
        let command = command(&mut rng, price, &mut payments, &mut refunds);
        do_now(store, &session_id, command).await;
    }
    session_id
}

/// A session that was paid.
pub(crate) async fn paid(store: &EventStore, game_id: &GameId) -> (SessionId, PaymentId) {
    let session_id = SessionId::new(Utc::now());
    let payment_id = PaymentId::new(Utc::now());
    let price = Money::price(499, Currency::parse("USD").unwrap()).unwrap();
    let outcome = PaymentOutcome::Captured { amount: price, reference: reference() };
    let record =
        SessionCommand::RecordPayment { payment_id: payment_id.clone(), outcome, at: Utc::now() };
    for command in [create(game_id, price, 1), start(payment_id.clone()), record] {
        do_now(store, &session_id, command).await;
    }
    (session_id, payment_id)
}

async fn do_now(store: &EventStore, session_id: &SessionId, command: SessionCommand) {
    let context = CommandContext::new("process:test", "test", Utc::now());
    match store.execute::<Session>(session_id.as_str(), command, &context).await {
        Ok(_) | Err(ExecuteError::Refused(_)) => {}
        Err(error) => panic!("{error}"),
    }
}

fn price(rng: &mut SmallRng) -> Money {
    let currency = *["USD", "EUR", "JPY", "BHD"].choose(rng).unwrap();
    Money::price(rng.random_range(1..100_000), Currency::parse(currency).unwrap()).unwrap()
}

fn create(game_id: &GameId, price: Money, seed: u64) -> SessionCommand {
    let at = Utc::now();
    SessionCommand::Create(Box::new(CreateSession {
        game_id: game_id.clone(),
        world: if seed.is_multiple_of(5) { World::Live } else { World::Test },
        user_id: UserId::parse(format!("player-{seed}")).unwrap(),
        item: Item { title: ItemTitle::parse("Sword").unwrap(), price, image: None, country: None },
        return_url: ReturnUrl::parse("https://game.example/back").unwrap(),
        capture_mode: if seed.is_multiple_of(2) {
            CaptureMode::Automatic
        } else {
            CaptureMode::Manual
        },
        wallet_enabled: seed.is_multiple_of(3),
        created_at: at,
        expires_at: at + TimeDelta::hours(1),
    }))
}

fn start(payment_id: PaymentId) -> SessionCommand {
    SessionCommand::StartPayment(Box::new(StartPayment {
        payment_id,
        method: PaymentMethod::Card,
        provider: ProviderName::parse("sandbox").unwrap(),
        instrument: Reference::parse("tok_1").unwrap(),
        at: Utc::now(),
    }))
}

fn reference() -> Reference {
    Reference::parse("ch_1").unwrap()
}

fn refusal() -> Refusal {
    let text = ProviderText::parse("no, says the bank").unwrap();
    Refusal { reason: DeclineReason::InsufficientFunds, text }
}

fn command(
    rng: &mut SmallRng,
    price: Money,
    payments: &mut Vec<PaymentId>,
    refunds: &mut Vec<RefundId>,
) -> SessionCommand {
    let at = Utc::now();
    let choice = rng.random_range(0..20);
    let payment = payments.choose(rng).cloned();
    let refund = refunds.choose(rng).cloned();
    match (choice, payment, refund) {
        (0, ..) => SessionCommand::OpenPage { at },
        (1, ..) => SessionCommand::Cancel { by: CancelledBy::Player, at },
        (2, ..) => SessionCommand::Expire { at: at + TimeDelta::hours(2) },
        (3, Some(payment_id), _) => SessionCommand::RequestCapture { payment_id, at },
        (4, Some(payment_id), _) => SessionCommand::RequestVoid { payment_id, at },
        (5..=7, Some(payment_id), _) => {
            let refund_id = RefundId::new(at);
            refunds.push(refund_id.clone());
            let reason = Some(RefundReason::parse("the sword broke").unwrap());
            let cause = RefundCause::Game;
            SessionCommand::RequestRefund { refund_id, payment_id, cause, reason, at }
        }
        (8..=10, _, Some(refund_id)) => {
            let outcome = match choice {
                8 => RefundOutcome::Failed(refusal()),
                _ => RefundOutcome::Succeeded { reference: reference() },
            };
            SessionCommand::RecordRefund { refund_id, outcome, at }
        }
        (11, _, Some(refund_id)) => SessionCommand::CancelRefund { refund_id, at },
        (12..=18, Some(payment_id), _) => {
            let (amount, reference) = (price, reference());
            let outcome = match choice {
                12 | 13 => PaymentOutcome::Authorized { amount, reference },
                14 => PaymentOutcome::Declined(refusal()),
                15 => PaymentOutcome::Voided,
                _ => PaymentOutcome::Captured { amount, reference },
            };
            SessionCommand::RecordPayment { payment_id, outcome, at }
        }
        _ => {
            let payment_id = PaymentId::new(at);
            payments.push(payment_id.clone());
            start(payment_id)
        }
    }
}

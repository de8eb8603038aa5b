//! The words in which the specification is written, first half: values, facts and histories.
//!
//! Attempts to pay and refunds are numbered: `started(2)` is the session's second attempt.

use chrono::{TimeDelta, TimeZone, Utc};

use super::super::*;
use crate::domain::{
    Timestamp,
    currency::Currency,
    id::{GameId, PaymentId, RefundId, id_bytes},
    item::Item,
    money::Money,
    return_url::ReturnUrl,
    text::{ItemTitle, RefundReason, UserId},
    world::World,
};

pub(super) const AUTOMATIC: CaptureMode = CaptureMode::Automatic;
pub(super) const MANUAL: CaptureMode = CaptureMode::Manual;

/// When the session was created.
pub(super) fn birth() -> Timestamp {
    Utc.with_ymd_and_hms(2026, 3, 1, 12, 0, 0).unwrap()
}

/// When everything else happens, unless a test says otherwise.
pub(super) fn now() -> Timestamp {
    birth() + TimeDelta::minutes(5)
}

/// From when on no attempt starts.
pub(super) fn expiry() -> Timestamp {
    birth() + TimeDelta::hours(24)
}

pub(super) fn a_microsecond_before(at: Timestamp) -> Timestamp {
    at - TimeDelta::microseconds(1)
}

pub(super) fn usd(minor_units: i64) -> Money {
    Money::new(minor_units, Currency::parse("USD").unwrap()).unwrap()
}

pub(super) fn eur(minor_units: i64) -> Money {
    Money::new(minor_units, Currency::parse("EUR").unwrap()).unwrap()
}

pub(super) fn price() -> Money {
    usd(499)
}

pub(super) fn pay(number: u8) -> PaymentId {
    PaymentId::from_bytes(id_bytes(1_772_366_400_000, 0, [number; 16]))
}

pub(super) fn refund(number: u8) -> RefundId {
    RefundId::from_bytes(id_bytes(1_772_366_400_000, 0, [number; 16]))
}

pub(super) fn bank() -> ProviderName {
    ProviderName::parse("sandbox").unwrap()
}

pub(super) fn token(number: u8) -> Reference {
    Reference::parse(format!("token_{number}")).unwrap()
}

pub(super) fn charge_name(number: u8) -> Reference {
    Reference::parse(format!("charge_{number}")).unwrap()
}

pub(super) fn refund_name(number: u8) -> Reference {
    Reference::parse(format!("back_{number}")).unwrap()
}

pub(super) fn refusal() -> Refusal {
    let text = ProviderText::parse("Do not honour").unwrap();
    Refusal { reason: DeclineReason::CardDeclined, text }
}

/// The provider no longer holds what it held.
pub(super) fn lapsed() -> Refusal {
    Refusal { reason: DeclineReason::AuthorizationExpired, ..refusal() }
}

pub(super) fn in_words() -> RefundReason {
    RefundReason::parse("bought by mistake").unwrap()
}

pub(super) fn details(capture_mode: CaptureMode) -> CreateSession {
    let title = ItemTitle::parse("Crystal pack").unwrap();
    CreateSession {
        game_id: GameId::parse("space_shooter").unwrap(),
        world: World::Test,
        user_id: UserId::parse("player-7").unwrap(),
        item: Item { title, price: price(), image: None, country: None },
        return_url: ReturnUrl::parse("mygame://payment-complete").unwrap(),
        capture_mode,
        wallet_enabled: false,
        created_at: birth(),
        expires_at: expiry(),
    }
}

// Facts.

/// A session of a game that captures at once.
pub(super) fn created() -> SessionEvent {
    created_with(AUTOMATIC)
}

/// A session of a game that captures with CompletePayment.
pub(super) fn created_manual() -> SessionEvent {
    created_with(MANUAL)
}

pub(super) fn created_with(capture_mode: CaptureMode) -> SessionEvent {
    let it = details(capture_mode);
    SessionEvent::Created {
        game_id: it.game_id,
        world: it.world,
        user_id: it.user_id.into(),
        item: it.item,
        return_url: it.return_url.into(),
        capture_mode,
        wallet_enabled: it.wallet_enabled,
        created_at: it.created_at,
        expires_at: it.expires_at,
    }
}

pub(super) fn page_opened() -> SessionEvent {
    SessionEvent::PageOpened { opened_at: now() }
}

pub(super) fn started(number: u8) -> SessionEvent {
    started_with(number, AUTOMATIC)
}

pub(super) fn started_manual(number: u8) -> SessionEvent {
    started_with(number, MANUAL)
}

pub(super) fn started_with(number: u8, capture_mode: CaptureMode) -> SessionEvent {
    SessionEvent::PaymentStarted {
        payment_id: pay(number),
        number: number.into(),
        method: PaymentMethod::Card,
        amount: price(),
        provider: bank(),
        instrument: token(number).into(),
        capture_mode,
        started_at: now(),
    }
}

pub(super) fn authorized(number: u8) -> SessionEvent {
    SessionEvent::PaymentAuthorized {
        payment_id: pay(number),
        amount: price(),
        provider_reference: charge_name(number),
        authorized_at: now(),
    }
}

pub(super) fn capture_requested(number: u8) -> SessionEvent {
    SessionEvent::CaptureRequested {
        payment_id: pay(number),
        number: 1,
        amount: price(),
        requested_at: now(),
    }
}

pub(super) fn capture_failed(number: u8) -> SessionEvent {
    SessionEvent::CaptureFailed {
        payment_id: pay(number),
        reason: refusal().reason,
        provider_text: refusal().text.into(),
        failed_at: now(),
    }
}

pub(super) fn void_requested(number: u8, reason: VoidReason) -> SessionEvent {
    SessionEvent::VoidRequested { payment_id: pay(number), number: 1, reason, requested_at: now() }
}

/// The same request, not as the attempt's first but as its `nth`.
pub(super) fn as_the(nth: u32, mut request: SessionEvent) -> SessionEvent {
    if let SessionEvent::CaptureRequested { number, .. }
    | SessionEvent::VoidRequested { number, .. } = &mut request
    {
        *number = nth;
    }
    request
}

pub(super) fn void_failed(number: u8) -> SessionEvent {
    SessionEvent::VoidFailed {
        payment_id: pay(number),
        reason: refusal().reason,
        provider_text: refusal().text.into(),
        failed_at: now(),
    }
}

pub(super) fn voided(number: u8) -> SessionEvent {
    SessionEvent::PaymentVoided { payment_id: pay(number), amount: price(), voided_at: now() }
}

pub(super) fn declined(number: u8) -> SessionEvent {
    SessionEvent::PaymentDeclined {
        payment_id: pay(number),
        reason: refusal().reason,
        provider_text: refusal().text.into(),
        declined_at: now(),
    }
}

pub(super) fn paid(number: u8) -> SessionEvent {
    SessionEvent::Paid {
        payment_id: pay(number),
        amount: price(),
        provider_reference: charge_name(number),
        paid_at: now(),
    }
}

pub(super) fn paid_late(number: u8) -> SessionEvent {
    SessionEvent::PaidLate {
        payment_id: pay(number),
        amount: price(),
        provider_reference: charge_name(number),
        captured_at: now(),
    }
}

pub(super) fn mismatched(number: u8, captured: Money) -> SessionEvent {
    mismatched_as(number, captured, charge_name(number))
}

pub(super) fn mismatched_as(
    number: u8,
    captured: Money,
    provider_reference: Reference,
) -> SessionEvent {
    SessionEvent::CaptureMismatched {
        payment_id: pay(number),
        expected: price(),
        captured,
        provider_reference,
        captured_at: now(),
    }
}

pub(super) fn failed() -> SessionEvent {
    SessionEvent::Failed { failed_at: now() }
}

pub(super) fn cancelled(reason: CancelReason) -> SessionEvent {
    SessionEvent::Cancelled { reason, cancelled_at: now() }
}

pub(super) fn expired() -> SessionEvent {
    SessionEvent::Expired { expired_at: expiry() }
}

pub(super) fn refund_requested(number: u8, payment: u8) -> SessionEvent {
    refund_requested_of(number, payment, price(), RefundCause::Game)
}

pub(super) fn refund_requested_of(
    number: u8,
    payment: u8,
    amount: Money,
    cause: RefundCause,
) -> SessionEvent {
    SessionEvent::RefundRequested {
        refund_id: refund(number),
        payment_id: pay(payment),
        amount,
        cause,
        reason: Some(in_words()).into(),
        requested_at: now(),
    }
}

pub(super) fn refunded(number: u8, payment: u8) -> SessionEvent {
    refunded_of(number, payment, price())
}

pub(super) fn refunded_of(number: u8, payment: u8, amount: Money) -> SessionEvent {
    SessionEvent::Refunded {
        refund_id: refund(number),
        payment_id: pay(payment),
        amount,
        refunded_total: amount,
        provider_reference: refund_name(number),
        refunded_at: now(),
    }
}

pub(super) fn refund_failed(number: u8, payment: u8) -> SessionEvent {
    SessionEvent::RefundFailed {
        refund_id: refund(number),
        payment_id: pay(payment),
        amount: price(),
        reason: refusal().reason,
        provider_text: refusal().text.into(),
        failed_at: now(),
    }
}

pub(super) fn refund_cancelled(number: u8, payment: u8) -> SessionEvent {
    SessionEvent::RefundCancelled {
        refund_id: refund(number),
        payment_id: pay(payment),
        amount: price(),
        cancelled_at: now(),
    }
}

// Histories.

/// A player whose card is being charged.
pub(super) fn processing() -> Vec<SessionEvent> {
    vec![created(), started(1)]
}

/// Money held for a game that captures with CompletePayment.
pub(super) fn held() -> Vec<SessionEvent> {
    vec![created_manual(), started_manual(1), authorized(1)]
}

/// A paid session.
pub(super) fn sold() -> Vec<SessionEvent> {
    vec![created(), started(1), authorized(1), capture_requested(1), paid(1)]
}

/// A history that ends in `status`, its first attempt declined (but for the paid one).
pub(super) fn over(status: SessionStatus) -> Vec<SessionEvent> {
    let once_declined = vec![created(), started(1), declined(1)];
    match status {
        SessionStatus::Pending => once_declined,
        SessionStatus::Paid => sold(),
        SessionStatus::Failed => vec![
            created(),
            started(1),
            declined(1),
            started(2),
            declined(2),
            started(3),
            declined(3),
            failed(),
        ],
        SessionStatus::Cancelled => and(once_declined, [cancelled(CancelReason::Player)]),
        SessionStatus::Expired => and(once_declined, [expired()]),
    }
}

/// Every status that ends a session.
pub(super) fn final_statuses() -> impl Iterator<Item = SessionStatus> {
    SessionStatus::ALL.iter().copied().filter(|it| *it != SessionStatus::Pending)
}

/// What happened, and then what else did.
pub(super) fn and<const N: usize>(
    history: Vec<SessionEvent>,
    more: [SessionEvent; N],
) -> Vec<SessionEvent> {
    [history, more.to_vec()].concat()
}

//! The words in which the specification is written, second half: what can be asked of a session.

use super::super::*;
use super::facts::*;
use crate::domain::{Timestamp, money::Money};

pub(super) fn create() -> SessionCommand {
    SessionCommand::Create(Box::new(details(AUTOMATIC)))
}

pub(super) fn create_manual() -> SessionCommand {
    SessionCommand::Create(Box::new(details(MANUAL)))
}

pub(super) fn open_page() -> SessionCommand {
    SessionCommand::OpenPage { at: now() }
}

/// The player presses pay.
pub(super) fn start(number: u8) -> SessionCommand {
    start_at(number, now())
}

pub(super) fn start_at(number: u8, at: Timestamp) -> SessionCommand {
    SessionCommand::StartPayment(Box::new(StartPayment {
        payment_id: pay(number),
        method: PaymentMethod::Card,
        provider: bank(),
        instrument: token(number),
        at,
    }))
}

/// The game calls CompletePayment.
pub(super) fn capture(number: u8) -> SessionCommand {
    SessionCommand::RequestCapture { payment_id: pay(number), at: now() }
}

/// The game calls CancelPayment.
pub(super) fn void(number: u8) -> SessionCommand {
    SessionCommand::RequestVoid { payment_id: pay(number), at: now() }
}

/// The clock looks for money that is held too long.
pub(super) fn void_uncaptured(number: u8, at: Timestamp) -> SessionCommand {
    SessionCommand::VoidUncaptured { payment_id: pay(number), at }
}

pub(super) fn cancel(by: CancelledBy) -> SessionCommand {
    SessionCommand::Cancel { by, at: now() }
}

pub(super) fn expire_at(at: Timestamp) -> SessionCommand {
    SessionCommand::Expire { at }
}

/// The game calls CreateRefund.
pub(super) fn request_refund(number: u8, payment: u8) -> SessionCommand {
    request_refund_as(RefundCause::Game, number, payment)
}

pub(super) fn request_refund_as(cause: RefundCause, number: u8, payment: u8) -> SessionCommand {
    SessionCommand::RequestRefund {
        refund_id: refund(number),
        payment_id: pay(payment),
        cause,
        reason: Some(in_words()),
        at: now(),
    }
}

pub(super) fn cancel_refund(number: u8) -> SessionCommand {
    SessionCommand::CancelRefund { refund_id: refund(number), at: now() }
}

// Providers' words about an attempt.

pub(super) fn word_of(number: u8, outcome: PaymentOutcome) -> SessionCommand {
    SessionCommand::RecordPayment { payment_id: pay(number), outcome, at: now() }
}

pub(super) fn provider_authorizes(number: u8) -> SessionCommand {
    let reference = charge_name(number);
    word_of(number, PaymentOutcome::Authorized { amount: price(), reference })
}

pub(super) fn provider_captures(number: u8) -> SessionCommand {
    provider_captures_amount(number, price())
}

pub(super) fn provider_captures_amount(number: u8, amount: Money) -> SessionCommand {
    provider_captures_as(number, amount, charge_name(number))
}

pub(super) fn provider_captures_as(
    number: u8,
    amount: Money,
    reference: Reference,
) -> SessionCommand {
    word_of(number, PaymentOutcome::Captured { amount, reference })
}

pub(super) fn provider_declines(number: u8) -> SessionCommand {
    word_of(number, PaymentOutcome::Declined(refusal()))
}

pub(super) fn provider_fails_to_capture(number: u8) -> SessionCommand {
    word_of(number, PaymentOutcome::CaptureFailed(refusal()))
}

pub(super) fn provider_voids(number: u8) -> SessionCommand {
    word_of(number, PaymentOutcome::Voided)
}

pub(super) fn provider_fails_to_void(number: u8) -> SessionCommand {
    word_of(number, PaymentOutcome::VoidFailed(refusal()))
}

/// The worker brings the provider's answer to the attempt's request of that number.
pub(super) fn answer(number: u8, request: u32, outcome: PaymentOutcome) -> SessionCommand {
    SessionCommand::RecordAnswer { payment_id: pay(number), number: request, outcome, at: now() }
}

/// Every word that a provider can say about an attempt.
pub(super) fn every_word_about(number: u8) -> [SessionCommand; 6] {
    [
        provider_authorizes(number),
        provider_captures(number),
        provider_declines(number),
        provider_fails_to_capture(number),
        provider_voids(number),
        provider_fails_to_void(number),
    ]
}

// Providers' words about a refund.

pub(super) fn provider_refunds(number: u8) -> SessionCommand {
    let outcome = RefundOutcome::Succeeded { reference: refund_name(number) };
    SessionCommand::RecordRefund { refund_id: refund(number), outcome, at: now() }
}

pub(super) fn provider_fails_to_refund(number: u8) -> SessionCommand {
    let outcome = RefundOutcome::Failed(refusal());
    SessionCommand::RecordRefund { refund_id: refund(number), outcome, at: now() }
}

pub(super) fn provider_cancels_refund(number: u8) -> SessionCommand {
    let outcome = RefundOutcome::Cancelled;
    SessionCommand::RecordRefund { refund_id: refund(number), outcome, at: now() }
}

/// Every command that there is but `Create`, about the first attempt and refund.
pub(super) fn every_command_but_create() -> Vec<SessionCommand> {
    let mut commands = vec![
        open_page(),
        start(1),
        capture(1),
        void(1),
        void_uncaptured(1, now()),
        cancel(CancelledBy::Game),
        cancel(CancelledBy::Player),
        expire_at(expiry()),
        request_refund(1, 1),
        cancel_refund(1),
        provider_refunds(1),
        provider_fails_to_refund(1),
        provider_cancels_refund(1),
        answer(1, 1, PaymentOutcome::Voided),
    ];
    commands.extend(every_word_about(1));
    commands
}

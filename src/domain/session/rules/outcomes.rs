//! What a provider's word about an attempt comes to.
//!
//! Providers repeat themselves and their notifications overtake each other: a word that adds
//! nothing is answered with no event, and word of money that moved is never dropped.

use super::super::super::{Timestamp, id::PaymentId, money::Money};
use super::super::{
    Attempt, CancelReason, CaptureMode, DECLINED_ATTEMPTS_MAX, DeclineReason,
    PaymentOutcome as Outcome, Reference, Refusal, SessionError, SessionEvent, SessionState,
    SessionStatus, Stage, VOIDED_ATTEMPTS_MAX, VoidReason,
};
use super::{Decision, holding};

pub(super) fn record(
    state: &SessionState,
    payment_id: &PaymentId,
    outcome: Outcome,
    at: Timestamp,
) -> Decision {
    let attempt = state.attempt(payment_id).ok_or(SessionError::PaymentNotFound)?;
    Ok(match outcome {
        Outcome::Authorized { amount, reference } => {
            authorized(state, attempt, amount, reference, at)
        }
        Outcome::Captured { amount, reference } => captured(state, attempt, amount, reference, at),
        Outcome::Declined(refusal) => declined(state, attempt, refusal, at),
        Outcome::CaptureFailed(refusal) => capture_failed(state, attempt, refusal, at),
        Outcome::Voided => voided(state, attempt, at),
        Outcome::VoidFailed(refusal) => void_failed(state, attempt, refusal, at),
    })
}

/// A refusal answers its own request only: one that comes late must not end a newer request,
/// which would then never be made. All else is a fact, whatever it answers.
pub(super) fn record_answer(
    state: &SessionState,
    payment_id: &PaymentId,
    number: u32,
    outcome: Outcome,
    at: Timestamp,
) -> Decision {
    let attempt = state.attempt(payment_id).ok_or(SessionError::PaymentNotFound)?;
    let is_refusal = matches!(outcome, Outcome::CaptureFailed(_) | Outcome::VoidFailed(_));
    if is_refusal && number != attempt.requests {
        return Ok(vec![]);
    }
    record(state, payment_id, outcome, at)
}

fn authorized(
    state: &SessionState,
    attempt: &Attempt,
    amount: Money,
    reference: Reference,
    at: Timestamp,
) -> Vec<SessionEvent> {
    let has_been_authorized = attempt.authorized_at.is_some();
    let next = match attempt.stage {
        Stage::Processing if state.status != SessionStatus::Pending => {
            Some(holding::void(attempt, VoidReason::PaidOtherwise, at))
        }
        Stage::Processing => match attempt.capture_mode {
            CaptureMode::Automatic => Some(holding::capture(attempt, at)),
            CaptureMode::Manual => None,
        },
        // The attempt was given up: nobody will capture what is now held.
        Stage::Declined | Stage::Voided if !has_been_authorized => {
            Some(holding::void(attempt, VoidReason::AuthorizedLate, at))
        }
        _ => return vec![],
    };
    let authorized = SessionEvent::PaymentAuthorized {
        payment_id: attempt.payment_id.clone(),
        amount,
        provider_reference: reference,
        authorized_at: at,
    };
    [Some(authorized), next].into_iter().flatten().collect()
}

fn captured(
    state: &SessionState,
    attempt: &Attempt,
    amount: Money,
    provider_reference: Reference,
    at: Timestamp,
) -> Vec<SessionEvent> {
    let payment_id = attempt.payment_id.clone();
    // The same amount under another name is money taken once more.
    let is_same_charge = attempt.provider_reference.as_ref() == Some(&provider_reference);
    let is_disputed = attempt
        .disputed
        .iter()
        .any(|it| it.amount == amount && it.provider_reference == provider_reference);
    if is_disputed || (attempt.captured == Some(amount) && is_same_charge) {
        return vec![];
    }
    // Money nobody asked for, or more of it: from here on a human decides.
    if attempt.captured.is_some() || amount != attempt.amount {
        return vec![SessionEvent::CaptureMismatched {
            payment_id,
            expected: attempt.amount,
            captured: amount,
            provider_reference,
            captured_at: at,
        }];
    }
    if state.status != SessionStatus::Pending {
        return vec![SessionEvent::PaidLate {
            payment_id,
            amount,
            provider_reference,
            captured_at: at,
        }];
    }
    // A capture for an attempt given up pays too; what another attempt holds is let go.
    let held_otherwise = state.attempts.iter().filter(|it| {
        it.payment_id != payment_id
            && it.stage == Stage::Authorized
            && !it.capture_requested
            && !it.void_requested
    });
    let voids = held_otherwise.map(|it| holding::void(it, VoidReason::PaidOtherwise, at));
    let paid = SessionEvent::Paid {
        payment_id: payment_id.clone(),
        amount,
        provider_reference,
        paid_at: at,
    };
    std::iter::once(paid).chain(voids).collect()
}

fn declined(
    state: &SessionState,
    attempt: &Attempt,
    refusal: Refusal,
    at: Timestamp,
) -> Vec<SessionEvent> {
    if attempt.stage != Stage::Processing {
        return vec![];
    }
    let declined = SessionEvent::PaymentDeclined {
        payment_id: attempt.payment_id.clone(),
        reason: refusal.reason,
        provider_text: refusal.text.into(),
        declined_at: at,
    };
    let is_last = DECLINED_ATTEMPTS_MAX <= state.attempts_at(Stage::Declined) + 1;
    if is_last && state.status == SessionStatus::Pending {
        return vec![declined, SessionEvent::Failed { failed_at: at }];
    }
    vec![declined]
}

fn capture_failed(
    state: &SessionState,
    attempt: &Attempt,
    refusal: Refusal,
    at: Timestamp,
) -> Vec<SessionEvent> {
    if attempt.stage != Stage::Authorized || !attempt.capture_requested {
        return vec![];
    }
    let failed = SessionEvent::CaptureFailed {
        payment_id: attempt.payment_id.clone(),
        reason: refusal.reason,
        provider_text: refusal.text.into(),
        failed_at: at,
    };
    // What the provider no longer holds can be neither taken nor let go.
    if refusal.reason == DeclineReason::AuthorizationExpired {
        return std::iter::once(failed).chain(voided(state, attempt, at)).collect();
    }
    // Where nobody will ask again, the hold must not block the player until it lapses.
    if state.status != SessionStatus::Pending || attempt.capture_mode == CaptureMode::Automatic {
        return vec![failed, holding::void(attempt, VoidReason::CaptureFailed, at)];
    }
    vec![failed]
}

fn voided(state: &SessionState, attempt: &Attempt, at: Timestamp) -> Vec<SessionEvent> {
    let voided = SessionEvent::PaymentVoided {
        payment_id: attempt.payment_id.clone(),
        amount: attempt.amount,
        voided_at: at,
    };
    match attempt.stage {
        Stage::Processing | Stage::Authorized => {
            let is_last = VOIDED_ATTEMPTS_MAX <= state.attempts_at(Stage::Voided) + 1;
            if is_last && state.status == SessionStatus::Pending {
                let reason = CancelReason::AttemptsVoided;
                return vec![voided, SessionEvent::Cancelled { reason, cancelled_at: at }];
            }
            vec![voided]
        }
        // What was authorized late has been let go; the attempt had been given up before.
        Stage::Declined | Stage::Voided if attempt.void_requested || attempt.is_held => {
            vec![voided]
        }
        Stage::Declined | Stage::Voided | Stage::Paid | Stage::PaidLate | Stage::Mismatched => {
            vec![]
        }
    }
}

fn void_failed(
    state: &SessionState,
    attempt: &Attempt,
    refusal: Refusal,
    at: Timestamp,
) -> Vec<SessionEvent> {
    // What the provider no longer holds need not be let go.
    let is_gone = refusal.reason == DeclineReason::AuthorizationExpired;
    if is_gone && (attempt.is_held || attempt.void_requested) {
        return voided(state, attempt, at);
    }
    if !attempt.void_requested {
        return vec![];
    }
    vec![SessionEvent::VoidFailed {
        payment_id: attempt.payment_id.clone(),
        reason: refusal.reason,
        provider_text: refusal.text.into(),
        failed_at: at,
    }]
}

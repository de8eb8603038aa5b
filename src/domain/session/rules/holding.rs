//! What to do with money that is held: take it, or let it go.

use super::super::super::{Timestamp, id::PaymentId};
use super::super::{
    Attempt, SessionError, SessionEvent, SessionState, SessionStatus, Stage, VoidReason,
};
use super::Decision;

pub(super) fn request_capture(
    state: &SessionState,
    payment_id: &PaymentId,
    at: Timestamp,
) -> Decision {
    let attempt = state.attempt(payment_id).ok_or(SessionError::PaymentNotFound)?;
    match attempt.stage {
        Stage::Authorized if attempt.capture_requested => Ok(vec![]),
        // Taken now, the money would have to be given back.
        Stage::Authorized if state.status != SessionStatus::Pending => {
            Err(SessionError::NotPending(state.status))
        }
        Stage::Authorized if attempt.void_requested => Err(SessionError::PaymentInProgress),
        Stage::Authorized => Ok(vec![capture(attempt, at)]),
        Stage::Paid => Ok(vec![]),
        Stage::Processing => Err(SessionError::PaymentInProgress),
        Stage::Declined | Stage::Voided | Stage::PaidLate | Stage::Mismatched => {
            Err(SessionError::PaymentNotAuthorized)
        }
    }
}

pub(super) fn request_void(
    state: &SessionState,
    payment_id: &PaymentId,
    at: Timestamp,
) -> Decision {
    let attempt = state.attempt(payment_id).ok_or(SessionError::PaymentNotFound)?;
    match attempt.stage {
        Stage::Authorized if attempt.void_requested => Ok(vec![]),
        // Its outcome is on the way: to let go now would race with it.
        Stage::Authorized if attempt.capture_requested => Err(SessionError::PaymentInProgress),
        Stage::Authorized => Ok(vec![void(attempt, VoidReason::Game, at)]),
        Stage::Voided => Ok(vec![]),
        Stage::Processing => Err(SessionError::PaymentInProgress),
        Stage::Declined | Stage::Paid | Stage::PaidLate | Stage::Mismatched => {
            Err(SessionError::PaymentNotAuthorized)
        }
    }
}

pub(super) fn void_uncaptured(
    state: &SessionState,
    payment_id: &PaymentId,
    at: Timestamp,
) -> Decision {
    let attempt = state.attempt(payment_id).ok_or(SessionError::PaymentNotFound)?;
    let Some(due_at) = state.void_due_at(attempt) else { return Ok(vec![]) };
    if at < due_at {
        return Err(SessionError::AuthorizationStillValid);
    }
    let reason = match attempt.stage {
        Stage::Authorized if state.status == SessionStatus::Pending => {
            VoidReason::NotCapturedInTime
        }
        Stage::Authorized => VoidReason::SessionCancelled,
        _ => VoidReason::AuthorizedLate,
    };
    Ok(vec![void(attempt, reason, at)])
}

pub(super) fn capture(attempt: &Attempt, at: Timestamp) -> SessionEvent {
    SessionEvent::CaptureRequested {
        payment_id: attempt.payment_id.clone(),
        number: next_number(attempt),
        amount: attempt.amount,
        requested_at: at,
    }
}

pub(super) fn void(attempt: &Attempt, reason: VoidReason, at: Timestamp) -> SessionEvent {
    SessionEvent::VoidRequested {
        payment_id: attempt.payment_id.clone(),
        number: next_number(attempt),
        reason,
        requested_at: at,
    }
}

fn next_number(attempt: &Attempt) -> u32 {
    attempt.requests.saturating_add(1)
}

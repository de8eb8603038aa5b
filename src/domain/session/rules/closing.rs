//! Ending a session unpaid: cancelled by somebody, or expired.

use super::super::super::Timestamp;
use super::super::{
    CancelReason, CancelledBy, SessionError, SessionEvent, SessionState, SessionStatus, Stage,
    VoidReason,
};
use super::{Decision, holding};

/// Held money is let go with the session; money that may be on its way is waited for.
pub(super) fn cancel(state: &SessionState, by: CancelledBy, at: Timestamp) -> Decision {
    if state.status != SessionStatus::Pending {
        return Err(SessionError::NotPending(state.status));
    }
    let reason = match by {
        CancelledBy::Game => CancelReason::Game,
        CancelledBy::Player => CancelReason::Player,
    };
    let cancelled = SessionEvent::Cancelled { reason, cancelled_at: at };
    match state.attempt_under_way() {
        None => Ok(vec![cancelled]),
        Some(held) if held.stage == Stage::Authorized && !held.capture_requested => {
            let void = holding::void(held, VoidReason::SessionCancelled, at);
            Ok(if held.void_requested { vec![cancelled] } else { vec![cancelled, void] })
        }
        Some(_) => Err(SessionError::PaymentInProgress),
    }
}

impl SessionState {
    /// Whether [`super::super::SessionCommand::Cancel`] would end the session: a question, so that nobody is
    /// offered what would be refused.
    ///
    /// # Errors
    ///
    /// The [`SessionError`] with which it would be refused.
    pub fn check_cancellable(&self, at: Timestamp) -> Result<(), SessionError> {
        cancel(self, CancelledBy::Game, at).map(drop)
    }
}

/// Waits for an attempt under way: its outcome decides.
pub(super) fn expire(state: &SessionState, at: Timestamp) -> Decision {
    if state.status != SessionStatus::Pending {
        return Ok(vec![]);
    }
    if at < state.expires_at {
        return Err(SessionError::NotExpiredYet);
    }
    if state.attempt_under_way().is_some() {
        return Err(SessionError::PaymentInProgress);
    }
    Ok(vec![SessionEvent::Expired { expired_at: at }])
}

//! Beginning: the session, its page, an attempt to pay.

use super::super::super::Timestamp;
use super::super::{
    CreateSession, SessionError, SessionEvent, SessionState, SessionStatus, StartPayment,
};
use super::Decision;

pub(super) fn create(details: CreateSession) -> SessionEvent {
    SessionEvent::Created {
        game_id: details.game_id,
        world: details.world,
        user_id: details.user_id.into(),
        item: details.item,
        return_url: details.return_url.into(),
        capture_mode: details.capture_mode,
        wallet_enabled: details.wallet_enabled,
        created_at: details.created_at,
        expires_at: details.expires_at,
    }
}

/// Only the first view of a page on which one can still pay is worth an event.
pub(super) fn open_page(state: &SessionState, at: Timestamp) -> Vec<SessionEvent> {
    let is_first_view = state.page_opened_at.is_none() && state.status == SessionStatus::Pending;
    if is_first_view { vec![SessionEvent::PageOpened { opened_at: at }] } else { vec![] }
}

pub(super) fn start_payment(state: &SessionState, attempt: StartPayment) -> Decision {
    // The same click again (a resent form): the attempt is there already.
    if state.attempt(&attempt.payment_id).is_some() {
        return Ok(vec![]);
    }
    if state.status != SessionStatus::Pending {
        return Err(SessionError::NotPending(state.status));
    }
    if state.expires_at <= attempt.at {
        return Err(SessionError::Expired);
    }
    if state.attempt_under_way().is_some() {
        return Err(SessionError::PaymentInProgress);
    }
    Ok(vec![SessionEvent::PaymentStarted {
        payment_id: attempt.payment_id,
        number: u32::try_from(state.attempts.len()).unwrap_or(u32::MAX).saturating_add(1),
        method: attempt.method,
        amount: state.item.price,
        provider: attempt.provider,
        instrument: attempt.instrument.into(),
        capture_mode: state.capture_mode,
        started_at: attempt.at,
    }])
}

//! Folds events into state. Only copies, decides nothing, never panics.
//!
//! A history that the rules cannot have written makes the session [`Session::Corrupt`].

use super::super::id::{PaymentId, RefundId};
use super::{
    Attempt, DisputedCapture, Refund, RefundStatus, Session, SessionEvent as Event, SessionState,
    SessionStatus, Stage, VoidReason,
};

/// Puts one event into the state.
pub(super) fn apply(session: &mut Session, event: Event) {
    let folded = match session {
        Session::Absent => begin(event).map(|state| *session = Session::Present(Box::new(state))),
        Session::Present(state) => step(state, event),
        Session::Corrupt => None,
    };
    if folded.is_none() {
        *session = Session::Corrupt;
    }
}

fn begin(event: Event) -> Option<SessionState> {
    let Event::Created {
        game_id,
        world,
        user_id,
        item,
        return_url,
        capture_mode,
        wallet_enabled,
        created_at,
        expires_at,
    } = event
    else {
        return None;
    };
    Some(SessionState {
        game_id,
        world,
        user_id,
        item,
        return_url,
        capture_mode,
        wallet_enabled,
        created_at,
        expires_at,
        page_opened_at: None,
        status: SessionStatus::Pending,
        closed_at: None,
        attempts: vec![],
        refunds: vec![],
    })
}

/// `None` if the event cannot have followed.
fn step(state: &mut SessionState, event: Event) -> Option<()> {
    match event {
        Event::Created { .. } => None,
        Event::PageOpened { opened_at } => {
            state.page_opened_at.is_none().then_some(())?;
            state.page_opened_at = Some(opened_at);
            Some(())
        }
        Event::Failed { failed_at } => close(state, SessionStatus::Failed, failed_at),
        Event::Cancelled { cancelled_at, .. } => {
            close(state, SessionStatus::Cancelled, cancelled_at)
        }
        Event::Expired { expired_at } => close(state, SessionStatus::Expired, expired_at),
        Event::Paid { ref payment_id, paid_at, .. } => {
            attempt_mut(state, payment_id)?;
            close(state, SessionStatus::Paid, paid_at)?;
            step_attempt(state, event)
        }
        Event::PaymentStarted { .. } => start(state, event),
        Event::RefundRequested { .. }
        | Event::Refunded { .. }
        | Event::RefundFailed { .. }
        | Event::RefundCancelled { .. } => step_refund(state, event),
        event => step_attempt(state, event),
    }
}

fn close(
    state: &mut SessionState,
    status: SessionStatus,
    at: super::super::Timestamp,
) -> Option<()> {
    (state.status == SessionStatus::Pending).then_some(())?;
    state.status = status;
    state.closed_at = Some(at);
    Some(())
}

fn start(state: &mut SessionState, event: Event) -> Option<()> {
    let Event::PaymentStarted {
        payment_id,
        method,
        amount,
        provider,
        instrument,
        capture_mode,
        started_at,
        ..
    } = event
    else {
        return None;
    };
    let may_start = state.status == SessionStatus::Pending
        && state.attempt_under_way().is_none()
        && state.attempt(&payment_id).is_none();
    may_start.then_some(())?;
    state.attempts.push(Attempt {
        payment_id,
        method,
        amount,
        provider,
        instrument,
        capture_mode,
        provider_reference: None,
        stage: Stage::Processing,
        requests: 0,
        capture_requested: false,
        void_requested: false,
        void_reason: None,
        is_held: false,
        voids_failed: 0,
        void_failed_at: None,
        captured: None,
        disputed: vec![],
        refunded: None,
        decline: None,
        started_at,
        authorized_at: None,
        succeeded_at: None,
        failed_at: None,
        cancelled_at: None,
        refunded_at: None,
    });
    Some(())
}

fn step_attempt(state: &mut SessionState, event: Event) -> Option<()> {
    match event {
        Event::PaymentAuthorized { payment_id, provider_reference, authorized_at, .. } => {
            let it = attempt_mut(state, &payment_id)?;
            (it.authorized_at.is_none() && it.captured.is_none()).then_some(())?;
            it.provider_reference = Some(provider_reference);
            it.authorized_at = Some(authorized_at);
            it.is_held = true;
            if it.stage == Stage::Processing {
                it.stage = Stage::Authorized;
            }
        }
        Event::CaptureRequested { payment_id, number, .. } => {
            let it = attempt_mut(state, &payment_id)?;
            (it.stage == Stage::Authorized).then_some(())?;
            ask(it, number)?;
            it.capture_requested = true;
        }
        Event::CaptureFailed { payment_id, .. } => {
            let it = attempt_mut(state, &payment_id)?;
            it.capture_requested.then_some(())?;
            it.capture_requested = false;
        }
        Event::VoidRequested { payment_id, number, reason, .. } => {
            let it = attempt_mut(state, &payment_id)?;
            it.captured.is_none().then_some(())?;
            ask(it, number)?;
            it.void_requested = true;
            it.void_reason = Some(reason);
        }
        Event::VoidFailed { payment_id, failed_at, .. } => {
            let it = attempt_mut(state, &payment_id)?;
            it.void_requested.then_some(())?;
            it.void_requested = false;
            if it.void_reason != Some(VoidReason::Game) {
                it.voids_failed = it.voids_failed.saturating_add(1);
                it.void_failed_at = Some(failed_at);
            }
        }
        Event::PaymentVoided { payment_id, voided_at, .. } => {
            let it = attempt_mut(state, &payment_id)?;
            if matches!(it.stage, Stage::Processing | Stage::Authorized) {
                it.stage = Stage::Voided;
                it.capture_requested = false;
                it.cancelled_at = Some(voided_at);
            } else {
                (it.void_requested || it.is_held).then_some(())?;
            }
            it.void_requested = false;
            it.is_held = false;
        }
        Event::PaymentDeclined { payment_id, reason, declined_at, .. } => {
            let it = attempt_mut(state, &payment_id)?;
            (it.stage == Stage::Processing).then_some(())?;
            it.stage = Stage::Declined;
            it.decline = Some(reason);
            it.failed_at = Some(declined_at);
        }
        event => return step_captured(state, event),
    }
    Some(())
}

/// One request at a time, each with the next number.
fn ask(attempt: &mut Attempt, number: u32) -> Option<()> {
    (!attempt.awaits_answer() && number == attempt.requests.checked_add(1)?).then_some(())?;
    attempt.requests = number;
    Some(())
}

fn step_captured(state: &mut SessionState, event: Event) -> Option<()> {
    let (payment_id, captured, provider_reference, captured_at, stage) = match event {
        Event::Paid { payment_id, amount, provider_reference, paid_at } => {
            (payment_id, amount, provider_reference, paid_at, Stage::Paid)
        }
        Event::PaidLate { payment_id, amount, provider_reference, captured_at } => {
            (state.status != SessionStatus::Pending).then_some(())?;
            (payment_id, amount, provider_reference, captured_at, Stage::PaidLate)
        }
        Event::CaptureMismatched {
            payment_id, captured, provider_reference, captured_at, ..
        } => {
            let it = attempt_mut(state, &payment_id)?;
            it.disputed.push(DisputedCapture {
                amount: captured,
                provider_reference: provider_reference.clone(),
            });
            if it.captured.is_some() {
                return Some(());
            }
            (payment_id, captured, provider_reference, captured_at, Stage::Mismatched)
        }
        _ => return None,
    };
    let it = attempt_mut(state, &payment_id)?;
    it.captured.is_none().then_some(())?;
    it.stage = stage;
    it.capture_requested = false;
    it.void_requested = false;
    it.is_held = false;
    it.captured = Some(captured);
    it.provider_reference = Some(provider_reference);
    // Whatever was said of it before, it neither failed nor was let go.
    (it.decline, it.failed_at, it.cancelled_at) = (None, None, None);
    it.succeeded_at = Some(captured_at).filter(|_| stage != Stage::Mismatched);
    Some(())
}

fn step_refund(state: &mut SessionState, event: Event) -> Option<()> {
    match event {
        Event::RefundRequested { refund_id, payment_id, amount, cause, reason, requested_at } => {
            let attempt = state.attempt(&payment_id)?;
            (attempt.captured == Some(amount)).then_some(())?;
            (state.refund(&refund_id).is_none()).then_some(())?;
            state.refund_that_stands(&payment_id).is_none().then_some(())?;
            state.refunds.push(Refund {
                refund_id,
                payment_id,
                amount,
                cause,
                reason,
                status: RefundStatus::Pending,
                decline: None,
                requested_at,
                settled_at: None,
            });
        }
        Event::Refunded { refund_id, payment_id, refunded_total, refunded_at, .. } => {
            let standing = state.refund_that_stands(&payment_id);
            standing.is_none_or(|it| it.refund_id == refund_id).then_some(())?;
            let attempt = attempt_mut(state, &payment_id)?;
            attempt.captured?.covers(refunded_total).then_some(())?;
            attempt.refunded = Some(refunded_total);
            attempt.refunded_at = Some(refunded_at);
            let refund = settle(state, &refund_id, RefundStatus::Succeeded, refunded_at)?;
            (refund.payment_id == payment_id).then_some(())?;
        }
        Event::RefundFailed { refund_id, reason, failed_at, .. } => {
            settle(state, &refund_id, RefundStatus::Failed, failed_at)?.decline = Some(reason);
        }
        Event::RefundCancelled { refund_id, cancelled_at, .. } => {
            settle(state, &refund_id, RefundStatus::Cancelled, cancelled_at)?;
        }
        _ => return None,
    }
    Some(())
}

fn settle<'a>(
    state: &'a mut SessionState,
    refund_id: &RefundId,
    status: RefundStatus,
    at: super::super::Timestamp,
) -> Option<&'a mut Refund> {
    let refund = state.refunds.iter_mut().find(|it| it.refund_id == *refund_id)?;
    // Money that moved counts even for a refund given up; all else needs a pending one.
    let may_follow = match status {
        RefundStatus::Succeeded => refund.status != RefundStatus::Succeeded,
        _ => refund.status == RefundStatus::Pending,
    };
    may_follow.then_some(())?;
    refund.status = status;
    refund.decline = None;
    refund.settled_at = Some(at);
    Some(refund)
}

fn attempt_mut<'a>(state: &'a mut SessionState, payment_id: &PaymentId) -> Option<&'a mut Attempt> {
    state.attempts.iter_mut().find(|it| it.payment_id == *payment_id)
}

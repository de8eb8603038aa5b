//! Giving money back: all that an attempt took, once.

use super::super::super::{
    Timestamp,
    id::{PaymentId, RefundId},
    money::Money,
    text::RefundReason,
};
use super::super::{
    Refund, RefundCause, RefundOutcome as Outcome, RefundStatus, SessionError, SessionEvent,
    SessionState, Stage,
};
use super::Decision;

pub(super) fn request(
    state: &SessionState,
    refund_id: RefundId,
    payment_id: &PaymentId,
    cause: RefundCause,
    reason: Option<RefundReason>,
    at: Timestamp,
) -> Decision {
    if state.refund(&refund_id).is_some() {
        return Ok(vec![]);
    }
    let amount = amount(state, payment_id, cause)?;
    Ok(vec![SessionEvent::RefundRequested {
        refund_id,
        payment_id: payment_id.clone(),
        amount,
        cause,
        reason: reason.into(),
        requested_at: at,
    }])
}

/// How much would go back.
fn amount(
    state: &SessionState,
    payment_id: &PaymentId,
    cause: RefundCause,
) -> Result<Money, SessionError> {
    let attempt = state.attempt(payment_id).ok_or(SessionError::PaymentNotFound)?;
    if state.refund_that_stands(payment_id).is_some() {
        return Err(SessionError::AlreadyRefunded);
    }
    match (attempt.stage, attempt.captured) {
        (Stage::Paid | Stage::PaidLate, Some(captured)) => Ok(captured),
        // What was taken is in dispute: only a person of ours settles it.
        (Stage::Mismatched, Some(captured)) if cause == RefundCause::Operator => Ok(captured),
        _ => Err(SessionError::RefundNotAllowed),
    }
}

impl SessionState {
    /// What [`super::super::SessionCommand::RequestRefund`] would give back of an attempt, asked for by the
    /// game: a question, so that nobody is offered what would be refused.
    ///
    /// # Errors
    ///
    /// The [`SessionError`] with which it would be refused.
    pub fn refundable(&self, payment_id: &PaymentId) -> Result<Money, SessionError> {
        amount(self, payment_id, RefundCause::Game)
    }
}

pub(super) fn cancel(state: &SessionState, refund_id: &RefundId, at: Timestamp) -> Decision {
    let refund = state.refund(refund_id).ok_or(SessionError::RefundNotFound)?;
    match refund.status {
        RefundStatus::Pending => Ok(vec![cancelled(refund, at)]),
        RefundStatus::Cancelled => Ok(vec![]),
        RefundStatus::Succeeded | RefundStatus::Failed => Err(SessionError::RefundNotPending),
    }
}

pub(super) fn record(
    state: &SessionState,
    refund_id: &RefundId,
    outcome: Outcome,
    at: Timestamp,
) -> Decision {
    let refund = state.refund(refund_id).ok_or(SessionError::RefundNotFound)?;
    let is_pending = refund.status == RefundStatus::Pending;
    match outcome {
        Outcome::Succeeded { .. } if refund.status == RefundStatus::Succeeded => Ok(vec![]),
        Outcome::Succeeded { reference } => {
            // Money that moved is never dropped, even for a refund given up; but were another
            // refund to stand beside it, more would go back than was taken.
            let standing = state.refund_that_stands(&refund.payment_id);
            if standing.is_some_and(|it| it.refund_id != *refund_id) {
                return Err(SessionError::RefundConflict);
            }
            let before = state.attempt(&refund.payment_id).and_then(|it| it.refunded);
            let before = before.unwrap_or(Money::zero(refund.amount.currency()));
            let total = before.checked_add(refund.amount);
            Ok(vec![SessionEvent::Refunded {
                refund_id: refund_id.clone(),
                payment_id: refund.payment_id.clone(),
                amount: refund.amount,
                refunded_total: total.map_err(|_| SessionError::RefundConflict)?,
                provider_reference: reference,
                refunded_at: at,
            }])
        }
        Outcome::Failed(_) | Outcome::Cancelled if !is_pending => Ok(vec![]),
        Outcome::Failed(refusal) => Ok(vec![SessionEvent::RefundFailed {
            refund_id: refund_id.clone(),
            payment_id: refund.payment_id.clone(),
            amount: refund.amount,
            reason: refusal.reason,
            provider_text: refusal.text.into(),
            failed_at: at,
        }]),
        Outcome::Cancelled => Ok(vec![cancelled(refund, at)]),
    }
}

fn cancelled(refund: &Refund, at: Timestamp) -> SessionEvent {
    SessionEvent::RefundCancelled {
        refund_id: refund.refund_id.clone(),
        payment_id: refund.payment_id.clone(),
        amount: refund.amount,
        cancelled_at: at,
    }
}

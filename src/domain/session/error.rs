//! Why a session refuses a command.

use super::words::SessionStatus;

/// A refusal. Nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SessionError {
    /// There is no such session.
    #[error("there is no such session")]
    NotFound,
    /// A session is created once.
    #[error("the session exists already")]
    AlreadyCreated,
    /// No attempt starts after a session's time.
    #[error("the session's time is over")]
    Expired,
    /// The clock asks too early.
    #[error("the session's time is not over yet")]
    NotExpiredYet,
    /// The session is over.
    #[error("the session is already {0}")]
    NotPending(SessionStatus),
    /// An attempt is under way whose outcome decides.
    #[error("a payment is in progress")]
    PaymentInProgress,
    /// The session has no such attempt.
    #[error("there is no such payment")]
    PaymentNotFound,
    /// Only held money can be captured or let go.
    #[error("the payment is not authorized")]
    PaymentNotAuthorized,
    /// The clock asks too early.
    #[error("the authorization may still be captured")]
    AuthorizationStillValid,
    /// The money is back already, or on its way.
    #[error("the payment is refunded already, or a refund is pending")]
    AlreadyRefunded,
    /// There is nothing to give back.
    #[error("no money of this payment can be refunded")]
    RefundNotAllowed,
    /// The session has no such refund.
    #[error("there is no such refund")]
    RefundNotFound,
    /// The provider paid a refund out that had been given up for another: for a human to settle.
    #[error("another refund of the payment is pending or has succeeded")]
    RefundConflict,
    /// Only a pending refund can be called off.
    #[error("the refund is not pending")]
    RefundNotPending,
    /// The history of this session cannot have been written by its rules.
    #[error("the session's history is damaged")]
    Corrupt,
}

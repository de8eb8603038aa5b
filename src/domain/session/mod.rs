//! The payment session: one aggregate, in which every race about its money is decided.
//!
//! Its attempts to pay and its refunds live in it, so "at most once paid", "never paid and
//! cancelled" and "never refunded beyond what was captured" are each decided in one append.
//! Read `command`, `event`, then `rules`; `fold` only copies.

mod command;
mod error;
mod event;
mod fold;
mod rules;
mod state;
mod words;

#[cfg(test)]
mod tests;

use cqrs_es::{Aggregate, event_sink::EventSink};
use serde::{Deserialize, Serialize};

pub use command::{
    CancelledBy, CreateSession, PaymentOutcome, RefundOutcome, Refusal, SessionCommand,
    StartPayment,
};
pub use error::SessionError;
pub use event::SessionEvent;
pub use state::{Attempt, DisputedCapture, Refund, SessionState, Stage};
pub use words::{
    CancelReason, CaptureMode, DeclineReason, PaymentMethod, PaymentStatus, ProviderName,
    ProviderText, Reference, RefundCause, RefundStatus, SessionStatus, VoidReason,
};

/// The declined attempt that makes a session `failed`.
pub const DECLINED_ATTEMPTS_MAX: usize = 3;

/// The voided attempt that makes a session `cancelled`.
pub const VOIDED_ATTEMPTS_MAX: usize = 3;

/// How long held money waits for CompletePayment, in days. Card networks let it go about then.
pub const AUTHORIZATION_DAYS_MAX: i64 = 7;

/// After the first refusal to let money go, or to give back what came too late, in hours, it is
/// asked for again; then after twice that.
pub const AGAIN_AFTER_HOURS: i64 = 1;

/// The refusal to let money go after which the clock asks no more: a human settles it. What the
/// game itself asked for does not count.
pub const VOIDS_FAILED_MAX: u32 = 8;

/// The refusal to give back what came too late after which it is asked for no more: a human
/// settles it.
pub const LATE_REFUNDS_FAILED_MAX: usize = 8;

/// A payment session as its events tell it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Session {
    /// Nothing happened yet.
    #[default]
    Absent,
    /// The usual case.
    Present(Box<SessionState>),
    /// A history that the rules cannot have written: it refuses every further command.
    Corrupt,
}

impl Session {
    /// What is known of the session.
    ///
    /// # Errors
    ///
    /// [`SessionError::NotFound`] and [`SessionError::Corrupt`].
    pub fn present(&self) -> Result<&SessionState, SessionError> {
        match self {
            Self::Absent => Err(SessionError::NotFound),
            Self::Present(state) => Ok(state),
            Self::Corrupt => Err(SessionError::Corrupt),
        }
    }
}

impl Aggregate for Session {
    const TYPE: &'static str = "session";
    type Command = SessionCommand;
    type Event = SessionEvent;
    type Error = SessionError;
    /// None. A rule that calls out can be neither retried nor replayed.
    type Services = ();

    async fn handle(
        &mut self,
        command: SessionCommand,
        _services: &(),
        sink: &EventSink<Self>,
    ) -> Result<(), SessionError> {
        for event in rules::decide(self, command)? {
            sink.write(event, self).await;
        }
        Ok(())
    }

    fn apply(&mut self, event: SessionEvent) {
        fold::apply(self, event);
    }
}

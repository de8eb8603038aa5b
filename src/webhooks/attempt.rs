//! One attempt as it is written down: when, and what came of it.

use super::{
    outcome::{Answer, AttemptOutcome},
    secrets::Unsignable,
};
use crate::{domain::Timestamp, vault::VaultError};

/// An attempt that was made.
#[derive(Clone, Debug)]
pub struct Attempt {
    pub(super) at: Timestamp,
    pub(super) outcome: Result<AttemptOutcome, Unprepared>,
}

/// Why nothing was sent. It counts as an attempt, so that it neither spins nor lasts for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unprepared {
    /// A webhook that proves nothing is worth nothing.
    #[error(transparent)]
    Unsignable(#[from] Unsignable),
    /// Sealed under another master key, or changed since.
    #[error("the message's body cannot be opened: {0}")]
    Body(#[from] VaultError),
}

impl Attempt {
    /// Whether the receiver took the message.
    pub fn is_delivered(&self) -> bool {
        self.outcome.as_ref().is_ok_and(AttemptOutcome::is_delivered)
    }

    /// The word under which it is kept and counted.
    pub(super) fn word(&self) -> &'static str {
        match &self.outcome {
            Ok(it) if it.is_delivered() => "delivered",
            Ok(AttemptOutcome::Answered { .. }) => "refused",
            Ok(AttemptOutcome::Failed { failure, .. }) => failure.as_str(),
            Err(Unprepared::Unsignable(_)) => "unsigned",
            Err(Unprepared::Body(_)) => "unreadable",
        }
    }

    pub(super) fn http_status(&self) -> Option<i16> {
        self.answer().and_then(|it| i16::try_from(it.status.as_u16()).ok())
    }

    pub(super) fn elapsed_ms(&self) -> i64 {
        let elapsed = self.outcome.as_ref().map(AttemptOutcome::elapsed).unwrap_or_default();
        i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX)
    }

    /// What the receiver answered, if it did.
    pub(super) fn answer(&self) -> Option<&Answer> {
        self.outcome.as_ref().ok().and_then(AttemptOutcome::answer)
    }

    /// Whether it says anything about the endpoint: a body that we cannot read ourselves does not, nor
    /// does a secret that we cannot sign with.
    pub(super) fn tells_of_the_endpoint(&self) -> bool {
        self.outcome.is_ok()
    }
}

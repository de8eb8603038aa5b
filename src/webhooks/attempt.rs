//! One attempt as it is written down: when, and what came of it.

use super::{outcome::AttemptOutcome, secrets::Unsignable};
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
            Ok(AttemptOutcome::Delivered { .. }) => "delivered",
            Ok(AttemptOutcome::Refused { .. }) => "refused",
            Ok(AttemptOutcome::Failed { failure, .. }) => failure.as_str(),
            Err(Unprepared::Unsignable(_)) => "unsigned",
            Err(Unprepared::Body(_)) => "unreadable",
        }
    }

    pub(super) fn http_status(&self) -> Option<i16> {
        match &self.outcome {
            Ok(AttemptOutcome::Delivered { status, .. })
            | Ok(AttemptOutcome::Refused { status, .. }) => i16::try_from(*status).ok(),
            Ok(AttemptOutcome::Failed { .. }) | Err(_) => None,
        }
    }

    pub(super) fn elapsed_ms(&self) -> i64 {
        let elapsed = match &self.outcome {
            Ok(AttemptOutcome::Delivered { elapsed, .. })
            | Ok(AttemptOutcome::Refused { elapsed, .. })
            | Ok(AttemptOutcome::Failed { elapsed, .. }) => elapsed.as_millis(),
            Err(_) => 0,
        };
        i64::try_from(elapsed).unwrap_or(i64::MAX)
    }

    /// The beginning of a refusal's body.
    pub(super) fn excerpt(&self, bytes_max: usize) -> Option<&[u8]> {
        match &self.outcome {
            Ok(AttemptOutcome::Refused { excerpt, .. }) => {
                Some(&excerpt[..excerpt.len().min(bytes_max)])
            }
            _ => None,
        }
    }
}

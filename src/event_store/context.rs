//! Who asked for a command, why, and how a repeat of it is known.

use chrono::TimeDelta;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::{
    domain::{Timestamp, text::Reason},
    ids,
};

/// How long a repeat of a client's command is known, in hours: the contract's Idempotency-Key.
const REMEMBERED_HOURS: i64 = 24;

/// What is written into each entry about the command that caused it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandContext {
    /// The same for a repeat of the same command: the log takes it once.
    pub command_id: Uuid,
    /// Whether anybody but us knows the id, and so can ask for the command again. Of any other nothing
    /// is kept beside its events.
    pub is_repeatable: bool,
    /// Until when a repeat is known; for ever, if `None`.
    pub expires_at: Option<Timestamp>,
    /// Who: `key:key_…`, `player`, `provider:sandbox`, `process:…`, `operator:…`, `person:per_…`.
    pub actor: String,
    /// The id of the event or notification that led to the command.
    pub causation: Option<String>,
    /// What joins all that one request led to: its request id, handed on from event to command.
    /// In clear in the log for ever.
    pub correlation: String,
    /// Why, in the words of whoever asks, if they said so. Sealed in the log under the stream's key.
    pub reason: Option<Reason>,
}

impl CommandContext {
    /// A command that has no repeat, only our own retries.
    pub fn new(actor: impl Into<String>, correlation: impl Into<String>, now: Timestamp) -> Self {
        Self {
            command_id: ids::new_command_id(),
            is_repeatable: false,
            expires_at: Some(now + TimeDelta::hours(REMEMBERED_HOURS)),
            actor: actor.into(),
            causation: None,
            correlation: correlation.into(),
            reason: None,
        }
    }

    /// The same command whenever `parts` are the same.
    #[must_use]
    pub fn with_command(self, parts: &[&str]) -> Self {
        Self { command_id: command_id(parts), is_repeatable: true, ..self }
    }

    /// A repeat of it is known for ever: a provider's notification.
    #[must_use]
    pub fn for_ever(self) -> Self {
        Self { expires_at: None, ..self }
    }

    /// Whether a repeat is known for ever.
    pub fn is_for_ever(&self) -> bool {
        self.expires_at.is_none()
    }

    /// What led to it.
    #[must_use]
    pub fn because_of(self, causation: impl Into<String>) -> Self {
        Self { causation: Some(causation.into()), ..self }
    }

    /// Why, if somebody said so.
    #[must_use]
    pub fn with_reason(self, reason: Option<Reason>) -> Self {
        Self { reason, ..self }
    }
}

/// A UUID of version 8 (RFC 9562) from the SHA-256 of `parts`, each behind its length.
pub fn command_id(parts: &[&str]) -> Uuid {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let digest: [u8; 32] = hash.finalize().into();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    Uuid::new_v8(bytes)
}

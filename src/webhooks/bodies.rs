//! Keeps message bodies sealed while they wait: they name a player.
//!
//! Knows neither what is in a body nor where it is stored.

use super::message::MessageId;
use crate::vault::{Key, VaultError};

/// What the key of bodies is derived for. A commitment: under another name none opens any more.
const PURPOSE: &str = "webhook-bodies";

/// Seals and opens bodies, each for its own message only.
pub(super) struct Bodies(Key);

impl Bodies {
    pub(super) fn new(master: &Key) -> Self {
        Self(master.derive(PURPOSE))
    }

    pub(super) fn seal(&self, id: &MessageId, body: &[u8]) -> Result<Vec<u8>, VaultError> {
        self.0.seal(id.as_str().as_bytes(), body)
    }

    pub(super) fn open(&self, id: &MessageId, sealed: &[u8]) -> Result<Vec<u8>, VaultError> {
        self.0.open(id.as_str().as_bytes(), sealed)
    }
}

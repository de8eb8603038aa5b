//! Keeps message bodies sealed while they wait: they name a player.
//!
//! Knows neither what is in a body nor where it is stored.

use super::message::MessageId;
use crate::vault::{Key, VaultError};

/// What the key of bodies is derived for. A commitment: under another name none opens any more.
const PURPOSE: &str = "webhook-bodies";

/// Seals and opens bodies, each under a key of its own: one key for all would in time seal more
/// than AES-GCM's random nonces are safe for.
pub(super) struct Bodies(Key);

impl Bodies {
    pub(super) fn new(master: &Key) -> Self {
        Self(master.derive(PURPOSE))
    }

    pub(super) fn seal(&self, id: &MessageId, body: &[u8]) -> Result<Vec<u8>, VaultError> {
        self.0.derive(id.as_str()).seal(id.as_str().as_bytes(), body)
    }

    pub(super) fn open(&self, id: &MessageId, sealed: &[u8]) -> Result<Vec<u8>, VaultError> {
        self.0.derive(id.as_str()).open(id.as_str().as_bytes(), sealed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::{game::WebhookType, id::EventId},
        ids::NewId,
    };

    #[test]
    fn every_message_is_sealed_for_itself_under_a_key_of_its_own() {
        let bodies = Bodies::new(&Key::generate());
        let event_id = EventId::new(chrono::DateTime::UNIX_EPOCH);
        let id = MessageId::of(&event_id, WebhookType::SessionPaid);
        let other = MessageId::of(&event_id, WebhookType::PaymentSucceeded);
        let sealed = bodies.seal(&id, b"{}").unwrap();
        assert_eq!(bodies.open(&id, &sealed).unwrap(), b"{}");
        assert!(bodies.open(&other, &sealed).is_err());
        assert!(bodies.0.open(id.as_str().as_bytes(), &sealed).is_err());
    }
}

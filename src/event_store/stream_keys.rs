//! Keeps the streams' own keys wrapped, each under a key that is derived for that stream alone.
//!
//! One key for all would wrap as many as there are sessions, and the random nonces of AES-GCM are
//! safe for some billions only.

use crate::vault::{Key, VaultError};

/// What the keys are derived for. A commitment: under another name none opens any more.
const PURPOSE: &str = "streams";

/// Wraps and unwraps the keys of all streams.
pub struct StreamKeys(Key);

impl StreamKeys {
    /// Those that hang from this master key.
    pub fn of(master: &Key) -> Self {
        Self(master.derive(PURPOSE))
    }

    pub(super) fn wrap(&self, stream: &str, key: &Key) -> Result<Vec<u8>, VaultError> {
        self.0.derive(stream).wrap(stream.as_bytes(), key)
    }

    pub(super) fn unwrap(&self, stream: &str, wrapped: &[u8]) -> Result<Key, VaultError> {
        self.0.derive(stream).unwrap(stream.as_bytes(), wrapped)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrapped_key_opens_for_its_own_stream_and_master_key_only() {
        let (keys, key) = (StreamKeys::of(&Key::generate()), Key::generate());
        let wrapped = keys.wrap("session-a", &key).unwrap();
        assert_eq!(keys.unwrap("session-a", &wrapped).unwrap().hash(b"x"), key.hash(b"x"));
        assert!(keys.unwrap("session-b", &wrapped).is_err());
        assert!(StreamKeys::of(&Key::generate()).unwrap("session-a", &wrapped).is_err());
    }

    #[test]
    fn every_stream_has_a_wrapping_key_of_its_own() {
        let (keys, key) = (StreamKeys::of(&Key::generate()), Key::generate());
        let wrapped = keys.wrap("session-a", &key).unwrap();
        assert!(keys.0.unwrap(b"session-a", &wrapped).is_err());
    }
}

//! API keys: what a game server sends as `Authorization: Bearer tp_test_…`.
//!
//! A key is a public part, by which it is found, and a secret part. Only the keyed hash of the
//! whole is kept, so that neither a reader of the database nor of the log can use it.

use data_encoding::{Encoding, HEXLOWER};
use secrecy::{ExposeSecret, SecretString};

use crate::{domain::world::World, ids::random_bytes, vault::Key};

/// Both parts are written in this; hex keeps a key one word under a double click.
const DIGITS: Encoding = HEXLOWER;
/// Bytes of the public part: enough never to collide, too few to matter.
const LOOKUP_BYTES: usize = 8;
/// Bytes of the secret part.
const SECRET_BYTES: usize = 24;

/// An API key in the clear, on its way in or out.
pub struct ApiKey {
    world: World,
    lookup: String,
    whole: SecretString,
}

/// A text that cannot be an API key. Holds no part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an API key begins tp_test_ or tp_live_ and is given out whole")]
pub struct MalformedKey;

impl ApiKey {
    /// A new key of a world.
    pub fn generate(world: World) -> Self {
        let lookup = DIGITS.encode(&random_bytes::<LOOKUP_BYTES>());
        let secret = DIGITS.encode(&random_bytes::<SECRET_BYTES>());
        let whole = format!("tp_{world}_{lookup}{secret}").into();
        Self { world, lookup, whole }
    }

    /// Reads a key.
    ///
    /// # Errors
    ///
    /// [`MalformedKey`].
    pub fn parse(text: &str) -> Result<Self, MalformedKey> {
        let (world, digits) = text
            .strip_prefix("tp_")
            .and_then(|rest| rest.split_once('_'))
            .and_then(|(world, digits)| Some((World::parse(world)?, digits)))
            .ok_or(MalformedKey)?;
        let bytes = DIGITS.decode(digits.as_bytes()).map_err(|_| MalformedKey)?;
        if bytes.len() != LOOKUP_BYTES + SECRET_BYTES {
            return Err(MalformedKey);
        }
        let lookup = DIGITS.encode(&bytes[..LOOKUP_BYTES]);
        Ok(Self { world, lookup, whole: text.into() })
    }

    /// Test or live, as its prefix says.
    pub fn world(&self) -> World {
        self.world
    }

    /// The public part, by which it is found.
    pub fn lookup(&self) -> &str {
        &self.lookup
    }

    /// What is kept of it.
    pub fn hash(&self, hasher: &Key) -> [u8; 32] {
        hasher.hash(self.whole.expose_secret().as_bytes())
    }

    /// The key itself, to be shown once to whoever asked for it.
    pub fn reveal(&self) -> &str {
        self.whole.expose_secret()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_key_is_read_again_and_hashes_the_same() {
        let hasher = Key::generate();
        let key = ApiKey::generate(World::Test);
        assert!(key.reveal().starts_with("tp_test_"));
        let read = ApiKey::parse(key.reveal()).unwrap();
        assert_eq!((read.world(), read.lookup()), (World::Test, key.lookup()));
        assert_eq!(read.hash(&hasher), key.hash(&hasher));
        assert_ne!(key.hash(&hasher), key.hash(&Key::generate()));
    }

    #[test]
    fn what_cannot_be_a_key_is_refused() {
        let key = ApiKey::generate(World::Live);
        let whole = key.reveal();
        for text in
            ["", "tp_", "tp_test_", "tp_demo_00", &whole[..whole.len() - 2], "<your_api_key>"]
        {
            assert!(ApiKey::parse(text).is_err(), "{text}");
        }
        assert!(ApiKey::parse(&whole.to_uppercase()).is_err());
    }
}

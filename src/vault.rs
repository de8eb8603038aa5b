//! Keeps secrets: everything that is encrypted or keyed hangs from one master key.
//!
//! Knows keys and bytes, and nothing of what they protect.

use aes_gcm::{
    Aes256Gcm, KeyInit,
    aead::{Aead, Payload},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use data_encoding::HEXLOWER;
use hmac::{Hmac, Mac};
use secrecy::{ExposeSecret, SecretBox};
use sha2::Sha256;

use crate::ids::random_bytes;

/// Bytes of every key here.
pub const KEY_BYTES: usize = 32;

/// Bytes of SHA-256's block.
const HMAC_BLOCK_BYTES: usize = 64;

/// Bytes of AES-GCM's nonce, which stands before each ciphertext.
///
/// Random, which is safe below 2³² messages under one key (NIST SP 800-38D, 8.3): what grows without
/// end is sealed under a key of its own each, see [`Key::derive`].
const NONCE_BYTES: usize = 12;

/// What a key's id is the hash of. A commitment: ids are stored.
const KEY_ID_PURPOSE: &[u8] = b"key-id";

/// Bytes of the hash in a key's id: an operator has few keys, and none of them by chance.
const KEY_ID_BYTES: usize = 8;

/// A key that is wiped from memory when dropped and never printed.
pub struct Key(SecretBox<[u8; KEY_BYTES]>);

/// What could not be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// The text is not base64 of exactly [`KEY_BYTES`] bytes.
    #[error("a key must be the base64 of exactly 32 bytes")]
    MalformedKey,
    /// The ciphertext was changed, or made with another key or for another purpose.
    #[error("the ciphertext does not open with this key")]
    DoesNotOpen,
}

impl Key {
    /// A new random key.
    pub fn generate() -> Self {
        Self(SecretBox::new(Box::new(random_bytes())))
    }

    /// Reads a key from its base64.
    ///
    /// # Errors
    ///
    /// [`VaultError::MalformedKey`].
    pub fn from_base64(text: &str) -> Result<Self, VaultError> {
        let bytes = STANDARD.decode(text.trim()).map_err(|_| VaultError::MalformedKey)?;
        Self::from_bytes(&bytes)
    }

    /// The key as text, for a file that only its owner reads.
    pub fn to_base64(&self) -> String {
        STANDARD.encode(self.0.expose_secret())
    }

    /// A key of its own for one purpose: HMAC-SHA256 of the purpose's name.
    pub fn derive(&self, purpose: &str) -> Self {
        Self(SecretBox::new(Box::new(self.hash(purpose.as_bytes()))))
    }

    /// Tells it from other keys, and tells nothing else of it: the beginning of a keyed hash, in hex.
    pub fn id(&self) -> String {
        let hash = self.hash(KEY_ID_PURPOSE);
        HEXLOWER.encode(hash.first_chunk::<KEY_ID_BYTES>().map_or(&[], |it| it.as_slice()))
    }

    /// The keyed hash (HMAC-SHA256, RFC 2104) of a message.
    pub fn hash(&self, message: &[u8]) -> [u8; 32] {
        // HMAC pads a shorter key with zeros to the hash's block; doing so here cannot fail.
        let mut block = [0; HMAC_BLOCK_BYTES];
        block[..KEY_BYTES].copy_from_slice(self.0.expose_secret());
        let mut mac = <Hmac<Sha256> as KeyInit>::new(&block.into());
        mac.update(message);
        mac.finalize().into_bytes().into()
    }

    /// Encrypts (AES-256-GCM): nonce, ciphertext and tag. `context` is not kept but must be the
    /// same to open, so that a ciphertext cannot be moved to elsewhere.
    pub fn seal(&self, context: &[u8], plaintext: &[u8]) -> Result<Vec<u8>, VaultError> {
        self.seal_with(random_bytes(), context, plaintext)
    }

    fn seal_with(
        &self,
        nonce: [u8; NONCE_BYTES],
        context: &[u8],
        plaintext: &[u8],
    ) -> Result<Vec<u8>, VaultError> {
        let payload = Payload { msg: plaintext, aad: context };
        let ciphertext = self.cipher().encrypt(&nonce.into(), payload);
        let ciphertext = ciphertext.map_err(|_| VaultError::DoesNotOpen)?;
        Ok([&nonce[..], &ciphertext].concat())
    }

    /// Decrypts what [`Key::seal`] made with the same context.
    ///
    /// # Errors
    ///
    /// [`VaultError::DoesNotOpen`].
    pub fn open(&self, context: &[u8], sealed: &[u8]) -> Result<Vec<u8>, VaultError> {
        let (nonce, ciphertext) =
            sealed.split_first_chunk::<NONCE_BYTES>().ok_or(VaultError::DoesNotOpen)?;
        let payload = Payload { msg: ciphertext, aad: context };
        self.cipher().decrypt(&(*nonce).into(), payload).map_err(|_| VaultError::DoesNotOpen)
    }

    /// Encrypts another key under this one.
    pub fn wrap(&self, context: &[u8], key: &Self) -> Result<Vec<u8>, VaultError> {
        self.seal(context, key.0.expose_secret())
    }

    /// Decrypts what [`Key::wrap`] made.
    ///
    /// # Errors
    ///
    /// [`VaultError::DoesNotOpen`] and [`VaultError::MalformedKey`].
    pub fn unwrap(&self, context: &[u8], wrapped: &[u8]) -> Result<Self, VaultError> {
        Self::from_bytes(&self.open(context, wrapped)?)
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self, VaultError> {
        let bytes = bytes.try_into().map_err(|_| VaultError::MalformedKey)?;
        Ok(Self(SecretBox::new(Box::new(bytes))))
    }

    fn cipher(&self) -> Aes256Gcm {
        Aes256Gcm::new(self.0.expose_secret().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_sealed_opens_only_with_the_same_key_and_context() {
        let (key, other) = (Key::generate(), Key::generate());
        let sealed = key.seal(b"here", b"secret").unwrap();
        assert_eq!(key.open(b"here", &sealed).unwrap(), b"secret");
        assert_eq!(key.open(b"there", &sealed), Err(VaultError::DoesNotOpen));
        assert_eq!(other.open(b"here", &sealed), Err(VaultError::DoesNotOpen));
        assert_eq!(key.open(b"here", &sealed[..11]), Err(VaultError::DoesNotOpen));
    }

    #[test]
    fn a_changed_ciphertext_does_not_open() {
        let key = Key::generate();
        let mut sealed = key.seal(b"", b"secret").unwrap();
        sealed[14] ^= 1;
        assert_eq!(key.open(b"", &sealed), Err(VaultError::DoesNotOpen));
    }

    #[test]
    fn what_is_sealed_is_nonce_ciphertext_and_tag_for_ever() {
        let key = Key::from_bytes(&[7; KEY_BYTES]).unwrap();
        let sealed = key.derive("purpose").seal_with([9; NONCE_BYTES], b"context", b"secret");
        let golden = "CQkJCQkJCQkJCQkJyipPAlHcxsJo93x/NwLFafFUIky0jQ==";
        assert_eq!(STANDARD.encode(sealed.unwrap()), golden);
    }

    #[test]
    fn purposes_have_keys_of_their_own() {
        let key = Key::generate();
        assert_ne!(key.derive("a").hash(b"x"), key.derive("b").hash(b"x"));
        assert_eq!(key.derive("a").hash(b"x"), key.derive("a").hash(b"x"));
    }
}

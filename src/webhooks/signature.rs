//! Signs a webhook in the two ways that receivers check: Stripe's and Standard Webhooks'.
//!
//! Knows no endpoint and no storage: the secrets that hold at the moment are handed in.

use base64::{Engine, prelude::BASE64_STANDARD};
use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac, digest::Key};
use secrecy::{ExposeSecret, SecretSlice, SecretString};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq;

use super::message::MessageId;
use crate::{domain::Timestamp, ids::random_bytes};

/// What every secret begins with.
///
/// Source: the Standard Webhooks specification, "Signature scheme".
pub const SECRET_PREFIX: &str = "whsec_";

/// Random bytes in a secret.
pub const SECRET_BYTES: usize = 32;

/// What [`WebhookSecret::made_of`] makes is for. A commitment: developers' servers keep it.
const MADE_OF: &[u8] = b"toffeepay listen";

/// Bytes that HMAC-SHA-256 takes as a key without hashing them first (RFC 2104).
pub(super) const HMAC_BLOCK_BYTES: usize = 64;

/// Bytes of the whole secret as text: the prefix and base64 with padding.
const SECRET_TEXT_BYTES: usize = SECRET_PREFIX.len() + SECRET_BYTES.div_ceil(3) * 4;
const _: () = assert!(SECRET_TEXT_BYTES <= HMAC_BLOCK_BYTES);

type HmacSha256 = Hmac<Sha256>;

/// A secret that an endpoint shares with us: `whsec_<base64 of 32 bytes>`. Never printed.
#[derive(Clone, Debug)]
pub struct WebhookSecret {
    text: SecretString,
    key: SecretSlice<u8>,
}

/// The text is no secret of ours. Holds no part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a webhook secret is whsec_ and the base64 of 32 bytes")]
pub struct MalformedSecret;

impl WebhookSecret {
    /// A new one from the operating system's randomness.
    pub fn generate() -> Self {
        Self::from_key(random_bytes::<SECRET_BYTES>())
    }

    /// One that always comes of the same text, which must itself be a secret: for whoever has no place
    /// to keep one.
    pub fn made_of(text: &str) -> Self {
        Self::from_key(hmac(&Sha256::digest(text), &[MADE_OF]))
    }

    /// Reads a secret as it was handed out.
    ///
    /// # Errors
    ///
    /// [`MalformedSecret`] for anything else, base64 without padding or for 31 bytes among it.
    pub fn parse(text: &str) -> Result<Self, MalformedSecret> {
        let digits = text.strip_prefix(SECRET_PREFIX).ok_or(MalformedSecret)?;
        let key = BASE64_STANDARD.decode(digits).map_err(|_| MalformedSecret)?;
        Ok(Self::from_key(key.try_into().map_err(|_| MalformedSecret)?))
    }

    fn from_key(key: [u8; SECRET_BYTES]) -> Self {
        let text = format!("{SECRET_PREFIX}{}", BASE64_STANDARD.encode(key));
        Self { text: text.into(), key: key.to_vec().into() }
    }

    /// The secret as its owner sees it, once.
    pub fn as_text(&self) -> &SecretString {
        &self.text
    }

    /// Whether it is the same as another, compared in constant time.
    pub fn is(&self, other: &Self) -> bool {
        self.key.expose_secret().ct_eq(other.key.expose_secret()).into()
    }
}

/// The secrets of an endpoint. While a replaced one's grace period lasts, it signs too.
#[derive(Clone, Debug)]
pub struct Rotation {
    /// The newest.
    pub current: WebhookSecret,
    /// Those before, the oldest first, and from when on each signs no more.
    pub previous: Vec<(WebhookSecret, Timestamp)>,
}

impl Rotation {
    /// The secrets that sign at a moment, in the order of their signatures.
    ///
    /// Old, new, old: at the moment of rotation receivers still know only the old one, and besides
    /// verifiers that try every signature there are some that read only the first or the last.
    /// Of several old ones the oldest stands outside: the newer ones may have reached nobody.
    fn signing(&self, unix_s: i64) -> Vec<&WebhookSecret> {
        let lasting = self.previous.iter().filter(|(_, it)| unix_s < it.timestamp());
        let mut signing: Vec<_> = lasting.map(|(old, _)| old).collect();
        let oldest = signing.first().copied();
        signing.push(&self.current);
        signing.extend(oldest);
        signing
    }
}

/// What proves to the receiver that a webhook is ours and new. All four go out, always.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignatureHeaders {
    /// `X-ToffeePay-Signature`: `t=<unix seconds>,v1=<hex>`.
    pub toffeepay_signature: String,
    /// `webhook-id`.
    pub webhook_id: String,
    /// `webhook-timestamp`: unix seconds.
    pub webhook_timestamp: String,
    /// `webhook-signature`: `v1,<base64>`, separated by spaces.
    pub webhook_signature: String,
}

impl SignatureHeaders {
    /// Their names and values.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &str)> {
        [
            ("x-toffeepay-signature", self.toffeepay_signature.as_str()),
            ("webhook-id", &self.webhook_id),
            ("webhook-timestamp", &self.webhook_timestamp),
            ("webhook-signature", &self.webhook_signature),
        ]
        .into_iter()
    }
}

/// Signs one attempt to deliver `body`, at `unix_s` seconds since 1970.
///
/// Receivers refuse what is older than five minutes, so every attempt is signed anew.
pub fn sign(
    secrets: &Rotation,
    message_id: &MessageId,
    unix_s: i64,
    body: &[u8],
) -> SignatureHeaders {
    let mut toffeepay = format!("t={unix_s}");
    let mut standard = Vec::new();
    for secret in secrets.signing(unix_s) {
        // This scheme's key is the whole text with its prefix, as Stripe's libraries take it.
        let hex =
            hmac(secret.text.expose_secret().as_bytes(), &[format!("{unix_s}.").as_bytes(), body]);
        toffeepay.push_str(",v1=");
        toffeepay.push_str(&HEXLOWER.encode(&hex));
        let signed =
            hmac(secret.key.expose_secret(), &[format!("{message_id}.{unix_s}.").as_bytes(), body]);
        standard.push(format!("v1,{}", BASE64_STANDARD.encode(signed)));
    }
    SignatureHeaders {
        toffeepay_signature: toffeepay,
        webhook_id: message_id.to_string(),
        webhook_timestamp: unix_s.to_string(),
        webhook_signature: standard.join(" "),
    }
}

/// HMAC-SHA-256 (RFC 2104) of the parts in a row. A key of more than a block counts up to its end only.
pub(super) fn hmac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    // HMAC pads a key to its block with zeros. Doing so here spares the fallible constructor;
    // the assertion above rules out keys longer than a block.
    let mut block = Key::<HmacSha256>::default();
    block.iter_mut().zip(key).for_each(|(to, from)| *to = *from);
    let mut mac = HmacSha256::new(&block);
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests;

//! Says why a webhook does not verify: given what was received, and the secret that it was checked with.
//!
//! Our headers are right when they leave us, so what differs is the body, the secret, the clock, a
//! header on its way, or the receiver's own recipe. Each way in which receivers are known to change one
//! of these is tried until the signature fits.

mod computed;
mod header;
mod utf16;
mod variants;

#[cfg(test)]
mod tests;

use std::fmt;

use sha2::{Digest, Sha256};

pub use computed::{Recipe, recipe_of};
pub use header::HeaderMistake;
pub use utf16::{Utf16, utf16_of};
pub use variants::{BodyChange, SecretMistake};

use header::{Offered, standard, toffeepay};
use variants::{bodies, secrets};

use super::signature::{self, HMAC_BLOCK_BYTES};

/// How far a webhook's time may lie from now, in seconds, before and after.
///
/// Source: the guide, "Verify a webhook".
pub const TOLERANCE_S: i64 = 300;

/// The two schemes by which each webhook is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// `X-ToffeePay-Signature`, as Stripe's libraries check it.
    ToffeePay,
    /// `webhook-id`, `webhook-timestamp` and `webhook-signature` (Standard Webhooks).
    Standard,
}

/// What a receiver got.
#[derive(Clone, Copy, Debug)]
pub struct Received<'a> {
    /// Before anything parsed it, or so the receiver believes.
    pub body: &'a [u8],
    /// Names, in any case, and values.
    pub headers: &'a [(String, String)],
}

/// What became of one scheme's signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// It fits. By how many seconds it is old; less than 0, if it comes from the future.
    Valid {
        /// Seconds.
        age_s: i64,
        /// Whether by a secret that was replaced and signs only for a while yet.
        by_old_secret: bool,
    },
    /// It fits, but is too old or too new.
    Clock {
        /// Seconds.
        age_s: i64,
    },
    /// It fits, if these are mended.
    Changed {
        /// What happened to the body.
        body: BodyChange,
        /// What is wrong with the secret.
        secret: SecretMistake,
    },
    /// The header is not as it was sent.
    Header(HeaderMistake),
    /// Nothing that was tried fits.
    NoFit {
        /// What body and headers themselves show.
        suspicion: Option<&'static str>,
    },
}

impl Finding {
    /// Whether a receiver should take the webhook.
    pub fn is_valid(&self) -> bool {
        matches!(self, Self::Valid { .. })
    }
}

/// Examines one scheme, at `now_s` seconds since 1970. `None`: the webhook has none of its headers.
pub fn examine(
    scheme: Scheme,
    received: Received<'_>,
    secret: &str,
    now_s: i64,
) -> Option<Finding> {
    let offered = match scheme {
        Scheme::ToffeePay => toffeepay(received.headers)?,
        Scheme::Standard => standard(received.headers)?,
    };
    Some(match offered {
        Ok(offered) => fit(scheme, &offered, received, secret, now_s),
        Err(mistake) => Finding::Header(mistake),
    })
}

fn fit(
    scheme: Scheme,
    offered: &Offered,
    received: Received<'_>,
    secret: &str,
    now_s: i64,
) -> Finding {
    let age_s = now_s.saturating_sub(offered.unix_s);
    // The likelier first: one change, then two.
    let mut tries: Vec<_> = bodies(received.body)
        .into_iter()
        .flat_map(|body| secrets(secret).into_iter().map(move |secret| (body.clone(), secret)))
        .collect();
    tries.sort_by_key(|((body, _), (secret, _))| {
        u8::from(*body != BodyChange::None) + u8::from(*secret != SecretMistake::None)
    });
    for ((body_change, body), (mistake, secret)) in tries {
        let Some(key) = scheme.key(&secret) else { continue };
        let signed = hmac(&key, &[offered.signed_before_body.as_bytes(), &body]);
        let Some(place) = offered.signatures.iter().position(|it| *it == signed) else { continue };
        // Standard Webhooks' own libraries take a secret without its prefix.
        let is_taken = scheme == Scheme::Standard && mistake == SecretMistake::Prefix;
        let mistake = if is_taken { SecretMistake::None } else { mistake };
        if (body_change, mistake) != (BodyChange::None, SecretMistake::None) {
            return Finding::Changed { body: body_change, secret: mistake };
        }
        if TOLERANCE_S < age_s.saturating_abs() {
            return Finding::Clock { age_s };
        }
        return Finding::Valid { age_s, by_old_secret: offered.is_of_old_secret(place) };
    }
    Finding::NoFit { suspicion: variants::suspicion(received) }
}

/// As [`signature::hmac`], with a key of any length: whoever asks may have any secret.
fn hmac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    if HMAC_BLOCK_BYTES < key.len() {
        return signature::hmac(&Sha256::digest(key), parts);
    }
    signature::hmac(key, parts)
}

impl Scheme {
    /// The HMAC's key; `None` if the text is no secret of this scheme.
    fn key(self, secret: &str) -> Option<Vec<u8>> {
        match self {
            Self::ToffeePay => Some(secret.as_bytes().to_vec()),
            Self::Standard => variants::decoded(secret),
        }
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ToffeePay => "X-ToffeePay-Signature",
            Self::Standard => "webhook-signature",
        })
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Valid { age_s, by_old_secret: false } => write!(f, "valid, {}", Age(*age_s)),
            Self::Valid { age_s, by_old_secret: true } => write!(
                f,
                "valid, {}, but by an old secret: it was rotated, and signs only until its grace is \
                 over. Take over the new one",
                Age(*age_s)
            ),
            Self::Clock { age_s } => write!(
                f,
                "the signature fits, but it was made {}: more than {TOLERANCE_S} s. If it was received \
                 just now, set the receiver's clock (NTP); if it was stored and is looked at later, say \
                 when it came with --at; else somebody replays it",
                Age(*age_s)
            ),
            Self::Changed { body, secret } => match (body, secret) {
                (body, SecretMistake::None) => write!(f, "the body was changed: {body}"),
                (BodyChange::None, secret) => write!(f, "the secret is not as it was given: {secret}"),
                (body, secret) => write!(
                    f,
                    "the body was changed: {body}. And the secret is not as it was given: {secret}"
                ),
            },
            Self::Header(mistake) => write!(f, "{mistake}"),
            Self::NoFit { suspicion: Some(it) } => write!(f, "it does not fit: {it}"),
            Self::NoFit { suspicion: None } => f.write_str(
                "it does not fit. Most often the secret is another one: that of another endpoint, or one \
                 that was rotated and whose grace is over (`toffeepay endpoints rotate` makes a new \
                 one). Else the body or a header was changed, or they are of two deliveries",
            ),
        }
    }
}

/// Seconds since, for people.
struct Age(i64);

impl fmt::Display for Age {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.unsigned_abs();
        match self.0 {
            0.. => write!(f, "{seconds} s ago"),
            ..0 => write!(f, "{seconds} s in the future"),
        }
    }
}

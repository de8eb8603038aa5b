//! By which recipe a receiver's own code came to a value.

use std::fmt;

use base64::{Engine, prelude::BASE64_STANDARD};
use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};

use super::{
    BodyChange, Received, Scheme, SecretMistake,
    header::{standard, toffeepay},
    hmac,
    variants::{bodies, decoded, secrets},
};
use crate::webhooks::signature::SECRET_PREFIX;

/// How a value was computed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipe {
    /// What was signed.
    pub signed: &'static str,
    /// What the key was.
    pub key: &'static str,
    /// What happened to the body before.
    pub body: BodyChange,
    /// What was wrong with the secret.
    pub secret: SecretMistake,
    /// How the result was written.
    pub written: &'static str,
    /// The scheme whose recipe it is; `None` for a mistake.
    pub scheme: Option<Scheme>,
}

const WHOLE_SECRET: &str = "the whole secret";
const DECODED_SECRET: &str = "the bytes behind whsec_";
const UNDECODED_SECRET: &str = "the text behind whsec_, not decoded";
const OF_TOFFEEPAY: &str = "t, a point and the body";
const OF_STANDARD: &str = "id, a point, the timestamp, a point and the body";
const HEX: &str = "hex";
const BASE64: &str = "base64";

/// The recipe that gives `value` from what was received. `None`: none that is known.
pub fn recipe_of(value: &str, received: Received<'_>, secret: &str) -> Option<Recipe> {
    let value = value.trim();
    let bare = value.rsplit(['=', ',']).find(|it| !it.is_empty()).unwrap_or(value);
    let wanted = [value, bare].into_iter().find_map(|it| read(it).or_else(|| read(&padded(it))))?;
    let offered = [toffeepay(received.headers), standard(received.headers)];
    let [first, second] = offered.map(|it| it.and_then(Result::ok));
    let first = first.map(|it| it.signed_before_body);
    let second = second.map(|it| it.signed_before_body);
    let time = first.as_deref().or_else(|| second.as_deref()?.split_once('.').map(|(_, it)| it));
    let bare_time = time.map(|it| it.trim_end_matches('.'));
    let before_body = [
        (OF_TOFFEEPAY, time),
        (OF_STANDARD, second.as_deref()),
        ("the body alone, without t and a point before it", Some("")),
        ("t and the body, without a point between them", bare_time),
    ];
    let (wanted, written) = wanted;
    let bodies = bodies(received.body);
    for (mistake, text) in secrets(secret) {
        for (key, key_bytes) in keys(&text) {
            for (body, bytes) in &bodies {
                let is_it = |before: &str| hmac(&key_bytes, &[before.as_bytes(), bytes]) == wanted;
                let signed = before_body.iter().find(|(_, before)| before.is_some_and(is_it));
                if let Some((signed, _)) = signed {
                    let (body, secret) = (*body, mistake);
                    let recipe = Recipe { signed, key, body, secret, written, scheme: None };
                    return Some(recipe.named());
                }
            }
        }
    }
    None
}

/// What receivers take for the key.
fn keys(secret: &str) -> impl Iterator<Item = (&'static str, Vec<u8>)> {
    let undecoded = secret.strip_prefix(SECRET_PREFIX).map(|it| it.as_bytes().to_vec());
    [
        (WHOLE_SECRET, Some(secret.as_bytes().to_vec())),
        (DECODED_SECRET, decoded(secret)),
        (UNDECODED_SECRET, undecoded),
    ]
    .into_iter()
    .filter_map(|(name, key)| Some((name, key?)))
}

/// Hex in either case, or base64.
fn read(text: &str) -> Option<([u8; 32], &'static str)> {
    let hex = HEXLOWER_PERMISSIVE.decode(text.as_bytes()).ok().and_then(|it| it.try_into().ok());
    let hex = hex.map(|it: [u8; 32]| {
        let is_lower = HEXLOWER.encode(&it) == text;
        (it, if is_lower { HEX } else { "hex with capitals" })
    });
    let base64 = || BASE64_STANDARD.decode(text).ok().and_then(|it| it.try_into().ok());
    hex.or_else(|| base64().map(|it| (it, BASE64)))
}

/// Of base64 that lost its padding.
fn padded(text: &str) -> String {
    format!("{text}{}", "=".repeat((4 - text.len() % 4) % 4))
}

impl Recipe {
    fn named(mut self) -> Self {
        let is_unchanged = self.body == BodyChange::None && self.secret == SecretMistake::None;
        self.scheme = match (self.signed, self.key, self.written) {
            (OF_TOFFEEPAY, WHOLE_SECRET, HEX) => Some(Scheme::ToffeePay),
            (OF_STANDARD, DECODED_SECRET, BASE64) => Some(Scheme::Standard),
            _ => None,
        }
        .filter(|_| is_unchanged);
        self
    }
}

impl fmt::Display for Recipe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(scheme) = self.scheme {
            return write!(f, "right: it is computed as {scheme} is");
        }
        write!(
            f,
            "it signs {}, with {} as the key, and writes {}",
            self.signed, self.key, self.written
        )?;
        if self.body != BodyChange::None {
            write!(f, "; and the body was changed: {}", self.body)?;
        }
        if self.secret != SecretMistake::None {
            write!(f, "; and the secret is not as it was given: {}", self.secret)?;
        }
        if self.signed == OF_STANDARD {
            return write!(
                f,
                ". webhook-signature signs {OF_STANDARD}, with {DECODED_SECRET} as the key, and writes \
                 base64"
            );
        }
        write!(
            f,
            ". X-ToffeePay-Signature signs {OF_TOFFEEPAY}, with {WHOLE_SECRET} as the key, and writes \
             lower-case hex"
        )
    }
}

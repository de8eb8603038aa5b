//! Names of things: ours (time-ordered, unguessable, routable) and those that studios choose.
//!
//! Pure: `crate::ids` supplies the time and the randomness.

use std::sync::LazyLock;

use data_encoding::{Encoding, Specification};
use serde::{Deserialize, Serialize};

use super::{violation::Violation, words::checked_text};

/// Bytes behind an id: 6 of milliseconds since 1970, 2 of shard, 16 random, each big-endian.
const ID_BYTES: usize = 24;

/// Lower-case Crockford base32, which sorts as the bytes do. `None` only if the specification
/// were malformed, which a test rules out.
static CROCKFORD: LazyLock<Option<Encoding>> = LazyLock::new(|| {
    let mut specification = Specification::new();
    specification.symbols.push_str("0123456789abcdefghjkmnpqrstvwxyz");
    specification.encoding().ok()
});

fn encode(prefix: &str, bytes: [u8; ID_BYTES]) -> String {
    let digits = CROCKFORD.as_ref().map(|it| it.encode(&bytes)).unwrap_or_default();
    format!("{prefix}{digits}")
}

fn is_id(prefix: &str, text: &str) -> bool {
    let digits = text.strip_prefix(prefix).zip(CROCKFORD.as_ref());
    digits
        .and_then(|(digits, it)| it.decode(digits.as_bytes()).ok())
        .is_some_and(|bytes| bytes.len() == ID_BYTES)
}

/// Joins an id's parts in the order that makes ids sort by time.
pub fn id_bytes(unix_ms: u64, shard: u16, random: [u8; 16]) -> [u8; ID_BYTES] {
    let mut bytes = [0; ID_BYTES];
    bytes[..6].copy_from_slice(&unix_ms.to_be_bytes()[2..]);
    bytes[6..8].copy_from_slice(&shard.to_be_bytes());
    bytes[8..].copy_from_slice(&random);
    bytes
}

/// Defines an id type with its prefix.
macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// What every id of this kind begins with.
            pub const PREFIX: &'static str = $prefix;

            /// Writes the bytes of [`id_bytes`] behind the prefix.
            pub fn from_bytes(bytes: [u8; 24]) -> Self {
                Self(encode(Self::PREFIX, bytes))
            }

            /// Reads an id that we once gave out.
            ///
            /// # Errors
            ///
            /// A [`Violation`] for anything that we cannot have given out.
            pub fn parse(text: impl Into<String>) -> Result<Self, Violation> {
                let text = text.into();
                if !is_id(Self::PREFIX, &text) {
                    return Err(Violation::new(concat!("must be an id beginning ", $prefix), &text));
                }
                Ok(Self(text))
            }
        }

        checked_text!($name, read by parse);
    };
}

id! {
    /// A payment session.
    SessionId, "sess_"
}
id! {
    /// One attempt to pay for a session.
    PaymentId, "pay_"
}
id! {
    /// One request to give a payment back.
    RefundId, "ref_"
}
id! {
    /// An entry of the log.
    EventId, "evt_"
}
id! {
    /// An API key's public name. Not the key.
    KeyId, "key_"
}
id! {
    /// A place that webhooks are sent to.
    EndpointId, "whe_"
}
id! {
    /// A wish to send again all that an endpoint did not take.
    RecoveryId, "rec_"
}
id! {
    /// A studio, which owns games.
    StudioId, "stu_"
}
id! {
    /// A person who works at a studio.
    PersonId, "per_"
}
id! {
    /// One time that a person came in, until they leave.
    SignInId, "sgn_"
}

/// A game's name in URLs and requests, chosen by its studio: `[a-z0-9_-]{1,64}`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct GameId(String);

impl GameId {
    /// Takes a name that keeps the rule.
    ///
    /// # Errors
    ///
    /// A [`Violation`] if it does not.
    pub fn parse(text: impl Into<String>) -> Result<Self, Violation> {
        let text = text.into();
        let allowed =
            |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit() || b"_-".contains(&it);
        if !(1..=64).contains(&text.len()) || !text.bytes().all(allowed) {
            return Err(Violation::new("must be 1 to 64 of a-z, 0-9, _ and -", &text));
        }
        Ok(Self(text))
    }
}

checked_text!(GameId, read by parse);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_by_time_and_stay_under_64_characters() {
        let early = SessionId::from_bytes(id_bytes(1_000, 9, [255; 16]));
        let late = SessionId::from_bytes(id_bytes(1_001, 0, [0; 16]));
        assert!(early < late);
        assert_eq!(early.as_str().len(), "sess_".len() + 39);
        assert_eq!(SessionId::parse(early.as_str()), Ok(early));
    }

    #[test]
    fn an_id_of_another_kind_or_shape_is_refused() {
        let payment = PaymentId::from_bytes(id_bytes(1, 0, [7; 16]));
        for text in [payment.as_str(), "sess_", "sess_abc123", "sess_../etc", "", "sess_\u{0}"] {
            assert!(SessionId::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_game_id_is_1_to_64_of_its_letters() {
        assert!(GameId::parse("space_shooter").is_ok());
        assert!(GameId::parse("a".repeat(64)).is_ok());
        for text in ["".to_owned(), "a".repeat(65), "Space".to_owned(), "a b".to_owned()] {
            assert!(GameId::parse(text).is_err());
        }
    }
}

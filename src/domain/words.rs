//! What the domain's small types have in common: enums that are spelled as fixed words, and
//! checked texts that are read and written as plain ones.

use serde::Deserialize;

use super::violation::Violation;

/// The longest text that is read from the log, in bytes: longer than any rule for new ones allows.
const STORED_BYTES_MAX: usize = 4_096;

/// A text as the log holds it. Today's rule for new ones is not asked: a rule that is made stricter
/// must not make old sessions unreadable.
#[derive(Deserialize)]
#[serde(try_from = "String")]
pub(super) struct StoredText(pub(super) String);

impl TryFrom<String> for StoredText {
    type Error = Violation;

    /// Says how long it was and no more: it may be personal data.
    fn try_from(text: String) -> Result<Self, Violation> {
        if STORED_BYTES_MAX < text.len() {
            let rule = "must be at most 4,096 bytes long to be read";
            return Err(Violation::of_number(rule, format_args!("{} bytes", text.len())));
        }
        Ok(Self(text))
    }
}

/// Defines an enum whose variants are stored and sent as fixed lower-case words.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$variant_doc])* #[serde(rename = $word)] $variant,)+
        }

        impl $name {
            /// Every word there is.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word, as stored and sent.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }

            /// Reads what `as_str` wrote.
            pub fn parse(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|it| it.as_str() == word)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

/// Gives a type around one `String`, made by its `parse`, the ways in and out of plain text.
///
/// A text whose form is what makes it usable, such as an id, is read from the log by its `parse`
/// as well (`#[serde(try_from = "String")]`); any other by its length alone
/// (`#[serde(from = "StoredText")]`).
macro_rules! checked_text {
    ($name:ident, read by parse) => {
        checked_text!($name);

        impl TryFrom<String> for $name {
            type Error = $crate::domain::violation::Violation;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                Self::parse(text)
            }
        }
    };
    ($name:ident, read by length) => {
        checked_text!($name);

        impl From<$crate::domain::words::StoredText> for $name {
            fn from(text: $crate::domain::words::StoredText) -> Self {
                Self(text.0)
            }
        }
    };
    ($name:ident) => {
        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<$name> for String {
            fn from(text: $name) -> Self {
                text.0
            }
        }
    };
}

pub(super) use {checked_text, words};

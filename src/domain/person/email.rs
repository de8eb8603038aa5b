//! The address by which a person is known.

use serde::{Deserialize, Serialize};

use crate::domain::{
    violation::Violation,
    words::{StoredText, checked_text},
};

/// An e-mail address as its owner writes it. Personal data.
///
/// Only what cannot be one is refused: whether there is a mailbox, nobody can tell from its name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "StoredText", into = "String")]
pub struct EmailAddress(String);

impl EmailAddress {
    /// The longest, in bytes. Source: RFC 5321, section 4.5.3.1.3, without the angle brackets.
    pub const BYTES_MAX: usize = 254;

    /// Takes a text that may be one.
    ///
    /// # Errors
    ///
    /// A [`Violation`] if it cannot be.
    pub fn parse(text: impl Into<String>) -> Result<Self, Violation> {
        let text = text.into();
        let has_both = text.split_once('@').is_some_and(|(name, host)| {
            !name.is_empty() && !host.is_empty() && !host.contains('@')
        });
        let is_odd = |it: char| it.is_whitespace() || it.is_control() || "<>\"(),;:\\".contains(it);
        if !has_both || Self::BYTES_MAX < text.len() || text.contains(is_odd) {
            let rule = "must be an e-mail address such as ada@studio.example, of at most 254 bytes";
            return Err(Violation::new(rule, &text));
        }
        Ok(Self(text))
    }

    /// The same for all spellings of one mailbox that differ in upper and lower case only.
    pub fn folded(&self) -> String {
        self.0.to_lowercase()
    }
}

checked_text!(EmailAddress, read by length);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_may_be_an_address_is_taken() {
        for text in ["ada@studio.example", "a+b@x", "ÄDA@exämple.de", "demo@localhost"] {
            assert!(EmailAddress::parse(text).is_ok(), "{text}");
        }
        let long = format!("{}@x", "a".repeat(252));
        assert!(EmailAddress::parse(long.as_str()).is_ok());
        assert!(EmailAddress::parse(format!("a{long}")).is_err());
    }

    #[test]
    fn what_cannot_be_one_is_refused() {
        for text in ["", "ada", "@x", "ada@", "a@b@c", "a b@c", "a@b\r\nBcc: c@d", "<a@b>", "a,b@c"]
        {
            assert!(EmailAddress::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn upper_and_lower_case_name_the_same_mailbox() {
        let (one, other) = ("Ada@Studio.example", "ada@studio.EXAMPLE");
        let folded = |it| EmailAddress::parse(it).map(|it| it.folded());
        assert_eq!(folded(one), folded(other));
    }
}

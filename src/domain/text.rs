//! Short texts that people or games wrote: bounded, and without control characters (a reason may
//! have several lines).

use serde::{Deserialize, Serialize};

use super::{
    violation::Violation,
    words::{StoredText, checked_text},
};

/// Defines a text type with a length limit, counted in Unicode scalar values.
macro_rules! bounded_text {
    ($(#[$doc:meta])* $name:ident, $min:literal to $max:literal, $refused:expr, $rule:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(from = "StoredText", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The longest, in Unicode scalar values.
            pub const LENGTH_MAX: usize = $max;

            /// Takes a text that keeps the rule.
            ///
            /// # Errors
            ///
            /// A [`Violation`] if it is too short, too long or holds a character that it must not.
            pub fn parse(text: impl Into<String>) -> Result<Self, Violation> {
                let text = text.into();
                let length = text.chars().take(Self::LENGTH_MAX + 1).count();
                if !($min..=Self::LENGTH_MAX).contains(&length) || text.chars().any($refused) {
                    return Err(Violation::new($rule, &text));
                }
                Ok(Self(text))
            }
        }

        checked_text!($name, read by length);
    };
}

/// People write a reason in lines, or paste it from a table.
fn is_control_but_no_line_break(character: char) -> bool {
    character.is_control() && !matches!(character, '\n' | '\r' | '\t')
}

bounded_text! {
    /// The game's own name for a player. Personal data.
    UserId, 1 to 128, char::is_control, "must be 1 to 128 characters long, without control characters"
}

bounded_text! {
    /// What is sold, in the words of the game. Show it isolated from the text around it (bidi).
    ItemTitle, 1 to 200, char::is_control, "must be 1 to 200 characters long, without control characters"
}

bounded_text! {
    /// Why money was given back, in the words of whoever asked for it. May hold personal data.
    RefundReason, 1 to 500, is_control_but_no_line_break,
    "must be 1 to 500 characters long, without control characters other than tabs and line breaks"
}

bounded_text! {
    /// Why somebody did something, in their own words: one line. May hold personal data.
    Reason, 1 to 200, char::is_control, "must be 1 to 200 characters long, without control characters"
}

bounded_text! {
    /// A name that people gave to a game, a studio or a key.
    DisplayName, 1 to 100, char::is_control, "must be 1 to 100 characters long, without control characters"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_1_to_200_characters_however_many_bytes_they_take() {
        assert!(ItemTitle::parse("").is_err());
        assert!(ItemTitle::parse("é").is_ok());
        assert!(ItemTitle::parse("金".repeat(200)).is_ok());
        assert!(ItemTitle::parse("金".repeat(201)).is_err());
    }

    #[test]
    fn a_stored_text_is_read_whatever_today_s_rule_says_and_only_its_length_is_bounded() {
        let json = |text: &str| serde_json::to_string(text).unwrap();
        let older = "two\nlines ".repeat(30);
        assert!(UserId::parse(older.as_str()).is_err());
        let read: UserId = serde_json::from_str(&json(&older)).unwrap();
        assert_eq!(read.as_str(), older);
        assert!(serde_json::from_str::<UserId>(&json(&"x".repeat(4_096))).is_ok());
        let refused = serde_json::from_str::<UserId>(&json(&"x".repeat(4_097))).unwrap_err();
        assert!(refused.to_string().contains("4097 bytes"), "{refused}");
        assert!(!refused.to_string().contains("xx"), "a player's name was quoted: {refused}");
    }

    #[test]
    fn control_characters_are_refused_and_quoted_escaped() {
        let refused = UserId::parse("player\u{1b}[2J").unwrap_err();
        assert!(refused.received.contains(r"\u{1b}"), "{refused}");
        assert!(UserId::parse("a\u{85}b").is_err());
    }

    #[test]
    fn why_something_was_done_is_one_line_of_200_characters_at_most() {
        assert!(Reason::parse("").is_err());
        assert!(Reason::parse("é".repeat(Reason::LENGTH_MAX)).is_ok());
        assert!(Reason::parse("x".repeat(Reason::LENGTH_MAX + 1)).is_err());
        assert!(Reason::parse("two\nlines").is_err());
    }

    #[test]
    fn a_refund_s_reason_may_have_several_lines_and_nothing_worse() {
        assert!(RefundReason::parse("bought twice\r\n\tby a child").is_ok());
        assert!(RefundReason::parse("nul\u{0}").is_err());
        assert!(RefundReason::parse("x".repeat(500)).is_ok());
        assert!(RefundReason::parse("x".repeat(501)).is_err());
        assert!(UserId::parse("two\nlines").is_err());
    }
}

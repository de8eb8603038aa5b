//! What is wrong with a value: the rule that it broke, and what was received.
//!
//! Knows no field names: whoever parses a request knows where the value stood.

/// How much of a refused value is quoted back, in characters.
const QUOTED_CHARACTERS_MAX: usize = 64;

/// A value that breaks a rule of its type.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{rule}; received {received}")]
pub struct Violation {
    /// The rule as a phrase that follows the field's name: "must be 1 to 200 characters long".
    pub rule: &'static str,
    /// The value, quoted and cut to a length that is safe to print.
    pub received: String,
}

impl Violation {
    /// A broken `rule`, quoting `received` with its control characters escaped.
    pub fn new(rule: &'static str, received: impl AsRef<str>) -> Self {
        let received = received.as_ref();
        let mut quoted: String = received.chars().take(QUOTED_CHARACTERS_MAX).collect();
        if quoted.len() < received.len() {
            quoted.push('…');
        }
        Self { rule, received: format!("{quoted:?}") }
    }

    /// A broken `rule` about a number or a size, which needs no quotes.
    pub fn of_number(rule: &'static str, received: impl std::fmt::Display) -> Self {
        Self { rule, received: received.to_string() }
    }
}

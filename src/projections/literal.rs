//! A row as PostgreSQL writes rows: `("sess_…","1",…)`, which it reads in less than half of the time that
//! a JSON object takes.
//!
//! Source: PostgreSQL's documentation, "Composite Types", "Composite Type Input and Output Syntax".

use std::fmt::{Display, Write};

/// Takes the fields in the order of the type's columns.
pub(super) struct RowLiteral(String);

impl RowLiteral {
    /// A row without fields so far. `capacity`: about how many bytes it will have.
    pub(super) fn with_capacity(capacity: usize) -> Self {
        Self(String::with_capacity(capacity))
    }

    /// The next field.
    #[must_use]
    pub(super) fn field(self, value: impl Display) -> Self {
        self.nullable(Some(value))
    }

    /// The next field, which may be `NULL`.
    #[must_use]
    pub(super) fn nullable(mut self, value: Option<impl Display>) -> Self {
        self.0.push(if self.0.is_empty() { '(' } else { ',' });
        if let Some(value) = value {
            self.0.push('"');
            // Never fails: it writes to memory.
            let _ = write!(Escaped(&mut self.0), "{value}");
            self.0.push('"');
        }
        self
    }

    /// The whole row.
    pub(super) fn finish(mut self) -> String {
        self.0.push(')');
        self.0
    }
}

/// Writes what stands between quotes.
struct Escaped<'a>(&'a mut String);

impl Write for Escaped<'_> {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        for part in text.split_inclusive(['"', '\\']) {
            self.0.push_str(part);
            if let Some(escaped @ ('"' | '\\')) = part.chars().next_back() {
                self.0.push(escaped);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_and_backslashes_are_doubled_and_an_empty_text_is_not_null() {
        let row = RowLiteral::with_capacity(0).field(r#"5" \ (a,b)"#).field("").field(-7);
        assert_eq!(row.nullable(None::<i64>).finish(), r#"("5"" \\ (a,b)","","-7",)"#);
    }
}

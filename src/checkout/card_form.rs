//! A posted card form, read into what a provider understands.
//!
//! Card details pass through here and stay nowhere: they are held as secrets, which print nothing
//! and are wiped from memory (the request's own bytes, from which they are read, are only freed),
//! and no error says a digit of them. Which cards exist is the provider's to say; here is only what
//! every card's number looks like.

use chrono::{Datelike, TimeDelta};
use secrecy::{ExposeSecret, SecretString};
use url::form_urlencoded;

use crate::{
    domain::{Timestamp, id::PaymentId},
    providers::Instrument,
};

/// The longest form that a page of ours sends, in bytes, generously.
pub const FORM_BYTES_MAX: usize = 8 * 1024;

/// Digits of a card number. Source: ISO/IEC 7812-1, and the shortest in use.
const NUMBER_DIGITS: std::ops::RangeInclusive<usize> = 12..=19;

/// Digits of a security code: three, or four on American Express cards.
const SECURITY_CODE_DIGITS: std::ops::RangeInclusive<usize> = 3..=4;

/// The century of a year written with two digits.
const CENTURY: u16 = 2000;

/// A month ends last at UTC−12: until then a card is not past its date everywhere.
const LAST_TIME_ZONE: TimeDelta = TimeDelta::hours(12);

/// The names of the form's fields, as the page writes them.
pub mod field {
    /// The attempt that the page was made for.
    pub const PAYMENT_ID: &str = "payment_id";
    /// The card's number.
    pub const NUMBER: &str = "card_number";
    /// The card's month and year.
    pub const EXPIRY: &str = "expiry";
    /// The digits on the back.
    pub const SECURITY_CODE: &str = "security_code";
}

/// What the card form sent, not yet looked at. A field that is missing reads as empty.
pub struct CardForm {
    number: SecretString,
    expiry: SecretString,
    security_code: SecretString,
}

/// What is wrong with one field. Never says what was in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldProblem {
    /// Nothing was typed.
    Missing,
    /// It cannot be what the field asks for.
    Malformed,
    /// The card is past its date.
    Past,
}

/// What is wrong with a card form, field by field.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CardProblems {
    /// With the number.
    pub number: Option<FieldProblem>,
    /// With the month and year.
    pub expiry: Option<FieldProblem>,
    /// With the security code.
    pub security_code: Option<FieldProblem>,
}

/// The attempt that a form of ours names, whichever of its buttons was pressed.
pub fn read_payment_id(body: &[u8]) -> Option<PaymentId> {
    PaymentId::parse(first(body, field::PAYMENT_ID)?).ok()
}

/// The first value of a field in an `application/x-www-form-urlencoded` body.
fn first(body: &[u8], name: &str) -> Option<String> {
    form_urlencoded::parse(body).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

impl CardForm {
    /// Takes a form's body apart. Anything that is not a form is an empty one.
    pub fn read(body: &[u8]) -> Self {
        let secret = |name| SecretString::from(first(body, name).unwrap_or_default());
        Self {
            number: secret(field::NUMBER),
            expiry: secret(field::EXPIRY),
            security_code: secret(field::SECURITY_CODE),
        }
    }

    /// The card's date, if it is one: all that is put into the form again. It is worth nothing
    /// without the number; number and code must be in no page that we send.
    pub fn expiry_to_keep(&self, now: Timestamp) -> Option<String> {
        let (month, year) = parse_expiry(self.expiry.expose_secret(), now).ok()?;
        Some(format!("{month:02} / {:02}", year % 100))
    }

    /// The card, if it can be one at `now`.
    ///
    /// # Errors
    ///
    /// Every field's problem at once, so that the player need not find them one by one.
    pub fn parse(&self, now: Timestamp) -> Result<Instrument, CardProblems> {
        let number = parse_number(self.number.expose_secret());
        let expiry = parse_expiry(self.expiry.expose_secret(), now);
        let security_code = parse_security_code(self.security_code.expose_secret());
        match (number, expiry, security_code) {
            (Ok(number), Ok((expiry_month, expiry_year)), Ok(security_code)) => {
                Ok(Instrument::Card { number, expiry_month, expiry_year, security_code })
            }
            (number, expiry, security_code) => Err(CardProblems {
                number: number.err(),
                expiry: expiry.err(),
                security_code: security_code.err(),
            }),
        }
    }
}

fn parse_number(text: &str) -> Result<SecretString, FieldProblem> {
    let digits = without_separators(text, |it| it == '-')?;
    let is_number = is_digits(digits.expose_secret(), &NUMBER_DIGITS);
    if !is_number || !has_valid_check_digit(digits.expose_secret()) {
        return Err(FieldProblem::Malformed);
    }
    Ok(digits)
}

fn parse_security_code(text: &str) -> Result<SecretString, FieldProblem> {
    let digits = without_separators(text, |_| false)?;
    if !is_digits(digits.expose_secret(), &SECURITY_CODE_DIGITS) {
        return Err(FieldProblem::Malformed);
    }
    Ok(digits)
}

/// Reads `MM / YY`, `MM/YY`, `MM-YY`, `MMYY`, `MM/YYYY`, `MMYYYY` and `M/YY`.
fn parse_expiry(text: &str, now: Timestamp) -> Result<(u8, u16), FieldProblem> {
    let text = without_separators(text, |_| false)?;
    let text = text.expose_secret();
    let malformed = FieldProblem::Malformed;
    let (month, year) = match text.split_once(['/', '-']) {
        Some(parts) => parts,
        None if text.is_ascii() && 2 < text.len() => text.split_at(2),
        None => return Err(malformed),
    };
    if !is_digits(month, &(1..=2)) || !matches!(year.len(), 2 | 4) || !is_digits(year, &(2..=4)) {
        return Err(malformed);
    }
    let month: u8 = month.parse().map_err(|_| malformed)?;
    let in_century: u16 = year.parse().map_err(|_| malformed)?;
    let year = if year.len() == 2 { CENTURY + in_century } else { in_century };
    if !(1..=12).contains(&month) || !(CENTURY..CENTURY + 100).contains(&year) {
        return Err(malformed);
    }
    let today = now - LAST_TIME_ZONE;
    if (i32::from(year), u32::from(month)) < (today.year(), today.month()) {
        return Err(FieldProblem::Past);
    }
    Ok((month, year))
}

/// The text without white space and whatever else people put between digits.
fn without_separators(
    text: &str,
    is_separator: impl Fn(char) -> bool,
) -> Result<SecretString, FieldProblem> {
    // As large as it can get, so that growing leaves no copy behind in memory.
    let mut kept = String::with_capacity(text.len());
    kept.extend(text.chars().filter(|it| !it.is_whitespace() && !is_separator(*it)));
    if kept.is_empty() { Err(FieldProblem::Missing) } else { Ok(kept.into_boxed_str().into()) }
}

fn is_digits(text: &str, lengths: &std::ops::RangeInclusive<usize>) -> bool {
    lengths.contains(&text.len()) && text.bytes().all(|it| it.is_ascii_digit())
}

/// Luhn's check, which catches a mistyped digit. Source: ISO/IEC 7812-1, annex B.
fn has_valid_check_digit(digits: &str) -> bool {
    let weighed = digits.bytes().rev().enumerate().map(|(index, digit)| {
        let digit = u32::from(digit - b'0');
        let doubled = digit * 2;
        if index % 2 == 0 { digit } else { doubled / 10 + doubled % 10 }
    });
    weighed.sum::<u32>().is_multiple_of(10)
}

#[cfg(test)]
mod tests;

//! Moments as a form's fields have them: a day, or a day and a time, in UTC.

use chrono::{Days, NaiveDate, NaiveDateTime, TimeDelta};

use crate::domain::{Timestamp, violation::Violation};

/// How long messages are kept, in days.
pub(super) const KEPT_DAYS: u64 = 30;

/// The longest moment that is read, in bytes: `2026-01-31T23:59:59`.
pub(super) const MOMENT_BYTES_MAX: usize = 19;

const DAY_BYTES: usize = 10;
const RULE: &str = "must be a time such as 2026-01-31T13:45, or a day such as 2026-01-31";

/// A moment, and how long what was written is: a day, a minute or a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) begins: Timestamp,
    pub(super) ends: Timestamp,
}

/// Reads a moment.
pub(super) fn read_span(text: &str) -> Result<Span, Violation> {
    let (begins, length) = match text.len() {
        // Nothing but four digits of a year: Postgres's calendar ends before that of the parser.
        DAY_BYTES => {
            let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok();
            (day.and_then(|it| it.and_hms_opt(0, 0, 0)), TimeDelta::days(1))
        }
        MOMENT_BYTES_MAX => {
            let at = NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S").ok();
            (at, TimeDelta::seconds(1))
        }
        _ => {
            let at = NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M").ok();
            (at.filter(|_| text.len() < MOMENT_BYTES_MAX), TimeDelta::minutes(1))
        }
    };
    let span = begins.filter(|_| !text.starts_with(['+', '-'])).and_then(|it| {
        let begins = it.and_utc();
        Some(Span { begins, ends: begins.checked_add_signed(length)? })
    });
    span.ok_or_else(|| Violation::new(RULE, text))
}

/// Reads from when on messages are to be handed in again: not from before there are any.
pub(super) fn read_since(text: &str, now: Timestamp) -> Result<Timestamp, Violation> {
    let since = read_span(text)?.begins;
    if now < since {
        return Err(Violation::new("must not be in the future", text));
    }
    let first_day = now.date_naive().checked_sub_days(Days::new(KEPT_DAYS));
    if first_day.is_some_and(|it| since.date_naive() < it) {
        return Err(Violation::new("must be within the last 30 days: no message is older", text));
    }
    Ok(since)
}

/// As a field of a form has it.
pub(super) fn written(at: Timestamp) -> String {
    at.format("%Y-%m-%dT%H:%M:%S").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_day_a_minute_and_a_second_are_each_meant_to_their_ends() {
        for (text, begins, ends) in [
            ("2026-01-31", "2026-01-31T00:00:00Z", "2026-02-01T00:00:00Z"),
            ("2026-01-31T13:45", "2026-01-31T13:45:00Z", "2026-01-31T13:46:00Z"),
            ("2026-01-31T23:59:59", "2026-01-31T23:59:59Z", "2026-02-01T00:00:00Z"),
        ] {
            assert_eq!(read_span(text), Ok(Span { begins: at(begins), ends: at(ends) }));
            assert_eq!(read_span(&written(at(begins))).unwrap().begins, at(begins));
        }
    }

    #[test]
    fn what_is_no_moment_is_refused() {
        for text in
            ["", "yesterday", "2026-02-30", "+99999-01-01", "-0001-01-01", "2026-01-31T25:00"]
        {
            assert!(read_span(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_recovery_reaches_as_far_back_as_messages_are_kept_and_not_into_the_future() {
        let now = at("2026-03-31T12:00:00Z");
        assert!(read_since("2026-03-01", now).is_ok());
        assert!(read_since("2026-02-28T23:59:59", now).is_err());
        assert!(read_since("2026-03-31T12:00", now).is_ok());
        assert!(read_since("2026-03-31T12:01", now).is_err());
    }
}

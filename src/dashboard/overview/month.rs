//! A month of the calendar, UTC: what finance closes.

use chrono::{Datelike, Months, NaiveDate, NaiveTime};

use crate::domain::Timestamp;

/// No game is older; so a year that is typed wrong is no month.
const FIRST_YEAR: i32 = 2000;

/// By its first day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Month(NaiveDate);

impl Month {
    /// The one in which a day lies.
    pub(super) fn of(day: NaiveDate) -> Self {
        Self(day.with_day(1).unwrap_or(day))
    }

    /// Reads `2026-10`, and nothing that only looks like it.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (year, month) = text.split_once('-')?;
        let is_digits =
            |it: &str, count| it.len() == count && it.bytes().all(|it| it.is_ascii_digit());
        if !is_digits(year, 4) || !is_digits(month, 2) {
            return None;
        }
        let first = NaiveDate::from_ymd_opt(year.parse().ok()?, month.parse().ok()?, 1)?;
        (FIRST_YEAR <= first.year()).then_some(Self(first))
    }

    pub(super) fn before(self) -> Self {
        Self(self.0.checked_sub_months(Months::new(1)).unwrap_or(self.0))
    }

    pub(super) fn after(self) -> Self {
        Self(self.0.checked_add_months(Months::new(1)).unwrap_or(self.0))
    }

    /// As it stands in the URL.
    pub(super) fn word(self) -> String {
        self.0.format("%Y-%m").to_string()
    }

    /// `October 2026`.
    pub(super) fn name(self) -> String {
        self.0.format("%B %Y").to_string()
    }

    /// Its first moment.
    pub(super) fn from(self) -> Timestamp {
        self.0.and_time(NaiveTime::MIN).and_utc()
    }

    /// The first moment after it.
    pub(super) fn until(self) -> Timestamp {
        self.after().from()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_is_four_digits_and_two_and_nothing_else() {
        let month = Month::parse("2026-10").unwrap();
        assert_eq!((month.word().as_str(), month.name().as_str()), ("2026-10", "October 2026"));
        for odd in [
            "",
            "2026",
            "2026-1",
            "2026-00",
            "2026-13",
            "26-10",
            "2026-10-01",
            "+026-10",
            "2026-1٠",
            " 2026-10",
            "1999-12",
            "0000-01",
        ] {
            assert_eq!(Month::parse(odd), None, "{odd:?}");
        }
    }

    #[test]
    fn months_follow_each_other_across_years_and_end_where_the_next_begins() {
        let january = Month::parse("2028-01").unwrap();
        assert_eq!(january.before().word(), "2027-12");
        assert_eq!(january.after().until().to_rfc3339(), "2028-03-01T00:00:00+00:00");
        assert_eq!((january.after().until() - january.after().from()).num_days(), 29);
    }
}

//! Which span the URL asks for: today, 7 days, 28 days, or a month.

use url::form_urlencoded;

use super::month::Month;
use crate::{
    domain::{Timestamp, violation::Violation},
    figures::By,
};

/// The field of the URL.
pub(super) const FIELD: &str = "span";

const THIS_MONTH: &str = "this-month";
const LAST_MONTH: &str = "last-month";

/// How long a span is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Choice {
    /// From midnight, UTC, hour by hour.
    #[default]
    Today,
    /// Today and the six days before, day by day.
    Week,
    /// Today and the 27 days before, day by day.
    FourWeeks,
    /// A month of the calendar, day by day.
    Month(Month),
}

impl Choice {
    /// Those that end today.
    const ENDING_TODAY: [Self; 3] = [Self::Today, Self::Week, Self::FourWeeks];

    /// All that one may choose from, each with its word in the URL and its name.
    pub(super) fn offered(now: Timestamp) -> Vec<(Self, String, &'static str)> {
        let this_month = Month::of(now.date_naive());
        let months = [
            (Self::Month(this_month), THIS_MONTH.to_owned(), "This month"),
            (Self::Month(this_month.before()), LAST_MONTH.to_owned(), "Last month"),
        ];
        let ending_today = Self::ENDING_TODAY.map(|it| (it, it.word(), it.name()));
        ending_today.into_iter().chain(months).collect()
    }

    /// As it stands in the URL.
    pub(super) fn word(self) -> String {
        match self {
            Self::Today => "today".to_owned(),
            Self::Week => "7d".to_owned(),
            Self::FourWeeks => "28d".to_owned(),
            Self::Month(month) => month.word(),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Today => "Today",
            Self::Week => "7 days",
            Self::FourWeeks => "28 days",
            Self::Month(_) => "Month",
        }
    }

    /// What it is called within a sentence.
    pub(super) fn this(self) -> String {
        match self {
            Self::Today => "today".to_owned(),
            Self::Week => "these 7 days".to_owned(),
            Self::FourWeeks => "these 28 days".to_owned(),
            Self::Month(month) => format!("in {}", month.name()),
        }
    }

    /// What it is beside, within a sentence.
    pub(super) fn before(self) -> &'static str {
        match self {
            Self::Today | Self::Week => "a week before",
            Self::FourWeeks => "four weeks before",
            Self::Month(_) => "the month before",
        }
    }

    /// The month, if it is one.
    pub(super) fn month(self) -> Option<Month> {
        match self {
            Self::Month(month) => Some(month),
            Self::Today | Self::Week | Self::FourWeeks => None,
        }
    }

    /// Of what its buckets are.
    pub(super) fn by(self) -> By {
        match self {
            Self::Today => By::Hour,
            Self::Week | Self::FourWeeks | Self::Month(_) => By::Day,
        }
    }

    /// What a bucket is.
    pub(super) fn bucket(self) -> &'static str {
        match self.by() {
            By::Hour => "hour",
            By::Day => "day",
        }
    }

    /// Reads a URL's query: today, if it says nothing.
    pub(super) fn read(query: &str, now: Timestamp) -> Result<Self, Violation> {
        let mut pairs = form_urlencoded::parse(query.as_bytes());
        let Some((_, given)) = pairs.find(|(name, _)| name == FIELD) else {
            return Ok(Self::default());
        };
        let word = given.trim();
        let found = Self::offered(now).into_iter().find(|(_, it, _)| it == word);
        if let Some((choice, ..)) = found {
            return Ok(choice);
        }
        let rule = "must be today, 7d, 28d, this-month, last-month, or a month from 2000-01 on";
        let month = Month::parse(word).ok_or_else(|| Violation::new(rule, &given))?;
        if Month::of(now.date_naive()) < month {
            return Err(Violation::new("must not be a month that is still to come", given));
        }
        Ok(Self::Month(month))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str) -> Result<Choice, String> {
        let now = "2026-01-31T23:59:59Z".parse().unwrap();
        Choice::read(query, now).map_err(|it| it.to_string())
    }

    fn month(word: &str) -> Choice {
        Choice::Month(Month::parse(word).unwrap())
    }

    #[test]
    fn months_are_asked_for_by_name_or_by_number() {
        assert_eq!(read(""), Ok(Choice::Today));
        assert_eq!(read("span=28d&x=1"), Ok(Choice::FourWeeks));
        assert_eq!(read("span=this-month"), Ok(month("2026-01")));
        assert_eq!(read("span=last-month"), Ok(month("2025-12")));
        assert_eq!(read("span=2024-02"), Ok(month("2024-02")));
    }

    #[test]
    fn another_word_is_refused_with_what_was_received() {
        let rule = "must be today, 7d, 28d, this-month, last-month, or a month from 2000-01 on";
        for odd in ["year", "2026-1", "1999-12"] {
            assert_eq!(read(&format!("span={odd}")), Err(format!("{rule}; received {odd:?}")));
        }
        let still_to_come = "must not be a month that is still to come; received \"2026-02\"";
        assert_eq!(read("span=2026-02"), Err(still_to_come.to_owned()));
    }
}

//! Which hours are shown, and beside which: today, 7 days or 28 days, each beside the same weekdays before.

use chrono::{Datelike, TimeDelta, Timelike};
use url::form_urlencoded;

use crate::{
    domain::{Timestamp, violation::Violation},
    figures::Span,
};

/// The field of the URL.
pub(super) const FIELD: &str = "span";

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
}

impl Choice {
    pub(super) const ALL: [Self; 3] = [Self::Today, Self::Week, Self::FourWeeks];

    /// As it stands in the URL.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Today => "today",
            Self::Week => "7d",
            Self::FourWeeks => "28d",
        }
    }

    /// What it is called.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Today => "Today",
            Self::Week => "7 days",
            Self::FourWeeks => "28 days",
        }
    }

    /// What it is called within a sentence.
    pub(super) fn this(self) -> &'static str {
        match self {
            Self::Today => "today",
            Self::Week => "these 7 days",
            Self::FourWeeks => "these 28 days",
        }
    }

    /// What it is beside, within a sentence.
    pub(super) fn before(self) -> &'static str {
        match self {
            Self::Today | Self::Week => "a week before",
            Self::FourWeeks => "four weeks before",
        }
    }

    /// What a bucket is.
    pub(super) fn bucket(self) -> &'static str {
        match self {
            Self::Today => "hour",
            Self::Week | Self::FourWeeks => "day",
        }
    }

    /// Reads a URL's query: today, if it says nothing.
    pub(super) fn read(query: &str) -> Result<Self, Violation> {
        let mut pairs = form_urlencoded::parse(query.as_bytes());
        let Some((_, word)) = pairs.find(|(name, _)| name == FIELD) else {
            return Ok(Self::default());
        };
        let found = Self::ALL.into_iter().find(|it| it.word() == word.trim());
        found.ok_or_else(|| Violation::new("must be today, 7d or 28d", word))
    }

    /// How many hours a bucket has.
    pub(super) fn bucket_hours(self) -> i64 {
        match self {
            Self::Today => 1,
            Self::Week | Self::FourWeeks => 24,
        }
    }

    /// How many buckets a span has.
    pub(super) fn buckets(self) -> usize {
        match self {
            Self::Today => 24,
            Self::Week => 7,
            Self::FourWeeks => 28,
        }
    }

    fn days_before_today(self) -> i64 {
        match self {
            Self::Today => 0,
            Self::Week => 6,
            Self::FourWeeks => 27,
        }
    }

    /// Whole weeks, so that each weekday stands beside itself.
    fn shift(self) -> TimeDelta {
        match self {
            Self::Today | Self::Week => TimeDelta::days(7),
            Self::FourWeeks => TimeDelta::days(28),
        }
    }
}

/// The hours that are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Hours {
    pub(super) choice: Choice,
    /// When the page was asked for.
    pub(super) now: Timestamp,
    /// To the end of today; split where the hour under way began.
    pub(super) this: Span,
    /// The same a week or four before, all of it.
    pub(super) before: Span,
}

impl Hours {
    /// Those that a choice means at this moment.
    pub(super) fn of(choice: Choice, now: Timestamp) -> Self {
        let hour = now.date_naive().and_hms_opt(now.hour(), 0, 0).unwrap_or_default().and_utc();
        let midnight = hour - TimeDelta::hours(hour.hour().into());
        let this = Span {
            from: midnight - TimeDelta::days(choice.days_before_today()),
            split: hour,
            until: midnight + TimeDelta::days(1),
        };
        let shift = choice.shift();
        let (from, split, until) = (this.from - shift, this.split - shift, this.until - shift);
        Self { choice, now, this, before: Span { from, split, until } }
    }

    /// Whether no hour of the span is over yet, so that there is nothing to compare.
    pub(super) fn is_first_hour(&self) -> bool {
        self.this.split <= self.this.from
    }

    /// Up to when both spans are compared, UTC: `15:00`.
    pub(super) fn split_text(&self) -> String {
        self.this.split.format("%H:%M").to_string()
    }

    /// The bucket under way.
    pub(super) fn running_bucket(&self) -> usize {
        match self.choice {
            Choice::Today => usize::try_from(self.now.hour()).unwrap_or_default(),
            Choice::Week | Choice::FourWeeks => self.choice.buckets() - 1,
        }
    }

    /// When a bucket begins, within this span.
    pub(super) fn bucket_at(&self, bucket: usize) -> Timestamp {
        let hours = i64::try_from(bucket).unwrap_or_default() * self.choice.bucket_hours();
        self.this.from + TimeDelta::hours(hours)
    }

    /// What a bucket is called: `14:00` or `Sat 28 Nov`.
    pub(super) fn bucket_name(&self, bucket: usize) -> String {
        let format = match self.choice {
            Choice::Today => "%H:%M",
            Choice::Week | Choice::FourWeeks => "%a %-d %b",
        };
        self.bucket_at(bucket).format(format).to_string()
    }

    /// What stands below a bucket of a plot, where there is room for it.
    pub(super) fn bucket_mark(&self, bucket: usize) -> Option<String> {
        let (every, format) = match self.choice {
            Choice::Today => (6, "%H:%M"),
            Choice::Week => (1, "%a %-d"),
            Choice::FourWeeks => (7, "%-d %b"),
        };
        let at = self.bucket_at(bucket);
        bucket.is_multiple_of(every).then(|| at.format(format).to_string())
    }

    /// Both spans in words: the days, and how far into the last of them.
    pub(super) fn days_text(&self) -> (String, String) {
        let last_of = |it: &Span| it.until - TimeDelta::days(1);
        let text = |it: &Span| {
            let (first, last) = (it.from, last_of(it));
            if first == last {
                return first.format("%A, %-d %b %Y").to_string();
            }
            let year = if first.year() == last.year() { "" } else { " %Y" };
            let first = first.format(&format!("%a, %-d %b{year}")).to_string();
            format!("{first} to {}", last.format("%a, %-d %b %Y"))
        };
        (text(&self.this), text(&self.before))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn today_stands_beside_the_same_hours_of_the_same_weekday() {
        let hours = Hours::of(Choice::Today, at("2026-11-28T15:23:41.5Z"));
        let span = |from, split, until| Span { from: at(from), split: at(split), until: at(until) };
        assert_eq!(
            hours.this,
            span("2026-11-28T00:00:00Z", "2026-11-28T15:00:00Z", "2026-11-29T00:00:00Z")
        );
        assert_eq!(
            hours.before,
            span("2026-11-21T00:00:00Z", "2026-11-21T15:00:00Z", "2026-11-22T00:00:00Z")
        );
        assert_eq!((hours.running_bucket(), hours.split_text()), (15, "15:00".to_owned()));
        assert_eq!(hours.bucket_name(14), "14:00");
    }

    #[test]
    fn longer_spans_end_today_and_stand_beside_as_many_days_before() {
        let week = Hours::of(Choice::Week, at("2026-11-28T15:23:41Z"));
        assert_eq!(
            (week.this.from, week.before.from),
            (at("2026-11-22T00:00:00Z"), at("2026-11-15T00:00:00Z"))
        );
        assert_eq!(week.before.until, week.this.from);
        assert_eq!(week.bucket_name(6), "Sat 28 Nov");
        let four = Hours::of(Choice::FourWeeks, at("2026-01-03T00:00:00Z"));
        assert_eq!(
            (four.this.from, four.before.from),
            (at("2025-12-07T00:00:00Z"), at("2025-11-09T00:00:00Z"))
        );
        assert_eq!(four.before.until, four.this.from);
        let (this, before) = four.days_text();
        assert_eq!(this, "Sun, 7 Dec 2025 to Sat, 3 Jan 2026");
        assert_eq!(before, "Sun, 9 Nov to Sat, 6 Dec 2025");
    }

    #[test]
    fn in_the_first_hour_of_a_day_there_is_nothing_to_compare_yet() {
        assert!(Hours::of(Choice::Today, at("2026-11-28T00:59:59Z")).is_first_hour());
        assert!(!Hours::of(Choice::Today, at("2026-11-28T01:00:00Z")).is_first_hour());
        assert!(!Hours::of(Choice::Week, at("2026-11-28T00:59:59Z")).is_first_hour());
    }

    #[test]
    fn another_word_is_refused_with_what_was_received() {
        assert_eq!(Choice::read(""), Ok(Choice::Today));
        assert_eq!(Choice::read("span=28d&x=1"), Ok(Choice::FourWeeks));
        let refused = Choice::read("span=year").unwrap_err();
        assert_eq!(refused.to_string(), "must be today, 7d or 28d; received \"year\"");
    }
}

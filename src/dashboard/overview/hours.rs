//! Which hours a span has, and beside which it stands: the same weekdays before, or the month before.

use chrono::{Datelike, DurationRound, TimeDelta};

use super::{choice::Choice, month::Month};
use crate::{
    domain::Timestamp,
    figures::{By, Span},
};

/// The hours that are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Hours {
    pub(super) choice: Choice,
    /// When the page was asked for.
    pub(super) now: Timestamp,
    /// Split where the hour under way began; at its end, if it is over.
    pub(super) this: Span,
    /// The span before, all of it; split as far in, or at its end.
    pub(super) before: Span,
}

/// How far both spans are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Compared {
    /// Not at all: the first hour is under way.
    Not,
    /// As far as the full hours of the one under way.
    UpTo(Timestamp),
    /// All of both: they are over.
    Whole,
}

impl Hours {
    /// Those that a choice means at this moment.
    pub(super) fn of(choice: Choice, now: Timestamp) -> Self {
        let hour = now.duration_trunc(TimeDelta::hours(1)).unwrap_or(now);
        let midnight = now.duration_trunc(TimeDelta::days(1)).unwrap_or(now);
        let ending_today = |days: i64, shift: i64| {
            let until = midnight + TimeDelta::days(1);
            let this = Span { from: until - TimeDelta::days(days), split: hour, until };
            // Whole weeks, so that each weekday stands beside itself.
            (this, TimeDelta::days(shift))
        };
        let (this, shift) = match choice {
            Choice::Today => ending_today(1, 7),
            Choice::Week => ending_today(7, 7),
            Choice::FourWeeks => ending_today(28, 28),
            Choice::Month(month) => return Self::of_month(month, hour, now),
        };
        let (from, split, until) = (this.from - shift, this.split - shift, this.until - shift);
        Self { choice, now, this, before: Span { from, split, until } }
    }

    fn of_month(month: Month, hour: Timestamp, now: Timestamp) -> Self {
        let (from, until) = (month.from(), month.until());
        let this = Span { from, split: hour.min(until), until };
        let before = month.before();
        // A month that is over stands beside a whole one, and one under way beside as much of the one before,
        // which may be shorter.
        let as_far = before.from() + (this.split - from);
        let split = if this.split == until { from } else { as_far.min(from) };
        let before = Span { from: before.from(), split, until: from };
        Self { choice: Choice::Month(month), now, this, before }
    }

    /// How far both spans are compared.
    pub(super) fn compared(&self) -> Compared {
        match self.this {
            Span { from, split, .. } if split <= from => Compared::Not,
            Span { split, until, .. } if until <= split => Compared::Whole,
            Span { split, .. } => Compared::UpTo(split),
        }
    }

    /// Whether the span is under way.
    pub(super) fn is_running(&self) -> bool {
        self.this.split < self.this.until
    }

    /// Up to when this span is compared, UTC: `15:00`, of a month `28 Nov 15:00`.
    pub(super) fn up_to_text(&self, at: Timestamp) -> String {
        let format = if self.choice.month().is_some() { "%-d %b %H:%M" } else { "%H:%M" };
        at.format(format).to_string()
    }

    fn bucket(&self) -> TimeDelta {
        match self.choice.by() {
            By::Hour => TimeDelta::hours(1),
            By::Day => TimeDelta::days(1),
        }
    }

    /// How many buckets both spans need: months are not all as long.
    pub(super) fn buckets(&self) -> usize {
        let longer = (self.this.until - self.this.from).max(self.before.until - self.before.from);
        usize::try_from(longer.num_seconds() / self.bucket().num_seconds()).unwrap_or_default()
    }

    /// The bucket under way, if the span is.
    pub(super) fn running_bucket(&self) -> Option<usize> {
        let into = (self.now - self.this.from).num_seconds() / self.bucket().num_seconds();
        usize::try_from(into).ok().filter(|_| self.now < self.this.until)
    }

    fn bucket_at(&self, span: &Span, bucket: usize) -> Timestamp {
        let count = i32::try_from(bucket).unwrap_or_default();
        span.from + self.bucket() * count
    }

    /// Whether this span has such a bucket, and not only the one before.
    pub(super) fn has_bucket(&self, bucket: usize) -> bool {
        self.bucket_at(&self.this, bucket) < self.this.until
    }

    /// What a bucket is called: `14:00` or `Sat 28 Nov`.
    pub(super) fn bucket_name(&self, bucket: usize) -> String {
        let span = if self.has_bucket(bucket) { &self.this } else { &self.before };
        let format = match self.choice.by() {
            By::Hour => "%H:%M",
            By::Day => "%a %-d %b",
        };
        self.bucket_at(span, bucket).format(format).to_string()
    }

    /// What stands below a bucket of a plot, where there is room for it.
    pub(super) fn bucket_mark(&self, bucket: usize) -> Option<String> {
        let (every, format) = match self.choice {
            Choice::Today => (6, "%H:%M"),
            Choice::Week => (1, "%a %-d"),
            Choice::FourWeeks | Choice::Month(_) => (7, "%-d %b"),
        };
        let at = self.bucket_at(&self.this, bucket);
        let has_mark = bucket.is_multiple_of(every) && self.has_bucket(bucket);
        has_mark.then(|| at.format(format).to_string())
    }

    /// Both spans in words.
    pub(super) fn days_text(&self) -> (String, String) {
        if let Some(month) = self.choice.month() {
            let so_far = if self.is_running() { " so far" } else { "" };
            return (format!("{}{so_far}", month.name()), month.before().name());
        }
        (days_text(&self.this), days_text(&self.before))
    }

    /// The days of this span as a file's name has them: `2026-11-22-to-2026-11-28`, or a month's word.
    pub(super) fn file_word(&self) -> String {
        if let Some(month) = self.choice.month() {
            return month.word();
        }
        let (first, last) = (self.this.from.date_naive(), last_day(&self.this).date_naive());
        if first == last { first.to_string() } else { format!("{first}-to-{last}") }
    }
}

/// The beginning of the last day.
pub(super) fn last_day(span: &Span) -> Timestamp {
    span.until - TimeDelta::days(1)
}

fn days_text(span: &Span) -> String {
    let (first, last) = (span.from, last_day(span));
    if first == last {
        return first.format("%A, %-d %b %Y").to_string();
    }
    let year = if first.year() == last.year() { "" } else { " %Y" };
    let first = first.format(&format!("%a, %-d %b{year}")).to_string();
    format!("{first} to {}", last.format("%a, %-d %b %Y"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn span(from: &str, split: &str, until: &str) -> Span {
        Span { from: at(from), split: at(split), until: at(until) }
    }

    fn month(word: &str, now: &str) -> Hours {
        Hours::of(Choice::Month(Month::parse(word).unwrap()), at(now))
    }

    #[test]
    fn today_stands_beside_the_same_hours_of_the_same_weekday() {
        let hours = Hours::of(Choice::Today, at("2026-11-28T15:23:41.5Z"));
        assert_eq!(
            hours.this,
            span("2026-11-28T00:00:00Z", "2026-11-28T15:00:00Z", "2026-11-29T00:00:00Z")
        );
        assert_eq!(
            hours.before,
            span("2026-11-21T00:00:00Z", "2026-11-21T15:00:00Z", "2026-11-22T00:00:00Z")
        );
        assert_eq!((hours.buckets(), hours.running_bucket()), (24, Some(15)));
        assert_eq!(hours.compared(), Compared::UpTo(at("2026-11-28T15:00:00Z")));
        assert_eq!(hours.up_to_text(hours.this.split), "15:00");
        assert_eq!(hours.bucket_name(14), "14:00");
        assert_eq!(hours.file_word(), "2026-11-28");
    }

    #[test]
    fn longer_spans_end_today_and_stand_beside_as_many_days_before() {
        let week = Hours::of(Choice::Week, at("2026-11-28T15:23:41Z"));
        assert_eq!(
            (week.this.from, week.before.from),
            (at("2026-11-22T00:00:00Z"), at("2026-11-15T00:00:00Z"))
        );
        assert_eq!(week.before.until, week.this.from);
        assert_eq!((week.bucket_name(6).as_str(), week.running_bucket()), ("Sat 28 Nov", Some(6)));
        assert_eq!(week.file_word(), "2026-11-22-to-2026-11-28");
        let four = Hours::of(Choice::FourWeeks, at("2026-01-03T00:00:00Z"));
        assert_eq!(
            (four.this.from, four.before.from),
            (at("2025-12-07T00:00:00Z"), at("2025-11-09T00:00:00Z"))
        );
        assert_eq!((four.before.until, four.buckets()), (four.this.from, 28));
        let (this, before) = four.days_text();
        assert_eq!(this, "Sun, 7 Dec 2025 to Sat, 3 Jan 2026");
        assert_eq!(before, "Sun, 9 Nov to Sat, 6 Dec 2025");
    }

    #[test]
    fn in_the_first_hour_of_a_span_there_is_nothing_to_compare_yet() {
        let compared = |choice, now| Hours::of(choice, at(now)).compared();
        assert_eq!(compared(Choice::Today, "2026-11-28T00:59:59Z"), Compared::Not);
        assert_ne!(compared(Choice::Today, "2026-11-28T01:00:00Z"), Compared::Not);
        assert_ne!(compared(Choice::Week, "2026-11-28T00:59:59Z"), Compared::Not);
        assert_eq!(month("2026-11", "2026-11-01T00:59:59Z").compared(), Compared::Not);
    }

    #[test]
    fn a_month_that_is_over_stands_beside_all_of_the_month_before() {
        for (word, this, before, buckets) in [
            ("2026-11", "2026-11-01T00:00:00Z", "2026-10-01T00:00:00Z", 31),
            ("2026-03", "2026-03-01T00:00:00Z", "2026-02-01T00:00:00Z", 31),
            ("2024-02", "2024-02-01T00:00:00Z", "2024-01-01T00:00:00Z", 31),
            ("2026-01", "2026-01-01T00:00:00Z", "2025-12-01T00:00:00Z", 31),
            ("2027-02", "2027-02-01T00:00:00Z", "2027-01-01T00:00:00Z", 31),
        ] {
            let hours = month(word, "2027-04-05T06:07:08Z");
            assert_eq!((hours.this.from, hours.before.from), (at(this), at(before)), "{word}");
            assert_eq!(hours.this.split, hours.this.until);
            assert_eq!((hours.before.split, hours.before.until), (at(this), at(this)));
            assert_eq!(hours.compared(), Compared::Whole);
            assert_eq!((hours.buckets(), hours.running_bucket()), (buckets, None));
        }
        let november = month("2026-11", "2026-12-01T00:00:00Z");
        assert_eq!(november.days_text(), ("November 2026".to_owned(), "October 2026".to_owned()));
        assert!(november.has_bucket(29) && !november.has_bucket(30));
        assert_eq!(
            (november.bucket_name(29), november.bucket_name(30)),
            ("Mon 30 Nov".to_owned(), "Sat 31 Oct".to_owned())
        );
        assert_eq!(november.bucket_mark(28).as_deref(), Some("29 Nov"));
    }

    #[test]
    fn a_month_under_way_stands_beside_as_much_of_the_month_before_or_all_of_it() {
        let hours = month("2026-11", "2026-11-28T15:23:41Z");
        assert_eq!(
            hours.this,
            span("2026-11-01T00:00:00Z", "2026-11-28T15:00:00Z", "2026-12-01T00:00:00Z")
        );
        assert_eq!(hours.before.split, at("2026-10-28T15:00:00Z"));
        assert_eq!(
            (hours.running_bucket(), hours.days_text().0),
            (Some(27), "November 2026 so far".to_owned())
        );
        assert_eq!(hours.up_to_text(hours.this.split), "28 Nov 15:00");
        let march = month("2027-03", "2027-03-30T12:00:00Z");
        assert_eq!(march.before.split, at("2027-03-01T00:00:00Z"));
        // The first of its hours is over.
        assert_eq!(month("2026-11", "2026-12-01T00:00:00Z").compared(), Compared::Whole);
    }
}

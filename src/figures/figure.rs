//! A figure: how often something happened in one hour, and what it came to.

use std::collections::BTreeMap;

use chrono::{NaiveTime, TimeDelta};

use super::Origin;
use crate::domain::{Timestamp, money::Money};

/// Seconds of an hour.
const HOUR_S: i64 = 3_600;

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident = $word:literal,)+) => {
        /// What is counted. The words are stored.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum FigureKind {
            $($(#[$doc])* $kind,)+
        }

        impl FigureKind {
            /// Every kind there is.
            pub const ALL: &'static [Self] = &[$(Self::$kind),+];

            /// As stored.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$kind => $word,)+ }
            }

            /// Reads what `as_str` wrote.
            pub fn parse(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|it| it.as_str() == word)
            }
        }
    };
}

kinds! {
    /// Sessions, in the hour in which they were created.
    Created = "session_created",
    /// Sessions whose page was opened, in the hour in which they were created.
    Opened = "session_opened",
    /// Sessions for which a payment was started, in the hour in which they were created.
    Started = "session_started",
    /// Sessions that were paid, in the hour in which they were created.
    Bought = "session_paid",
    /// Money taken for a session, by currency, in the hour in which it was taken.
    Paid = "paid",
    /// Money taken although the session was over, by currency, in the hour in which it was taken.
    PaidLate = "paid_late",
    /// Money taken that nobody asked for, by currency, in the hour in which it was taken.
    Mismatched = "mismatched",
    /// Money given back, by currency, in the hour in which it was.
    Refunded = "refunded",
    /// Attempts to pay, by method, in the hour in which they were started.
    Attempt = "attempt",
    /// Attempts that the provider declined, by reason, in the hour in which it did.
    Declined = "declined",
}

/// Which figure.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FigureKey {
    /// Whose.
    pub game_id: String,
    /// `test` or `live`.
    pub world: String,
    /// The beginning of the hour.
    pub hour: Timestamp,
    /// A [`FigureKind`], as stored.
    pub kind: String,
    /// A currency, a reason or a method; empty for what has none of these.
    pub subject: String,
    /// Of money, its currency's digits after the point; else 0.
    pub exponent: i16,
}

impl FigureKey {
    /// The same of the day in which the hour lies: its hour is the day's first.
    #[must_use]
    pub fn of_day(&self) -> Self {
        let midnight = self.hour.date_naive().and_time(NaiveTime::MIN).and_utc();
        Self { hour: midnight, ..self.clone() }
    }
}

/// How much.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figure {
    /// How often it happened.
    pub count: i64,
    /// What it came to; 0 where there is no money in it.
    pub minor_units: i128,
}

/// Figures that are being added up, in the order of their keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sums(pub BTreeMap<FigureKey, Figure>);

impl Sums {
    /// The same by the day.
    #[must_use]
    pub fn by_day(&self) -> Self {
        let mut days = Self::default();
        for (key, figure) in &self.0 {
            let day = days.0.entry(key.of_day()).or_default();
            day.count += figure.count;
            day.minor_units += figure.minor_units;
        }
        days
    }

    /// Counts something once.
    pub(super) fn add(
        &mut self,
        origin: &Origin,
        kind: FigureKind,
        at: Timestamp,
        subject: &'static str,
    ) {
        self.put(origin, kind, at, (subject, 0), 0);
    }

    /// Counts money once.
    pub(super) fn add_money(
        &mut self,
        origin: &Origin,
        kind: FigureKind,
        at: Timestamp,
        money: Money,
    ) {
        let currency = money.currency();
        let subject = (currency.code(), currency.exponent().into());
        self.put(origin, kind, at, subject, money.minor_units().into());
    }

    fn put(
        &mut self,
        origin: &Origin,
        kind: FigureKind,
        at: Timestamp,
        (subject, exponent): (&'static str, i16),
        minor_units: i128,
    ) {
        let key = FigureKey {
            game_id: origin.game_id.to_string(),
            world: origin.world.to_string(),
            hour: hour_of(at),
            kind: kind.as_str().to_owned(),
            subject: subject.to_owned(),
            exponent,
        };
        let sum = self.0.entry(key).or_default();
        sum.count += 1;
        sum.minor_units += minor_units;
    }
}

/// The beginning of the hour in which a moment lies.
pub(super) fn hour_of(at: Timestamp) -> Timestamp {
    let into = TimeDelta::seconds(at.timestamp().rem_euclid(HOUR_S))
        + TimeDelta::nanoseconds(at.timestamp_subsec_nanos().into());
    // Only the first hour of the calendar has no beginning in it.
    at.checked_sub_signed(into).unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_begins_with_its_first_moment_also_before_1970() {
        for (at, hour) in [
            ("2026-11-28T15:00:00Z", "2026-11-28T15:00:00Z"),
            ("2026-11-28T15:59:59.999999Z", "2026-11-28T15:00:00Z"),
            ("1969-12-31T23:30:00.5Z", "1969-12-31T23:00:00Z"),
        ] {
            assert_eq!(hour_of(at.parse().unwrap()), hour.parse::<Timestamp>().unwrap());
        }
    }

    #[test]
    fn every_kind_is_read_from_its_own_word() {
        for kind in FigureKind::ALL {
            assert_eq!(FigureKind::parse(kind.as_str()), Some(*kind));
        }
    }
}

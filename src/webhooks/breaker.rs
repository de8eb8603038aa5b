//! When an endpoint that keeps failing is left alone for a while, and how it is let back.
//!
//! Told of what came of each attempt, and of the time; does nothing by itself. A lane at work has
//! one, and writes it down with the attempts, for whoever has the lane next.

use chrono::TimeDelta;
use sqlx::FromRow;

use crate::domain::{Timestamp, game::AT_ONCE_MAX};

/// So many failures in a row open it.
const FAILURES_MAX: i32 = 5;
/// How long it stays open at first; each probe that fails doubles it.
const FIRST_PAUSE: TimeDelta = TimeDelta::seconds(30);
/// No pause is longer.
const LONGEST_PAUSE: TimeDelta = TimeDelta::minutes(15);
/// Doubling stops mattering here: 30 s × 2⁵ is above the longest.
const DOUBLINGS_MAX: i32 = 5;
/// With so many deliveries under way it has started: as many as any endpoint takes at once.
const WINDOW_MAX: usize = AT_ONCE_MAX as usize;
/// An endpoint to which nothing was delivered for so long is given up.
const HOPELESS_AFTER: TimeDelta = TimeDelta::hours(96);

/// Closed: all is sent. Open: nothing is. After a pause one message is sent as a probe, and if that
/// is delivered, ever more at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromRow)]
pub(super) struct Breaker {
    /// Failures since the last delivery.
    pub(super) failures: i32,
    /// When the first of them was.
    pub(super) failing_since: Option<Timestamp>,
    /// How often it opened since the last delivery.
    pub(super) trips: i32,
    /// Nothing is sent before.
    pub(super) open_until: Option<Timestamp>,
    /// How many deliveries may be under way, since a probe was delivered. Not kept: the next holder
    /// of the lane meets a receiver that has answered.
    #[sqlx(skip)]
    window: Option<usize>,
}

impl Breaker {
    /// Whether nothing may be sent now.
    pub(super) fn is_open(&self, now: Timestamp) -> bool {
        self.open_until.is_some_and(|until| now < until)
    }

    /// How many deliveries may be under way of `most`.
    pub(super) fn at_once(&self, most: usize) -> usize {
        if 0 < self.trips {
            return 1.min(most);
        }
        self.window.map_or(most, |window| window.min(most))
    }

    /// A message was taken.
    pub(super) fn delivered(&mut self) {
        let window = match self.window {
            // Doubles for each round of answers.
            Some(window) => Some(window + 1).filter(|it| *it < WINDOW_MAX),
            None if 0 < self.trips => Some(2),
            None => None,
        };
        // Without a trip it is open only because the receiver asked for time.
        let asked_until = self.open_until.filter(|_| self.trips == 0);
        *self = Self { window, open_until: asked_until, ..Self::default() };
    }

    /// A message was not. `hold` is how long the receiver asks not to be called.
    pub(super) fn failed(&mut self, now: Timestamp, hold: Option<TimeDelta>) {
        self.failures = self.failures.saturating_add(1);
        self.failing_since.get_or_insert(now);
        // What was under way when it opened says nothing new.
        let is_news = !self.is_open(now);
        if is_news && (0 < self.trips || FAILURES_MAX <= self.failures) {
            self.trips = self.trips.saturating_add(1);
            self.open_until = now.checked_add_signed(pause(self.trips));
            self.window = None;
        }
        let held_until = hold.and_then(|it| now.checked_add_signed(it));
        self.open_until = self.open_until.max(held_until);
    }

    /// The receiver says that it is gone: nothing is sent for the longest pause that there is.
    pub(super) fn gone(&mut self, now: Timestamp) {
        self.failed(now, Some(LONGEST_PAUSE));
    }

    /// Whether nothing was delivered for so long that nobody can be there.
    pub(super) fn is_hopeless(&self, now: Timestamp) -> bool {
        self.failing_since.is_some_and(|since| HOPELESS_AFTER <= now - since)
    }
}

/// How long it stays open for the `trips`th time in a row.
fn pause(trips: i32) -> TimeDelta {
    let doublings = trips.saturating_sub(1).clamp(0, DOUBLINGS_MAX);
    (FIRST_PAUSE * (1 << doublings)).min(LONGEST_PAUSE)
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    fn at(seconds: i64) -> Timestamp {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
    }

    /// Opened by five failures at the time 0.
    fn opened() -> Breaker {
        let mut breaker = Breaker::default();
        (0..5).for_each(|_| breaker.failed(at(0), None));
        breaker
    }

    #[test]
    fn the_fifth_failure_in_a_row_opens_it_for_thirty_seconds() {
        let mut breaker = Breaker::default();
        (0..4).for_each(|_| breaker.failed(at(0), None));
        assert!(!breaker.is_open(at(0)));
        breaker.failed(at(0), None);
        assert!(breaker.is_open(at(29)));
        assert!(!breaker.is_open(at(30)));
    }

    #[test]
    fn a_delivery_between_failures_starts_the_count_anew() {
        let mut breaker = Breaker::default();
        (0..4).for_each(|_| breaker.failed(at(0), None));
        breaker.delivered();
        (0..4).for_each(|_| breaker.failed(at(0), None));
        assert!(!breaker.is_open(at(0)));
    }

    #[test]
    fn each_probe_that_fails_doubles_the_pause_up_to_fifteen_minutes() {
        let (mut breaker, mut now, mut pauses) = (opened(), 0, vec![]);
        for _ in 0..8 {
            let until = breaker.open_until.unwrap();
            pauses.push((until - at(now)).num_seconds());
            now += pauses.last().unwrap();
            breaker.failed(at(now), None);
        }
        assert_eq!(pauses, [30, 60, 120, 240, 480, 900, 900, 900]);
    }

    #[test]
    fn failures_of_what_was_under_way_when_it_opened_make_no_pause_longer() {
        let mut breaker = opened();
        (0..10).for_each(|_| breaker.failed(at(10), None));
        assert!(!breaker.is_open(at(30)));
        breaker.failed(at(30), None);
        assert!(!breaker.is_open(at(90)), "the first probe failed, not the eleventh");
    }

    #[test]
    fn one_message_probes_and_once_it_is_delivered_ever_more_go_at_once() {
        let mut breaker = opened();
        assert_eq!(breaker.at_once(16), 1);
        breaker.delivered();
        assert!(!breaker.is_open(at(0)));
        let allowed: Vec<_> = (0..4)
            .map(|_| {
                let allowed = breaker.at_once(4);
                breaker.delivered();
                allowed
            })
            .collect();
        assert_eq!(allowed, [2, 3, 4, 4]);
        assert_eq!(Breaker::default().at_once(16), 16);
    }

    #[test]
    fn a_receiver_that_asks_for_time_gets_it_without_a_probe() {
        let mut breaker = Breaker::default();
        breaker.failed(at(0), Some(TimeDelta::seconds(100)));
        assert!(breaker.is_open(at(99)));
        assert!(!breaker.is_open(at(100)));
        assert_eq!(breaker.at_once(16), 16);
        breaker.delivered();
        assert!(breaker.is_open(at(99)), "what was under way says nothing of its wish");
        let mut breaker = opened();
        breaker.failed(at(0), Some(TimeDelta::seconds(10)));
        assert!(breaker.is_open(at(29)), "no pause gets shorter by it");
    }

    #[test]
    fn four_days_of_nothing_but_failures_are_hopeless() {
        let mut breaker = Breaker::default();
        let days = |it: i64| at(it * 86_400);
        breaker.failed(days(0), None);
        breaker.failed(days(3), None);
        assert!(!breaker.is_hopeless(days(4) - TimeDelta::seconds(1)));
        assert!(breaker.is_hopeless(days(4)));
        breaker.delivered();
        assert!(!breaker.is_hopeless(days(9)));
    }
}

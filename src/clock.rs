//! The time, as a fact from outside: whatever needs it is given a [`Clock`].

use chrono::{SubsecRound, Utc};

use crate::domain::Timestamp;

/// Digits of a second that the log keeps: microseconds.
const SUBSECOND_DIGITS: u16 = 6;

/// Tells the time.
pub trait Clock: Send + Sync {
    /// Now, cut to the microsecond.
    fn now(&self) -> Timestamp;
}

/// The machine's own clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods, reason = "the one place that asks the machine")]
    fn now(&self) -> Timestamp {
        Utc::now().trunc_subsecs(SUBSECOND_DIGITS)
    }
}

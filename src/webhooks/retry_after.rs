//! What a receiver says about when to call again.
//!
//! Source: RFC 9110, section 10.2.3: a number of seconds, or a date.

use chrono::{DateTime, TimeDelta};
use http::{HeaderMap, header::RETRY_AFTER};

use crate::domain::Timestamp;

/// When a receiver wants to be called again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryAfter {
    /// So long after its answer.
    In(TimeDelta),
    /// Then, by its clock.
    At(Timestamp),
}

impl RetryAfter {
    /// Reads the header; `None` if there is none that can be read.
    pub(super) fn read(headers: &HeaderMap) -> Option<Self> {
        let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
        if let Ok(seconds) = text.parse::<u32>() {
            return Some(Self::In(TimeDelta::seconds(i64::from(seconds))));
        }
        // An HTTP date is always in GMT, and its form is the one that e-mail uses.
        DateTime::parse_from_rfc2822(text).ok().map(|it| Self::At(it.to_utc()))
    }

    /// How long that is from `now`; nothing, if it is over.
    pub(super) fn wait(self, now: Timestamp) -> TimeDelta {
        match self {
            Self::In(wait) => wait,
            Self::At(then) => (then - now).max(TimeDelta::zero()),
        }
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn read(text: &str) -> Option<RetryAfter> {
        let value = HeaderValue::from_str(text).unwrap();
        RetryAfter::read(&HeaderMap::from_iter([(RETRY_AFTER, value)]))
    }

    #[test]
    fn seconds_and_dates_are_read_and_nothing_else() {
        assert_eq!(read("120"), Some(RetryAfter::In(TimeDelta::seconds(120))));
        let at = RetryAfter::At(DateTime::from_timestamp(784_111_777, 0).unwrap());
        assert_eq!(read("Sun, 06 Nov 1994 08:49:37 GMT"), Some(at));
        for text in ["", "-1", "1.5", "soon", "4294967296", "Sun, 99 Nov 1994 08:49:37 GMT"] {
            assert_eq!(read(text), None, "{text}");
        }
        assert_eq!(RetryAfter::read(&HeaderMap::new()), None);
    }

    #[test]
    fn a_date_that_is_over_is_no_wait() {
        let now = DateTime::UNIX_EPOCH + TimeDelta::seconds(100);
        assert_eq!(RetryAfter::At(now + TimeDelta::seconds(5)).wait(now), TimeDelta::seconds(5));
        assert_eq!(RetryAfter::At(now - TimeDelta::seconds(5)).wait(now), TimeDelta::zero());
        assert_eq!(RetryAfter::In(TimeDelta::seconds(7)).wait(now), TimeDelta::seconds(7));
    }
}

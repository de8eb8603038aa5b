//! When a message that was not delivered is tried again, and when it is given up.

use std::time::Duration;

const MINUTE_S: u64 = 60;
const HOUR_S: u64 = 60 * MINUTE_S;

/// The wait after each attempt that failed, in seconds: short at first, since most receivers are
/// back in a moment, then ever more patient for more than three days, so that one that fails on a
/// Friday evening has it all on Monday.
const WAITS_S: [u64; 12] = [
    2,
    10,
    30,
    2 * MINUTE_S,
    10 * MINUTE_S,
    30 * MINUTE_S,
    HOUR_S,
    3 * HOUR_S,
    8 * HOUR_S,
    16 * HOUR_S,
    24 * HOUR_S,
    24 * HOUR_S,
];

/// How many attempts a message gets by itself.
pub const ATTEMPTS_MAX: u32 = 13;
const _: () = assert!(WAITS_S.len() + 1 == ATTEMPTS_MAX as usize);

/// The part of a wait by which it is made longer or shorter at most: a fifth.
const JITTER_PART: u32 = 5;

/// The longest that a receiver can put us off with `Retry-After`.
pub const RETRY_AFTER_MAX: Duration = Duration::from_secs(HOUR_S);

/// How long to wait before the next attempt, after `attempts_made` of them; `None`: it is dead.
///
/// `jitter` is a random number. It makes the wait up to a fifth shorter or longer, so that all that
/// failed together does not come back together. A receiver that asks for more time (`asked`) gets
/// it, up to [`RETRY_AFTER_MAX`].
pub fn retry_after(attempts_made: u32, jitter: u16, asked: Option<Duration>) -> Option<Duration> {
    let index = usize::try_from(attempts_made).ok()?.checked_sub(1)?;
    let wait = Duration::from_secs(WAITS_S.get(index).copied()?);
    let part = wait / JITTER_PART;
    let wait = wait - part + part * 2 * u32::from(jitter) / u32::from(u16::MAX);
    Some(asked.map_or(wait, |it| wait.max(it.min(RETRY_AFTER_MAX))))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIDDLE: u16 = u16::MAX / 2;

    #[test]
    fn a_message_is_given_up_after_thirteen_attempts_over_more_than_three_days() {
        let waits: Vec<_> = (1..13).map_while(|made| retry_after(made, 0, None)).collect();
        assert_eq!(waits.len(), 12);
        assert!(waits.is_sorted());
        let seconds = |it| (retry_after(it, MIDDLE, None).unwrap().as_millis() + 500) / 1_000;
        let expected = [2, 10, 30, 120, 600, 1_800, 3_600, 10_800];
        assert_eq!([1, 2, 3, 4, 5, 6, 7, 8].map(seconds), expected);
        let hours = WAITS_S.iter().sum::<u64>() / HOUR_S;
        assert!((72..84).contains(&hours), "{hours} hours");
        assert_eq!(retry_after(13, 0, None), None);
        assert_eq!(retry_after(u32::MAX, 0, None), None);
    }

    #[test]
    fn jitter_makes_a_wait_a_fifth_shorter_or_longer_at_most() {
        assert_eq!(retry_after(2, 0, None), Some(Duration::from_secs(8)));
        assert_eq!(retry_after(2, u16::MAX, None), Some(Duration::from_secs(12)));
        let longest = Duration::from_secs(24 * HOUR_S * 6 / 5);
        assert_eq!(retry_after(12, u16::MAX, None), Some(longest));
    }

    #[test]
    fn a_receiver_may_ask_for_more_time_up_to_an_hour_and_never_for_less() {
        let asked = |seconds| Some(Duration::from_secs(seconds));
        assert_eq!(retry_after(1, MIDDLE, asked(120)), asked(120));
        assert_eq!(retry_after(1, MIDDLE, asked(HOUR_S + 1)), asked(HOUR_S));
        assert_eq!(retry_after(7, u16::MAX, asked(1)), asked(HOUR_S * 6 / 5));
        assert_eq!(retry_after(13, 0, asked(1)), None);
    }
}

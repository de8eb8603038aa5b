//! When a message that was not delivered is tried again, and when it is given up.

use std::time::Duration;

const MINUTE_S: u64 = 60;
const HOUR_S: u64 = 60 * MINUTE_S;

/// The wait before each attempt, in seconds: at once, then ever more patiently for about three
/// days, so that a receiver that fails on a Friday evening has it all on Monday.
///
/// Source: the example of the Standard Webhooks specification, "Deliverability and reliability".
const WAITS_S: [u64; 10] = [
    0,
    5,
    5 * MINUTE_S,
    30 * MINUTE_S,
    2 * HOUR_S,
    5 * HOUR_S,
    10 * HOUR_S,
    14 * HOUR_S,
    20 * HOUR_S,
    24 * HOUR_S,
];

/// How many attempts a message gets by itself.
pub const ATTEMPTS_MAX: u32 = 10;
const _: () = assert!(WAITS_S.len() == ATTEMPTS_MAX as usize);

/// The part of a wait by which it is stretched at most: an eighth.
const JITTER_PART: u32 = 8;

/// How long to wait before the next attempt, after `attempts_made` of them; `None`: it is dead.
///
/// `jitter` is a random number. It stretches the wait by up to an eighth, so that all that failed
/// together does not come back together.
pub fn retry_after(attempts_made: u32, jitter: u16) -> Option<Duration> {
    let wait = WAITS_S.get(usize::try_from(attempts_made).ok()?).copied()?;
    let wait = Duration::from_secs(wait);
    Some(wait + wait / JITTER_PART * u32::from(jitter) / u32::from(u16::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_attempt_is_made_at_once_whatever_the_jitter() {
        assert_eq!(retry_after(0, u16::MAX), Some(Duration::ZERO));
    }

    #[test]
    fn a_message_is_given_up_after_ten_attempts_over_about_three_days() {
        let waits: Vec<_> = (0..10).map_while(|made| retry_after(made, 0)).collect();
        assert_eq!(waits.len(), 10);
        assert!(waits.is_sorted());
        let hours = waits.iter().sum::<Duration>().as_secs() / HOUR_S;
        assert!((72..84).contains(&hours), "{hours} hours");
        assert_eq!(retry_after(10, 0), None);
        assert_eq!(retry_after(u32::MAX, 0), None);
    }

    #[test]
    fn jitter_stretches_a_wait_by_an_eighth_at_most() {
        assert_eq!(retry_after(1, 0), Some(Duration::from_secs(5)));
        assert_eq!(retry_after(1, u16::MAX), Some(Duration::from_millis(5_625)));
        assert_eq!(retry_after(9, u16::MAX), Some(Duration::from_secs(27 * HOUR_S)));
    }
}

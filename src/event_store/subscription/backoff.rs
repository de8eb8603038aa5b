//! How long to wait after a failure.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

/// The wait after the first failure; each further one doubles it.
const FIRST: Duration = Duration::from_millis(50);
/// No wait is longer, so that work goes on soon after the database is back.
const LONGEST: Duration = Duration::from_secs(5);
/// Doubling stops mattering here: 50 ms × 2⁷ is above the longest.
const DOUBLINGS_MAX: u32 = 7;

/// The wait after this many failures in a row; none after none.
pub(super) fn after(failures: u32) -> Duration {
    match failures.checked_sub(1) {
        None => Duration::ZERO,
        Some(doublings) => (FIRST * (1 << doublings.min(DOUBLINGS_MAX))).min(LONGEST),
    }
}

/// Waits, or returns at once when asked to stop.
pub(super) async fn pause(duration: Duration, shutdown: &CancellationToken) {
    tokio::select! {
        () = shutdown.cancelled() => {}
        () = tokio::time::sleep(duration) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_from_the_first_failure_up_to_the_longest() {
        let waits: Vec<_> = [0, 1, 2, 3, 7, 8, u32::MAX].map(|it| after(it).as_millis()).into();
        assert_eq!(waits, [0, 50, 100, 200, 3200, 5000, 5000]);
    }
}

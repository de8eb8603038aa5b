//! How often each of many has done something of late. Knows nothing of what was done.
//!
//! Counted in this process alone, in memory: a count that processes share would be a write to one
//! row for every request. With several processes each may do as much on each of them.

use std::{
    collections::BTreeMap,
    hash::Hash,
    num::NonZeroU32,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use governor::{
    Quota, RateLimiter,
    clock::{Clock, DefaultClock},
    middleware::NoOpMiddleware,
    state::keyed::HashMapStateStore,
};
use tokio_util::sync::CancellationToken;

/// How often those that have rested are forgotten.
const FORGET_EVERY: Duration = Duration::from_secs(60);

/// How much may be done at once after a rest.
#[derive(Clone, Copy, Debug)]
pub enum Burst {
    /// So many seconds' worth of the limit.
    Seconds(NonZeroU32),
    /// One: the limit is kept evenly.
    One,
}

/// All of one limit.
type Limiter<K, C> = RateLimiter<K, HashMapStateStore<K>, C, NoOpMiddleware<<C as Clock>::Instant>>;

/// Counts, by key; one limiter for each limit that there is.
pub struct RateLimits<K: Clone + Eq + Hash, C: Clock = DefaultClock> {
    by_limit: RwLock<BTreeMap<NonZeroU32, Arc<Limiter<K, C>>>>,
    burst: Burst,
    clock: C,
}

impl<K: Clone + Eq + Hash, C: Clock + Default> RateLimits<K, C> {
    /// Limits that nobody has used yet.
    pub fn new(burst: Burst) -> Self {
        Self { by_limit: RwLock::default(), burst, clock: C::default() }
    }
}

impl<K: Clone + Eq + Hash, C: Clock + Clone> RateLimits<K, C> {
    /// Counts one more of `key`, which may do `per_second`; any number, if `None`.
    ///
    /// # Errors
    ///
    /// If there were too many, how long it is until the next may be. It was not counted.
    pub fn count(&self, key: &K, per_second: Option<NonZeroU32>) -> Result<(), Duration> {
        let Some(per_second) = per_second else { return Ok(()) };
        let counted = self.limiter(per_second).check_key(key);
        counted.map_err(|it| it.wait_time_from(self.clock.now()))
    }

    fn limiter(&self, per_second: NonZeroU32) -> Arc<Limiter<K, C>> {
        let known = self.by_limit.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(limiter) = known.get(&per_second) {
            return Arc::clone(limiter);
        }
        drop(known);
        let mut known = self.by_limit.write().unwrap_or_else(PoisonError::into_inner);
        let new = || {
            let quota = Quota::per_second(per_second).allow_burst(self.burst.of(per_second));
            Arc::new(RateLimiter::hashmap_with_clock(quota, self.clock.clone()))
        };
        Arc::clone(known.entry(per_second).or_insert_with(new))
    }

    /// Forgets those that may do as much as if they had never done anything.
    pub fn forget_rested(&self) {
        let mut known = self.by_limit.write().unwrap_or_else(PoisonError::into_inner);
        known.retain(|_, limiter| {
            limiter.retain_recent();
            limiter.shrink_to_fit();
            !limiter.is_empty()
        });
    }

    /// Keeps the counts small until told to stop.
    pub async fn keep_small(&self, stop: CancellationToken) {
        while stop.run_until_cancelled(tokio::time::sleep(FORGET_EVERY)).await.is_some() {
            self.forget_rested();
        }
    }
}

impl Burst {
    fn of(self, per_second: NonZeroU32) -> NonZeroU32 {
        match self {
            Self::Seconds(seconds) => per_second.saturating_mul(seconds),
            Self::One => NonZeroU32::MIN,
        }
    }
}

#[cfg(test)]
mod tests {
    use governor::clock::FakeRelativeClock;

    use super::*;

    type Limits = RateLimits<u8, FakeRelativeClock>;

    const TEN: Option<NonZeroU32> = NonZeroU32::new(10);

    fn two_seconds_worth() -> Limits {
        Limits::new(Burst::Seconds(NonZeroU32::new(2).unwrap()))
    }

    /// How many of `tries` are taken.
    fn taken(limits: &Limits, key: u8, tries: usize) -> usize {
        (0..tries).filter(|_| limits.count(&key, TEN).is_ok()).count()
    }

    #[test]
    fn a_rested_key_may_make_two_seconds_worth_of_requests_at_once_and_then_its_limit() {
        let limits = two_seconds_worth();
        assert_eq!(taken(&limits, 1, 30), 20);
        for _ in 0..5 {
            limits.clock.advance(Duration::from_secs(1));
            assert_eq!(taken(&limits, 1, 30), 10);
        }
        limits.clock.advance(Duration::from_secs(600));
        assert_eq!(taken(&limits, 1, 30), 20);
    }

    #[test]
    fn a_second_later_even_the_slowest_key_may_make_a_request() {
        let limits = two_seconds_worth();
        let count = || limits.count(&1, Some(NonZeroU32::MIN));
        assert_eq!((0..5).filter(|_| count().is_ok()).count(), 2);
        limits.clock.advance(Duration::from_secs(1));
        assert!(count().is_ok(), "what Retry-After says is true");
        assert!(count().is_err());
    }

    #[test]
    fn keys_are_counted_each_by_itself_and_one_without_a_limit_not_at_all() {
        let limits = two_seconds_worth();
        assert_eq!(taken(&limits, 1, 21), 20);
        assert_eq!(taken(&limits, 2, 21), 20);
        assert!((0..1_000).all(|_| limits.count(&3, None).is_ok()));
    }

    #[test]
    fn a_key_that_has_rested_is_forgotten_and_one_that_has_not_is_still_refused() {
        let limits = two_seconds_worth();
        let known = || limits.by_limit.read().unwrap().values().map(|it| it.len()).sum::<usize>();
        taken(&limits, 1, 20);
        limits.clock.advance(Duration::from_millis(1_950));
        taken(&limits, 2, 20);
        limits.forget_rested();
        assert_eq!(known(), 2);
        assert_eq!(taken(&limits, 2, 1), 0);
        limits.clock.advance(Duration::from_millis(200));
        limits.forget_rested();
        assert_eq!(known(), 1, "the first has rested");
        limits.clock.advance(Duration::from_secs(2));
        limits.forget_rested();
        assert!(limits.by_limit.read().unwrap().is_empty());
    }

    #[test]
    fn an_even_limit_lets_one_by_at_a_time_and_says_when_the_next_may_be() {
        let limits = Limits::new(Burst::One);
        assert_eq!(limits.count(&1, TEN), Ok(()));
        assert_eq!(limits.count(&1, TEN), Err(Duration::from_millis(100)));
        limits.clock.advance(Duration::from_millis(60));
        assert_eq!(limits.count(&1, TEN), Err(Duration::from_millis(40)));
        limits.clock.advance(Duration::from_millis(40));
        assert_eq!(limits.count(&1, TEN), Ok(()));
    }
}

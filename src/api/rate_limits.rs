//! How often each key has called of late. Knows nothing of what was asked for.
//!
//! Counted in this process alone, in memory: a count that processes share would be a write to one
//! row for every request. With several processes a key may do as much on each of them.

use std::{
    collections::BTreeMap,
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

use super::ApiError;
use crate::domain::id::KeyId;

/// How many requests a key may make at once after a rest, in seconds' worth of its limit.
const BURST_S: NonZeroU32 = NonZeroU32::MIN.saturating_add(1);
/// How often keys that have rested are forgotten.
const FORGET_EVERY: Duration = Duration::from_secs(60);

/// All keys of one limit.
type Limiter<C> =
    RateLimiter<KeyId, HashMapStateStore<KeyId>, C, NoOpMiddleware<<C as Clock>::Instant>>;

/// Counts, by key; one limiter for each limit that keys have.
pub struct RateLimits<C: Clock = DefaultClock> {
    by_limit: RwLock<BTreeMap<NonZeroU32, Arc<Limiter<C>>>>,
    clock: C,
}

impl<C: Clock + Default> Default for RateLimits<C> {
    fn default() -> Self {
        Self { by_limit: RwLock::default(), clock: C::default() }
    }
}

impl<C: Clock + Clone> RateLimits<C> {
    /// Counts one more request of a key that may make `per_second`; any number, if `None`.
    ///
    /// # Errors
    ///
    /// [`ApiError::RateLimited`] if there were too many.
    pub(super) fn count(
        &self,
        key_id: &KeyId,
        per_second: Option<NonZeroU32>,
    ) -> Result<(), ApiError> {
        let Some(per_second) = per_second else { return Ok(()) };
        self.limiter(per_second).check_key(key_id).map_err(|_| {
            metrics::counter!("toffeepay_rate_limited_total").increment(1);
            ApiError::RateLimited
        })
    }

    fn limiter(&self, per_second: NonZeroU32) -> Arc<Limiter<C>> {
        let known = self.by_limit.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(limiter) = known.get(&per_second) {
            return Arc::clone(limiter);
        }
        drop(known);
        let mut known = self.by_limit.write().unwrap_or_else(PoisonError::into_inner);
        let new = || {
            let quota = Quota::per_second(per_second);
            let quota = quota.allow_burst(per_second.saturating_mul(BURST_S));
            Arc::new(RateLimiter::hashmap_with_clock(quota, self.clock.clone()))
        };
        Arc::clone(known.entry(per_second).or_insert_with(new))
    }

    /// Forgets the keys that may make as many requests as if they had never made one.
    fn forget_rested(&self) {
        let mut known = self.by_limit.write().unwrap_or_else(PoisonError::into_inner);
        known.retain(|_, limiter| {
            limiter.retain_recent();
            limiter.shrink_to_fit();
            !limiter.is_empty()
        });
    }

    /// Keeps the counts small until told to stop.
    pub async fn keep_small(self: Arc<Self>, stop: CancellationToken) {
        while stop.run_until_cancelled(tokio::time::sleep(FORGET_EVERY)).await.is_some() {
            self.forget_rested();
        }
    }
}

#[cfg(test)]
mod tests {
    use governor::clock::FakeRelativeClock;

    use super::*;
    use crate::domain::id::id_bytes;

    fn key(number: u8) -> KeyId {
        KeyId::from_bytes(id_bytes(1, 0, [number; 16]))
    }

    const TEN: Option<NonZeroU32> = NonZeroU32::new(10);

    /// How many of `tries` are taken.
    fn taken(limits: &RateLimits<FakeRelativeClock>, key_id: &KeyId, tries: usize) -> usize {
        (0..tries).filter(|_| limits.count(key_id, TEN).is_ok()).count()
    }

    #[test]
    fn a_rested_key_may_make_two_seconds_worth_of_requests_at_once_and_then_its_limit() {
        let limits = RateLimits::<FakeRelativeClock>::default();
        assert_eq!(taken(&limits, &key(1), 30), 20);
        for _ in 0..5 {
            limits.clock.advance(Duration::from_secs(1));
            assert_eq!(taken(&limits, &key(1), 30), 10);
        }
        limits.clock.advance(Duration::from_secs(600));
        assert_eq!(taken(&limits, &key(1), 30), 20);
    }

    #[test]
    fn a_second_later_even_the_slowest_key_may_make_a_request() {
        let limits = RateLimits::<FakeRelativeClock>::default();
        let count = || limits.count(&key(1), Some(NonZeroU32::MIN));
        assert_eq!((0..5).filter(|_| count().is_ok()).count(), 2);
        limits.clock.advance(Duration::from_secs(1));
        assert!(count().is_ok(), "what Retry-After says is true");
        assert!(matches!(count(), Err(ApiError::RateLimited)));
    }

    #[test]
    fn keys_are_counted_each_by_itself_and_one_without_a_limit_not_at_all() {
        let limits = RateLimits::<FakeRelativeClock>::default();
        assert_eq!(taken(&limits, &key(1), 21), 20);
        assert_eq!(taken(&limits, &key(2), 21), 20);
        assert!((0..1_000).all(|_| limits.count(&key(3), None).is_ok()));
    }

    #[test]
    fn a_key_that_has_rested_is_forgotten_and_one_that_has_not_is_still_refused() {
        let limits = RateLimits::<FakeRelativeClock>::default();
        let known = || limits.by_limit.read().unwrap().values().map(|it| it.len()).sum::<usize>();
        taken(&limits, &key(1), 20);
        limits.clock.advance(Duration::from_millis(1_950));
        taken(&limits, &key(2), 20);
        limits.forget_rested();
        assert_eq!(known(), 2);
        assert_eq!(taken(&limits, &key(2), 1), 0);
        limits.clock.advance(Duration::from_millis(200));
        limits.forget_rested();
        assert_eq!(known(), 1, "the first has rested");
        limits.clock.advance(Duration::from_secs(2));
        limits.forget_rested();
        assert!(limits.by_limit.read().unwrap().is_empty());
    }
}

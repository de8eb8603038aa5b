//! How often each API key may call.

use std::{num::NonZeroU32, sync::Arc};

use tokio_util::sync::CancellationToken;

use super::ApiError;
use crate::{
    domain::id::KeyId,
    rate_limits::{Burst, RateLimits},
};

/// How many requests a key may make at once after a rest, in seconds' worth of its limit.
const BURST_S: NonZeroU32 = NonZeroU32::MIN.saturating_add(1);

/// Counts the calls of keys.
pub struct KeyLimits(RateLimits<KeyId>);

impl Default for KeyLimits {
    fn default() -> Self {
        Self(RateLimits::new(Burst::Seconds(BURST_S)))
    }
}

impl KeyLimits {
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
        self.0.count(key_id, per_second).map_err(|_| {
            metrics::counter!("toffeepay_rate_limited_total").increment(1);
            ApiError::RateLimited
        })
    }

    /// Keeps the counts small until told to stop.
    pub async fn keep_small(self: Arc<Self>, stop: CancellationToken) {
        self.0.keep_small(stop).await;
    }
}

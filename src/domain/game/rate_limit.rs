//! How often an API key may be used. Knows no clock and counts nothing.

use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};

use super::super::{violation::Violation, world::World};

/// Requests a second of a live key without a limit of its own.
const LIVE_PER_S: NonZeroU32 = NonZeroU32::MIN.saturating_add(99);
/// Requests a second of a test key without a limit of its own.
const TEST_PER_S: NonZeroU32 = NonZeroU32::MIN.saturating_add(24);
/// The most that a limit can be, in requests a second: more is none.
const PER_S_MAX: u32 = 100_000;

/// How many requests a second an API key may make.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RateLimit {
    /// As every key of its world.
    #[default]
    ByWorld,
    /// Its own.
    PerSecond(NonZeroU32),
    /// As many as it likes.
    Unlimited,
}

impl RateLimit {
    /// Reads what an operator types: a number of requests a second, or `none`.
    ///
    /// # Errors
    ///
    /// A [`Violation`] if it is neither, or more than can be counted.
    pub fn parse(text: &str) -> Result<Self, Violation> {
        if text == "none" {
            return Ok(Self::Unlimited);
        }
        let limit = text.parse().map(Self::PerSecond).ok().filter(|it| it.is_countable());
        limit.ok_or_else(|| Violation::new("must be 1 to 100,000, or none", text))
    }

    /// What a key of `world` may do; `None` for as much as it likes.
    pub fn per_second(self, world: World) -> Option<NonZeroU32> {
        match (self, world) {
            (Self::Unlimited, _) => None,
            (Self::PerSecond(own), _) => Some(own),
            (Self::ByWorld, World::Live) => Some(LIVE_PER_S),
            (Self::ByWorld, World::Test) => Some(TEST_PER_S),
        }
    }

    /// Not written down, so that keys without a limit of their own are stored as they always were.
    pub(super) fn is_by_world(&self) -> bool {
        *self == Self::ByWorld
    }

    pub(super) fn is_countable(&self) -> bool {
        !matches!(self, Self::PerSecond(own) if PER_S_MAX < own.get())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_a_number_or_none() {
        let read = |text: &str| RateLimit::parse(text).ok();
        let per_second = |it| Some(RateLimit::PerSecond(NonZeroU32::new(it).unwrap()));
        assert_eq!(read("none"), Some(RateLimit::Unlimited));
        assert_eq!((read("1"), read("100000")), (per_second(1), per_second(100_000)));
        for text in ["0", "100001", "-1", "", "None", "1.5", "99999999999"] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn a_key_without_a_limit_of_its_own_has_its_worlds() {
        let rate = |it: RateLimit, world| it.per_second(world).map(NonZeroU32::get);
        assert_eq!(rate(RateLimit::ByWorld, World::Live), Some(100));
        assert_eq!(rate(RateLimit::ByWorld, World::Test), Some(25));
        for world in [World::Live, World::Test] {
            assert_eq!(rate(RateLimit::parse("7").unwrap(), world), Some(7));
            assert_eq!(rate(RateLimit::Unlimited, world), None);
        }
    }
}

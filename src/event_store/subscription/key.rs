//! Which row of `subscription` is meant.

use super::Subscriber;

/// One generation of a subscription, in one shard.
#[derive(Clone, Copy, Debug)]
pub(super) struct Key {
    pub(super) name: &'static str,
    pub(super) generation: i32,
    pub(super) shard: i16,
}

impl Key {
    pub(super) fn of<S: Subscriber>(shard: i16) -> Self {
        Self { name: S::NAME, generation: S::GENERATION, shard }
    }
}

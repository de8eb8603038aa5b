//! What an operator sees of a subscription, at `/metrics`.

use metrics::gauge;

use super::key::Key;

/// How far the subscription has come, and how many events lie ahead of it.
pub(super) fn progress(key: Key, position: i64, head: i64) {
    set("toffeepay_subscription_position", key, position);
    set("toffeepay_subscription_lag_events", key, head - position);
}

/// How many events are parked. Anything but 0 needs a human.
pub(super) fn dead_letters(key: Key, count: i64) {
    set("toffeepay_subscription_dead_letters", key, count);
}

fn set(name: &'static str, key: Key, value: i64) {
    let generation = key.generation.to_string();
    let shard = key.shard.to_string();
    // Exact up to 2⁵³, which no count reaches.
    gauge!(name, "subscription" => key.name, "generation" => generation, "shard" => shard)
        .set(value as f64);
}

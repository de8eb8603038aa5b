//! What operators do at a terminal, against a real Postgres.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a panic in a test is a failed test")]

mod support;

#[path = "operators/fates.rs"]
mod fates;
#[path = "operators/ground.rs"]
mod ground;

#[path = "operators/acts.rs"]
mod acts;
#[path = "operators/dead_letters.rs"]
mod dead_letters;
#[path = "operators/deliveries.rs"]
mod deliveries;
#[path = "operators/dev.rs"]
mod dev;
#[path = "operators/endpoints.rs"]
mod endpoints;
#[path = "operators/figures.rs"]
mod figures;
#[path = "operators/games_and_keys.rs"]
mod games_and_keys;
#[path = "operators/help.rs"]
mod help;
#[path = "operators/people.rs"]
mod people;
#[path = "operators/replay.rs"]
mod replay;
#[path = "operators/schema.rs"]
mod schema;
#[path = "operators/trigger.rs"]
mod trigger;
#[path = "operators/webhook.rs"]
mod webhook;

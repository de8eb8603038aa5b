//! Webhooks from an event in the log to a receiver's answer, on a real Postgres and over real
//! HTTP. Workers are driven by hand, except where the test is about their running by themselves.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a panic in a test is a failed test")]

#[path = "../support/mod.rs"]
mod support;

mod addressing;
mod again;
mod arriving;
mod crashing;
mod holding;
mod hostile;
mod limits;
mod receiver;
mod resting;
mod retrying;
mod running;
mod snippets;
mod taking_over;
mod world;

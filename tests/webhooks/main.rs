//! Webhooks from an event in the log to a receiver's answer, on a real Postgres and over real
//! HTTP. Workers are driven by hand, except where the test is about their running by themselves.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a panic in a test is a failed test")]

#[path = "../support/mod.rs"]
mod support;

mod addressing;
mod arriving;
mod holding;
mod receiver;
mod retrying;
mod running;
mod taking_over;
mod world;

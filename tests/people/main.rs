//! People come in and go: accounts, links, passwords and second factors, on a real Postgres.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a panic in a test is a failed test")]
#![allow(unreachable_pub, reason = "a test program is nobody's library")]

mod coming;
mod erasing;
mod house;
mod racing;
#[path = "../support/mod.rs"]
mod support;

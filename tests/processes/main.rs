//! What happens by itself, driven by hand against a real Postgres and a provider that says what it
//! is told to say.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a panic in a test is a failed test")]
#![allow(unreachable_pub, reason = "each test binary is a crate of its own")]

#[path = "../support/mod.rs"]
mod support;

mod stage;

mod calling;
mod clock;
mod holding;
mod returning;

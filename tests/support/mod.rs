//! What the integration tests share: the outside programs that they drive, and how to drive them.
//!
//! Knows nothing of the rules of payments: each test says for itself what it expects.

#![allow(dead_code, reason = "each test binary uses a part of this")]
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a panic in a test is a failed test")]
#![allow(unreachable_pub, reason = "each test binary is a crate of its own")]

pub mod browser;
pub mod child;
pub mod cluster;
pub mod conversation;
pub mod database;
pub mod oracles;
pub mod provider;
pub mod tools;

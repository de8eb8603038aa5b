//! The sandbox bank keeps its books right, whatever is repeated, lost or refused, and tells of
//! every outcome by signed notifications.

#![allow(clippy::unwrap_used, reason = "a panic in a test's helper is a failed test")]

#[path = "../support/mod.rs"]
mod support;

mod challenges;
mod charging;
mod notifying;
mod privacy;
mod refunding;
mod world;

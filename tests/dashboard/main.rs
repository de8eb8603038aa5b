//! The dashboard's pages, through its routes, on a real log and a real Postgres: who sees what, that a
//! search finds it page by page, and that nothing a player wrote is more than text.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a panic in a test is a failed test")]

#[path = "../support/mod.rs"]
mod support;

mod allowed;
mod overview;
mod pictures;
mod pictures_overview;
mod searching;
mod stage;
mod story;
mod table;
mod volume;

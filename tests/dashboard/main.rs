//! The dashboard's pages, through its routes, on a real log and a real Postgres: who sees what, that a
//! search finds it page by page, and that nothing a player wrote is more than text.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a panic in a test is a failed test")]

#[path = "../support/mod.rs"]
mod support;

mod acting;
mod activity;
mod allowed;
mod coming_in;
mod deliveries;
mod deliveries_pictures;
mod developers;
mod games;
mod history;
mod history_truth;
mod history_volume;
mod overview;
mod people;
mod pictures;
mod pictures_of_rooms;
mod pictures_overview;
mod searching;
mod speed;
mod stage;
mod story;
mod table;
mod volume;

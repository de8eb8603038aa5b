//! The lists of the API, read from rows that were put in place by hand: that the pages are right,
//! that the totals follow every change, and that no query reads a whole table.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a panic in a test is a failed test")]

#[path = "../support/mod.rs"]
mod support;

mod pages;
mod rows;
mod ten_million;

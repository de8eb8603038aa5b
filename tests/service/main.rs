//! The service as game servers, players and scripts meet it: the program itself, as a process of
//! its own, on a real Postgres.
//!
//! No test reaches into the process. What happened is seen through HTTP, a real browser, webhooks,
//! the program's other commands and, for the bank's books and the log, the database.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a panic in a test is a failed test")]

#[path = "../support/mod.rs"]
mod support;

mod books;
mod client;
mod harness;
mod receiver;

mod browser;
mod connect_node;
mod crashes;
mod dashboard;
mod dashboard_acts;
mod dashboard_deliveries;
mod dashboard_developers;
mod dashboard_games;
mod dashboard_hostile;
mod dashboard_keyboard;
mod dashboard_overview;
mod discovery;
mod endpoints;
mod errors;
mod fields;
mod grpc_python;
mod guide;
mod keys;
mod listen;
mod lists;
mod load;
mod notifications;
mod operation;
mod other_games;
mod own_postgres;
mod page;
mod payments;
mod printed_clients;
mod protocol;
mod rate_limits;
mod reference;
mod refunds;
mod replay;
mod rest;
mod rolling;
mod schemathesis;
mod screenshots;
mod sdk_python;
mod sessions;
mod trigger;
mod two_processes;
mod two_providers;
mod webhooks;

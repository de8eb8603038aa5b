//! ToffeePay: a payment service for games, on an event log that finance can replay.
//!
//! Start at `docs/ARCHITECTURE.md`; the rules of the business are in [`domain`].

#![cfg_attr(not(test), deny(clippy::disallowed_methods))] // See clippy.toml.

pub mod domain;

pub mod event_store;

pub mod acts;
pub mod figures;
pub mod projections;

pub mod processes;
pub mod providers;
pub mod webhooks;

pub mod api;
pub mod checkout;
pub mod dashboard;

pub mod admin;
pub mod audit;
pub mod people;

pub mod app;
pub mod cli;

pub mod clock;
pub mod crash_points;
pub mod design;
pub mod http_client;
pub mod ids;
pub mod money_text;
pub mod page_headers;
pub mod private_postgres;
pub mod rate_limits;
pub mod server;
pub mod telemetry;
pub mod vault;

/// Messages and services generated from `proto/`.
#[allow(
    missing_docs,
    unreachable_pub,
    clippy::all,
    clippy::allow_attributes_without_reason,
    clippy::expect_used,
    clippy::float_arithmetic,
    clippy::too_many_lines,
    clippy::unwrap_used,
    reason = "generated code"
)]
pub mod proto {
    connectrpc::include_generated!();
}

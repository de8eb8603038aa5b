//! ToffeePay: a payment service for games, on an event log that finance can replay.
//!
//! Start at `docs/ARCHITECTURE.md`; the rules of the business are in [`domain`].

pub mod domain;

pub mod event_store;
pub mod projections;

pub mod processes;
pub mod providers;
pub mod webhooks;

pub mod clock;
pub mod crash_points;
pub mod http_client;
pub mod ids;
pub mod private_postgres;
pub mod vault;

//! ToffeePay: a payment service for games, on an event log that finance can replay.
//!
//! Start at `docs/ARCHITECTURE.md`; the rules of the business are in [`domain`].

pub mod domain;

//! What the API reads: whole rows made from an aggregate, written in the append's transaction.
//!
//! A row is a function of the folded aggregate and nothing else, so replaying the log must give
//! the same rows. Knows nothing of who asks.

pub mod game;
pub mod list;
mod literal;
pub mod payment;
pub mod person;
pub mod refund;
pub mod session;
pub mod session_search;
pub mod status;
mod studio;

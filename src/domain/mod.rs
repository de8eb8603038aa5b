//! The rules of taking and returning money for games, and nothing else.
//!
//! Pure: no clock, randomness, network, database or spawned task. Facts from outside (the time,
//! a new id, what the provider answered) arrive as fields of a command.
//!
//! `tests/architecture.rs` enforces this; `docs/ARCHITECTURE.md` says why.

#![deny(clippy::disallowed_types)] // Floats, hash maps, clocks: see clippy.toml.

pub mod currency;
pub mod money;

pub mod colour;
pub mod id;
pub mod image;
pub mod item;
pub mod private;
pub mod return_url;
pub mod text;
pub mod violation;
pub mod world;

pub mod game;
pub mod session;

pub mod person;
pub mod studio;

mod words;

/// A moment in UTC, to the microsecond, which is what the log's database keeps.
pub type Timestamp = chrono::DateTime<chrono::Utc>;

//! The event log: one gapless order of everything that happened, in Postgres.
//!
//! Commands come in through `executor`, are appended in groups by `committer`, and stand as
//! `entry`s; `subscription` follows them. Knows aggregates as streams of entries and nothing of
//! what reads them: projections, webhooks and processes follow from outside.

mod aggregate;
mod append;
mod append_all;
mod committer;
mod context;
pub mod cqrs;
mod entry;
mod executor;
mod histories;
mod load;
pub mod migrations;
mod plan;
mod recorded;
mod remembered;
pub mod rights;
mod sqlstate;
mod stream_keys;
mod streams;
pub mod subscription;

pub use aggregate::{Label, StoredAggregate, stream_id, stream_name};
pub use append::{Append, Appended, EVENTS_PER_APPEND_MAX, Receipt, Remembered, Rows};
pub use committer::{AHEAD_MIN, AppendError, CommitLimits, Committer, OnCommit};
pub use context::{CommandContext, command_id};
pub use entry::{ENTRY_BYTES_MAX, EntryError, Envelope, read_envelope, read_without_key};
pub use executor::{EventStore, ExecuteError, Executed, Once, Remember, StoreError};
pub use histories::{Histories, KeyedEntry, entries_of_types, first_entries};
pub use load::{Loaded, LoadedEvent};
pub use plan::{EXPLAIN, RUN, plan};
pub use recorded::RecordedEntry;
pub use stream_keys::StreamKeys;
pub use streams::{StoredStream, StreamDamage, snapshot, streams_after, streams_named};

//! An entry as it stands in the log.

use sha2::{Digest, Sha256};
use sqlx::FromRow;

use crate::domain::Timestamp;

/// One row of the log: its place, and the exact bytes that were hashed.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct RecordedEntry {
    /// Which order of events; so far all in shard 0.
    pub shard: i16,
    /// Place in the shard: 1, 2, 3, without gaps, in commit order.
    pub position: i64,
    /// The stream, such as `session-sess_…`.
    pub stream: String,
    /// Place in the stream: 1, 2, 3, without gaps.
    pub version: i64,
    /// The event's name.
    #[sqlx(rename = "type")]
    pub event_type: String,
    /// When it was committed, by the database's clock; never decreases.
    pub recorded_at: Timestamp,
    /// The entry: compact JSON.
    pub entry: Vec<u8>,
    /// SHA-256 of the entry.
    pub digest: Vec<u8>,
}

impl RecordedEntry {
    /// Whether the entry's bytes are those that were hashed when it was appended.
    pub fn is_unchanged(&self) -> bool {
        Sha256::digest(&self.entry).as_slice() == self.digest
    }
}

//! What can be wrong with the log itself.

use serde::{Serialize, Serializer};

use crate::event_store::StreamDamage;

/// Something in the log that append_events cannot have written.
#[derive(Debug, thiserror::Error)]
pub enum Damage {
    /// Entries are gone.
    #[error("positions {first} to {last} are missing")]
    Missing {
        /// The first of them.
        first: i64,
        /// The last of them.
        last: i64,
    },
    /// There are entries that the head has not counted.
    #[error("there is an entry at position {position}, but the log ends at {head}")]
    BeyondHead {
        /// Where.
        position: i64,
        /// The last position that was handed out.
        head: i64,
    },
    /// An entry that no stream counts is never folded, and so never compared with anything.
    #[error("the streams count {counted} events, but the log has {head}")]
    Uncounted {
        /// How many the streams' rows count together.
        counted: i64,
        /// The last position that was handed out.
        head: i64,
    },
    /// The bytes are not those that were hashed.
    #[error("the entry at position {0} was changed: its digest is another")]
    Digest(i64),
    /// The clock went backwards.
    #[error("the entry at position {0} was recorded before the one before it")]
    Order(i64),
    /// Nothing leads to the entry.
    #[error("the entry at position {position} is of stream {stream}, which has no row")]
    NoStream {
        /// Where.
        position: i64,
        /// Which.
        stream: String,
    },
    /// A stream is incomplete or cannot be read.
    #[error("stream {stream}: {damage}")]
    Stream {
        /// Which.
        stream: String,
        /// What is wrong with it.
        damage: StreamDamage,
    },
    /// A stream is of no kind that this program knows.
    #[error("stream {0} is of a kind that this program does not know")]
    UnknownKind(String),
    /// The rules cannot have caused these events in this order.
    #[error("stream {0} tells a history that the rules cannot have written")]
    Impossible(String),
}

impl Serialize for Damage {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

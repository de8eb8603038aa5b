//! What an aggregate must tell the log, besides its events.

use cqrs_es::{Aggregate, persist::EventUpcaster};
use serde::Serialize;

use crate::domain::{Timestamp, world::World};

/// An aggregate whose events the log keeps, one stream each.
///
/// Implemented in `crate::projections`, beside the rows that the API reads.
pub trait StoredAggregate:
    Aggregate<Services = (), Command: Clone + Send + Sync, Error: Send + Sync> + Clone
{
    /// The world and the game that entries of this stream are labelled with.
    fn label(&self, id: &str) -> Label;

    /// The aggregate as the API reads it: an object of rows keyed by table, whole, each with
    /// `version`.
    ///
    /// Written in the append's own transaction, by the SQL function `write_read_models`.
    fn rows(&self, id: &str, version: i64) -> impl Serialize;

    /// The only row of an aggregate that was just begun, where the database has a type that reads it
    /// faster than [`rows`](Self::rows): a literal of the type `new_session`.
    fn new_row(&self, _id: &str, _version: i64) -> Option<String> {
        None
    }

    /// Whether the command begins an aggregate under a new id: then nothing is loaded before it is
    /// decided. If something is there after all, the append conflicts, and all is decided again.
    fn begins(_command: &Self::Command) -> bool {
        false
    }

    /// When an event happened, by the clock of whoever decided it.
    fn occurred_at(event: &Self::Event) -> Timestamp;

    /// Turns events of older versions into today's. None so far: every event is in its first.
    fn upcasters() -> Vec<Box<dyn EventUpcaster>> {
        vec![]
    }
}

/// Whose a stream is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Label {
    /// Test or live; `None` for what belongs to both, such as a game.
    pub world: Option<World>,
    /// The game; `None` for what belongs to none, such as a studio.
    pub game: Option<String>,
}

/// The name of an aggregate's stream: `session-sess_…`.
pub fn stream_name<A: Aggregate>(id: &str) -> String {
    format!("{}-{id}", A::TYPE)
}

/// The aggregate's id behind its stream's name, if the stream is of this kind.
pub fn stream_id<A: Aggregate>(stream: &str) -> Option<&str> {
    stream.strip_prefix(A::TYPE)?.strip_prefix('-')
}

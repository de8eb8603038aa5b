//! Reading one stream: its events folded into the aggregate they tell of.

use sqlx::{FromRow, PgPool};

use super::{Envelope, RecordedEntry, StoreError, StoredAggregate, StreamKeys, entry, stream_name};
use crate::{
    domain::{private::Private, text::Reason},
    vault::Key,
};

/// An aggregate as the log tells it.
pub struct Loaded<A> {
    /// Folded.
    pub aggregate: A,
    /// How many events it has: 0 if there is no such stream.
    pub version: i64,
    /// The key of its private data; `None` if it is new or the key was destroyed.
    pub(super) key: Option<Key>,
}

/// One event of a stream, read.
pub struct LoadedEvent<E> {
    /// What stands around it.
    pub envelope: Envelope,
    /// The event.
    pub event: E,
    /// Why, if whoever gave the command said so; erased with what is private in the stream.
    pub reason: Option<Private<Reason>>,
}

#[derive(FromRow)]
struct StreamRow {
    version: i64,
    first_position: i64,
    last_position: i64,
    wrapped_key: Option<Vec<u8>>,
}

/// Folds a stream up to and with `up_to` (all of it, if `None`).
pub(super) async fn load<A: StoredAggregate>(
    pool: &PgPool,
    keys: &StreamKeys,
    id: &str,
    up_to: Option<i64>,
) -> Result<Loaded<A>, StoreError> {
    let (events, key) = load_events::<A>(pool, keys, id).await?;
    let mut loaded = Loaded { aggregate: A::default(), version: 0, key };
    for it in events {
        if up_to.is_some_and(|last| last < it.envelope.version) {
            break;
        }
        loaded.version = it.envelope.version;
        loaded.aggregate.apply(it.event);
    }
    Ok(loaded)
}

/// Reads all events of a stream, in order.
pub(super) async fn load_events<A: StoredAggregate>(
    pool: &PgPool,
    keys: &StreamKeys,
    id: &str,
) -> Result<(Vec<LoadedEvent<A::Event>>, Option<Key>), StoreError> {
    let stream = stream_name::<A>(id);
    let row: Option<StreamRow> = sqlx::query_as(
        "SELECT version, first_position, last_position, wrapped_key
         FROM stream WHERE stream = $1",
    )
    .bind(&stream)
    .fetch_optional(pool)
    .await?;
    let Some(row) = row else { return Ok((vec![], None)) };
    let wrapped = row.wrapped_key.as_deref();
    let key = wrapped.map(|it| keys.unwrap(&stream, it)).transpose()?;
    // The positions let Postgres look into the partitions that hold the stream, and no other. No
    // shard, which the stream's name implies: without statistics, as in a new partition, Postgres
    // would take the primary key and read all that lies between the positions (measured).
    let entries: Vec<RecordedEntry> = sqlx::query_as(
        "SELECT shard, position, stream, version, type, recorded_at, entry, digest FROM event
         WHERE position BETWEEN $1 AND $2 AND stream = $3 ORDER BY version",
    )
    .bind(row.first_position)
    .bind(row.last_position)
    .bind(&stream)
    .fetch_all(pool)
    .await?;
    if i64::try_from(entries.len()) != Ok(row.version) {
        return Err(StoreError::Incomplete { stream });
    }
    let events = entries.iter().map(|it| entry::read::<A>(it, key.as_ref()));
    Ok((events.collect::<Result<_, entry::EntryError>>()?, key))
}

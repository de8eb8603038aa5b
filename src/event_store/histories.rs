//! Reading what led to several events at once: for whoever follows the log and must know more of a
//! stream than one entry says.
//!
//! On the reader's own connection, with at most two statements however many streams there are.

use std::collections::{BTreeMap, HashMap};

use sqlx::{FromRow, PgConnection};

use super::{
    EntryError, EventStore, LoadedEvent, RecordedEntry, StoreError, StoredAggregate, StreamKeys,
    entry,
};
use crate::{ids::SHARD, vault::Key};

/// The events of each stream, in order; of one that cannot be read, why.
pub type Histories<E> = HashMap<String, Result<Vec<LoadedEvent<E>>, StoreError>>;

#[derive(FromRow)]
struct StreamRow {
    stream: String,
    first_position: i64,
    wrapped_key: Option<Vec<u8>>,
}

impl EventStore {
    /// Reads the streams of some entries, all of one kind of aggregate, each up to the last of these.
    ///
    /// # Errors
    ///
    /// The database's. What is wrong with one stream is said of that one.
    pub async fn histories<A: StoredAggregate>(
        &self,
        connection: &mut PgConnection,
        entries: &[&RecordedEntry],
    ) -> Result<Histories<A::Event>, sqlx::Error> {
        if entries.is_empty() {
            return Ok(HashMap::new());
        }
        // By version: what is at hand need not be read.
        let mut known: HashMap<&str, BTreeMap<i64, RecordedEntry>> = HashMap::new();
        for it in entries {
            let of_stream = known.entry(&it.stream).or_default();
            of_stream.insert(it.version, RecordedEntry::clone(it));
        }
        let streams = streams(connection, known.keys().copied().collect()).await?;
        let is_short = |it: &&StreamRow| known.get(it.stream.as_str()).is_some_and(has_gaps);
        let short: Vec<&StreamRow> = streams.iter().filter(is_short).collect();
        for it in earlier(connection, &short, entries).await? {
            if let Some(of_stream) = known.get_mut(it.stream.as_str()) {
                of_stream.entry(it.version).or_insert(it);
            }
        }
        let keys = streams.into_iter().map(|it| (it.stream, it.wrapped_key));
        let keys: HashMap<String, Option<Vec<u8>>> = keys.collect();
        let read = known.into_iter().map(|(stream, entries)| {
            let wrapped = keys.get(stream).map(|it| it.as_deref());
            (stream.to_owned(), read::<A>(&self.keys, stream, wrapped, &entries))
        });
        Ok(read.collect())
    }
}

/// The first entries of these streams, without those that have none.
///
/// # Errors
///
/// The database's.
pub async fn first_entries(
    connection: &mut PgConnection,
    streams: &[&str],
) -> Result<Vec<RecordedEntry>, sqlx::Error> {
    sqlx::query_as(
        "SELECT event.shard, event.position, event.stream, event.version, event.type,
                event.recorded_at, event.entry, event.digest
         FROM stream JOIN event ON event.shard = $1 AND event.position = stream.first_position
         WHERE stream.stream = ANY ($2) AND event.stream = stream.stream",
    )
    .bind(SHARD)
    .bind(streams)
    .fetch_all(connection)
    .await
}

/// Those entries of these streams whose events are of some types, in the order of the log.
///
/// # Errors
///
/// The database's.
pub async fn entries_of_types(
    connection: &mut PgConnection,
    streams: &[String],
    types: &[&str],
) -> Result<Vec<RecordedEntry>, sqlx::Error> {
    if streams.is_empty() {
        return Ok(vec![]);
    }
    // Stream by stream, between its own positions: only the partitions that hold it are looked into.
    sqlx::query_as(
        "SELECT it.* FROM stream, LATERAL (
             SELECT shard, position, stream, version, type, recorded_at, entry, digest FROM event
             WHERE event.position BETWEEN stream.first_position AND stream.last_position
               AND event.stream = stream.stream AND event.type = ANY ($2)
         ) it
         WHERE stream.stream = ANY ($1) ORDER BY it.position",
    )
    .bind(streams)
    .bind(types)
    .fetch_all(connection)
    .await
}

/// An entry with the key of its stream, to be read as whatever it is.
pub struct KeyedEntry {
    /// The entry.
    pub recorded: RecordedEntry,
    key: Option<Key>,
}

impl KeyedEntry {
    /// Reads its event, with what is private in it unless the stream's key was destroyed.
    ///
    /// # Errors
    ///
    /// An [`EntryError`], if it is not an event of this kind of aggregate.
    pub fn read<A: StoredAggregate>(&self) -> Result<LoadedEvent<A::Event>, EntryError> {
        entry::read::<A>(&self.recorded, self.key.as_ref())
    }
}

#[derive(FromRow)]
struct KeyedRow {
    #[sqlx(flatten)]
    recorded: RecordedEntry,
    wrapped_key: Option<Vec<u8>>,
}

impl EventStore {
    /// The entries at these positions, of whatever streams, by position.
    ///
    /// # Errors
    ///
    /// The database's, and of a key that does not open.
    pub async fn entries_at(&self, positions: &[i64]) -> Result<Vec<KeyedEntry>, StoreError> {
        let rows: Vec<KeyedRow> = sqlx::query_as(
            "SELECT event.shard, event.position, event.stream, event.version, event.type,
                    event.recorded_at, event.entry, event.digest, stream.wrapped_key
             FROM event JOIN stream ON stream.stream = event.stream
             WHERE event.shard = $1 AND event.position = ANY ($2) ORDER BY event.position",
        )
        .bind(SHARD)
        .bind(positions)
        .fetch_all(&self.pool)
        .await?;
        let open = |KeyedRow { recorded, wrapped_key }| {
            let key = wrapped_key.map(|it| self.keys.unwrap(&recorded.stream, &it)).transpose()?;
            Ok(KeyedEntry { recorded, key })
        };
        rows.into_iter().map(open).collect()
    }
}

/// Whether events are missing before the last.
fn has_gaps(entries: &BTreeMap<i64, RecordedEntry>) -> bool {
    !(1..).zip(entries.keys()).all(|(expected, it)| *it == expected)
}

async fn streams(
    connection: &mut PgConnection,
    names: Vec<&str>,
) -> Result<Vec<StreamRow>, sqlx::Error> {
    sqlx::query_as("SELECT stream, first_position, wrapped_key FROM stream WHERE stream = ANY ($1)")
        .bind(names)
        .fetch_all(connection)
        .await
}

/// What these streams hold before the last of the entries.
async fn earlier(
    connection: &mut PgConnection,
    streams: &[&StreamRow],
    entries: &[&RecordedEntry],
) -> Result<Vec<RecordedEntry>, sqlx::Error> {
    let Some(first) = streams.iter().map(|it| it.first_position).min() else { return Ok(vec![]) };
    let last = entries.iter().map(|it| it.position).max().unwrap_or_default();
    // The positions let Postgres look into the partitions that hold the streams, and no other. No
    // shard, for the reason that `load` has.
    let mut found: Vec<RecordedEntry> = sqlx::query_as(
        "SELECT shard, position, stream, version, type, recorded_at, entry, digest FROM event
         WHERE stream = ANY ($1) AND position BETWEEN $2 AND $3",
    )
    .bind(streams.iter().map(|it| it.stream.as_str()).collect::<Vec<_>>())
    .bind(first)
    .bind(last)
    .fetch_all(connection)
    .await?;
    // What stands behind the last entry of its own stream is none of its past.
    let mut ends: HashMap<&str, i64> = HashMap::new();
    for it in entries {
        let end = ends.entry(&it.stream).or_default();
        *end = it.version.max(*end);
    }
    found.retain(|it| ends.get(it.stream.as_str()).is_some_and(|end| it.version <= *end));
    Ok(found)
}

fn read<A: StoredAggregate>(
    keys: &StreamKeys,
    stream: &str,
    wrapped: Option<Option<&[u8]>>,
    entries: &BTreeMap<i64, RecordedEntry>,
) -> Result<Vec<LoadedEvent<A::Event>>, StoreError> {
    let (Some(wrapped), false) = (wrapped, has_gaps(entries)) else {
        return Err(StoreError::Incomplete { stream: stream.to_owned() });
    };
    let key = wrapped.map(|it| keys.unwrap(stream, it)).transpose()?;
    let read = |it: &RecordedEntry| Ok(entry::read::<A>(it, key.as_ref())?);
    entries.values().map(read).collect()
}

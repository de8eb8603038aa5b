//! Many streams at once, as one snapshot of the database has them: for audits and rebuilds.
//!
//! Reads whatever is there and says what is wrong with it; the service itself uses `load`.

use sqlx::{FromRow, PgConnection, PgPool, Postgres, Transaction};

use super::{Envelope, LoadedEvent, RecordedEntry, StoredAggregate, StreamKeys, entry};

/// The most streams of one page.
const STREAMS_PER_PAGE: i64 = 500;
/// The most events of one page, unless its only stream has more: what bounds the memory needed.
const EVENTS_PER_PAGE: i64 = 5_000;

/// A stream's row and its entries, none of them read yet.
#[derive(Clone, Debug)]
pub struct StoredStream {
    /// Its name, such as `session-sess_…`.
    pub name: String,
    /// How many events it counts.
    pub version: i64,
    /// Where its first event stands, as its row says.
    pub first_position: i64,
    /// Where its last event stands, as its row says.
    pub last_position: i64,
    /// Its events between these positions, by position.
    pub entries: Vec<RecordedEntry>,
    wrapped_key: Option<Vec<u8>>,
}

/// What is wrong with a stream.
#[derive(Debug, thiserror::Error)]
pub enum StreamDamage {
    /// Versions do not run 1, 2, 3, or end elsewhere than the stream's row says.
    #[error("its row counts {counted} events, but version {version} is not where it should be")]
    Version {
        /// The first version that is missing or out of place.
        version: i64,
        /// How many events the stream's row counts.
        counted: i64,
    },
    /// An entry tells of another place than the one it stands at.
    #[error("the entry at position {0} is labelled for another place")]
    Misplaced(i64),
    /// The bytes are not those that were hashed.
    #[error("the entry at position {0} was changed: its digest is another")]
    Digest(i64),
    /// An entry cannot be read.
    #[error("the entry at position {position} cannot be read: {source}")]
    Unreadable {
        /// Which.
        position: i64,
        /// Why.
        source: super::EntryError,
    },
    /// The stream's key does not open with this master key.
    #[error("its key does not open: MASTER_KEY is not the one that the log was written with")]
    Key,
}

#[derive(FromRow)]
struct Row {
    stream: String,
    version: i64,
    first_position: i64,
    last_position: i64,
    wrapped_key: Option<Vec<u8>>,
}

/// A transaction in which every statement sees the log and the read models at one moment.
///
/// # Errors
///
/// If the database does not answer.
pub async fn snapshot(pool: &PgPool) -> Result<Transaction<'static, Postgres>, sqlx::Error> {
    pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await
}

/// The streams that come after `after` by name, some hundreds of them; none at the end.
///
/// # Errors
///
/// If the database does not answer.
pub async fn streams_after(
    snapshot: &mut PgConnection,
    after: &str,
) -> Result<Vec<StoredStream>, sqlx::Error> {
    let rows = sqlx::query_as(
        "SELECT stream, version, first_position, last_position, wrapped_key
         FROM (SELECT *, sum(version) OVER (ORDER BY stream) AS events
               FROM (SELECT * FROM stream WHERE $1 < stream ORDER BY stream LIMIT $2) page) it
         WHERE events <= $3 OR events = version ORDER BY stream",
    )
    .bind(after)
    .bind(STREAMS_PER_PAGE)
    .bind(EVENTS_PER_PAGE)
    .fetch_all(&mut *snapshot)
    .await?;
    with_entries(snapshot, rows).await
}

/// The streams of these names that there are, by name.
///
/// # Errors
///
/// If the database does not answer.
pub async fn streams_named(
    snapshot: &mut PgConnection,
    names: &[&str],
) -> Result<Vec<StoredStream>, sqlx::Error> {
    let rows = sqlx::query_as(
        "SELECT stream, version, first_position, last_position, wrapped_key
         FROM stream WHERE stream = ANY ($1) ORDER BY stream",
    )
    .bind(names)
    .fetch_all(&mut *snapshot)
    .await?;
    with_entries(snapshot, rows).await
}

async fn with_entries(
    snapshot: &mut PgConnection,
    rows: Vec<Row>,
) -> Result<Vec<StoredStream>, sqlx::Error> {
    // The positions let Postgres look into the partitions that hold the streams, and no other.
    let first = rows.iter().map(|it| it.first_position).min().unwrap_or_default();
    let last = rows.iter().map(|it| it.last_position).max().unwrap_or_default();
    let names: Vec<&str> = rows.iter().map(|it| it.stream.as_str()).collect();
    let mut entries: Vec<RecordedEntry> = sqlx::query_as(
        "SELECT shard, position, stream, version, type, recorded_at, entry, digest FROM event
         WHERE stream = ANY ($1) AND position BETWEEN $2 AND $3 ORDER BY position DESC",
    )
    .bind(names)
    .bind(first)
    .bind(last)
    .fetch_all(snapshot)
    .await?;
    let mut of_stream = std::collections::HashMap::<String, Vec<RecordedEntry>>::new();
    while let Some(entry) = entries.pop() {
        of_stream.entry(entry.stream.clone()).or_default().push(entry);
    }
    let streams = rows.into_iter().map(|row| StoredStream {
        entries: of_stream.remove(&row.stream).unwrap_or_default(),
        name: row.stream,
        version: row.version,
        first_position: row.first_position,
        last_position: row.last_position,
        wrapped_key: row.wrapped_key,
    });
    Ok(streams.collect())
}

impl StoredStream {
    /// Reads its events, with what is private in them unless its key was destroyed.
    ///
    /// # Errors
    ///
    /// A [`StreamDamage`], if any event is missing, misplaced or unreadable.
    pub fn read<A: StoredAggregate>(
        &self,
        keys: &StreamKeys,
    ) -> Result<Vec<LoadedEvent<A::Event>>, StreamDamage> {
        self.check_versions()?;
        let wrapped = self.wrapped_key.as_deref();
        let key = wrapped.map(|it| keys.unwrap(&self.name, it)).transpose();
        let key = key.map_err(|_| StreamDamage::Key)?;
        let read = |it: &RecordedEntry| {
            let unreadable = |source| StreamDamage::Unreadable { position: it.position, source };
            if !it.is_unchanged() {
                return Err(StreamDamage::Digest(it.position));
            }
            let read = entry::read::<A>(it, key.as_ref()).map_err(unreadable)?;
            if !is_label_of(&read.envelope, it) {
                return Err(StreamDamage::Misplaced(it.position));
            }
            Ok(read)
        };
        self.entries.iter().map(read).collect()
    }

    /// Whether its key was destroyed, so that nobody can know what was private.
    pub fn is_erased(&self) -> bool {
        self.wrapped_key.is_none()
    }

    fn check_versions(&self) -> Result<(), StreamDamage> {
        let counted = self.version;
        let misplaced = (1..).zip(&self.entries).find(|(expected, it)| it.version != *expected);
        if let Some((version, _)) = misplaced {
            return Err(StreamDamage::Version { version, counted });
        }
        let ends = self.entries.first().zip(self.entries.last());
        let ends = ends.map(|(first, last)| (first.position, last.position, last.version));
        if ends != Some((self.first_position, self.last_position, self.version)) {
            let version = ends.map_or(1, |(_, _, last)| last + 1);
            return Err(StreamDamage::Version { version, counted });
        }
        Ok(())
    }
}

fn is_label_of(envelope: &Envelope, entry: &RecordedEntry) -> bool {
    envelope.stream == entry.stream
        && envelope.version == entry.version
        && envelope.event_type == entry.event_type
}

//! Events that a subscription could not take, and those that wait behind them.

use std::collections::HashSet;

use sqlx::{FromRow, PgConnection, PgExecutor};

use super::key::Key;
use crate::{domain::Timestamp, event_store::RecordedEntry};

/// The reason noted with an event that was not tried, since it has to wait its turn.
const WAITS: &str = "waits behind an earlier event of its stream";

/// The longest reason kept, in characters.
const REASON_CHARACTERS_MAX: usize = 500;

/// A stream of which a subscription could not take an event.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct ParkedStream {
    /// Which subscription.
    #[sqlx(rename = "name")]
    pub subscription: String,
    /// Which stream.
    pub stream: String,
    /// Where the event stands that was refused.
    pub position: i64,
    /// Why, without anything private.
    pub error: String,
    /// How often it was tried.
    pub attempts: i32,
    /// Since when it waits.
    pub parked_at: Timestamp,
    /// How many later events of the stream wait behind it.
    pub waiting: i64,
}

/// All streams with parked events, of every subscription, the one parked earliest in the log first.
///
/// # Errors
///
/// The database's.
pub async fn parked_streams(
    executor: impl PgExecutor<'_>,
) -> Result<Vec<ParkedStream>, sqlx::Error> {
    sqlx::query_as(
        "SELECT * FROM (
             SELECT DISTINCT ON (name, generation, shard, stream)
                    name, stream, position, error, attempts, parked_at,
                    count(*) OVER (PARTITION BY name, generation, shard, stream) - 1 AS waiting
             FROM dead_letter ORDER BY name, generation, shard, stream, position) it
         ORDER BY position, name",
    )
    .fetch_all(executor)
    .await
}

/// Which streams of these entries have an event parked already.
pub(super) async fn blocked_streams(
    transaction: &mut PgConnection,
    key: Key,
    entries: &[RecordedEntry],
) -> Result<HashSet<String>, sqlx::Error> {
    let streams: Vec<&str> = entries.iter().map(|it| it.stream.as_str()).collect();
    let blocked: Vec<String> = sqlx::query_scalar(
        "SELECT DISTINCT stream FROM dead_letter
         WHERE name = $1 AND generation = $2 AND shard = $3 AND stream = ANY ($4)",
    )
    .bind(key.name)
    .bind(key.generation)
    .bind(key.shard)
    .bind(streams)
    .fetch_all(transaction)
    .await?;
    Ok(blocked.into_iter().collect())
}

/// Parks an event that was refused `attempts` times.
pub(super) async fn park(
    transaction: &mut PgConnection,
    key: Key,
    entry: &RecordedEntry,
    reason: &str,
    attempts: u32,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO dead_letter (name, generation, shard, position, stream, error, attempts)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(key.name)
    .bind(key.generation)
    .bind(key.shard)
    .bind(entry.position)
    .bind(&entry.stream)
    .bind(reason.chars().take(REASON_CHARACTERS_MAX).collect::<String>())
    .bind(i64::from(attempts))
    .execute(transaction)
    .await?;
    Ok(())
}

/// Parks an event because an earlier one of its stream is parked.
pub(super) async fn park_behind(
    transaction: &mut PgConnection,
    key: Key,
    entry: &RecordedEntry,
) -> Result<(), sqlx::Error> {
    park(transaction, key, entry, WAITS, 0).await
}

/// Notes one more refusal of a parked event.
pub(super) async fn note_refusal(
    executor: impl PgExecutor<'_>,
    key: Key,
    position: i64,
    reason: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE dead_letter SET attempts = attempts + 1, error = $5
         WHERE name = $1 AND generation = $2 AND shard = $3 AND position = $4",
    )
    .bind(key.name)
    .bind(key.generation)
    .bind(key.shard)
    .bind(position)
    .bind(reason.chars().take(REASON_CHARACTERS_MAX).collect::<String>())
    .execute(executor)
    .await?;
    Ok(())
}

/// Takes a handled event off the list.
pub(super) async fn remove(
    transaction: &mut PgConnection,
    key: Key,
    position: i64,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "DELETE FROM dead_letter
         WHERE name = $1 AND generation = $2 AND shard = $3 AND position = $4",
    )
    .bind(key.name)
    .bind(key.generation)
    .bind(key.shard)
    .bind(position)
    .execute(transaction)
    .await?;
    Ok(())
}

/// The streams with parked events, the one parked earliest in the log first.
pub(super) async fn streams(
    executor: impl PgExecutor<'_>,
    key: Key,
) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT stream FROM dead_letter WHERE name = $1 AND generation = $2 AND shard = $3
         GROUP BY stream ORDER BY min(position)",
    )
    .bind(key.name)
    .bind(key.generation)
    .bind(key.shard)
    .fetch_all(executor)
    .await
}

/// The position of the event that all others parked of its stream wait for.
pub(super) async fn first_of_stream(
    transaction: &mut PgConnection,
    key: Key,
    stream: &str,
) -> Result<Option<i64>, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT min(position) FROM dead_letter
         WHERE name = $1 AND generation = $2 AND shard = $3 AND stream = $4",
    )
    .bind(key.name)
    .bind(key.generation)
    .bind(key.shard)
    .bind(stream)
    .fetch_one(transaction)
    .await
}

/// How many events are parked.
pub(super) async fn count(executor: impl PgExecutor<'_>, key: Key) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT count(*) FROM dead_letter WHERE name = $1 AND generation = $2 AND shard = $3",
    )
    .bind(key.name)
    .bind(key.generation)
    .bind(key.shard)
    .fetch_one(executor)
    .await
}

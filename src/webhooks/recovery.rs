//! Hands in again all that an endpoint did not take since some time: a job that is kept, done in
//! pieces by whoever comes by, and goes on where it was if they die.

use sqlx::{FromRow, PgConnection, PgPool};

use super::{health::COUNTED_MAX, wake::STANDSTILL_MAX_MS};
use crate::domain::{
    Timestamp,
    id::{EndpointId, RecoveryId},
};

/// How many messages one step hands in.
const AT_ONCE: i64 = 500;

/// How far a recovery is.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Recovery {
    /// Its name.
    pub recovery_id: String,
    /// Whose.
    pub endpoint_id: String,
    /// Of messages that were noted since.
    pub since: Timestamp,
    /// When it was asked for.
    pub started_at: Timestamp,
    /// When the last was handed in.
    pub finished_at: Option<Timestamp>,
    /// How many there were when it was asked for.
    pub total: i64,
    /// How many are handed in.
    pub handed_in: i64,
}

/// What a recovery would hand in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Meant {
    /// Messages that were given up; at most [`COUNTED_MAX`] are counted.
    pub given_up: i64,
    /// Messages of which an attempt has failed; counted among as many that wait.
    pub failing: i64,
    /// Whether there may be more.
    pub is_more: bool,
}

/// The most recoveries of an endpoint that are listed, the newest of them.
pub const RECOVERIES_SHOWN_MAX: u32 = 50;

const COLUMNS: &str = "recovery_id, endpoint_id, since, started_at, finished_at, total, handed_in";

/// Starts one: of all messages noted `since` that were given up, or of which an attempt has failed.
/// The endpoint is probed at once if it is left alone. Safe to repeat.
///
/// What is given up later is not meant. By the database's clock: an operator's may go wrong.
///
/// # Errors
///
/// If the database does not answer. Then it may have been started.
pub async fn start(
    pool: &PgPool,
    id: &RecoveryId,
    endpoint_id: &EndpointId,
    since: Timestamp,
) -> Result<Recovery, sqlx::Error> {
    sqlx::query_as(&format!(
        "WITH probed AS (
             UPDATE webhook_lane SET open_until = NULL
             WHERE endpoint_id = $2 AND open_until IS NOT NULL
         )
         INSERT INTO webhook_recovery (recovery_id, endpoint_id, since, started_at, total)
         SELECT $1, $2, $3, clock_timestamp(),
             (SELECT count(*) FROM webhook_dead WHERE endpoint_id = $2 AND $3 <= noted_at)
             + (SELECT count(*) FROM webhook_due
                WHERE endpoint_id = $2 AND 0 < attempts AND $3 <= noted_at)
         ON CONFLICT (recovery_id) DO UPDATE SET recovery_id = excluded.recovery_id
         RETURNING {COLUMNS}"
    ))
    .bind(id.as_str())
    .bind(endpoint_id.as_str())
    .bind(since)
    .fetch_one(pool)
    .await
}

/// How far one is; `None` once its endpoint was removed.
///
/// # Errors
///
/// If the database does not answer.
pub async fn find(pool: &PgPool, id: &str) -> Result<Option<Recovery>, sqlx::Error> {
    let query = format!("SELECT {COLUMNS} FROM webhook_recovery WHERE recovery_id = $1");
    sqlx::query_as(&query).bind(id).fetch_optional(pool).await
}

/// Those of an endpoint, the newest first, at most [`RECOVERIES_SHOWN_MAX`] of them.
///
/// # Errors
///
/// If the database does not answer.
pub async fn of_endpoint(
    pool: &PgPool,
    endpoint_id: &EndpointId,
) -> Result<Vec<Recovery>, sqlx::Error> {
    sqlx::query_as(&format!(
        "SELECT {COLUMNS} FROM webhook_recovery WHERE endpoint_id = $1
         ORDER BY started_at DESC LIMIT $2"
    ))
    .bind(endpoint_id.as_str())
    .bind(i64::from(RECOVERIES_SHOWN_MAX))
    .fetch_all(pool)
    .await
}

/// What [`start`] would hand in, without counting longer than people wait for.
///
/// # Errors
///
/// If the database does not answer.
pub async fn meant(
    pool: &PgPool,
    endpoint_id: &EndpointId,
    since: Timestamp,
) -> Result<Meant, sqlx::Error> {
    let (dead, failing, due): (i64, i64, i64) = sqlx::query_as(
        "SELECT (SELECT count(*) FROM (
                     SELECT FROM webhook_dead WHERE endpoint_id = $1 AND $2 <= noted_at
                     LIMIT $3 + 1) it),
                count(*) FILTER (WHERE 0 < attempts AND $2 <= noted_at), count(*)
         FROM (SELECT attempts, noted_at FROM webhook_due WHERE endpoint_id = $1 LIMIT $3 + 1) it",
    )
    .bind(endpoint_id.as_str())
    .bind(since)
    .bind(COUNTED_MAX)
    .fetch_one(pool)
    .await?;
    let is_more = COUNTED_MAX < dead || COUNTED_MAX < due;
    Ok(Meant { given_up: dead.min(COUNTED_MAX), failing, is_more })
}

/// Does a piece of some recovery that is not finished and that nobody else is at; `None`, if there is
/// none. Messages that were given up come first, the oldest of them.
///
/// Which recovery is chance, so that one that fails keeps none of the others from its end.
///
/// # Errors
///
/// If the database does not answer. Then the piece is done as a whole, or not at all.
pub async fn step(pool: &PgPool) -> Result<Option<Recovery>, sqlx::Error> {
    let mut transaction = pool.begin().await?;
    sqlx::query("SELECT set_config('idle_in_transaction_session_timeout', $1, true)")
        .bind(STANDSTILL_MAX_MS)
        .execute(&mut *transaction)
        .await?;
    let next: Option<Recovery> = sqlx::query_as(&format!(
        "SELECT {COLUMNS} FROM webhook_recovery WHERE finished_at IS NULL
         ORDER BY random() LIMIT 1 FOR UPDATE SKIP LOCKED"
    ))
    .fetch_optional(&mut *transaction)
    .await?;
    let Some(recovery) = next else { return Ok(None) };
    let mut count = revive(&mut transaction, &recovery).await?;
    if count == 0 {
        count = bring_forward(&mut transaction, &recovery).await?;
    }
    let done = sqlx::query_as(&format!(
        "UPDATE webhook_recovery SET handed_in = handed_in + $2,
                finished_at = CASE WHEN $2 = 0 THEN clock_timestamp() END
         WHERE recovery_id = $1 RETURNING {COLUMNS}"
    ))
    .bind(&recovery.recovery_id)
    .bind(count)
    .fetch_one(&mut *transaction)
    .await?;
    sqlx::query("SELECT wake_webhooks($1, 'epoch') WHERE 0 < $2")
        .bind(&recovery.endpoint_id)
        .bind(count)
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await?;
    Ok(Some(done))
}

/// Makes due again what was given up; how many.
async fn revive(transaction: &mut PgConnection, it: &Recovery) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar(
        "WITH dead AS (
             DELETE FROM webhook_dead WHERE (endpoint_id, message_id) IN (
                 SELECT endpoint_id, message_id FROM webhook_dead
                 WHERE endpoint_id = $1 AND $2 <= noted_at AND died_at <= $3
                 ORDER BY noted_at, sequence, ordinal LIMIT $4)
             RETURNING endpoint_id, noted_at, message_id, session_id, sequence, ordinal
         ), due AS (
             INSERT INTO webhook_due
                 (endpoint_id, noted_at, message_id, session_id, sequence, ordinal, next_at)
             SELECT dead.*, to_timestamp(1) FROM dead
             ORDER BY noted_at, session_id, sequence, ordinal
             ON CONFLICT DO NOTHING
         )
         SELECT count(*) FROM dead",
    )
    .bind(&it.endpoint_id)
    .bind(it.since)
    .bind(it.started_at)
    .bind(AT_ONCE)
    .fetch_one(transaction)
    .await
}

/// Makes due now what failed before; how many.
async fn bring_forward(transaction: &mut PgConnection, it: &Recovery) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar(
        "WITH next AS MATERIALIZED (
             SELECT id FROM webhook_due, webhook_recovery
             WHERE recovery_id = $1 AND webhook_due.endpoint_id = $2 AND after_due < id
               AND 0 < attempts AND $3 <= noted_at
             ORDER BY id LIMIT $4
         ), moved AS (
             UPDATE webhook_due due SET next_at = to_timestamp(1), attempts = 0
             FROM next WHERE due.id = next.id
         ), noted AS (
             UPDATE webhook_recovery SET after_due = (SELECT max(id) FROM next)
             WHERE recovery_id = $1 AND EXISTS (SELECT FROM next)
         )
         SELECT count(*) FROM next",
    )
    .bind(&it.recovery_id)
    .bind(&it.endpoint_id)
    .bind(it.since)
    .bind(AT_ONCE)
    .fetch_one(transaction)
    .await
}

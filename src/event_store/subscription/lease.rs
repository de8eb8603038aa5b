//! Who follows now: a lease, and the fence that makes a lost one harmless.
//!
//! A transaction with an effect first locks the subscription's row, provided that the fence is
//! still its own. Nobody takes over while that lock is held, however long the batch; a holder that
//! stands still inside the transaction is thrown out by the database.

use std::time::{Duration, Instant};

use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use super::key::Key;

/// How long a process follows without renewing. Short, so that another takes over soon after a
/// crash; one that outlives it is harmless, because each checkpoint carries the lease's fence.
const LEASE: Duration = Duration::from_millis(1_500);
/// When to renew, also while there is nothing to do.
pub(super) const RENEW_EVERY: Duration = Duration::from_millis(500);
const _: () = assert!(RENEW_EVERY.as_millis() * 2 < LEASE.as_millis());

/// How long a transaction with an effect may stand still before the database ends it: a process
/// stopped in the middle of one must not keep its locks. In milliseconds, as Postgres reads it.
const STANDSTILL_MAX_MS: &str = "5000";

/// The right to move the checkpoint from `position`, until another takes over.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lease {
    pub(super) fence: i64,
    pub(super) position: i64,
    renewed_at: Instant,
}

impl Lease {
    pub(super) fn at(self, position: i64) -> Self {
        Self { position, ..self }
    }

    pub(super) fn should_be_renewed(&self) -> bool {
        RENEW_EVERY <= self.renewed_at.elapsed()
    }
}

/// Takes the lease if nobody holds it, or if it is `owner`'s already. A generation that is neither
/// live nor being rebuilt is nobody's.
pub(super) async fn claim(
    pool: &PgPool,
    key: Key,
    owner: Uuid,
) -> Result<Option<Lease>, sqlx::Error> {
    let renewed_at = Instant::now();
    let claimed: Option<(i64, i64)> = sqlx::query_as(
        "UPDATE subscription
         SET owner = $4, fence = fence + 1, leased_until = clock_timestamp() + $5
         WHERE name = $1 AND generation = $2 AND shard = $3 AND (is_live OR is_replayable)
           AND (leased_until < clock_timestamp() OR owner = $4)
         RETURNING fence, position",
    )
    .bind(key.name)
    .bind(key.generation)
    .bind(key.shard)
    .bind(owner)
    .bind(LEASE)
    .fetch_optional(pool)
    .await?;
    Ok(claimed.map(|(fence, position)| Lease { fence, position, renewed_at }))
}

/// Prolongs the lease; `None` if another has taken over.
pub(super) async fn renew(
    pool: &PgPool,
    key: Key,
    lease: Lease,
) -> Result<Option<Lease>, sqlx::Error> {
    let renewed_at = Instant::now();
    let renewed = sqlx::query(
        "UPDATE subscription SET leased_until = clock_timestamp() + $5
         WHERE name = $1 AND generation = $2 AND shard = $3 AND fence = $4",
    )
    .bind(key.name)
    .bind(key.generation)
    .bind(key.shard)
    .bind(lease.fence)
    .bind(LEASE)
    .execute(pool)
    .await?;
    Ok((renewed.rows_affected() == 1).then_some(Lease { renewed_at, ..lease }))
}

/// Gives the lease back, so that another need not wait for its end.
pub(super) async fn release(pool: &PgPool, key: Key, lease: Lease) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE subscription SET owner = NULL, leased_until = '-infinity'
         WHERE name = $1 AND generation = $2 AND shard = $3 AND fence = $4",
    )
    .bind(key.name)
    .bind(key.generation)
    .bind(key.shard)
    .bind(lease.fence)
    .execute(pool)
    .await?;
    Ok(())
}

/// Locks the subscription's row for the rest of the transaction, whoever holds the lease.
pub(super) async fn lock(transaction: &mut PgConnection, key: Key) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT fence FROM subscription, set_config('idle_in_transaction_session_timeout', $4, true)
         WHERE name = $1 AND generation = $2 AND shard = $3
         FOR NO KEY UPDATE OF subscription",
    )
    .bind(key.name)
    .bind(key.generation)
    .bind(key.shard)
    .bind(STANDSTILL_MAX_MS)
    .fetch_one(transaction)
    .await
}

/// Locks the subscription's row and moves the checkpoint; false if the lease is lost, and then the
/// transaction must not commit. The first statement of a transaction with an effect: one in place of
/// two, a lock and a move.
pub(super) async fn advance(
    transaction: &mut PgConnection,
    key: Key,
    lease: Lease,
    position: i64,
) -> Result<bool, sqlx::Error> {
    let moved = sqlx::query(
        "UPDATE subscription SET position = $6, leased_until = clock_timestamp() + $7
         FROM set_config('idle_in_transaction_session_timeout', $8, true)
         WHERE name = $1 AND generation = $2 AND shard = $3 AND fence = $4 AND position = $5",
    )
    .bind(key.name)
    .bind(key.generation)
    .bind(key.shard)
    .bind(lease.fence)
    .bind(lease.position)
    .bind(position)
    .bind(LEASE)
    .bind(STANDSTILL_MAX_MS)
    .execute(transaction)
    .await?;
    Ok(moved.rows_affected() == 1)
}

/// Prolongs the lease of a transaction that has locked the row and taken long: whoever waits for the
/// row finds it held.
pub(super) async fn prolong(transaction: &mut PgConnection, key: Key) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE subscription SET leased_until = clock_timestamp() + $4
         WHERE name = $1 AND generation = $2 AND shard = $3",
    )
    .bind(key.name)
    .bind(key.generation)
    .bind(key.shard)
    .bind(LEASE)
    .execute(transaction)
    .await?;
    Ok(())
}

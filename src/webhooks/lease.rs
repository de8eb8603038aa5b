//! Who delivers to an endpoint: a lease on its lane, and the fence that makes a lost one harmless.
//!
//! By the database's clock, which is the same for all workers. Knows nothing of messages.

use std::time::Duration;

use sqlx::{FromRow, PgPool};
use uuid::Uuid;

use super::{breaker::Breaker, wake};
use crate::domain::Timestamp;

/// How long a worker owns a lane without renewing. Short, so that another takes over soon after a
/// crash; a delivery that outlives it is harmless, because completions carry the lane's fence.
pub(super) const LEASE: Duration = Duration::from_millis(1500);
/// How often a lane that is at work renews its lease.
pub(super) const RENEW_EVERY: Duration = Duration::from_millis(500);
const _: () = assert!(RENEW_EVERY.as_millis() * 2 < LEASE.as_millis());

/// The right to deliver to one endpoint, until another takes over.
#[derive(Clone, Debug, FromRow)]
pub(super) struct Lease {
    pub(super) endpoint_id: String,
    pub(super) fence: i64,
    /// As the lane's last holder left it.
    #[sqlx(flatten)]
    pub(super) breaker: Breaker,
}

/// Takes free lanes in which something is due `now` and may be sent, the one longest without a
/// worker first.
pub(super) async fn take(
    pool: &PgPool,
    owner: Uuid,
    now: Timestamp,
    most: usize,
) -> Result<Vec<Lease>, sqlx::Error> {
    sqlx::query_as(
        "WITH free AS MATERIALIZED (
             SELECT endpoint_id FROM webhook_lane lane
             JOIN webhook_endpoint USING (endpoint_id) JOIN webhook_wake USING (endpoint_id)
             WHERE due_at <= $2 AND is_enabled AND leased_until < clock_timestamp()
               AND (open_until IS NULL OR open_until <= $2)
             ORDER BY leased_until LIMIT $3
             FOR NO KEY UPDATE OF lane SKIP LOCKED
         )
         UPDATE webhook_lane lane
         SET owner = $1, fence = fence + 1, leased_until = clock_timestamp() + $4
         FROM free WHERE lane.endpoint_id = free.endpoint_id
         RETURNING lane.endpoint_id, fence, failures, failing_since, trips, open_until",
    )
    .bind(owner)
    .bind(now)
    .bind(i64::try_from(most).unwrap_or(i64::MAX))
    .bind(LEASE)
    .fetch_all(pool)
    .await
}

/// Prolongs a lease; false if another has taken over.
pub(super) async fn renew(pool: &PgPool, lease: &Lease) -> Result<bool, sqlx::Error> {
    let renewed = sqlx::query(
        "UPDATE webhook_lane SET leased_until = clock_timestamp() + $3
         WHERE endpoint_id = $1 AND fence = $2",
    )
    .bind(&lease.endpoint_id)
    .bind(lease.fence)
    .bind(LEASE)
    .execute(pool)
    .await?;
    Ok(renewed.rows_affected() == 1)
}

/// Gives a lease back, so that another need not wait for its end. What it knows is what
/// [`wake::note_next`] asks for.
pub(super) async fn release(pool: &PgPool, lease: &Lease, read_to: i64) -> Result<(), sqlx::Error> {
    let mut transaction = pool.begin().await?;
    wake::note_next(&mut transaction, lease, read_to).await?;
    sqlx::query(
        "UPDATE webhook_lane SET owner = NULL, leased_until = clock_timestamp()
         WHERE endpoint_id = $1 AND fence = $2",
    )
    .bind(&lease.endpoint_id)
    .bind(lease.fence)
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await
}

//! What is due to an endpoint: which messages may be sent now, in which order.
//!
//! Claiming changes nothing: the lane's lease keeps other workers away, and the lane itself knows
//! what it has under way.

use sqlx::{FromRow, PgPool};

use super::{lease::Lease, message::MessageId};
use crate::domain::Timestamp;

/// A message that is to be delivered.
#[derive(Clone, Debug)]
pub(super) struct Due {
    pub(super) id: i64,
    pub(super) message_id: MessageId,
    /// How many attempts were made.
    pub(super) attempts: i32,
    pub(super) sealed_body: Vec<u8>,
}

#[derive(FromRow)]
struct Row {
    id: i64,
    message_id: String,
    attempts: i32,
    body: Vec<u8>,
}

/// Reads what may be sent `now`, first attempts before retries, without those in `under_way`.
///
/// A message waits for the earlier ones of its session. Once its hold is over it passes by those
/// that have failed, and none that was never tried or is under way: that one is only slow, as the
/// message itself is after a pause of the workers. Nothing is read for a lease that another has
/// taken over.
pub(super) async fn claim(
    pool: &PgPool,
    lease: &Lease,
    now: Timestamp,
    under_way: &[i64],
    most: usize,
) -> Result<Vec<Due>, sqlx::Error> {
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT due.id, due.message_id, due.attempts, message.body
         FROM webhook_due due
         JOIN webhook_lane lane USING (endpoint_id)
         JOIN webhook_message message USING (endpoint_id, message_id)
         WHERE endpoint_id = $1 AND lane.fence = $2
           AND due.next_at <= $3 AND due.id <> ALL ($4)
           AND NOT EXISTS (
                SELECT FROM webhook_due earlier
                WHERE earlier.endpoint_id = due.endpoint_id
                  AND earlier.session_id = due.session_id
                  AND (earlier.sequence, earlier.ordinal) < (due.sequence, due.ordinal)
                  AND ($3 < due.hold_until OR earlier.attempts = 0 OR earlier.id = ANY ($4)))
         ORDER BY due.next_at, due.id LIMIT $5",
    )
    .bind(&lease.endpoint_id)
    .bind(lease.fence)
    .bind(now)
    .bind(under_way)
    .bind(i64::try_from(most).unwrap_or(i64::MAX))
    .fetch_all(pool)
    .await?;
    rows.into_iter().map(Due::read).collect()
}

/// Whether anything but what is under way is due `now`, be it held or not.
pub(super) async fn is_any(
    pool: &PgPool,
    lease: &Lease,
    now: Timestamp,
    under_way: &[i64],
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT EXISTS (
             SELECT FROM webhook_due due JOIN webhook_lane lane USING (endpoint_id)
             WHERE endpoint_id = $1 AND lane.fence = $2
               AND due.next_at <= $3 AND due.id <> ALL ($4))",
    )
    .bind(&lease.endpoint_id)
    .bind(lease.fence)
    .bind(now)
    .bind(under_way)
    .fetch_one(pool)
    .await
}

/// How many messages are due to anybody, now or later.
pub(super) async fn count(pool: &PgPool) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar("SELECT count(*) FROM webhook_due").fetch_one(pool).await
}

impl Due {
    fn read(row: Row) -> Result<Self, sqlx::Error> {
        let message_id = MessageId::parse(&row.message_id);
        Ok(Self {
            id: row.id,
            message_id: message_id.ok_or_else(|| sqlx::Error::Decode("no message's id".into()))?,
            attempts: row.attempts,
            sealed_body: row.body,
        })
    }
}

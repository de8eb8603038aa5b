//! What is due to an endpoint: which messages may be sent now, in which order.
//!
//! First attempts are read by their number, each once for as long as a lane is held, so that what
//! was delivered is never looked at again: a long transaction elsewhere keeps it in the index.
//! What is tried again is read by its time.

use sqlx::{FromRow, PgPool};

use super::{lease::Lease, message::MessageId};
use crate::domain::Timestamp;

/// A message that is to be delivered.
#[derive(Clone, Debug)]
pub(super) struct Due {
    pub(super) id: i64,
    pub(super) message_id: MessageId,
    pub(super) session_id: String,
    /// Where it stands among the messages of its session.
    pub(super) place: (i64, i16),
    /// How many attempts were made.
    pub(super) attempts: i32,
    pub(super) sealed_body: Vec<u8>,
}

/// What was read.
pub(super) struct Page {
    /// What may be sent, first attempts first.
    pub(super) due: Vec<Due>,
    /// The number of the last first attempt that was read.
    pub(super) last: Option<i64>,
    /// Whether there may be more.
    pub(super) is_full: bool,
    /// The sessions of which something was put off, since an earlier message has failed.
    pub(super) held: Vec<String>,
}

#[derive(FromRow)]
struct Row {
    id: i64,
    message_id: String,
    session_id: String,
    sequence: i64,
    ordinal: i16,
    attempts: i32,
    is_first: bool,
    is_held: bool,
    noted_at: Timestamp,
}

/// Reads at most twice `most` messages that are due `now`: first attempts `after` that number, and
/// what is tried again, without those in `memory`.
///
/// A message is held for earlier ones of its session that have failed or are held themselves, until
/// its hold is over or they are done with: then it is due by its time. For those that are read and
/// not done with, whoever reads has it wait. Nothing is read for a lease that another has taken over.
pub(super) async fn read(
    pool: &PgPool,
    lease: &Lease,
    now: Timestamp,
    after: i64,
    memory: &[i64],
    most: usize,
) -> Result<Page, sqlx::Error> {
    let rows: Vec<Row> = sqlx::query_as(
        "WITH first AS MATERIALIZED (
             SELECT * FROM webhook_due
             WHERE endpoint_id = $1 AND next_at = 'epoch' AND $4 < id AND id <> ALL ($5)
             ORDER BY id LIMIT $6
         ), again AS MATERIALIZED (
             SELECT * FROM webhook_due
             WHERE endpoint_id = $1 AND 'epoch' < next_at AND next_at <= $3 AND id <> ALL ($5)
             ORDER BY next_at, id LIMIT $6
         ), it AS MATERIALIZED (
             SELECT either.*, $3 < hold_until AND EXISTS (
                 SELECT FROM webhook_due earlier
                 WHERE earlier.endpoint_id = $1 AND earlier.session_id = either.session_id
                   AND (earlier.sequence, earlier.ordinal) < (either.sequence, either.ordinal)
                   AND (0 < earlier.attempts OR 'epoch' < earlier.next_at)) AS is_held
             FROM (SELECT * FROM first UNION ALL SELECT * FROM again) either
             WHERE EXISTS (
                 SELECT FROM webhook_lane lane WHERE lane.endpoint_id = $1 AND lane.fence = $2)
         ), held AS (
             UPDATE webhook_due due SET next_at = due.hold_until
             FROM it WHERE due.id = it.id AND it.is_held
         )
         SELECT id, message_id, noted_at, session_id, sequence, ordinal, attempts,
                next_at = 'epoch' AS is_first, is_held
         FROM it ORDER BY next_at, id",
    )
    .bind(&lease.endpoint_id)
    .bind(lease.fence)
    .bind(now)
    .bind(after)
    .bind(memory)
    .bind(i64::try_from(most).unwrap_or(i64::MAX))
    .fetch_all(pool)
    .await?;
    let last = rows.iter().filter(|it| it.is_first).map(|it| it.id).max();
    let firsts = rows.iter().filter(|it| it.is_first).count();
    let is_full = most <= firsts || most <= rows.len() - firsts;
    let (held, free): (Vec<Row>, Vec<Row>) = rows.into_iter().partition(|it| it.is_held);
    let held = held.into_iter().map(|it| it.session_id).collect();
    let (mut due, mut lost) = (vec![], vec![]);
    for (row, body) in with_bodies(pool, &lease.endpoint_id, free).await? {
        let id = row.id;
        Due::read(row, body).map_or_else(|| lost.push(id), |it| due.push(it));
    }
    forget(pool, lease, &lost).await?;
    Ok(Page { due, last, is_full, held })
}

/// The sealed body of each message, if it is there.
///
/// Apart from what is due, since PostgreSQL plans that anew for each page: with the partitions of all
/// days in it, the plan took longer than all else. The first and the last time leave one or two of them.
/// Each is looked up by itself: joined, a plan of before the tables were counted reads all messages that
/// the endpoint ever had.
async fn with_bodies(
    pool: &PgPool,
    endpoint_id: &str,
    rows: Vec<Row>,
) -> Result<Vec<(Row, Option<Vec<u8>>)>, sqlx::Error> {
    let times = || rows.iter().map(|it| it.noted_at);
    let (Some(first), Some(last)) = (times().min(), times().max()) else { return Ok(vec![]) };
    let bodies: Vec<Option<Vec<u8>>> = sqlx::query_scalar(
        "SELECT (SELECT body FROM webhook_message message
                 WHERE message.endpoint_id = $1 AND message.noted_at = it.noted_at
                   AND message.message_id = it.message_id AND message.noted_at BETWEEN $4 AND $5)
         FROM unnest($2::timestamptz[], $3::text[])
             WITH ORDINALITY AS it (noted_at, message_id, number) ORDER BY number",
    )
    .bind(endpoint_id)
    .bind(times().collect::<Vec<_>>())
    .bind(rows.iter().map(|it| it.message_id.as_str()).collect::<Vec<_>>())
    .bind(first)
    .bind(last)
    .fetch_all(pool)
    .await?;
    Ok(rows.into_iter().zip(bodies).collect())
}

/// Has nobody read again what there is no message of: it cannot be sent, ever.
async fn forget(pool: &PgPool, lease: &Lease, ids: &[i64]) -> Result<(), sqlx::Error> {
    if ids.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "DELETE FROM webhook_due due USING webhook_lane lane
         WHERE due.id = ANY ($3) AND lane.endpoint_id = $1 AND lane.fence = $2",
    )
    .bind(&lease.endpoint_id)
    .bind(lease.fence)
    .bind(ids)
    .execute(pool)
    .await?;
    let (endpoint_id, count) = (&lease.endpoint_id, ids.len());
    tracing::error!(endpoint_id, count, "webhooks were due without a message and are forgotten");
    Ok(())
}

/// Has messages that were read wait for one of their session that has failed since, each until its
/// hold is over or that one is done with.
pub(super) async fn hold(pool: &PgPool, lease: &Lease, ids: &[i64]) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE webhook_due due SET next_at = greatest(next_at, hold_until)
         FROM webhook_lane lane
         WHERE due.id = ANY ($3) AND lane.endpoint_id = $1 AND lane.fence = $2",
    )
    .bind(&lease.endpoint_id)
    .bind(lease.fence)
    .bind(ids)
    .execute(pool)
    .await?;
    Ok(())
}

/// Has messages of some sessions that were put off read again: what they waited for is done with. Of
/// those whose hold a read began before that was written down and ended after it, nobody else knows.
pub(super) async fn release(
    pool: &PgPool,
    lease: &Lease,
    sessions: &[String],
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE webhook_due due SET next_at = to_timestamp(1)
         FROM webhook_lane lane
         WHERE due.endpoint_id = $1 AND due.session_id = ANY ($3) AND due.attempts = 0
           AND 'epoch' < due.next_at AND lane.endpoint_id = $1 AND lane.fence = $2",
    )
    .bind(&lease.endpoint_id)
    .bind(lease.fence)
    .bind(sessions)
    .execute(pool)
    .await?;
    Ok(())
}

/// How many messages are due to anybody, now or later.
pub(super) async fn count(pool: &PgPool) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar("SELECT count(*) FROM webhook_due").fetch_one(pool).await
}

impl Due {
    /// `None`, if there is no message of it.
    fn read(row: Row, body: Option<Vec<u8>>) -> Option<Self> {
        let (sealed_body, message_id) = (body?, MessageId::parse(&row.message_id)?);
        let Row { id, session_id, sequence, ordinal, attempts, .. } = row;
        let place = (sequence, ordinal);
        Some(Self { id, message_id, session_id, place, attempts, sealed_body })
    }
}

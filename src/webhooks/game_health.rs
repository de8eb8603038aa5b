//! How well what is sent to a game's endpoints arrives: for people to see at a glance.
//!
//! Reads a bounded number of rows for each endpoint, of which a game has a bounded number too: what is
//! more is said to be more.

use sqlx::{FromRow, PgPool, types::Json};

use crate::domain::{Timestamp, game::Endpoint, world::World};

/// Waiting and given up messages are counted up to this number.
pub const MESSAGES_COUNTED_MAX: i64 = 1_000;

/// Of how many messages to an endpoint, the newest, the first attempts are looked at.
pub const FIRST_ATTEMPTS_MAX: i64 = 200;

/// How one endpoint does.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct EndpointHealth {
    /// Which.
    pub endpoint_id: String,
    /// Where it is, and what people call it.
    pub endpoint: Json<Endpoint>,
    /// Whether anything is sent to it.
    pub is_enabled: bool,
    /// It failed so often that nothing is sent to it before.
    pub open_until: Option<Timestamp>,
    /// Messages that are to be sent, for the first time or again; at most one more than
    /// [`MESSAGES_COUNTED_MAX`], which means more than those.
    pub waiting: i64,
    /// Messages that were given up; counted the same way.
    pub dead: i64,
    /// Of its newest messages, at most [`FIRST_ATTEMPTS_MAX`], how many were sent.
    pub tried: i64,
    /// How many of these the receiver took at the first attempt.
    pub taken_at_first: i64,
}

impl EndpointHealth {
    /// Whether it is left alone for a while.
    pub fn is_resting(&self, now: Timestamp) -> bool {
        self.is_enabled && self.open_until.is_some_and(|until| now < until)
    }
}

/// Every endpoint of a game's world; of messages, those that were noted since some moment.
///
/// # Errors
///
/// If the database does not answer.
pub async fn endpoints_health(
    pool: &PgPool,
    game_id: &str,
    world: World,
    since: Timestamp,
) -> Result<Vec<EndpointHealth>, sqlx::Error> {
    sqlx::query_as(
        "SELECT it.endpoint_id, it.endpoint, it.is_enabled, lane.open_until,
                (SELECT count(*) FROM (SELECT FROM webhook_due due
                                       WHERE due.endpoint_id = it.endpoint_id LIMIT $4) counted)
                AS waiting,
                (SELECT count(*) FROM (SELECT FROM webhook_dead dead
                                       WHERE dead.endpoint_id = it.endpoint_id LIMIT $4) counted)
                AS dead,
                first.tried, first.taken_at_first
         FROM webhook_endpoint it
         LEFT JOIN webhook_lane lane ON lane.endpoint_id = it.endpoint_id
         CROSS JOIN LATERAL (
             SELECT count(attempt.outcome) AS tried,
                    count(*) FILTER (WHERE attempt.outcome = 'delivered') AS taken_at_first
             FROM (SELECT message_id, noted_at FROM webhook_message message
                   WHERE message.endpoint_id = it.endpoint_id AND $3 <= message.noted_at
                   ORDER BY message.noted_at DESC LIMIT $5) message
             CROSS JOIN LATERAL (
                 SELECT outcome FROM webhook_attempt attempt
                 WHERE attempt.endpoint_id = it.endpoint_id
                   AND attempt.message_id = message.message_id AND $3 <= attempt.written_at
                   -- By the clocks of two machines: only partitions from then on are looked into.
                   AND message.noted_at - interval '1 hour' <= attempt.written_at
                 ORDER BY attempt.at LIMIT 1
             ) attempt
         ) first
         WHERE it.game_id = $1 AND it.endpoint ->> 'world' = $2
           AND NOT EXISTS (SELECT FROM webhook_listener listener
                           WHERE listener.endpoint_id = it.endpoint_id)
         ORDER BY it.endpoint_id",
    )
    // Planned for this time, and so without the partitions before it.
    .persistent(false)
    .bind(game_id)
    .bind(world.as_str())
    .bind(since)
    .bind(MESSAGES_COUNTED_MAX + 1)
    .bind(FIRST_ATTEMPTS_MAX)
    .fetch_all(pool)
    .await
}

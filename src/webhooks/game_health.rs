//! How well what is sent to a game's endpoints arrives: for people to see at a glance.
//!
//! Reads a bounded number of rows for each endpoint, of which a game has a bounded number too: what is
//! more is said to be more. First attempts are those that `health` tells of: counted by the hour, of the same hours.

use chrono::TimeDelta;
use sqlx::{FromRow, PgPool, types::Json};

use super::{HEALTH_DAY, HEALTH_DAYS};
use crate::domain::{Timestamp, game::Endpoint, world::World};

/// Waiting and given up messages are counted up to this number.
pub const MESSAGES_COUNTED_MAX: i64 = 1_000;

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
    /// First attempts of the last [`HEALTH_DAY`], and how many of them were taken.
    pub day_first_attempts: i64,
    /// See [`Self::day_first_attempts`].
    pub day_first_delivered: i64,
    /// The same of the last [`HEALTH_DAYS`].
    pub week_first_attempts: i64,
    /// See [`Self::week_first_attempts`].
    pub week_first_delivered: i64,
}

impl EndpointHealth {
    /// Whether it is left alone for a while.
    pub fn is_resting(&self, now: Timestamp) -> bool {
        self.is_enabled && self.open_until.is_some_and(|until| now < until)
    }
}

/// How every endpoint of a game's world does `now`.
///
/// # Errors
///
/// If the database does not answer.
pub async fn endpoints_health(
    pool: &PgPool,
    game_id: &str,
    world: World,
    now: Timestamp,
) -> Result<Vec<EndpointHealth>, sqlx::Error> {
    sqlx::query_as(
        "SELECT it.endpoint_id, it.endpoint, it.is_enabled, lane.open_until,
                (SELECT count(*) FROM (SELECT FROM webhook_due due
                                       WHERE due.endpoint_id = it.endpoint_id LIMIT $3) counted)
                AS waiting,
                (SELECT count(*) FROM (SELECT FROM webhook_dead dead
                                       WHERE dead.endpoint_id = it.endpoint_id LIMIT $3) counted)
                AS dead,
                first.*
         FROM webhook_endpoint it
         LEFT JOIN webhook_lane lane ON lane.endpoint_id = it.endpoint_id
         CROSS JOIN LATERAL (
             SELECT coalesce(sum(first_attempts) FILTER (WHERE $4 < hour), 0)::bigint AS day_first_attempts,
                    coalesce(sum(first_delivered) FILTER (WHERE $4 < hour), 0)::bigint AS day_first_delivered,
                    coalesce(sum(first_attempts), 0)::bigint AS week_first_attempts,
                    coalesce(sum(first_delivered), 0)::bigint AS week_first_delivered
             FROM webhook_hour counted WHERE counted.endpoint_id = it.endpoint_id AND $5 < hour
         ) first
         WHERE it.game_id = $1 AND it.endpoint ->> 'world' = $2
           AND NOT EXISTS (SELECT FROM webhook_listener listener
                           WHERE listener.endpoint_id = it.endpoint_id)
         ORDER BY it.endpoint_id",
    )
    .bind(game_id)
    .bind(world.as_str())
    .bind(MESSAGES_COUNTED_MAX + 1)
    .bind(now - HEALTH_DAY)
    .bind(now - TimeDelta::days(HEALTH_DAYS))
    .fetch_all(pool)
    .await
}

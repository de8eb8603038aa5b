//! What was tried of messages: how often, and what came of it last.

use chrono::TimeDelta;
use sqlx::{FromRow, PgConnection, Postgres, QueryBuilder};

use super::history::MessageRow;
use crate::{
    domain::{Timestamp, id::EndpointId},
    event_store::RUN,
};

/// How much the clocks of the service and of the database differ at most: an attempt may have been
/// written down before what it sent was noted, by the other.
const CLOCKS_DIFFER_AT_MOST: TimeDelta = TimeDelta::hours(1);

/// The attempts of a message.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Tried {
    #[sqlx(rename = "message_id")]
    pub(super) of: String,
    /// How many there were, those before it was handed in again among them.
    pub made: i64,
    /// When the last one was begun.
    pub last_at: Timestamp,
    /// What came of it: `delivered`, `refused`, or why there was no whole answer.
    pub outcome: String,
    /// With which status it was answered, if it was.
    pub http_status: Option<i16>,
}

/// What was tried of these messages of an endpoint.
pub(super) async fn tried(
    snapshot: &mut PgConnection,
    endpoint_id: &EndpointId,
    rows: &[MessageRow],
) -> Result<Vec<Tried>, sqlx::Error> {
    let mut query = tried_query(RUN, endpoint_id, rows);
    query.build_query_as().persistent(false).fetch_all(snapshot).await
}

/// The last attempt of each message. Each is looked up by itself, and only from the oldest one's time on.
pub(super) fn tried_query<'a>(
    prefix: &str,
    endpoint_id: &'a EndpointId,
    rows: &'a [MessageRow],
) -> QueryBuilder<'a, Postgres> {
    let ids: Vec<&str> = rows.iter().map(|it| it.message_id.as_str()).collect();
    let since = rows.iter().map(|it| it.noted_at).min().unwrap_or_default() - CLOCKS_DIFFER_AT_MOST;
    let mut query = QueryBuilder::new(prefix);
    query.push("SELECT message.id AS message_id, it.* FROM unnest(").push_bind(ids);
    query.push(
        "::text[]) message (id) CROSS JOIN LATERAL (
             SELECT count(*) OVER () AS made, attempt.at AS last_at, outcome, http_status
             FROM webhook_attempt attempt WHERE attempt.endpoint_id = ",
    );
    query.push_bind(endpoint_id.as_str());
    query.push(" AND attempt.message_id = message.id AND ").push_bind(since);
    query.push(" <= attempt.written_at ORDER BY attempt.at DESC LIMIT 1) it");
    query
}

//! What a session's events had sent, to whichever endpoint, and what came of it: for people to see.
//!
//! Reads only, and only from about when the session began: hardly any partition of an earlier day is looked
//! into.

use chrono::TimeDelta;
use sqlx::{FromRow, types::Json};

use super::{
    history::{AttemptRow, History, MessageState},
    message::MessageId,
};
use crate::domain::{Timestamp, game::Endpoint, id::SessionId};

/// The most messages of a session that are shown, the earliest of them. A usual session has four to
/// eight for each endpoint.
pub const SESSION_MESSAGES_MAX: u32 = 200;

/// How much the clocks of the service and of the database differ at most: what was noted just after a
/// session began may have been so before, by the other.
const CLOCKS_DIFFER_AT_MOST: TimeDelta = TimeDelta::hours(1);

/// The most attempts that are shown of one of these, the newest of them.
const ATTEMPTS_SHOWN_MAX: i64 = 20;

/// A message of a session for one endpoint.
#[derive(Clone, Debug)]
pub struct SessionMessage {
    /// The receiver's `webhook-id`.
    pub message_id: String,
    /// For which endpoint.
    pub endpoint_id: String,
    /// Where that is; `None` if it was removed.
    pub endpoint: Option<Endpoint>,
    /// Such as `session.paid`.
    pub webhook_type: String,
    /// The version of the session's stream that caused it.
    pub sequence: i64,
    /// When the event that caused it was recorded.
    pub noted_at: Timestamp,
    /// Where it stands.
    pub state: MessageState,
    /// When the next attempt is made, at the earliest; of one that is due.
    pub next_at: Option<Timestamp>,
    /// When it was given up.
    pub died_at: Option<Timestamp>,
    /// Oldest first.
    pub attempts: Vec<AttemptRow>,
}

#[derive(FromRow)]
struct MessageRow {
    message_id: String,
    endpoint_id: String,
    endpoint: Option<Json<Endpoint>>,
    #[sqlx(rename = "type")]
    webhook_type: String,
    sequence: i64,
    noted_at: Timestamp,
    #[sqlx(try_from = "String")]
    state: MessageState,
    next_at: Option<Timestamp>,
    died_at: Option<Timestamp>,
}

#[derive(FromRow)]
struct OneAttempt {
    endpoint_id: String,
    message_id: String,
    at: Timestamp,
    number: i32,
    outcome: String,
    http_status: Option<i16>,
    elapsed_ms: i64,
    excerpt: Option<Vec<u8>>,
}

impl History {
    /// The messages of a session that began at `since`, in the order of what caused them, at most
    /// [`SESSION_MESSAGES_MAX`]. What is thirty days old is gone.
    ///
    /// # Errors
    ///
    /// If the database does not answer.
    pub async fn of_session(
        &self,
        session_id: &SessionId,
        since: Timestamp,
    ) -> Result<Vec<SessionMessage>, sqlx::Error> {
        let since = since - CLOCKS_DIFFER_AT_MOST;
        let rows: Vec<MessageRow> = sqlx::query_as(
            "SELECT message.message_id, message.endpoint_id, message.type, message.sequence,
                    message.noted_at, endpoint.endpoint, due.next_at, dead.died_at,
                    CASE WHEN due.id IS NOT NULL THEN 'due'
                         WHEN dead.message_id IS NOT NULL THEN 'dead' ELSE 'delivered' END AS state
             FROM webhook_message message
             LEFT JOIN webhook_endpoint endpoint ON endpoint.endpoint_id = message.endpoint_id
             LEFT JOIN webhook_due due
               ON (due.endpoint_id, due.message_id) = (message.endpoint_id, message.message_id)
              AND (due.session_id, due.sequence, due.ordinal)
                = (message.session_id, message.sequence, message.ordinal)
             LEFT JOIN webhook_dead dead
               ON (dead.endpoint_id, dead.message_id) = (message.endpoint_id, message.message_id)
             WHERE message.session_id = $1 AND $2 <= message.noted_at
             ORDER BY message.sequence, message.ordinal, message.endpoint_id LIMIT $3",
        )
        // Planned for this time, and so without the partitions before it.
        .persistent(false)
        .bind(session_id.as_str())
        .bind(since)
        .bind(i64::from(SESSION_MESSAGES_MAX))
        .fetch_all(&self.pool)
        .await?;
        let mut attempts = self.attempts_of(&rows, since).await?;
        let messages = rows.into_iter().map(|row| {
            let MessageRow { message_id, endpoint_id, webhook_type, sequence, .. } = row;
            let is_of_it =
                |it: &mut OneAttempt| it.endpoint_id == endpoint_id && it.message_id == message_id;
            let mut of_it: Vec<OneAttempt> = attempts.extract_if(.., is_of_it).collect();
            of_it.reverse();
            let attempts = of_it.into_iter().map(|it| self.open(it)).collect();
            SessionMessage {
                message_id,
                endpoint_id,
                endpoint: row.endpoint.map(|it| it.0),
                webhook_type,
                sequence,
                noted_at: row.noted_at,
                state: row.state,
                next_at: row.next_at,
                died_at: row.died_at,
                attempts,
            }
        });
        Ok(messages.collect())
    }

    /// Newest first.
    async fn attempts_of(
        &self,
        messages: &[MessageRow],
        since: Timestamp,
    ) -> Result<Vec<OneAttempt>, sqlx::Error> {
        let endpoints: Vec<&str> = messages.iter().map(|it| it.endpoint_id.as_str()).collect();
        let ids: Vec<&str> = messages.iter().map(|it| it.message_id.as_str()).collect();
        sqlx::query_as(
            "SELECT it.* FROM unnest($1::text[], $2::text[]) message(endpoint_id, message_id)
             CROSS JOIN LATERAL (
                 SELECT endpoint_id, message_id, at, number, outcome, http_status, elapsed_ms, excerpt
                 FROM webhook_attempt attempt
                 WHERE attempt.endpoint_id = message.endpoint_id
                   AND attempt.message_id = message.message_id AND $3 <= attempt.written_at
                 ORDER BY attempt.at DESC LIMIT $4
             ) it",
        )
        .persistent(false)
        .bind(endpoints)
        .bind(ids)
        .bind(since)
        .bind(ATTEMPTS_SHOWN_MAX)
        .fetch_all(&self.pool)
        .await
    }

    fn open(&self, it: OneAttempt) -> AttemptRow {
        let OneAttempt {
            message_id, at, number, outcome, http_status, elapsed_ms, excerpt, ..
        } = it;
        let answer = MessageId::parse(&message_id)
            .zip(excerpt)
            .and_then(|(id, sealed)| self.bodies.open(&id, &sealed).ok());
        AttemptRow { at, number, outcome, http_status, elapsed_ms, answer }
    }
}

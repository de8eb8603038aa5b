//! Writes down what is to be delivered to whom: messages, and that they are due.

use sqlx::PgConnection;

use super::message::MessageId;
use crate::{
    crash_points,
    domain::{Timestamp, game::WebhookType, id::SessionId},
};

/// A message for an endpoint.
pub(super) struct Note {
    pub(super) endpoint_id: String,
    pub(super) message_id: MessageId,
    pub(super) session_id: SessionId,
    /// The version of the session's stream that caused it.
    pub(super) sequence: i64,
    /// Which of that event's messages.
    pub(super) ordinal: i16,
    pub(super) webhook_type: WebhookType,
    pub(super) sealed_body: Vec<u8>,
    /// When the event that caused it was.
    pub(super) recorded_at: Timestamp,
}

/// An endpoint is not there any more (PostgreSQL's `foreign_key_violation`).
const GONE: &str = "23503";

/// Whether an endpoint went away after it was read, as listeners do: not the events' fault.
pub(super) fn is_about_one_gone(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(|it| it.code().as_deref() == Some(GONE))
}

/// Writes them all, in their order, which is that of their numbers. Only a message that is new is
/// due: an event handled again tells nobody twice. Workers are woken by the schema.
pub(super) async fn write(
    connection: &mut PgConnection,
    notes: &mut Vec<Note>,
) -> Result<(), sqlx::Error> {
    let notes = std::mem::take(notes);
    if notes.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "WITH it AS MATERIALIZED (
             SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[],
                                  $5::smallint[], $6::text[], $7::bytea[], $8::timestamptz[])
                 WITH ORDINALITY AS it (endpoint_id, message_id, session_id, sequence, ordinal, type,
                                        body, recorded_at, number)
         ), message AS (
             INSERT INTO webhook_message
                 (endpoint_id, message_id, session_id, sequence, ordinal, type, body, noted_at)
             SELECT endpoint_id, message_id, session_id, sequence, ordinal, type, body,
                    greatest(recorded_at, now() - interval '29 days') FROM it
             ON CONFLICT DO NOTHING
             RETURNING endpoint_id, message_id, noted_at
         ), lane AS (
             INSERT INTO webhook_lane (endpoint_id) SELECT DISTINCT endpoint_id FROM message
             ON CONFLICT DO NOTHING
         )
         INSERT INTO webhook_due
             (endpoint_id, noted_at, message_id, session_id, sequence, ordinal)
         SELECT endpoint_id, noted_at, message_id, session_id, sequence, ordinal
         FROM message JOIN it USING (endpoint_id, message_id) ORDER BY number",
    )
    .bind(notes.iter().map(|it| it.endpoint_id.as_str()).collect::<Vec<_>>())
    .bind(notes.iter().map(|it| it.message_id.as_str()).collect::<Vec<_>>())
    .bind(notes.iter().map(|it| it.session_id.as_str()).collect::<Vec<_>>())
    .bind(notes.iter().map(|it| it.sequence).collect::<Vec<_>>())
    .bind(notes.iter().map(|it| it.ordinal).collect::<Vec<_>>())
    .bind(notes.iter().map(|it| it.webhook_type.as_str()).collect::<Vec<_>>())
    .bind(notes.iter().map(|it| it.sealed_body.as_slice()).collect::<Vec<_>>())
    .bind(notes.iter().map(|it| it.recorded_at).collect::<Vec<_>>())
    .execute(connection)
    .await?;
    crash_points::reach("before_webhook_noted");
    Ok(())
}

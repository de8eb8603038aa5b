//! Sends one message again because a person asks for it: delivered, given up or waiting.

use sqlx::PgPool;

use super::message::MessageId;
use crate::domain::id::EndpointId;

/// Makes a message due at once, with all its attempts before it, and has its endpoint probed if it
/// is left alone; false if there is no such message, or none any more. Its id stays, by which the
/// receiver can tell that it had it.
///
/// What is read by its number is the subscription's to add, of which there is one at a time; this is
/// read by its time, as what is tried again is.
///
/// # Errors
///
/// If the database does not answer. Then nothing was changed.
pub async fn resend_message(
    pool: &PgPool,
    endpoint_id: &EndpointId,
    message_id: &MessageId,
) -> Result<bool, sqlx::Error> {
    let woken = sqlx::query(
        "WITH woken AS MATERIALIZED (
             -- Before the lane's row, as whoever gives a lane back takes them.
             SELECT FROM webhook_wake WHERE endpoint_id = $1 FOR UPDATE
         ), message AS MATERIALIZED (
             SELECT endpoint_id, noted_at, message_id, session_id, sequence, ordinal
             FROM webhook_message WHERE endpoint_id = $1 AND message_id = $2
         ), revived AS (
             DELETE FROM webhook_dead WHERE endpoint_id = $1 AND message_id = $2
         ), due AS (
             INSERT INTO webhook_due
                 (endpoint_id, noted_at, message_id, session_id, sequence, ordinal, next_at)
             SELECT message.*, to_timestamp(1) FROM message
             ON CONFLICT (endpoint_id, message_id)
             DO UPDATE SET attempts = 0, next_at = least(webhook_due.next_at, excluded.next_at)
         ), probed AS (
             UPDATE webhook_lane SET open_until = NULL
             WHERE endpoint_id = $1 AND open_until IS NOT NULL AND EXISTS (SELECT FROM message)
               AND (SELECT count(*) FROM woken) < 2
         )
         SELECT wake_webhooks(endpoint_id, 'epoch') FROM message",
    )
    .bind(endpoint_id.as_str())
    .bind(message_id.as_str())
    .fetch_optional(pool)
    .await?;
    Ok(woken.is_some())
}

//! What is remembered of a client's command, so that its repeat gets the first one's answer.
//!
//! The answer may name the player, so it is sealed under the stream's key: whoever destroys that
//! key erases the answer too.

use sqlx::{FromRow, PgPool};
use uuid::Uuid;

use super::{CommandContext, Remembered, StoreError, StreamKeys};
use crate::vault::{Key, VaultError};

/// A command that the log has.
pub(super) struct Found {
    /// The stream that it was given to.
    pub(super) stream: String,
    /// What is kept of it, opened.
    pub(super) remembered: Remembered,
}

#[derive(FromRow)]
struct CommandRow {
    fingerprint: Option<Vec<u8>>,
    response: Option<Vec<u8>>,
    stream: String,
    wrapped_key: Option<Vec<u8>>,
}

/// Makes what is kept of a command of a stream whose key is `key`.
pub(super) fn seal(
    key: &Key,
    command_id: Uuid,
    fingerprint: [u8; 32],
    response: &[u8],
) -> Result<Remembered, VaultError> {
    let response = key.seal(command_id.as_bytes(), response)?;
    Ok(Remembered { fingerprint: fingerprint.to_vec(), response: Some(response) })
}

/// Keeps a command that changed nothing on `stream` at `version`; false if the log has it already.
pub(super) async fn keep(
    pool: &PgPool,
    context: &CommandContext,
    stream: &str,
    version: i64,
    remembered: Option<&Remembered>,
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar("SELECT remember_command($1, $2, $3, $4, $5, $6)")
        .bind(context.command_id)
        .bind(stream)
        .bind(version)
        .bind(remembered.map(|it| &it.fingerprint))
        .bind(remembered.and_then(|it| it.response.as_ref()))
        .bind(context.expires_at)
        .fetch_one(pool)
        .await
}

/// A command; `None` if the log does not have it or its time is over.
pub(super) async fn find(
    pool: &PgPool,
    keys: &StreamKeys,
    command_id: Uuid,
) -> Result<Option<Found>, StoreError> {
    let row: Option<CommandRow> = sqlx::query_as(
        "SELECT fingerprint, response, stream, wrapped_key
         FROM command LEFT JOIN stream USING (stream)
         WHERE command_id = $1 AND (expires_at IS NULL OR clock_timestamp() < expires_at)",
    )
    .bind(command_id)
    .fetch_optional(pool)
    .await?;
    let Some(CommandRow { fingerprint, response, stream, wrapped_key }) = row else {
        return Ok(None);
    };
    let response = match (response, wrapped_key) {
        (Some(sealed), Some(wrapped)) => {
            let key = keys.unwrap(&stream, &wrapped)?;
            Some(key.open(command_id.as_bytes(), &sealed)?)
        }
        // Never kept, or erased.
        _ => None,
    };
    let remembered = Remembered { fingerprint: fingerprint.unwrap_or_default(), response };
    Ok(Some(Found { stream, remembered }))
}

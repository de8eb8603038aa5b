//! What is remembered of a client's command, so that its repeat gets the first one's answer.
//!
//! The answer may name the player, so it is sealed under the stream's key: whoever destroys that
//! key erases the answer too.

use sqlx::{FromRow, PgPool};
use uuid::Uuid;

use super::{Remembered, StoreError};
use crate::vault::{Key, VaultError};

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
    Ok(Remembered { fingerprint: fingerprint.to_vec(), response })
}

/// What is kept of a command, opened; `None` if the log does not have it or its time is over.
pub(super) async fn find(
    pool: &PgPool,
    master: &Key,
    command_id: Uuid,
) -> Result<Option<Remembered>, StoreError> {
    let row: Option<CommandRow> = sqlx::query_as(
        "SELECT fingerprint, response, stream, wrapped_key FROM command JOIN stream USING (stream)
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
            let key = master.unwrap(stream.as_bytes(), &wrapped)?;
            key.open(command_id.as_bytes(), &sealed)?
        }
        // Never kept, or erased.
        _ => vec![],
    };
    Ok(Some(Remembered { fingerprint: fingerprint.unwrap_or_default(), response }))
}

//! Messages that were given up, and how a person hands them in again.

use sqlx::PgPool;

use crate::domain::id::EndpointId;

/// Makes all messages due again that were given up for an endpoint, each with all its attempts
/// before it; how many there were.
///
/// # Errors
///
/// If the database does not answer. Then nothing was changed.
pub async fn retry_dead(pool: &PgPool, endpoint_id: &EndpointId) -> Result<u64, sqlx::Error> {
    let due = sqlx::query(
        "WITH dead AS (
             DELETE FROM webhook_dead WHERE endpoint_id = $1
             RETURNING endpoint_id, message_id, session_id, sequence, ordinal
         )
         INSERT INTO webhook_due (endpoint_id, message_id, session_id, sequence, ordinal)
         SELECT * FROM dead ORDER BY session_id, sequence, ordinal",
    )
    .bind(endpoint_id.as_str())
    .execute(pool)
    .await?;
    Ok(due.rows_affected())
}

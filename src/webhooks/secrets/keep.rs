//! Writes the secrets of endpoints: the first, the next, an end to the old ones, and the same under
//! another key.

use sqlx::{FromRow, PgConnection, PgPool};

use super::{EndpointSecrets, SecretsError};
use crate::{
    domain::{Timestamp, id::EndpointId},
    webhooks::signature::WebhookSecret,
};

/// How many secrets are sealed anew in one transaction.
const REWRAPPED_AT_ONCE: i64 = 100;

#[derive(FromRow)]
struct SealedRow {
    endpoint_id: String,
    number: i32,
    sealed: Vec<u8>,
    key_id: Option<String>,
}

/// How far sealing anew is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rewrapped {
    /// How many secrets are under the current key now that were not.
    pub done: u64,
    /// Of which endpoints a secret could not be opened, and was left as it is.
    pub left: Vec<String>,
    /// Behind which all that are left to do stand.
    after: (String, i32),
}

impl EndpointSecrets {
    /// Puts the first secret of an endpoint in place. Safe to repeat.
    ///
    /// # Errors
    ///
    /// A [`SecretsError`].
    pub async fn keep_first(
        &self,
        pool: &PgPool,
        endpoint_id: &EndpointId,
        secret: &WebhookSecret,
    ) -> Result<(), SecretsError> {
        let sealed = self.0.seal(endpoint_id.as_str(), secret)?;
        sqlx::query(
            "INSERT INTO endpoint_secret (endpoint_id, number, sealed, key_id)
             VALUES ($1, 1, $2, $3)
             ON CONFLICT (endpoint_id, number)
             DO UPDATE SET sealed = excluded.sealed, key_id = excluded.key_id",
        )
        .bind(endpoint_id.as_str())
        .bind(sealed.bytes)
        .bind(sealed.key_id)
        .execute(pool)
        .await?;
        Ok(())
    }

    /// Removes the secrets of an endpoint that is not in the log, or not any more.
    ///
    /// # Errors
    ///
    /// [`SecretsError::Database`].
    pub async fn forget(
        &self,
        pool: &PgPool,
        endpoint_id: &EndpointId,
    ) -> Result<(), SecretsError> {
        let query = sqlx::query("DELETE FROM endpoint_secret WHERE endpoint_id = $1");
        query.bind(endpoint_id.as_str()).execute(pool).await?;
        Ok(())
    }

    /// Puts a secret in place, and an end to those before it.
    ///
    /// # Errors
    ///
    /// A [`SecretsError`].
    pub async fn replace(
        &self,
        pool: &PgPool,
        endpoint_id: &EndpointId,
        secret: &WebhookSecret,
        previous_expires_at: Timestamp,
    ) -> Result<(), SecretsError> {
        let mut transaction = pool.begin().await?;
        lock(&mut transaction, endpoint_id).await?;
        self.put(&mut transaction, endpoint_id, secret, previous_expires_at).await?;
        Ok(transaction.commit().await?)
    }

    /// Does what [`Self::replace`] was to do for a rotation at `rotated_at`, unless it was done: the
    /// secret is there, or another has followed since.
    ///
    /// # Errors
    ///
    /// A [`SecretsError`].
    pub async fn replace_unless_done(
        &self,
        pool: &PgPool,
        endpoint_id: &EndpointId,
        secret: &WebhookSecret,
        rotated_at: Timestamp,
        previous_expires_at: Timestamp,
    ) -> Result<(), SecretsError> {
        let mut transaction = pool.begin().await?;
        lock(&mut transaction, endpoint_id).await?;
        let rows: Vec<(Vec<u8>, Option<String>, bool)> = sqlx::query_as(
            "SELECT sealed, key_id, $2 < created_at FROM endpoint_secret WHERE endpoint_id = $1",
        )
        .bind(endpoint_id.as_str())
        .bind(rotated_at)
        .fetch_all(&mut *transaction)
        .await?;
        let is_done = rows.iter().any(|(sealed, key_id, is_later)| {
            let opened = self.0.open(endpoint_id.as_str(), key_id.as_deref(), sealed);
            *is_later || opened.is_ok_and(|it| it.is(secret))
        });
        if !is_done {
            self.put(&mut transaction, endpoint_id, secret, previous_expires_at).await?;
        }
        Ok(transaction.commit().await?)
    }

    /// Has the current secret sign alone from now on.
    ///
    /// # Errors
    ///
    /// [`SecretsError::Database`].
    pub async fn end_old(
        &self,
        pool: &PgPool,
        endpoint_id: &EndpointId,
        at: Timestamp,
    ) -> Result<(), SecretsError> {
        sqlx::query(
            "UPDATE endpoint_secret SET expires_at = $2 WHERE endpoint_id = $1 AND $2 < expires_at",
        )
        .bind(endpoint_id.as_str())
        .bind(at)
        .execute(pool)
        .await?;
        Ok(())
    }

    /// Seals the next secrets under the current key that are not under it: at most a hundred, so that
    /// nobody waits for long. `so_far` says how far it is; the same comes back when all are done.
    /// A secret that does not open is left as it is.
    ///
    /// # Errors
    ///
    /// A [`SecretsError`]; what came before stays done.
    pub async fn rewrap_some(
        &self,
        pool: &PgPool,
        so_far: Rewrapped,
    ) -> Result<Rewrapped, SecretsError> {
        let mut transaction = pool.begin().await?;
        let rows: Vec<SealedRow> = sqlx::query_as(
            "SELECT endpoint_id, number, sealed, key_id FROM endpoint_secret
             WHERE key_id IS DISTINCT FROM $1 AND ($2, $3) < (endpoint_id, number)
             ORDER BY endpoint_id, number LIMIT $4 FOR UPDATE",
        )
        .bind(self.0.current_id())
        .bind(&so_far.after.0)
        .bind(so_far.after.1)
        .bind(REWRAPPED_AT_ONCE)
        .fetch_all(&mut *transaction)
        .await?;
        let mut now = so_far;
        for row in rows {
            now.after = (row.endpoint_id.clone(), row.number);
            match self.0.open(&row.endpoint_id, row.key_id.as_deref(), &row.sealed) {
                Ok(secret) => {
                    self.seal_anew(&mut transaction, &row, &secret).await?;
                    now.done += 1;
                }
                Err(_) => now.left.push(row.endpoint_id),
            }
        }
        transaction.commit().await?;
        Ok(now)
    }

    async fn seal_anew(
        &self,
        connection: &mut PgConnection,
        row: &SealedRow,
        secret: &WebhookSecret,
    ) -> Result<(), SecretsError> {
        let sealed = self.0.seal(&row.endpoint_id, secret)?;
        sqlx::query(
            "UPDATE endpoint_secret SET sealed = $3, key_id = $4
             WHERE endpoint_id = $1 AND number = $2",
        )
        .bind(&row.endpoint_id)
        .bind(row.number)
        .bind(sealed.bytes)
        .bind(sealed.key_id)
        .execute(connection)
        .await?;
        Ok(())
    }

    async fn put(
        &self,
        connection: &mut PgConnection,
        endpoint_id: &EndpointId,
        secret: &WebhookSecret,
        previous_expires_at: Timestamp,
    ) -> Result<(), SecretsError> {
        sqlx::query(
            "UPDATE endpoint_secret SET expires_at = $2
             WHERE endpoint_id = $1 AND (expires_at IS NULL OR $2 < expires_at)",
        )
        .bind(endpoint_id.as_str())
        .bind(previous_expires_at)
        .execute(&mut *connection)
        .await?;
        let sealed = self.0.seal(endpoint_id.as_str(), secret)?;
        sqlx::query(
            "INSERT INTO endpoint_secret (endpoint_id, number, sealed, key_id, created_at)
             SELECT $1, coalesce(max(number), 0) + 1, $2, $3, clock_timestamp()
             FROM endpoint_secret WHERE endpoint_id = $1",
        )
        .bind(endpoint_id.as_str())
        .bind(sealed.bytes)
        .bind(sealed.key_id)
        .execute(connection)
        .await?;
        Ok(())
    }
}

/// Of two rotations at once the second must see the first's new secret to end it.
async fn lock(connection: &mut PgConnection, endpoint_id: &EndpointId) -> Result<(), SecretsError> {
    sqlx::query("SELECT FROM endpoint_secret WHERE endpoint_id = $1 FOR UPDATE")
        .bind(endpoint_id.as_str())
        .execute(connection)
        .await?;
    Ok(())
}

//! Writes the secrets of endpoints: the first, the next, an end to the old ones, and the same under
//! another key.

use std::sync::Arc;

use chrono::TimeDelta;
use sqlx::{FromRow, PgConnection, PgPool, PgTransaction};
use tokio::sync::OwnedSemaphorePermit;

use super::{EndpointSecrets, SecretKeys, SecretsError};
use crate::{
    domain::{Timestamp, id::EndpointId},
    webhooks::signature::WebhookSecret,
};

/// How many secrets are sealed anew in one transaction.
const REWRAPPED_AT_ONCE: i64 = 100;

/// How long a secret is kept that signs no more.
const KEPT_AFTER_ITS_END: TimeDelta = TimeDelta::days(7);

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
    /// Puts the first secret of an endpoint in place, made `at` the moment. Safe to repeat.
    ///
    /// # Errors
    ///
    /// A [`SecretsError`].
    pub async fn keep_first(
        &self,
        pool: &PgPool,
        endpoint_id: &EndpointId,
        secret: &WebhookSecret,
        at: Timestamp,
    ) -> Result<(), SecretsError> {
        let sealed = self.keys.seal(endpoint_id.as_str(), secret)?;
        sqlx::query(
            "INSERT INTO endpoint_secret (endpoint_id, number, sealed, key_id, created_at)
             VALUES ($1, 1, $2, $3, $4)
             ON CONFLICT (endpoint_id, number)
             DO UPDATE SET sealed = excluded.sealed, key_id = excluded.key_id",
        )
        .bind(endpoint_id.as_str())
        .bind(sealed.bytes)
        .bind(sealed.key_id)
        .bind(at)
        .execute(pool)
        .await?;
        Ok(())
    }

    /// Puts the first secret of an endpoint in place unless it has one; whether it had none.
    ///
    /// # Errors
    ///
    /// A [`SecretsError`].
    pub async fn keep_if_none(
        &self,
        pool: &PgPool,
        endpoint_id: &EndpointId,
        secret: &WebhookSecret,
        at: Timestamp,
    ) -> Result<bool, SecretsError> {
        let sealed = self.keys.seal(endpoint_id.as_str(), secret)?;
        let kept = sqlx::query(
            "INSERT INTO endpoint_secret (endpoint_id, number, sealed, key_id, created_at)
             SELECT $1, 1, $2, $3, $4
             WHERE NOT EXISTS (SELECT FROM endpoint_secret WHERE endpoint_id = $1)
             ON CONFLICT (endpoint_id, number) DO NOTHING",
        )
        .bind(endpoint_id.as_str())
        .bind(sealed.bytes)
        .bind(sealed.key_id)
        .bind(at)
        .execute(pool)
        .await?;
        Ok(0 < kept.rows_affected())
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
        // After whoever has a turn: what they put in place goes too.
        let mut turn = self.turn(pool, endpoint_id).await?;
        sqlx::query("DELETE FROM endpoint_secret WHERE endpoint_id = $1")
            .bind(endpoint_id.as_str())
            .execute(&mut *turn.transaction)
            .await?;
        turn.end().await
    }

    /// Waits until nobody else changes the secrets of an endpoint, and keeps others waiting until the
    /// turn is over: whoever writes to the log within it has their secrets in place in the log's order.
    ///
    /// # Errors
    ///
    /// [`SecretsError::Database`].
    pub async fn turn(
        &self,
        pool: &PgPool,
        endpoint_id: &EndpointId,
    ) -> Result<Turn<'_>, SecretsError> {
        // It is never closed.
        let place = Arc::clone(&self.turns).acquire_owned().await.ok();
        let mut transaction = pool.begin().await?;
        sqlx::query(
            "SELECT FROM endpoint_secret WHERE endpoint_id = $1 ORDER BY number FOR UPDATE",
        )
        .bind(endpoint_id.as_str())
        .execute(&mut *transaction)
        .await?;
        Ok(Turn { keys: &self.keys, endpoint_id: endpoint_id.clone(), transaction, _place: place })
    }

    /// Seals the next secrets under the current key that are not under it: at most a hundred, so that
    /// nobody waits for long. `so_far` says how far it is; the same comes back when all are done.
    /// A secret that does not open is left as it is, and one that signs no more is passed over.
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
               AND (expires_at IS NULL OR now() < expires_at)
             ORDER BY endpoint_id, number LIMIT $4 FOR UPDATE",
        )
        .bind(self.keys.current_id())
        .bind(&so_far.after.0)
        .bind(so_far.after.1)
        .bind(REWRAPPED_AT_ONCE)
        .fetch_all(&mut *transaction)
        .await?;
        let mut now = so_far;
        for row in rows {
            now.after = (row.endpoint_id.clone(), row.number);
            match self.keys.open(&row.endpoint_id, row.key_id.as_deref(), &row.sealed) {
                Ok(secret) => {
                    self.seal_anew(&mut transaction, &row, &secret).await?;
                    now.done += 1;
                }
                Err(_) if now.left.last() == Some(&row.endpoint_id) => {}
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
        let sealed = self.keys.seal(&row.endpoint_id, secret)?;
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
}

/// The right to change the secrets of one endpoint. Dropped, it has changed nothing.
pub struct Turn<'a> {
    keys: &'a SecretKeys,
    endpoint_id: EndpointId,
    transaction: PgTransaction<'a>,
    _place: Option<OwnedSemaphorePermit>,
}

impl Turn<'_> {
    /// Puts a secret in place that was rotated to at `rotated_at`, and an end to those before it.
    ///
    /// # Errors
    ///
    /// A [`SecretsError`].
    pub async fn replace(
        &mut self,
        secret: &WebhookSecret,
        rotated_at: Timestamp,
        previous_expires_at: Timestamp,
    ) -> Result<(), SecretsError> {
        let Self { keys, endpoint_id, transaction, .. } = self;
        let id = endpoint_id.as_str();
        // What has not signed for so long nobody will ask for.
        sqlx::query("DELETE FROM endpoint_secret WHERE endpoint_id = $1 AND expires_at < $2 - $3")
            .bind(id)
            .bind(rotated_at)
            .bind(KEPT_AFTER_ITS_END)
            .execute(&mut **transaction)
            .await?;
        sqlx::query(
            "UPDATE endpoint_secret SET expires_at = $2
             WHERE endpoint_id = $1 AND (expires_at IS NULL OR $2 < expires_at)",
        )
        .bind(id)
        .bind(previous_expires_at)
        .execute(&mut **transaction)
        .await?;
        let sealed = keys.seal(id, secret)?;
        sqlx::query(
            "INSERT INTO endpoint_secret (endpoint_id, number, sealed, key_id, created_at)
             SELECT $1, coalesce(max(number), 0) + 1, $2, $3, $4
             FROM endpoint_secret WHERE endpoint_id = $1",
        )
        .bind(id)
        .bind(sealed.bytes)
        .bind(sealed.key_id)
        .bind(rotated_at)
        .execute(&mut **transaction)
        .await?;
        Ok(())
    }

    /// The same for a rotation that the log has, unless it was done: the secret is there, or another
    /// has followed since. Nothing is put in place for an endpoint that is gone.
    ///
    /// # Errors
    ///
    /// A [`SecretsError`].
    pub async fn replace_unless_done(
        &mut self,
        secret: &WebhookSecret,
        rotated_at: Timestamp,
        previous_expires_at: Timestamp,
    ) -> Result<(), SecretsError> {
        let Self { keys, endpoint_id, transaction, .. } = &mut *self;
        let rows: Vec<(Vec<u8>, Option<String>, bool)> = sqlx::query_as(
            "SELECT sealed, key_id, $2 < created_at FROM endpoint_secret WHERE endpoint_id = $1",
        )
        .bind(endpoint_id.as_str())
        .bind(rotated_at)
        .fetch_all(&mut **transaction)
        .await?;
        let is_done = rows.iter().any(|(sealed, key_id, is_later)| {
            let opened = keys.open(endpoint_id.as_str(), key_id.as_deref(), sealed);
            *is_later || opened.is_ok_and(|it| it.is(secret))
        });
        if is_done || rows.is_empty() {
            return Ok(());
        }
        self.replace(secret, rotated_at, previous_expires_at).await
    }

    /// Has the current secret sign alone from `at` on.
    ///
    /// # Errors
    ///
    /// [`SecretsError::Database`].
    pub async fn end_old(&mut self, at: Timestamp) -> Result<(), SecretsError> {
        sqlx::query(
            "UPDATE endpoint_secret SET expires_at = $2 WHERE endpoint_id = $1 AND $2 < expires_at",
        )
        .bind(self.endpoint_id.as_str())
        .bind(at)
        .execute(&mut *self.transaction)
        .await?;
        Ok(())
    }

    /// Has the changes made.
    ///
    /// # Errors
    ///
    /// [`SecretsError::Database`].
    pub async fn end(self) -> Result<(), SecretsError> {
        Ok(self.transaction.commit().await?)
    }
}

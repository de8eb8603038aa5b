//! The secrets of endpoints: the current one and, while their grace lasts, those before. Kept sealed
//! (`keys`), written by whoever adds or rotates an endpoint (`keep`).

mod keep;
mod keys;

use std::sync::Arc;

use sqlx::{FromRow, PgPool};
use tokio::sync::Semaphore;

pub use keep::Rewrapped;
pub use keys::{ENDPOINT_SECRETS_PURPOSE, SecretKeys};

use super::signature::Rotation;
use crate::{domain::Timestamp, vault::VaultError};

/// The most secrets that are read, the newest of them: each makes every header longer.
const SECRETS_MAX: i64 = 8;

/// How many endpoints' secrets are changed at once in a process: each change holds a connection while
/// it is written to the log, which takes another.
const TURNS_AT_ONCE: usize = 4;

/// Opens, makes and ends the secrets of endpoints.
#[derive(Clone)]
pub struct EndpointSecrets {
    keys: SecretKeys,
    turns: Arc<Semaphore>,
}

/// Why an endpoint's webhooks cannot be signed. Holds no part of a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unsignable {
    /// There is none.
    #[error("the endpoint has no current secret")]
    NoSecret,
    /// The key that it was sealed under is none of ours.
    #[error("the endpoint's secret was sealed under a key that is not set here")]
    UnknownKey,
    /// It was sealed under another master key, or changed since.
    #[error("the endpoint's secret cannot be opened")]
    DoesNotOpen,
}

/// Why secrets were not written.
#[derive(Debug, thiserror::Error)]
pub enum SecretsError {
    /// The database did not answer.
    #[error("the database did not answer: {0}")]
    Database(#[from] sqlx::Error),
    /// One could not be sealed.
    #[error("the secret could not be sealed: {0}")]
    Vault(#[from] VaultError),
}

/// When a secret was made and when it signs no more. Not the secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromRow)]
pub struct SecretDates {
    /// When it was put in place.
    pub created_at: Timestamp,
    /// From when on it signs no more; of the current one nothing.
    pub expires_at: Option<Timestamp>,
}

/// Since when an endpoint's secrets sign, and until when those before the current one do: of all that sign
/// at a moment, the newest first.
///
/// # Errors
///
/// If the database does not answer.
pub async fn secret_dates(
    pool: &PgPool,
    endpoint_id: &str,
    now: Timestamp,
) -> Result<Vec<SecretDates>, sqlx::Error> {
    sqlx::query_as(
        "SELECT created_at, expires_at FROM endpoint_secret
         WHERE endpoint_id = $1 AND (expires_at IS NULL OR $2 < expires_at)
         ORDER BY number DESC LIMIT $3",
    )
    .bind(endpoint_id)
    .bind(now)
    .bind(SECRETS_MAX)
    .fetch_all(pool)
    .await
}

#[derive(FromRow)]
struct Row {
    sealed: Vec<u8>,
    key_id: Option<String>,
    expires_at: Option<Timestamp>,
}

impl EndpointSecrets {
    /// Secrets that are sealed under `keys`.
    pub fn new(keys: SecretKeys) -> Self {
        Self { keys, turns: Arc::new(Semaphore::new(TURNS_AT_ONCE)) }
    }

    /// The secrets that an endpoint has now, the expired among them. The outer error is the
    /// database's.
    ///
    /// # Errors
    ///
    /// If the database does not answer; within, [`Unsignable`].
    pub async fn rotation(
        &self,
        pool: &PgPool,
        endpoint_id: &str,
    ) -> Result<Result<Rotation, Unsignable>, sqlx::Error> {
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT sealed, key_id, expires_at FROM endpoint_secret
             WHERE endpoint_id = $1 ORDER BY number DESC LIMIT $2",
        )
        .bind(endpoint_id)
        .bind(SECRETS_MAX)
        .fetch_all(pool)
        .await?;
        Ok(self.read(endpoint_id, &rows))
    }

    fn read(&self, endpoint_id: &str, rows: &[Row]) -> Result<Rotation, Unsignable> {
        let open = |it: &Row| self.keys.open(endpoint_id, it.key_id.as_deref(), &it.sealed);
        let current = rows.iter().find(|it| it.expires_at.is_none()).ok_or(Unsignable::NoSecret)?;
        // An old one that cannot be opened must not keep the current one from signing.
        let old = |it: &Row| Some((open(it).ok()?, it.expires_at?));
        let previous = rows.iter().rev().filter_map(old).collect();
        Ok(Rotation { current: open(current)?, previous })
    }
}

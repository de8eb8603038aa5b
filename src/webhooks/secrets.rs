//! Reads the secrets of an endpoint: the current one and, while their grace lasts, those before.
//!
//! Never writes one, and never shows one: who adds or rotates an endpoint does.

use sqlx::{FromRow, PgPool};

use super::signature::{Rotation, WebhookSecret};
use crate::{domain::Timestamp, vault::Key};

/// What the key of these secrets is derived for. A commitment: under another name none opens.
pub const ENDPOINT_SECRETS_PURPOSE: &str = "endpoint-secrets";

/// The most secrets that are read, the newest of them: each makes every header longer.
const SECRETS_MAX: i64 = 8;

/// Opens the secrets of endpoints.
pub(super) struct EndpointSecrets(Key);

/// Why an endpoint's webhooks cannot be signed. Holds no part of a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unsignable {
    /// There is none.
    #[error("the endpoint has no current secret")]
    NoSecret,
    /// It was sealed under another master key, or changed since.
    #[error("the endpoint's secret cannot be opened")]
    DoesNotOpen,
}

#[derive(FromRow)]
struct Row {
    sealed: Vec<u8>,
    expires_at: Option<Timestamp>,
}

impl EndpointSecrets {
    pub(super) fn new(master: &Key) -> Self {
        Self(master.derive(ENDPOINT_SECRETS_PURPOSE))
    }

    /// The secrets that an endpoint has now. The outer error is the database's.
    pub(super) async fn rotation(
        &self,
        pool: &PgPool,
        endpoint_id: &str,
    ) -> Result<Result<Rotation, Unsignable>, sqlx::Error> {
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT sealed, expires_at FROM endpoint_secret
             WHERE endpoint_id = $1 ORDER BY number DESC LIMIT $2",
        )
        .bind(endpoint_id)
        .bind(SECRETS_MAX)
        .fetch_all(pool)
        .await?;
        Ok(self.read(endpoint_id, &rows))
    }

    fn read(&self, endpoint_id: &str, rows: &[Row]) -> Result<Rotation, Unsignable> {
        let current = rows.iter().find(|it| it.expires_at.is_none()).ok_or(Unsignable::NoSecret)?;
        // An old one that cannot be opened must not keep the current one from signing.
        let open = |it: &Row| Some((self.open(endpoint_id, it).ok()?, it.expires_at?));
        let previous = rows.iter().rev().filter_map(open).collect();
        Ok(Rotation { current: self.open(endpoint_id, current)?, previous })
    }

    fn open(&self, endpoint_id: &str, row: &Row) -> Result<WebhookSecret, Unsignable> {
        let opened = self.0.open(endpoint_id.as_bytes(), &row.sealed);
        let text = opened.ok().and_then(|it| String::from_utf8(it).ok());
        let secret = text.and_then(|it| WebhookSecret::parse(&it).ok());
        secret.ok_or(Unsignable::DoesNotOpen)
    }
}

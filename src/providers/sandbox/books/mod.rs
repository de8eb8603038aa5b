//! The bank's books: SQL, one transaction for each operation, and the notification in the same.
//!
//! Every operation may be repeated: what was done is not done again, and what became of it is the
//! answer. Knows no HTTP and no card.

mod challenges;
mod charge;
mod charging;
mod holding;
mod movements;
mod outbox;
mod refunding;
mod settling;

use std::time::Duration;

use sqlx::{PgPool, Postgres};

pub use self::movements::{Movement, MovementKind};
pub(super) use self::{
    challenges::Challenge,
    charge::{BookedCharge, ChargeStatus},
    outbox::{CLAIM_MAX, Waiting},
};
use super::{Faults, instruments::TestInstrument};
use crate::{
    domain::{Timestamp, violation::Violation},
    ids::random_bytes,
    providers::ProviderError,
};

type Transaction<'a> = sqlx::Transaction<'a, Postgres>;

/// The bank's books, and the terms on which it does business.
#[derive(Clone)]
pub(super) struct Books {
    pool: PgPool,
    settle_after: Duration,
    faults: Faults,
}

/// Why the books could not be read or written.
#[derive(Debug, thiserror::Error)]
pub(super) enum BooksError {
    /// The database failed, or the transaction's outcome is unknown.
    #[error("the sandbox bank's database failed: {0}")]
    Database(#[from] sqlx::Error),
    /// A row holds what the bank never writes.
    #[error("the sandbox bank's books hold a wrong {0}")]
    Corrupt(&'static str),
    /// A name or text of the bank's own breaks its rule.
    #[error("the sandbox bank wrote what it may not: {0}")]
    Violation(#[from] Violation),
    /// A notification could not be written.
    #[error("the sandbox bank cannot write a notification: {0}")]
    Message(#[from] serde_json::Error),
}

impl From<BooksError> for ProviderError {
    fn from(error: BooksError) -> Self {
        Self(error.to_string())
    }
}

impl Books {
    pub(super) fn new(pool: PgPool, settle_after: Duration, faults: Faults) -> Self {
        Self { pool, settle_after, faults }
    }

    /// Writes down what a new token stands for.
    pub(super) async fn issue_token(
        &self,
        instrument: TestInstrument,
        now: Timestamp,
    ) -> Result<String, BooksError> {
        let token = new_name("tok");
        sqlx::query("INSERT INTO sandbox_bank.token VALUES ($1, $2, $3)")
            .bind(&token)
            .bind(instrument.as_str())
            .bind(now)
            .execute(&self.pool)
            .await?;
        Ok(token)
    }
}

/// A new unguessable name: 128 random bits in hex behind a prefix.
fn new_name(kind: &str) -> String {
    format!("sandbox_{kind}_{}", data_encoding::HEXLOWER.encode(&random_bytes::<16>()))
}

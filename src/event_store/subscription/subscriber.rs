//! What a reader of the log has to say and do.

use std::{fmt::Display, panic::AssertUnwindSafe, time::Duration};

use futures::FutureExt as _;
use sqlx::PgConnection;
use thiserror::Error;

use crate::event_store::{RecordedEntry, sqlstate};

/// Where the first generation of a subscription begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartsAt {
    /// With the first event ever.
    Beginning,
    /// With the next event: for a side effect that is new to a log with a past.
    Head,
}

/// Follows the log: an effect for each event, in the order of the log.
pub trait Subscriber: Send + Sync {
    /// Names the checkpoint. A commitment: under another name everything is handled again.
    const NAME: &'static str;

    /// Counts rebuilds, from 1. Raise it to have all events handled anew, beside the live one.
    const GENERATION: i32;

    /// Whether the effect stays inside the database, where it can be built again from the start.
    ///
    /// If not, a new generation takes over where the live one stands: nothing outside hears of an
    /// event twice.
    const REPLAYABLE: bool;

    /// Where the first generation begins.
    const STARTS_AT: StartsAt = StartsAt::Beginning;

    /// How long events may gather before the next ones are handled, once it has caught up: for an effect
    /// that nobody waits for. Shorter than a lease is renewed.
    const GATHERS: Duration = Duration::ZERO;

    /// Whether a transaction ends with this event, since its effect takes locks that others wait for.
    fn ends_batch(&self, _entry: &RecordedEntry) -> bool {
        false
    }

    /// Has the effect of one event, on the connection that moves the checkpoint.
    ///
    /// Only writes to the database: a call outside would hold the transaction open, which the
    /// database ends after a few seconds. Neither commits nor rolls back.
    ///
    /// # Errors
    ///
    /// - [`HandleError::Refused`]: tried again a few times, then parked with the later events of
    ///   its stream.
    /// - [`HandleError::Interrupted`]: tried again until it succeeds.
    fn handle(
        &self,
        connection: &mut PgConnection,
        entry: &RecordedEntry,
    ) -> impl Future<Output = Result<(), HandleError>> + Send;

    /// Has the effects of several events, in their order: for whoever can do that with fewer
    /// statements than one by one.
    ///
    /// # Errors
    ///
    /// [`NotAll`]: nothing of it is kept. If it cannot be told which event is at fault, the first:
    /// all are then tried alone, until it is found.
    fn handle_all(
        &self,
        connection: &mut PgConnection,
        entries: &[&RecordedEntry],
    ) -> impl Future<Output = Result<(), NotAll>> + Send {
        async move {
            for (index, entry) in entries.iter().enumerate() {
                let handled = AssertUnwindSafe(self.handle(connection, entry)).catch_unwind().await;
                let handled = handled.unwrap_or_else(|_| Err(HandleError::panicked()));
                handled.map_err(|error| NotAll { index, error })?;
            }
            Ok(())
        }
    }
}

/// Which of several events was not handled, and why.
#[derive(Debug)]
pub struct NotAll {
    /// Counted from 0.
    pub index: usize,
    /// Why.
    pub error: HandleError,
}

/// Why an event was not handled.
#[derive(Debug, Error)]
pub enum HandleError {
    /// The event itself is at fault. The reason is stored and logged: no private data in it.
    #[error("{0}")]
    Refused(String),
    /// The database is: the same event may well pass later.
    #[error(transparent)]
    Interrupted(sqlx::Error),
}

impl HandleError {
    /// The event cannot be handled, for a reason without private data.
    pub fn refused(reason: impl Display) -> Self {
        Self::Refused(reason.to_string())
    }

    /// Would meet the next process as well.
    pub(super) fn panicked() -> Self {
        Self::refused("the subscriber panicked")
    }
}

impl From<sqlx::Error> for HandleError {
    /// Tells a statement that this event makes fail from a database that is in trouble.
    fn from(error: sqlx::Error) -> Self {
        match &error {
            // Not the message: Postgres quotes values in it.
            sqlx::Error::Database(database) => {
                let code = database.code().unwrap_or_default();
                // A table without a partition for the row says the same as a violated check, but
                // names none: the row is as it should be, and the partition may well come.
                let has_no_partition =
                    code == sqlstate::CHECK_VIOLATION && database.constraint().is_none();
                if has_no_partition || !sqlstate::is_about_content(&code) {
                    return Self::Interrupted(error);
                }
                let constraint = database.constraint().unwrap_or("no constraint");
                Self::Refused(format!("the database refused it: SQLSTATE {code}, {constraint}"))
            }
            // Nor these messages, for the same reason.
            sqlx::Error::RowNotFound => Self::refused("the database has no such row"),
            sqlx::Error::Encode(_) => Self::refused("a value cannot be written"),
            sqlx::Error::Decode(_) => Self::refused("a row cannot be read"),
            sqlx::Error::ColumnDecode { index, .. } => {
                Self::refused(format!("column {index} of a row cannot be read"))
            }
            _ => Self::Interrupted(error),
        }
    }
}

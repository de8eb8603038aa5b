//! Follows the log: the rows of the acts among some events and the checkpoint behind them are written in one
//! transaction.

use std::time::Duration;

use sqlx::PgConnection;

use super::{NoRow, acts_of, insert_acts};
use crate::event_store::{
    RecordedEntry,
    subscription::{HandleError, NotAll, Subscriber},
};

/// The subscription. Its effects are rows of `act`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Acts;

impl Subscriber for Acts {
    const NAME: &'static str = "acts";
    const GENERATION: i32 = 1;
    /// Found again from the first event, they are the same.
    const REPLAYABLE: bool = true;
    /// People look at them; no process waits.
    const GATHERS: Duration = Duration::from_millis(200);

    async fn handle(
        &self,
        connection: &mut PgConnection,
        entry: &RecordedEntry,
    ) -> Result<(), HandleError> {
        self.handle_all(connection, &[entry]).await.map_err(|it| it.error)
    }

    async fn handle_all(
        &self,
        connection: &mut PgConnection,
        entries: &[&RecordedEntry],
    ) -> Result<(), NotAll> {
        let at_fault = |error: sqlx::Error| NotAll { index: 0, error: error.into() };
        let mut rows = vec![];
        for (index, row) in acts_of(connection, entries).await.map_err(at_fault)? {
            let refused =
                |why: NoRow| NotAll { index, error: HandleError::refused(why.to_string()) };
            rows.push(row.map_err(refused)?);
        }
        insert_acts(connection, Self::GENERATION, &rows).await.map_err(at_fault)
    }
}

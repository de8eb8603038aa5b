//! One change at a time to how a person comes in: their stays, their links and what they chose.
//!
//! Whoever changes them holds the row of the person's address until the log has what was done and all of it
//! is in place. So what was begun before something else ended it finds that out, and what the log refuses,
//! or answers with a conflict, leaves everything as it was.

use std::{sync::Arc, time::Duration};

use sqlx::{PgConnection, PgPool, Postgres, Transaction};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

use super::{People, PeopleError};
use crate::domain::{id::PersonId, person::PersonError};

/// How many are held at once: each keeps a connection while the log is written through others.
const AT_ONCE_MAX: usize = 4;

/// How long one waits for its turn.
const TURN_WITHIN: Duration = Duration::from_secs(5);

/// How long one waits for who holds the same person: longer than an append in doubt.
const LOCK_WITHIN_S: u32 = 15;

/// Those who wait for their turn.
pub(super) struct Holds(Arc<Semaphore>);

impl Default for Holds {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(AT_ONCE_MAX)))
    }
}

/// A person whom nobody else lets in or puts out meanwhile. Dropped, all that was done through it is undone.
pub(super) struct Hold {
    pub(super) person_id: PersonId,
    transaction: Transaction<'static, Postgres>,
    _turn: OwnedSemaphorePermit,
}

impl Hold {
    /// What is to be in place together is done by this.
    pub(super) fn connection(&mut self) -> &mut PgConnection {
        &mut self.transaction
    }

    /// Puts it all in place.
    pub(super) async fn finish(self) -> Result<(), sqlx::Error> {
        self.transaction.commit().await
    }
}

impl Holds {
    async fn begin(&self, pool: &PgPool, person_id: &PersonId) -> Result<Hold, PeopleError> {
        let turn = timeout(TURN_WITHIN, Arc::clone(&self.0).acquire_owned()).await;
        let turn = turn.ok().and_then(Result::ok).ok_or(PeopleError::Busy)?;
        let mut transaction = pool.begin().await?;
        sqlx::query("SELECT set_config('lock_timeout', $1, true)")
            .bind(format!("{LOCK_WITHIN_S}s"))
            .execute(&mut *transaction)
            .await?;
        let found = sqlx::query("SELECT FROM person_email WHERE person_id = $1 FOR UPDATE")
            .bind(person_id.as_str())
            .fetch_optional(&mut *transaction)
            .await?;
        // Nobody was invited, or they were erased.
        found.ok_or(PeopleError::Person(PersonError::NotFound))?;
        Ok(Hold { person_id: person_id.clone(), transaction, _turn: turn })
    }
}

impl People {
    /// Waits until nobody else changes how a person comes in.
    ///
    /// # Errors
    ///
    /// [`PeopleError::Person`] for who has no account, [`PeopleError::Busy`], and if the database does not
    /// answer.
    pub(super) async fn hold(&self, person_id: &PersonId) -> Result<Hold, PeopleError> {
        self.holds.begin(&self.pool, person_id).await
    }
}

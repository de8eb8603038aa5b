//! One change at a time to how a person comes in: their stays, their links and what they chose.
//!
//! Whoever changes them holds the row of the person's address until the log has what was done and all of it
//! is in place. So what was begun before something else ended it finds that out, and what the log refuses,
//! or answers with a conflict, leaves everything as it was.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};

use sqlx::{PgConnection, PgPool, Postgres, Transaction};
use tokio::{
    sync::{Mutex as Queue, OwnedMutexGuard, OwnedSemaphorePermit, Semaphore},
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

/// Those who wait for their turn: first behind each other for the same person, so that however many want one
/// they keep nobody from the others; then for a place.
pub(super) struct Holds {
    places: Arc<Semaphore>,
    /// By person, as long as anybody wants them.
    queues: Mutex<HashMap<PersonId, Weak<Queue<()>>>>,
}

impl Default for Holds {
    fn default() -> Self {
        Self { places: Arc::new(Semaphore::new(AT_ONCE_MAX)), queues: Mutex::default() }
    }
}

/// A person whom nobody else lets in or puts out meanwhile. Dropped, all that was done through it is undone.
pub(super) struct Hold {
    pub(super) person_id: PersonId,
    transaction: Transaction<'static, Postgres>,
    _place: OwnedSemaphorePermit,
    _turn: OwnedMutexGuard<()>,
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
        let turn = timeout(TURN_WITHIN, self.queue(person_id).lock_owned()).await;
        let turn = turn.map_err(|_| PeopleError::Busy)?;
        let place = timeout(TURN_WITHIN, Arc::clone(&self.places).acquire_owned()).await;
        let place = place.ok().and_then(Result::ok).ok_or(PeopleError::Busy)?;
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
        Ok(Hold { person_id: person_id.clone(), transaction, _place: place, _turn: turn })
    }

    fn queue(&self, person_id: &PersonId) -> Arc<Queue<()>> {
        let mut queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        queues.retain(|_, it| 0 < it.strong_count());
        let there = queues.get(person_id).and_then(Weak::upgrade);
        there.unwrap_or_else(|| {
            let queue = Arc::default();
            queues.insert(person_id.clone(), Arc::downgrade(&queue));
            queue
        })
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

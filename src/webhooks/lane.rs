//! One endpoint's lane, while a worker holds it: claim, send, settle.
//!
//! Each step can be taken by hand. What goes on by itself, and at the same time, is `run`'s.

use std::{
    num::NonZeroU32,
    sync::{Arc, Mutex, PoisonError, atomic::Ordering},
    time::Duration,
};

use bytes::Bytes;
use tokio::{sync::OwnedSemaphorePermit, time::Instant};

use super::{
    attempt::{Attempt, Unprepared},
    attempts::Unwritten,
    breaker::Breaker,
    destination::{Destination, Remembered},
    due::{self, Due, Page},
    engine::Engine,
    lease::{self, Lease},
    outcome::AttemptOutcome,
    settle,
    signature::sign,
};

/// A lane has at most one of so many places that are left, beside its first: the fewer are left, the
/// less each may have. So a lane that begins finds some, however many others wait for endpoints that
/// do not answer.
const SHARE: usize = 4;

/// The right to deliver to one endpoint. Dropped without a release, it ends by itself soon.
pub struct Lane {
    pub(super) engine: Arc<Engine>,
    pub(super) lease: Lease,
    /// When it was asked for: the lease lasts at least from then.
    pub(super) asked_at: Instant,
    breaker: Mutex<Breaker>,
    destination: Remembered,
}

/// A message that may be sent now, and where to.
#[derive(Clone)]
pub struct Delivery {
    pub(super) due: Due,
    pub(super) destination: Arc<Destination>,
}

impl Delivery {
    /// Tells it from the others that are under way.
    pub fn id(&self) -> i64 {
        self.due.id
    }
}

impl Lane {
    pub(super) fn new(engine: Arc<Engine>, lease: Lease, asked_at: Instant) -> Self {
        let breaker = Mutex::new(lease.breaker);
        Self { engine, lease, asked_at, breaker, destination: Remembered::default() }
    }

    /// Whose.
    pub fn endpoint_id(&self) -> &str {
        &self.lease.endpoint_id
    }

    /// By hand: at most `most` messages that may be sent now, without those `under_way` (see
    /// [`Delivery::id`]). None, once another worker has taken the lane over, or while the endpoint
    /// is disabled, or once it was removed.
    ///
    /// # Errors
    ///
    /// If the database does not answer.
    pub async fn claim(
        &self,
        most: usize,
        under_way: &[i64],
    ) -> Result<Vec<Delivery>, sqlx::Error> {
        let Some(destination) = self.destination().await? else { return Ok(vec![]) };
        let due = self.read(0, under_way, most).await?.due.into_iter().take(most);
        Ok(due.map(|due| Delivery { due, destination: Arc::clone(&destination) }).collect())
    }

    /// What is due, read as [`due::read`] says.
    pub(super) async fn read(
        &self,
        after: i64,
        memory: &[i64],
        most: usize,
    ) -> Result<Page, sqlx::Error> {
        let Engine { pool, clock, .. } = &*self.engine;
        due::read(pool, &self.lease, clock.now(), after, memory, most).await
    }

    /// Where to, as it was a moment ago; `None`, while the endpoint is disabled and once it was
    /// removed.
    pub(super) async fn destination(&self) -> Result<Option<Arc<Destination>>, sqlx::Error> {
        self.destination.find(&self.engine, self.endpoint_id()).await
    }

    /// Makes one attempt, signed with a time of its own. Changes nothing in the database.
    pub async fn send(&self, delivery: &Delivery) -> Attempt {
        let at = self.engine.clock.now();
        Attempt { at, outcome: self.attempt(delivery, at.timestamp()).await }
    }

    /// Writes down what came of an attempt: the message is done with, due again later, or dead.
    ///
    /// # Errors
    ///
    /// [`Unwritten`]. Then the message stays due, as if never sent.
    pub async fn settle(&self, delivery: &Delivery, attempt: &Attempt) -> Result<(), Unwritten> {
        let judged = settle::judge(self, delivery, attempt);
        settle::write(self, &judged, &delivery.destination.game_id).await
    }

    /// By hand: gives the lane back, so that another worker need not wait.
    ///
    /// # Errors
    ///
    /// If the database does not answer. Then the lease ends by itself.
    pub async fn release(&self) -> Result<(), sqlx::Error> {
        self.release_read(0).await
    }

    /// Gives the lane back when all first attempts up to this number are done with or put off.
    pub(super) async fn release_read(&self, read_to: i64) -> Result<(), sqlx::Error> {
        lease::release(&self.engine.pool, &self.lease, read_to).await
    }

    /// How many deliveries may be under way now of `most`; none while the breaker is open.
    pub(super) fn at_once(&self, most: usize) -> usize {
        let breaker = self.breaker();
        if breaker.is_open(self.engine.clock.now()) { 0 } else { breaker.at_once(most) }
    }

    pub(super) fn breaker(&self) -> Breaker {
        *self.breaker.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the breaker; as it was before, and as it is now.
    pub(super) fn tell_breaker(&self, change: impl FnOnce(&mut Breaker)) -> (Breaker, Breaker) {
        let mut breaker = self.breaker.lock().unwrap_or_else(PoisonError::into_inner);
        let before = *breaker;
        change(&mut breaker);
        (before, *breaker)
    }

    /// A place for one more attempt of the worker's, if there is one and the lane has no more
    /// `under_way` than its share.
    pub(super) fn place(&self, under_way: usize) -> Option<OwnedSemaphorePermit> {
        let share = self.engine.places.available_permits() / SHARE;
        if 0 < under_way && share <= under_way {
            return None;
        }
        Arc::clone(&self.engine.places).try_acquire_owned().ok()
    }

    /// Counts one more delivery to an endpoint that takes `per_second`; how long to wait, if those
    /// were made.
    pub(super) fn count_one(&self, per_second: Option<NonZeroU32>) -> Result<(), Duration> {
        self.engine.rates.count(&self.lease.endpoint_id, per_second)
    }

    pub(super) fn is_crowded(&self) -> bool {
        self.engine.is_crowded.load(Ordering::Relaxed)
    }

    async fn attempt(
        &self,
        delivery: &Delivery,
        unix_s: i64,
    ) -> Result<AttemptOutcome, Unprepared> {
        let Delivery { due, destination } = delivery;
        let secrets = destination.secrets.as_ref().map_err(|it| *it)?;
        let body = self.engine.bodies.open(&due.message_id, &due.sealed_body)?;
        let headers = sign(secrets, &due.message_id, unix_s, &body);
        Ok(self.engine.sender.send(&destination.url, &headers, Bytes::from(body)).await)
    }
}

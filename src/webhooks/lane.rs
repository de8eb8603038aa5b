//! One endpoint's lane, while a worker holds it: claim, send, settle.
//!
//! Each step can be taken by hand. What goes on by itself, and at the same time, is `run`'s.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use bytes::Bytes;
use sqlx::PgPool;
use url::Url;

use super::{
    attempt::{Attempt, Unprepared},
    bodies::Bodies,
    due::{self, Due},
    endpoint,
    lease::{self, Lease},
    outcome::AttemptOutcome,
    secrets::{EndpointSecrets, Unsignable},
    sender::Sender,
    settle,
    signature::{Rotation, sign},
};
use crate::clock::Clock;

/// What all lanes of a worker share.
pub(super) struct Engine {
    pub(super) pool: PgPool,
    pub(super) secrets: EndpointSecrets,
    pub(super) bodies: Bodies,
    pub(super) sender: Sender,
    pub(super) clock: Arc<dyn Clock>,
    /// Whether lanes may be waiting for one of ours to end.
    pub(super) is_crowded: AtomicBool,
}

/// The right to deliver to one endpoint. Dropped without a release, it ends by itself soon.
pub struct Lane {
    pub(super) engine: Arc<Engine>,
    pub(super) lease: Lease,
}

/// A message that may be sent now, and where to.
#[derive(Clone)]
pub struct Delivery {
    pub(super) due: Due,
    destination: Arc<Destination>,
}

/// Read anew for each claim: an endpoint may move, rotate its secret or be removed at any time.
struct Destination {
    url: Url,
    secrets: Result<Rotation, Unsignable>,
}

impl Delivery {
    /// Tells it from the others that are under way.
    pub fn id(&self) -> i64 {
        self.due.id
    }
}

impl Lane {
    /// Whose.
    pub fn endpoint_id(&self) -> &str {
        &self.lease.endpoint_id
    }

    /// At most `most` messages that may be sent now, without those `under_way` (see
    /// [`Delivery::id`]). None, once another worker has taken the lane over or the endpoint was
    /// removed.
    ///
    /// # Errors
    ///
    /// If the database does not answer.
    pub async fn claim(
        &self,
        most: usize,
        under_way: &[i64],
    ) -> Result<Vec<Delivery>, sqlx::Error> {
        let pool = &self.engine.pool;
        let claimed =
            due::claim(pool, &self.lease, self.engine.clock.now(), under_way, most).await?;
        if claimed.is_empty() {
            return Ok(vec![]);
        }
        let Some(destination) = self.destination().await? else { return Ok(vec![]) };
        let destination = Arc::new(destination);
        let deliver = |due| Delivery { due, destination: Arc::clone(&destination) };
        Ok(claimed.into_iter().map(deliver).collect())
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
    /// If the database does not answer. Then the message stays due, as if never sent.
    pub async fn settle(&self, delivery: &Delivery, attempt: &Attempt) -> Result<(), sqlx::Error> {
        settle::settle(&self.engine, &self.lease, &delivery.due, attempt).await
    }

    /// Gives the lane back, so that another worker need not wait.
    ///
    /// # Errors
    ///
    /// If the database does not answer. Then the lease ends by itself.
    pub async fn release(&self) -> Result<(), sqlx::Error> {
        lease::release(&self.engine.pool, &self.lease).await
    }

    /// Whether anything but what is under way is due now, be it held or not.
    pub(super) async fn is_anything_due(&self, under_way: &[i64]) -> Result<bool, sqlx::Error> {
        let Engine { pool, clock, .. } = &*self.engine;
        due::is_any(pool, &self.lease, clock.now(), under_way).await
    }

    pub(super) fn is_crowded(&self) -> bool {
        self.engine.is_crowded.load(Ordering::Relaxed)
    }

    async fn destination(&self) -> Result<Option<Destination>, sqlx::Error> {
        let Engine { pool, secrets, .. } = &*self.engine;
        let Some(url) = endpoint::url(pool, self.endpoint_id()).await? else { return Ok(None) };
        let secrets = secrets.rotation(pool, self.endpoint_id()).await?;
        Ok(Some(Destination { url, secrets }))
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

//! Drives one subscriber along the log.
//!
//! `step` does one thing and never sleeps, so that tests drive it by hand; `run` adds the waiting.

use std::time::Duration;

use sqlx::PgPool;
use thiserror::Error;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::batch::Outcome;
use super::key::Key;
use super::lease::Lease;
use super::wake::{Signal, Wake};
use super::{
    ReadError, Subscriber, backoff, batch, dead_letter, gauges, generation, lease, reader,
};
use crate::event_store::RecordedEntry;

/// The most events handled in one transaction.
pub(super) const BATCH_EVENTS_MAX: i64 = 256;
/// How often an event is tried alone before it is parked.
const ATTEMPTS_MAX: u32 = 5;
/// How often to look without having been woken: a NOTIFY may be lost, a lease may come free.
const POLL_EVERY: Duration = Duration::from_millis(500);
/// How often to ask whether who follows is still there.
const STAND_BY: Duration = Duration::from_millis(250);

/// What one step did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// So many events have their effect, or are parked behind one of their stream.
    Handled(usize),
    /// There is nothing after the checkpoint.
    Idle,
    /// Another process follows.
    NotLeader,
    /// An event was refused, for the `attempts`th time alone, and is tried again.
    Refused {
        /// 0 if it was refused in company, and is tried alone next.
        attempts: u32,
    },
    /// An event was refused too often and is a dead letter now.
    Parked,
}

/// Why a step failed. The next one starts afresh.
#[derive(Debug, Error)]
pub enum FollowError {
    /// The log could not be read, or must not be believed.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The database did not do its part.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// An event that was refused: handled alone from now on.
#[derive(Clone, Copy, Debug)]
struct Suspect {
    position: i64,
    attempts: u32,
}

/// One process' hand on a subscription: follows while it holds the lease, and else stands by.
pub struct Follower<S> {
    pool: PgPool,
    subscriber: S,
    key: Key,
    wake: Signal,
    /// Of this follower alone: two in one process compete as two processes do.
    owner: Uuid,
    is_registered: bool,
    lease: Option<Lease>,
    /// How many events are parked. Exact under a lease but for those that were retried since it was
    /// counted: only whoever follows parks any.
    parked: i64,
    suspect: Option<Suspect>,
}

impl<S: Subscriber> Follower<S> {
    /// A follower of one shard, which does nothing yet.
    pub fn new(pool: PgPool, subscriber: S, shard: i16, wake: &Wake) -> Self {
        Self {
            pool,
            subscriber,
            key: Key::of::<S>(shard),
            wake: wake.readers(),
            owner: Uuid::new_v4(),
            is_registered: false,
            lease: None,
            parked: 0,
            suspect: None,
        }
    }

    /// Follows until asked to stop, finishes the batch under way and gives the lease back.
    pub async fn run(mut self, shutdown: CancellationToken) {
        let mut failures = Failures::default();
        while !shutdown.is_cancelled() {
            self.wake.clear();
            let result = self.step().await;
            failures.note(self.key, result.as_ref().err());
            match result {
                Ok(Step::Handled(events)) if may_gather::<S>(events) => {
                    backoff::pause(S::GATHERS, &shutdown).await;
                }
                Ok(Step::Handled(_) | Step::Parked) => {}
                Ok(Step::Refused { attempts }) => {
                    backoff::pause(backoff::after(attempts), &shutdown).await;
                }
                Ok(Step::Idle) => tokio::select! {
                    () = self.wake.woken() => {}
                    () = backoff::pause(POLL_EVERY, &shutdown) => {}
                },
                Ok(Step::NotLeader) => backoff::pause(STAND_BY, &shutdown).await,
                Err(_) => backoff::pause(backoff::after(failures.in_a_row), &shutdown).await,
            }
        }
        self.release().await;
    }

    /// Takes or renews the lease and handles the next batch.
    ///
    /// # Errors
    ///
    /// - [`FollowError::Read`]: the log is not whole, and is not followed past that place.
    /// - [`FollowError::Database`]: nothing, or all of the batch, was committed.
    pub async fn step(&mut self) -> Result<Step, FollowError> {
        let result = self.try_step().await;
        if result.is_err() {
            // Whether the commit came about may be unknown: claim again, and read the checkpoint.
            self.lease = None;
        }
        result
    }

    /// Gives the lease back, so that another can follow at once.
    pub async fn release(&mut self) {
        let Some(lease) = self.lease.take() else { return };
        if let Err(error) = lease::release(&self.pool, self.key, lease).await {
            tracing::warn!(subscription = self.key.name, %error, "a lease was not given back");
        }
    }

    async fn try_step(&mut self) -> Result<Step, FollowError> {
        let Some(lease) = self.hold_lease().await? else { return Ok(Step::NotLeader) };
        let page = reader::read_after(&self.pool, self.key.shard, lease.position, BATCH_EVENTS_MAX)
            .await?;
        gauges::progress(self.key, lease.position, page.head);
        let entries = self.up_to_end(self.up_to_suspect(&page.entries));
        let Some(last) = entries.last() else { return Ok(Step::Idle) };

        let may_be_blocked = 0 < self.parked;
        let Self { pool, subscriber, key, .. } = self;
        match batch::handle(pool, subscriber, *key, lease, entries, may_be_blocked).await? {
            Outcome::Committed => {
                self.moved_to(lease, last.position);
                gauges::progress(self.key, last.position, page.head);
                Ok(Step::Handled(entries.len()))
            }
            Outcome::Lost => Ok(self.lost()),
            Outcome::Refused { index, reason } => {
                self.refused(lease, &entries[index], entries.len() == 1, &reason).await
            }
        }
    }

    async fn hold_lease(&mut self) -> Result<Option<Lease>, sqlx::Error> {
        if !self.is_registered {
            generation::register::<S>(&self.pool, self.key.shard).await?;
            self.is_registered = true;
        }
        match self.lease {
            Some(lease) if !lease.should_be_renewed() => return Ok(self.lease),
            Some(lease) => self.lease = lease::renew(&self.pool, self.key, lease).await?,
            None => self.lease = lease::claim(&self.pool, self.key, self.owner).await?,
        }
        if self.lease.is_some() {
            self.count_parked().await?;
        }
        Ok(self.lease)
    }

    /// The entries before the suspect, or the suspect alone.
    fn up_to_suspect<'a>(&self, entries: &'a [RecordedEntry]) -> &'a [RecordedEntry] {
        let Some(suspect) = self.suspect else { return entries };
        let before = entries.iter().take_while(|it| it.position < suspect.position).count();
        &entries[..entries.len().min(before.max(1))]
    }

    /// The entries up to the first with which a transaction ends.
    fn up_to_end<'a>(&self, entries: &'a [RecordedEntry]) -> &'a [RecordedEntry] {
        let end = entries.iter().position(|it| self.subscriber.ends_batch(it));
        &entries[..end.map_or(entries.len(), |it| it + 1)]
    }

    async fn refused(
        &mut self,
        lease: Lease,
        entry: &RecordedEntry,
        is_alone: bool,
        reason: &str,
    ) -> Result<Step, FollowError> {
        let before = self.suspect.filter(|it| it.position == entry.position);
        let attempts = before.map_or(0, |it| it.attempts) + u32::from(is_alone);
        if attempts < ATTEMPTS_MAX {
            self.suspect = Some(Suspect { position: entry.position, attempts });
            return Ok(Step::Refused { attempts });
        }
        let parked = batch::park(&self.pool, self.key, lease, entry, reason, attempts).await?;
        if !matches!(parked, Outcome::Committed) {
            return Ok(self.lost());
        }
        tracing::error!(
            subscription = self.key.name,
            generation = self.key.generation,
            position = entry.position,
            stream = entry.stream,
            event_type = entry.event_type,
            attempts,
            reason,
            "an event was parked as a dead letter; later ones of its stream wait behind it"
        );
        self.moved_to(lease, entry.position);
        self.count_parked().await?;
        Ok(Step::Parked)
    }

    async fn count_parked(&mut self) -> Result<(), sqlx::Error> {
        self.parked = dead_letter::count(&self.pool, self.key).await?;
        gauges::dead_letters(self.key, self.parked);
        Ok(())
    }

    fn moved_to(&mut self, lease: Lease, position: i64) {
        self.lease = Some(lease.at(position));
        self.suspect = self.suspect.filter(|it| position < it.position);
    }

    fn lost(&mut self) -> Step {
        tracing::info!(subscription = self.key.name, "another process follows now");
        self.lease = None;
        Step::NotLeader
    }
}

/// Whether the next events may gather, after a batch of so many: if it was full, more wait already.
fn may_gather<S: Subscriber>(events: usize) -> bool {
    let is_full = i64::try_from(events).is_ok_and(|it| BATCH_EVENTS_MAX <= it);
    !S::GATHERS.is_zero() && !is_full
}

/// Failures in a row, each kind of which is logged once.
#[derive(Default)]
struct Failures {
    in_a_row: u32,
    last: Option<String>,
}

impl Failures {
    fn note(&mut self, key: Key, error: Option<&FollowError>) {
        let Some(error) = error else {
            *self = Self::default();
            return;
        };
        self.in_a_row = self.in_a_row.saturating_add(1);
        let error = error.to_string();
        if self.last.as_ref() != Some(&error) {
            let subscription = key.name;
            tracing::error!(subscription, error, "a subscription stands still; it keeps trying");
            self.last = Some(error);
        }
    }
}

//! One transaction: the effects of some events, and the checkpoint behind them.

use std::{collections::HashSet, panic::AssertUnwindSafe, time::Instant};

use futures::FutureExt;
use sqlx::{PgConnection, PgPool};

use super::key::Key;
use super::lease::{Lease, RENEW_EVERY};
use super::{HandleError, NotAll, Subscriber, dead_letter, lease};
use crate::event_store::RecordedEntry;

/// What became of a batch.
#[derive(Debug)]
pub(super) enum Outcome {
    /// All effects and the checkpoint are in place.
    Committed,
    /// Another process follows now; nothing was changed.
    Lost,
    /// The event at this index was refused; nothing was changed.
    Refused { index: usize, reason: String },
}

/// Handles the entries in order and moves the checkpoint behind the last. Unless some stream
/// `may_be_blocked`, nobody is asked which are.
pub(super) async fn handle<S: Subscriber>(
    pool: &PgPool,
    subscriber: &S,
    key: Key,
    lease: Lease,
    entries: &[RecordedEntry],
    may_be_blocked: bool,
) -> Result<Outcome, sqlx::Error> {
    let Some(mut begun) = Begun::at(pool, key, lease, entries).await? else {
        return Ok(Outcome::Lost);
    };
    let transaction = &mut begun.transaction;
    let blocked = if may_be_blocked {
        dead_letter::blocked_streams(transaction, key, entries).await?
    } else {
        HashSet::new()
    };
    let mut free = vec![];
    for (index, entry) in entries.iter().enumerate() {
        if blocked.contains(&entry.stream) {
            dead_letter::park_behind(transaction, key, entry).await?;
        } else {
            free.push((index, entry));
        }
    }
    let (places, free): (Vec<usize>, Vec<&RecordedEntry>) = free.into_iter().unzip();
    match call_all(subscriber, transaction, &free).await {
        Ok(()) => {}
        Err(NotAll { error: HandleError::Interrupted(error), .. }) => return Err(error),
        Err(NotAll { index, error: HandleError::Refused(reason) }) => {
            begun.transaction.rollback().await?;
            let index = places.get(index).copied().unwrap_or_default();
            return Ok(Outcome::Refused { index, reason });
        }
    }
    begun.commit(key).await
}

/// Parks one event that was refused too often and moves the checkpoint behind it.
pub(super) async fn park(
    pool: &PgPool,
    key: Key,
    lease: Lease,
    entry: &RecordedEntry,
    reason: &str,
    attempts: u32,
) -> Result<Outcome, sqlx::Error> {
    let Some(mut begun) = Begun::at(pool, key, lease, std::slice::from_ref(entry)).await? else {
        return Ok(Outcome::Lost);
    };
    dead_letter::park(&mut begun.transaction, key, entry, reason, attempts).await?;
    begun.commit(key).await
}

/// A transaction that has moved the checkpoint already, and holds the subscription's row.
struct Begun {
    transaction: sqlx::PgTransaction<'static>,
    since: Instant,
}

impl Begun {
    /// `None` if another process follows now.
    async fn at(
        pool: &PgPool,
        key: Key,
        lease: Lease,
        entries: &[RecordedEntry],
    ) -> Result<Option<Self>, sqlx::Error> {
        let mut transaction = pool.begin().await?;
        let position = entries.last().map_or(lease.position, |it| it.position);
        let since = Instant::now();
        if !lease::advance(&mut transaction, key, lease, position).await? {
            transaction.rollback().await?;
            return Ok(None);
        }
        Ok(Some(Self { transaction, since }))
    }

    async fn commit(mut self, key: Key) -> Result<Outcome, sqlx::Error> {
        if RENEW_EVERY <= self.since.elapsed() {
            lease::prolong(&mut self.transaction, key).await?;
        }
        self.transaction.commit().await?;
        Ok(Outcome::Committed)
    }
}

/// Calls the subscriber. A panic refuses the event: it would meet the next process as well.
pub(super) async fn call<S: Subscriber>(
    subscriber: &S,
    transaction: &mut PgConnection,
    entry: &RecordedEntry,
) -> Result<(), HandleError> {
    AssertUnwindSafe(subscriber.handle(transaction, entry))
        .catch_unwind()
        .await
        .unwrap_or_else(|_| Err(HandleError::panicked()))
}

async fn call_all<S: Subscriber>(
    subscriber: &S,
    transaction: &mut PgConnection,
    entries: &[&RecordedEntry],
) -> Result<(), NotAll> {
    let handled = AssertUnwindSafe(subscriber.handle_all(transaction, entries)).catch_unwind();
    let panicked = || NotAll { index: 0, error: HandleError::panicked() };
    handled.await.unwrap_or_else(|_| Err(panicked()))
}

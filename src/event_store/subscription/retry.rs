//! Handling parked events again, when what they stumbled over is mended.

use sqlx::PgPool;

use super::key::Key;
use super::{FollowError, HandleError, Subscriber, batch, dead_letter, lease, reader};

/// What a retry came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Retried {
    /// Events that have their effect now.
    pub handled: u64,
    /// Events that are still parked.
    pub left: i64,
}

enum Attempt {
    Handled,
    Refused,
    NothingLeft,
}

/// Handles a subscriber's parked events again, stream by stream in order, each with its removal in
/// one transaction. A stream whose next event is refused again stays parked; the others go on.
///
/// Safe beside a running follower, and whichever process runs that.
///
/// # Errors
///
/// [`FollowError`]; what was handled before it stays handled.
pub async fn retry_dead_letters<S: Subscriber>(
    pool: &PgPool,
    subscriber: &S,
    shard: i16,
) -> Result<Retried, FollowError> {
    let key = Key::of::<S>(shard);
    let mut handled = 0;
    for stream in dead_letter::streams(pool, key).await? {
        while let Attempt::Handled = retry_next(pool, subscriber, key, &stream).await? {
            handled += 1;
        }
    }
    Ok(Retried { handled, left: dead_letter::count(pool, key).await? })
}

async fn retry_next<S: Subscriber>(
    pool: &PgPool,
    subscriber: &S,
    key: Key,
    stream: &str,
) -> Result<Attempt, FollowError> {
    let mut transaction = pool.begin().await?;
    // Keeps the follower from parking one more behind an event that is leaving.
    lease::lock(&mut transaction, key).await?;
    let Some(position) = dead_letter::first_of_stream(&mut transaction, key, stream).await? else {
        transaction.rollback().await?;
        return Ok(Attempt::NothingLeft);
    };
    let page = reader::read_after(&mut *transaction, key.shard, position - 1, 1).await?;
    for entry in &page.entries {
        match batch::call(subscriber, &mut transaction, entry).await {
            Ok(()) => {}
            Err(HandleError::Interrupted(error)) => return Err(error.into()),
            Err(HandleError::Refused(reason)) => {
                transaction.rollback().await?;
                dead_letter::note_refusal(pool, key, position, &reason).await?;
                return Ok(Attempt::Refused);
            }
        }
    }
    dead_letter::remove(&mut transaction, key, position).await?;
    transaction.commit().await?;
    Ok(Attempt::Handled)
}

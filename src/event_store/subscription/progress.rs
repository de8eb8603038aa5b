//! How far a subscription has followed the log, for pages that tell of what it writes.

use chrono::TimeDelta;
use sqlx::{FromRow, PgConnection};

use super::Subscriber;
use crate::domain::Timestamp;

/// Lying further behind than this is said to people.
const BEHIND_MAX: TimeDelta = TimeDelta::minutes(1);

/// How much of the log a subscription has taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Followed {
    /// All that is in it.
    Everything,
    /// All that was recorded before this moment, by the database's clock.
    Before(Timestamp),
    /// Nothing: no process has begun to follow.
    Nothing,
}

impl Followed {
    /// Before which moment alone it is complete, if that is worth a word at `now`.
    pub fn lies_behind(self, now: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Before(at) if at < now - BEHIND_MAX => Some(at),
            Self::Before(_) | Self::Everything | Self::Nothing => None,
        }
    }
}

/// How far a subscription is, and where its effects are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// How much of the log.
    pub followed: Followed,
    /// Which of its generations is read.
    pub generation: i32,
}

#[derive(FromRow)]
struct ProgressRow {
    position: Option<i64>,
    generation: Option<i32>,
    head: i64,
    next_at: Option<Timestamp>,
}

/// How far a subscription is at this moment.
///
/// # Errors
///
/// The database's.
pub async fn progress_of<S: Subscriber>(
    snapshot: &mut PgConnection,
    shard: i16,
) -> Result<Progress, sqlx::Error> {
    let row: ProgressRow = sqlx::query_as(
        "SELECT it.position, it.generation, head.position AS head, next.recorded_at AS next_at
         FROM event_head head
         LEFT JOIN subscription it ON it.name = $1 AND it.shard = head.shard AND it.is_live
         LEFT JOIN event next ON next.shard = head.shard AND next.position = it.position + 1
         WHERE head.shard = $2",
    )
    .bind(S::NAME)
    .bind(shard)
    .fetch_one(snapshot)
    .await?;
    let followed = match (row.position, row.next_at) {
        (None, _) => Followed::Nothing,
        (Some(position), _) if row.head <= position => Followed::Everything,
        (Some(_), Some(next_at)) => Followed::Before(next_at),
        // What comes next is not in the log any more: nobody can take it in.
        (Some(_), None) => Followed::Nothing,
    };
    Ok(Progress { followed, generation: row.generation.unwrap_or(S::GENERATION) })
}

//! Reading the log in order, and trusting nothing that it says about itself.
//!
//! Positions have no gaps and every entry has its digest, so a missing or changed row is evidence
//! that somebody went past the append function. It is an error here, never skipped.

use sha2::{Digest, Sha256};
use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgExecutor, Row};
use thiserror::Error;

use crate::event_store::RecordedEntry;

/// Some entries in position order, and where the log ended when they were read.
#[derive(Clone, Debug)]
pub struct Page {
    /// The entries right after the position asked for, without gaps.
    pub entries: Vec<RecordedEntry>,
    /// The last position of the shard at that moment; 0 for an empty log.
    pub head: i64,
}

/// Why the log could not be read.
#[derive(Debug, Error)]
pub enum ReadError {
    /// A position that the log has handed out is not there.
    #[error("the log has a gap: position {position} of shard {shard} is missing")]
    Gap {
        /// The shard.
        shard: i16,
        /// The first position that is missing.
        position: i64,
    },
    /// An entry's bytes are not those that were recorded.
    #[error("the log was altered: position {position} of shard {shard} has another digest")]
    Altered {
        /// The shard.
        shard: i16,
        /// Where the entry stands.
        position: i64,
    },
    /// The log ends before a position that was read from it earlier.
    #[error("the log was cut: shard {shard} ends at {head}, before position {after}")]
    Cut {
        /// The shard.
        shard: i16,
        /// The last position that the log knows.
        head: i64,
        /// The position after which to read.
        after: i64,
    },
    /// There is no such shard.
    #[error("there is no shard {0}")]
    NoSuchShard(i16),
    /// The database did not answer.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// Reads the at most `limit` entries that follow position `after`: 0 for the beginning.
///
/// # Errors
///
/// - [`ReadError::Gap`], [`ReadError::Altered`], [`ReadError::Cut`]: the log was tampered with.
/// - [`ReadError::NoSuchShard`], [`ReadError::Database`].
pub async fn read_after(
    executor: impl PgExecutor<'_>,
    shard: i16,
    after: i64,
    limit: i64,
) -> Result<Page, ReadError> {
    // One statement, so that the head and the entries are of the same moment. A range instead of
    // LIMIT, since there are no gaps: only the partitions that hold it are looked at.
    let rows = sqlx::query(
        "SELECT head.position AS head, event.*
         FROM event_head head LEFT JOIN event
           ON event.shard = $1 AND $2 < event.position AND event.position <= $2 + $3
         WHERE head.shard = $1
         ORDER BY event.position",
    )
    .bind(shard)
    .bind(after)
    .bind(limit)
    .fetch_all(executor)
    .await?;
    let head = rows.first().ok_or(ReadError::NoSuchShard(shard))?.try_get("head")?;
    let page = Page { entries: entries(&rows)?, head };
    if head < after {
        return Err(ReadError::Cut { shard, head, after });
    }
    verify(&page, shard, after, limit)?;
    Ok(page)
}

/// The joined rows that hold an entry: an empty page is one row of NULLs beside the head.
fn entries(rows: &[PgRow]) -> Result<Vec<RecordedEntry>, sqlx::Error> {
    let mut entries = Vec::with_capacity(rows.len());
    for row in rows {
        if row.try_get::<Option<i64>, _>("position")?.is_some() {
            entries.push(RecordedEntry::from_row(row)?);
        }
    }
    Ok(entries)
}

fn verify(page: &Page, shard: i16, after: i64, limit: i64) -> Result<(), ReadError> {
    let mut last = after;
    for entry in &page.entries {
        let position = last + 1;
        if entry.position != position {
            return Err(ReadError::Gap { shard, position });
        }
        if Sha256::digest(&entry.entry).as_slice() != entry.digest {
            return Err(ReadError::Altered { shard, position });
        }
        last = position;
    }
    if last < page.head.min(after.saturating_add(limit)) {
        return Err(ReadError::Gap { shard, position: last + 1 });
    }
    Ok(())
}

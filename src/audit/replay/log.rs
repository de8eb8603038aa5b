//! Reads every entry in the order of the log: none missing, none changed, none out of order.

use sqlx::{FromRow, PgPool};

use super::{Damage, OnProgress, Phase, Progress, Report};
use crate::{domain::Timestamp, event_store::RecordedEntry};

/// Entries that are held at once; each is at most 64,000 bytes.
const ENTRIES_PER_PAGE: i64 = 1_000;

#[derive(FromRow)]
struct Head {
    shard: i16,
    position: i64,
    last_found: Option<i64>,
    counted: i64,
}

#[derive(FromRow)]
struct Entry {
    #[sqlx(flatten)]
    recorded: RecordedEntry,
    has_stream: bool,
}

/// Checks all entries that there are now. Gives how many there should be.
pub(super) async fn check_entries(
    pool: &PgPool,
    report: &mut Report,
    on_progress: OnProgress<'_>,
) -> Result<i64, sqlx::Error> {
    let heads: Vec<Head> = sqlx::query_as(
        "SELECT shard, position,
                (SELECT max(position) FROM event e WHERE e.shard = h.shard) AS last_found,
                (SELECT coalesce(sum(version), 0) FROM stream s WHERE s.shard = h.shard)::bigint
                AS counted
         FROM event_head h ORDER BY shard",
    )
    .fetch_all(pool)
    .await?;
    let total = heads.iter().map(|it| it.position).sum();
    for Head { shard, position: head, last_found, counted } in heads {
        if let Some(position) = last_found.filter(|it| head < *it) {
            report.damage.push(Damage::BeyondHead { position, head });
        }
        if counted != head {
            report.damage.push(Damage::Uncounted { counted, head });
        }
        let mut order = Order::default();
        while order.last < head {
            let page = page(pool, shard, order.last, head).await?;
            if page.is_empty() {
                report.damage.push(Damage::Missing { first: order.last + 1, last: head });
                break;
            }
            for entry in page {
                order.take(entry, report);
            }
            let done = report.events;
            on_progress(Progress { phase: Phase::Entries, done, total });
        }
    }
    Ok(total)
}

async fn page(pool: &PgPool, shard: i16, after: i64, to: i64) -> Result<Vec<Entry>, sqlx::Error> {
    sqlx::query_as(
        "SELECT shard, position, stream, version, type, recorded_at, entry, digest,
                EXISTS (SELECT FROM stream s WHERE s.stream = e.stream) AS has_stream
         FROM event e WHERE shard = $1 AND $2 < position AND position <= $3
         ORDER BY position LIMIT $4",
    )
    .bind(shard)
    .bind(after)
    .bind(to)
    .bind(ENTRIES_PER_PAGE)
    .fetch_all(pool)
    .await
}

/// What an entry is held against: the one before it.
#[derive(Default)]
struct Order {
    last: i64,
    recorded_at: Timestamp,
}

impl Order {
    fn take(&mut self, Entry { recorded, has_stream }: Entry, report: &mut Report) {
        let position = recorded.position;
        if self.last + 1 < position {
            report.damage.push(Damage::Missing { first: self.last + 1, last: position - 1 });
        }
        if !recorded.is_unchanged() {
            report.damage.push(Damage::Digest(position));
        }
        if recorded.recorded_at < self.recorded_at {
            report.damage.push(Damage::Order(position));
        }
        if !has_stream {
            report.damage.push(Damage::NoStream { position, stream: recorded.stream });
        }
        report.events += 1;
        *self = Self { last: position, recorded_at: recorded.recorded_at };
    }
}

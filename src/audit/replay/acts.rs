//! Looks for acts again, and compares what is found with the rows that people read.
//!
//! They are kept by a follower, so they are compared as of where it stands at the moment of each page:
//! what comes later has no row yet.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use sqlx::{PgConnection, PgPool};

use super::{ColumnDifference, Difference, DifferenceKind};
use crate::{
    acts::{ActRow, Acts, acts_of, insert_acts},
    event_store::{RecordedEntry, StoredStream, subscription::Subscriber as _},
    ids::SHARD,
};

/// By stream and version.
type Rows = BTreeMap<(String, i64), ActRow>;

/// A row that is not what the log says: that, and what is there.
pub(super) struct Misplaced {
    generation: i32,
    found: Option<ActRow>,
    stored: Option<ActRow>,
}

/// All rows of the streams after `after`, up to those of a page, that are not what the log says. After the
/// last page, all that are left: they belong to no stream.
pub(super) async fn misplaced(
    snapshot: &mut PgConnection,
    after: &str,
    page: &[StoredStream],
) -> Result<Vec<Misplaced>, sqlx::Error> {
    let stands: Option<(i32, i64)> = sqlx::query_as(
        "SELECT generation, position FROM subscription WHERE name = $1 AND shard = $2 AND is_live",
    )
    .bind(Acts::NAME)
    .bind(SHARD)
    .fetch_optional(&mut *snapshot)
    .await?;
    let (generation, position) = stands.unwrap_or((Acts::GENERATION, 0));
    let entries = page.iter().flat_map(|it| &it.entries);
    let entries: Vec<&RecordedEntry> = entries.filter(|it| it.position <= position).collect();
    // What cannot be read is told of as damage.
    let found = acts_of(snapshot, &entries).await?.into_iter().filter_map(|(_, row)| row.ok());
    let found = by_place(found);
    let stored: Vec<ActRow> = sqlx::query_as(
        "SELECT * FROM act WHERE generation = $1 AND $2 < stream AND ($3 IS NULL OR stream <= $3)",
    )
    .bind(generation)
    .bind(after)
    .bind(page.last().map(|it| it.name.as_str()))
    .fetch_all(snapshot)
    .await?;
    let stored = by_place(stored.into_iter());
    let places = found.keys().chain(stored.keys().filter(|it| !found.contains_key(*it)));
    let pairs = places.map(|it| (found.get(it), stored.get(it)));
    let wrong = pairs.filter(|(found, stored)| found != stored);
    let wrong = wrong.map(|(found, stored)| {
        let (found, stored) = (found.cloned(), stored.cloned());
        Misplaced { generation, found, stored }
    });
    Ok(wrong.collect())
}

fn by_place(rows: impl Iterator<Item = ActRow>) -> Rows {
    rows.map(|it| ((it.stream.clone(), it.version), it)).collect()
}

/// Puts these right, beside a follower that goes on: each row is what one event comes to, so it is written
/// again, whatever else is.
pub(super) async fn mend(pool: &PgPool, wrong: &[Misplaced]) -> Result<(), sqlx::Error> {
    let mut transaction = pool.begin().await?;
    for it in wrong {
        if let Some(ActRow { stream, version, .. }) = &it.stored {
            sqlx::query("DELETE FROM act WHERE generation = $1 AND stream = $2 AND version = $3")
                .bind(it.generation)
                .bind(stream)
                .bind(version)
                .execute(&mut *transaction)
                .await?;
        }
        if let Some(row) = &it.found {
            insert_acts(&mut transaction, it.generation, std::slice::from_ref(row)).await?;
        }
    }
    transaction.commit().await
}

impl From<Misplaced> for Difference {
    fn from(it: Misplaced) -> Self {
        let Misplaced { found, stored, .. } = it;
        let place = found.as_ref().or(stored.as_ref());
        let (stream, version) = place.map(|it| (it.stream.clone(), it.version)).unwrap_or_default();
        let kind = match (found, stored) {
            (Some(found), Some(stored)) => {
                DifferenceKind::Changed { columns: columns(&found, &stored), is_ahead: false }
            }
            (Some(_), None) => DifferenceKind::Missing,
            (None, _) => DifferenceKind::Unexpected,
        };
        Self { table: "act", id: format!("{stream} {version}"), stream, kind }
    }
}

fn columns(found: &ActRow, stored: &ActRow) -> Vec<ColumnDifference> {
    let stored = values(stored);
    let wrong = values(found).into_iter().filter(|(name, value)| stored.get(name) != Some(value));
    let difference = |(column, folded): (String, Value)| ColumnDifference {
        stored: stored.get(&column).cloned(),
        column,
        folded: Some(folded),
    };
    wrong.map(difference).collect()
}

fn values(it: &ActRow) -> Map<String, Value> {
    let columns = [
        ("position", json!(it.position)),
        ("recorded_at", json!(it.recorded_at)),
        ("type", json!(it.event_type)),
        ("studio_id", json!(it.studio_id)),
        ("game_id", json!(it.game_id)),
        ("world", json!(it.world)),
        ("kind", json!(it.kind)),
        ("actor", json!(it.actor)),
        ("stay_position", json!(it.stay_position)),
    ];
    columns.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

//! Looks for acts again, and compares what is found with the rows that people read.
//!
//! They are kept by a follower, so they are compared as of where it stands at the moment of each page:
//! what comes later has no row yet.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use sqlx::{PgConnection, PgPool};

use super::{ColumnDifference, Difference, DifferenceKind};
use crate::{
    acts::{ActRow, Acts, NoRow, acts_of, insert_acts},
    event_store::{RecordedEntry, StoredStream, subscription::Subscriber as _},
    ids::SHARD,
};

/// A stream and a version.
type At = (String, i64);

/// A row that is not what the log says: that, and what is there.
pub(super) struct Misplaced {
    generation: i32,
    at: At,
    found: Found,
    stored: Option<ActRow>,
}

/// What the log says of a row.
#[derive(Clone, PartialEq, Eq)]
enum Found {
    Row(ActRow),
    /// There is an act, and not all that its row needs.
    Underivable(&'static str),
    Nothing,
}

impl Misplaced {
    /// Whether the log says what is to stand there.
    pub(super) fn can_be_mended(&self) -> bool {
        !matches!(self.found, Found::Underivable(_))
    }
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
    let found = acts_of(snapshot, &entries).await?.into_iter().filter_map(|(index, row)| {
        let entry = entries.get(index)?;
        let found = match row {
            Ok(row) => Found::Row(row),
            Err(NoRow::Unknown(reason)) => Found::Underivable(reason),
            // Told of as damage.
            Err(NoRow::Unreadable(_)) => return None,
        };
        Some(((entry.stream.clone(), entry.version), found))
    });
    let mut found: BTreeMap<At, Found> = found.collect();
    let stored: Vec<ActRow> = sqlx::query_as(
        "SELECT * FROM act WHERE generation = $1 AND $2 < stream AND ($3 IS NULL OR stream <= $3)",
    )
    .bind(generation)
    .bind(after)
    .bind(page.last().map(|it| it.name.as_str()))
    .fetch_all(snapshot)
    .await?;
    let mut wrong = vec![];
    for row in stored {
        let at = (row.stream.clone(), row.version);
        let found = found.remove(&at).unwrap_or(Found::Nothing);
        if !matches!(&found, Found::Row(it) if *it == row) {
            wrong.push(Misplaced { generation, at, found, stored: Some(row) });
        }
    }
    let without_row = |(at, found)| Misplaced { generation, at, found, stored: None };
    wrong.extend(found.into_iter().map(without_row));
    Ok(wrong)
}

/// Puts these right, beside a follower that goes on: each row is what one event comes to, so it is written
/// again, whatever else is.
pub(super) async fn mend(pool: &PgPool, wrong: &[Misplaced]) -> Result<(), sqlx::Error> {
    let mut transaction = pool.begin().await?;
    for it in wrong {
        if it.stored.is_some() {
            let (stream, version) = &it.at;
            sqlx::query("DELETE FROM act WHERE generation = $1 AND stream = $2 AND version = $3")
                .bind(it.generation)
                .bind(stream)
                .bind(version)
                .execute(&mut *transaction)
                .await?;
        }
        if let Found::Row(row) = &it.found {
            insert_acts(&mut transaction, it.generation, std::slice::from_ref(row)).await?;
        }
    }
    transaction.commit().await
}

impl From<Misplaced> for Difference {
    fn from(it: Misplaced) -> Self {
        let Misplaced { at: (stream, version), found, stored, .. } = it;
        let kind = match (found, stored) {
            (Found::Row(found), Some(stored)) => {
                DifferenceKind::Changed { columns: columns(&found, &stored), is_ahead: false }
            }
            (Found::Row(_), None) => DifferenceKind::Missing,
            (Found::Underivable(reason), _) => DifferenceKind::Underivable { reason },
            (Found::Nothing, _) => DifferenceKind::Unexpected,
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

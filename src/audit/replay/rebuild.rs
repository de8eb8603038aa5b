//! Writes folded rows in the place of those that differ, beside live writers.
//!
//! All of it under the head's lock, some streams at a time, so that appends wait for moments only.
//! A row is replaced only if no later version stands there; what that cannot put right is mended
//! only if the stream has not moved on.

use serde_json::{Map, Value, json};
use sqlx::{PgPool, types::Json};

use super::{
    Difference, DifferenceKind,
    compare::{READ_MODELS, differences},
    fold::{self, Folded},
};
use crate::event_store::{StreamKeys, snapshot, streams_named};

/// The most streams that are written while appends wait.
const STREAMS_AT_ONCE: usize = 50;

/// Puts `found` right, and gives what is still different afterwards.
pub(super) async fn rebuild(
    pool: &PgPool,
    keys: &StreamKeys,
    folded: &[Folded],
    found: Vec<Difference>,
) -> Result<Vec<Difference>, sqlx::Error> {
    let mut simple = vec![];
    let mut touched = vec![];
    for it in folded {
        let of_stream: Vec<&Difference> =
            found.iter().filter(|difference| difference.stream == it.stream).collect();
        if of_stream.is_empty() {
            continue;
        }
        let gone = gone(&of_stream);
        if gone.is_empty() {
            simple.push(Json(&it.rows));
        } else {
            mend(pool, &it.stream, it.version, gone, &it.rows).await?;
        }
        touched.push(it.stream.as_str());
    }
    for some in simple.chunks(STREAMS_AT_ONCE) {
        sqlx::query("SELECT rebuild_read_models($1)").bind(some).execute(pool).await?;
    }
    still_different(pool, keys, &touched).await
}

/// Removes rows that belong to no stream.
pub(super) async fn remove(pool: &PgPool, found: &[Difference]) -> Result<(), sqlx::Error> {
    for it in found {
        mend(pool, &it.stream, 0, gone(&[it]), &json!({})).await?;
    }
    Ok(())
}

/// The rows that no write replaces, as `mend_read_models` takes them.
fn gone(of_stream: &[&Difference]) -> Map<String, Value> {
    let mut gone = Map::new();
    for it in of_stream {
        let is_gone = match it.kind {
            DifferenceKind::Missing | DifferenceKind::Underivable { .. } => false,
            DifferenceKind::Unexpected => true,
            DifferenceKind::Changed { is_ahead, .. } => is_ahead,
        };
        let model = READ_MODELS.iter().find(|model| is_gone && model.table == it.table);
        if let Some(model) = model
            && let Value::Array(ids) = gone.entry(model.key).or_insert_with(|| json!([]))
        {
            ids.push(it.id.clone().into());
        }
    }
    gone
}

async fn mend(
    pool: &PgPool,
    stream: &str,
    version: i64,
    gone: Map<String, Value>,
    rows: &Value,
) -> Result<(), sqlx::Error> {
    sqlx::query("SELECT mend_read_models($1, $2, $3, $4)")
        .bind(stream)
        .bind(version)
        .bind(Json(gone))
        .bind(Json(rows))
        .execute(pool)
        .await?;
    Ok(())
}

async fn still_different(
    pool: &PgPool,
    keys: &StreamKeys,
    streams: &[&str],
) -> Result<Vec<Difference>, sqlx::Error> {
    let mut snapshot = snapshot(pool).await?;
    let streams = streams_named(&mut snapshot, streams).await?;
    let folded: Vec<Folded> = streams.iter().filter_map(|it| fold::fold(it, keys).ok()).collect();
    let left = differences(&mut snapshot, &folded).await?;
    snapshot.commit().await?;
    Ok(left)
}

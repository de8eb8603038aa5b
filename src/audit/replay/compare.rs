//! Compares folded rows with the tables that the API reads, in both directions.
//!
//! Postgres itself turns the folded rows into rows of the table's type, as the append does, so
//! that two spellings of one value are no difference.

use futures::TryStreamExt;
use serde_json::{Map, Value};
use sqlx::{FromRow, PgConnection, PgPool, types::Json};

use super::{ColumnDifference, Difference, DifferenceKind, Found, fold::Folded};

/// One table that is written in the append's transaction.
pub(super) struct ReadModel {
    /// Its name.
    pub(super) table: &'static str,
    /// Its name among an aggregate's rows.
    pub(super) key: &'static str,
    /// The kind of stream that its rows follow from.
    kind: &'static str,
    /// The column that holds the aggregate's id.
    owner: &'static str,
    /// Columns whose values identify somebody or may do so: a report names them and no more.
    private: &'static [&'static str],
}

/// All of them.
pub(super) const READ_MODELS: [ReadModel; 6] = [
    model("session", "sessions", "session", "id", &["user_id", "return_url"]),
    model("payment", "payments", "session", "session_id", &["user_id"]),
    model("refund", "refunds", "session", "session_id", &["reason"]),
    model("game", "games", "game", "id", &[]),
    model("studio", "studios", "studio", "id", &[]),
    model("person", "people", "person", "id", &["email", "name"]),
];

const fn model(
    table: &'static str,
    key: &'static str,
    kind: &'static str,
    owner: &'static str,
    private: &'static [&'static str],
) -> ReadModel {
    ReadModel { table, key, kind, owner, private }
}

#[derive(FromRow)]
struct Pair {
    id: String,
    owner: String,
    folded: Option<Json<Map<String, Value>>>,
    stored: Option<Json<Map<String, Value>>>,
}

/// The rows of these streams that are not what they fold to.
pub(super) async fn differences(
    snapshot: &mut PgConnection,
    folded: &[Folded],
) -> Result<Vec<Difference>, sqlx::Error> {
    let mut found = vec![];
    for model in &READ_MODELS {
        let of_kind = || folded.iter().filter(|it| it.kind == model.kind);
        let owners: Vec<&str> = of_kind().map(|it| it.id.as_str()).collect();
        if owners.is_empty() {
            continue;
        }
        let rows: Vec<&Value> =
            of_kind().filter_map(|it| it.rows[model.key].as_array()).flatten().collect();
        let pairs: Vec<Pair> = sqlx::query_as(&model.query())
            .bind(Json(rows))
            .bind(owners)
            .fetch_all(&mut *snapshot)
            .await?;
        found.extend(pairs.into_iter().map(|it| model.difference(it)));
    }
    Ok(found)
}

/// Rows that belong to no stream at all.
pub(super) async fn rows_without_stream(pool: &PgPool) -> Result<Found<Difference>, sqlx::Error> {
    let mut found = Found::default();
    for model in &READ_MODELS {
        let ReadModel { table, owner, kind, .. } = model;
        let query = format!(
            "SELECT t.id, t.{owner} FROM {table} t
             WHERE NOT EXISTS (SELECT FROM stream s WHERE s.stream = '{kind}-' || t.{owner})
             ORDER BY t.id"
        );
        let mut rows = sqlx::query_as::<_, (String, String)>(&query).fetch(pool);
        while let Some((id, owner)) = rows.try_next().await? {
            let (stream, kind) = (model.stream(&owner), DifferenceKind::Unexpected);
            found.push(Difference { table, id, stream, kind });
        }
    }
    Ok(found)
}

impl ReadModel {
    fn query(&self) -> String {
        let Self { table, owner, .. } = self;
        format!(
            "SELECT coalesce(f.id, s.id) AS id, coalesce(f.owner, s.owner) AS owner,
                    f.it AS folded, s.it AS stored
             FROM (SELECT r.id, r.{owner} AS owner, to_jsonb(r) AS it
                   FROM jsonb_populate_recordset(NULL::{table}, $1) r) f
             FULL JOIN (SELECT t.id, t.{owner} AS owner, to_jsonb(t) AS it
                        FROM {table} t WHERE t.{owner} = ANY ($2)) s ON f.id = s.id
             WHERE f.it IS DISTINCT FROM s.it ORDER BY 1"
        )
    }

    fn stream(&self, owner: &str) -> String {
        format!("{}-{owner}", self.kind)
    }

    fn difference(&self, pair: Pair) -> Difference {
        let Pair { id, owner, folded, stored } = pair;
        let kind = match (folded, stored) {
            (Some(Json(folded)), Some(Json(stored))) => DifferenceKind::Changed {
                columns: columns(&folded, &stored, self.private),
                is_ahead: folded["version"].as_i64() < stored["version"].as_i64(),
            },
            (Some(_), None) => DifferenceKind::Missing,
            (None, _) => DifferenceKind::Unexpected,
        };
        Difference { table: self.table, id, stream: self.stream(&owner), kind }
    }
}

fn columns(
    folded: &Map<String, Value>,
    stored: &Map<String, Value>,
    private: &[&str],
) -> Vec<ColumnDifference> {
    let differs = folded.iter().filter(|(column, value)| stored.get(*column) != Some(*value));
    let difference = |(column, value): (&String, &Value)| {
        let is_public = !private.contains(&column.as_str());
        let shown = |value: Option<&Value>| value.filter(|_| is_public).cloned();
        let (folded, stored) = (shown(Some(value)), shown(stored.get(column)));
        ColumnDifference { column: column.clone(), folded, stored }
    };
    differs.map(difference).collect()
}

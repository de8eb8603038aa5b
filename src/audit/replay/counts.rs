//! Compares what the lists count with the rows that there are, and counts again what is wrong.

use chrono::NaiveDate;
use sqlx::{FromRow, PgPool};

use super::{ColumnDifference, Difference, DifferenceKind};

/// A count that is not what it should be: of one table, game, world, status and day.
#[derive(Debug, FromRow)]
pub(super) struct Miscount {
    kind: String,
    game_id: String,
    world: String,
    status: String,
    day: NaiveDate,
    /// How many the lists say there are.
    counted: i64,
    /// How many there are.
    there: i64,
}

/// All counts that are wrong, at one moment.
pub(super) async fn miscounts(pool: &PgPool) -> Result<Vec<Miscount>, sqlx::Error> {
    sqlx::query_as(
        "SELECT kind, game_id, world, status, day,
                coalesce(c.rows, 0) AS counted, coalesce(t.rows, 0) AS there
         FROM list_count c FULL JOIN (
             SELECT 'session' AS kind, game_id, world, status,
                    (created_at AT TIME ZONE 'UTC')::date AS day, count(*) AS rows
             FROM session GROUP BY 1, 2, 3, 4, 5
             UNION ALL
             SELECT 'payment', game_id, world, status,
                    (started_at AT TIME ZONE 'UTC')::date AS day, count(*)
             FROM payment GROUP BY 1, 2, 3, 4, 5
             UNION ALL
             SELECT 'refund', game_id, world, status,
                    (requested_at AT TIME ZONE 'UTC')::date AS day, count(*)
             FROM refund GROUP BY 1, 2, 3, 4, 5
         ) t USING (kind, game_id, world, status, day)
         WHERE coalesce(c.rows, 0) <> coalesce(t.rows, 0) ORDER BY 1, 2, 3, 4, 5",
    )
    .fetch_all(pool)
    .await
}

/// Counts these again, beside live writers; what is still wrong afterwards.
pub(super) async fn recount(
    pool: &PgPool,
    found: &[Miscount],
) -> Result<Vec<Miscount>, sqlx::Error> {
    for it in found {
        sqlx::query("SELECT recount_list($1, $2, $3, $4, $5)")
            .bind(&it.kind)
            .bind(&it.game_id)
            .bind(&it.world)
            .bind(&it.status)
            .bind(it.day)
            .execute(pool)
            .await?;
    }
    miscounts(pool).await
}

impl From<Miscount> for Difference {
    fn from(it: Miscount) -> Self {
        let column = ColumnDifference {
            column: "rows".to_owned(),
            folded: Some(it.there.into()),
            stored: Some(it.counted.into()),
        };
        Self {
            table: "list_count",
            id: format!("{} {} {} {} {}", it.kind, it.game_id, it.world, it.status, it.day),
            stream: it.kind,
            kind: DifferenceKind::Changed { columns: vec![column], is_ahead: false },
        }
    }
}

//! Counts the log again, and compares what comes out with the figures that people look at.
//!
//! They are counted by a follower, so they are compared as of where it stood when the replay began:
//! what came later is counted neither here nor there. Days are compared like hours, and mended as what they
//! are: the sums of hours, which are right by then.

use std::collections::{BTreeMap, BTreeSet};

use chrono::SecondsFormat;
use serde_json::{Value, json};
use sqlx::{FromRow, PgConnection, PgPool};

use super::{ColumnDifference, Difference, DifferenceKind, fold::FoldedAs};
use crate::{
    domain::Timestamp,
    event_store::{snapshot, subscription::Subscriber as _},
    figures::{Figure, FigureKey, Figures, Origin, Sums, count},
    ids::SHARD,
};

/// The figures as they stood at one moment, and what the log comes to up to there.
pub(super) struct Recount {
    generation: i32,
    /// What stands behind it is not counted yet.
    position: i64,
    hours: Sums,
    days: Sums,
    /// By the hour.
    counted: Sums,
}

/// Of what a figure is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Of {
    Hour,
    Day,
}

/// A figure that is not what the log comes to.
pub(super) struct Misfigured {
    of: Of,
    /// The hour of a day's is its first.
    key: FigureKey,
    /// What the table says; nothing, if it has no such row.
    stored: Figure,
    /// What the log comes to.
    counted: Figure,
}

#[derive(FromRow)]
struct Row {
    game_id: String,
    world: String,
    hour: Timestamp,
    kind: String,
    subject: String,
    exponent: i16,
    count: i64,
    minor_units: i64,
}

impl Recount {
    /// Reads the figures, and how far they are counted.
    pub(super) async fn begin(pool: &PgPool) -> Result<Self, sqlx::Error> {
        let mut snapshot = snapshot(pool).await?;
        let stands: Option<(i32, i64)> = sqlx::query_as(
            "SELECT generation, position FROM subscription
             WHERE name = $1 AND shard = $2 AND is_live",
        )
        .bind(Figures::NAME)
        .bind(SHARD)
        .fetch_optional(&mut *snapshot)
        .await?;
        let (generation, position) = stands.unwrap_or((Figures::GENERATION, 0));
        let hours = stored(&mut snapshot, HOURS, generation).await?;
        let days = stored(&mut snapshot, DAYS, generation).await?;
        snapshot.commit().await?;
        Ok(Self { generation, position, hours, days, counted: Sums::default() })
    }

    /// Counts what a session's stream tells.
    pub(super) fn count(&mut self, folded: &FoldedAs) {
        let FoldedAs::Session(_, events) = folded else { return };
        let Some(origin) = events.first().and_then(|(_, first)| Origin::of(first)) else { return };
        let counted = events.iter().take_while(|(position, _)| *position <= self.position);
        counted.for_each(|(_, event)| count(&mut self.counted, &origin, event));
    }

    /// All figures that are wrong.
    pub(super) fn misfigured(&self) -> Vec<Misfigured> {
        let mut wrong = differing(Of::Hour, &self.hours, &self.counted);
        wrong.extend(differing(Of::Day, &self.days, &self.counted.by_day()));
        wrong
    }

    /// Puts these right, beside a follower that goes on counting: by what is missing of each, whatever
    /// was added since. Those that it could not are given back.
    ///
    /// Events that the follower could not take are in the log like all others. They are counted hereby,
    /// and must not be once more.
    pub(super) async fn mend(
        &self,
        pool: &PgPool,
        found: Vec<Misfigured>,
    ) -> Result<Vec<Misfigured>, sqlx::Error> {
        let (can_be, left): (Vec<_>, Vec<_>) =
            found.into_iter().partition(|it| it.missing().is_some());
        let mut transaction = pool.begin().await?;
        // The follower's row: no batch is under way from here on.
        sqlx::query("SELECT FROM subscription WHERE name = $1 AND generation = $2 FOR UPDATE")
            .bind(Figures::NAME)
            .bind(self.generation)
            .execute(&mut *transaction)
            .await?;
        sqlx::query(
            "DELETE FROM dead_letter
             WHERE name = $1 AND generation = $2 AND shard = $3 AND position <= $4",
        )
        .bind(Figures::NAME)
        .bind(self.generation)
        .bind(SHARD)
        .bind(self.position)
        .execute(&mut *transaction)
        .await?;
        for it in can_be.iter().filter(|it| it.of == Of::Hour) {
            it.mend(&mut transaction, self.generation).await?;
        }
        // Those too whose hours were wrong: the schema has just changed them by as much.
        let days: BTreeSet<FigureKey> = can_be.iter().map(|it| it.key.of_day()).collect();
        for day in &days {
            add_up(&mut transaction, day, self.generation).await?;
        }
        for nothing in [
            "DELETE FROM figure WHERE generation = $1 AND count = 0 AND minor_units = 0",
            "DELETE FROM figure_day WHERE generation = $1 AND count = 0 AND minor_units = 0",
        ] {
            sqlx::query(nothing).bind(self.generation).execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
        Ok(left)
    }
}

/// The figures that are stored otherwise than they were counted.
fn differing(of: Of, Sums(stored): &Sums, Sums(counted): &Sums) -> Vec<Misfigured> {
    let mut all: BTreeMap<&FigureKey, (Figure, Figure)> = BTreeMap::new();
    for (key, stored) in stored {
        all.entry(key).or_default().0 = *stored;
    }
    for (key, counted) in counted {
        all.entry(key).or_default().1 = *counted;
    }
    let wrong = all.into_iter().filter(|(_, (stored, counted))| stored != counted);
    let wrong =
        wrong.map(|(key, (stored, counted))| Misfigured { of, key: key.clone(), stored, counted });
    wrong.collect()
}

impl Misfigured {
    /// By how much the figure is too small; `None`, if that is no number that it could hold.
    fn missing(&self) -> Option<(i64, i64)> {
        let minor_units = self.counted.minor_units.checked_sub(self.stored.minor_units)?;
        let count = self.counted.count.checked_sub(self.stored.count)?;
        Some((count, i64::try_from(minor_units).ok()?))
    }

    async fn mend(
        &self,
        transaction: &mut PgConnection,
        generation: i32,
    ) -> Result<(), sqlx::Error> {
        let (count, minor_units) = self.missing().unwrap_or_default();
        sqlx::query(
            "INSERT INTO figure AS it
                 (generation, game_id, world, hour, kind, subject, exponent, count, minor_units)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
             ON CONFLICT (game_id, world, generation, hour, kind, subject, exponent) DO UPDATE
             SET count = it.count + excluded.count,
                 minor_units = it.minor_units + excluded.minor_units",
        )
        .bind(generation)
        .bind(&self.key.game_id)
        .bind(&self.key.world)
        .bind(self.key.hour)
        .bind(&self.key.kind)
        .bind(&self.key.subject)
        .bind(self.key.exponent)
        .bind(count)
        .bind(minor_units)
        .execute(transaction)
        .await?;
        Ok(())
    }
}

/// Makes a day's figure the sum of its hours once more, as they are by now.
async fn add_up(
    transaction: &mut PgConnection,
    day: &FigureKey,
    generation: i32,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO figure_day
             (generation, game_id, world, day, kind, subject, exponent, count, minor_units)
         SELECT $1, $2, $3, ($4::timestamptz AT TIME ZONE 'UTC')::date, $5, $6, $7,
                coalesce(sum(count), 0)::bigint, coalesce(sum(minor_units), 0)::bigint
         FROM figure
         WHERE game_id = $2 AND world = $3 AND generation = $1
           AND $4 <= hour AND hour < $4 + interval '24 hours'
           AND kind = $5 AND subject = $6 AND exponent = $7
         ON CONFLICT (game_id, world, generation, day, kind, subject, exponent) DO UPDATE
         SET count = excluded.count, minor_units = excluded.minor_units",
    )
    .bind(generation)
    .bind(&day.game_id)
    .bind(&day.world)
    .bind(day.hour)
    .bind(&day.kind)
    .bind(&day.subject)
    .bind(day.exponent)
    .execute(transaction)
    .await
    .map(drop)
}

const HOURS: &str = "SELECT game_id, world, hour, kind, subject, exponent, count, minor_units
     FROM figure WHERE generation = $1";

const DAYS: &str = "SELECT game_id, world, day::timestamp AT TIME ZONE 'UTC' AS hour,
            kind, subject, exponent, count, minor_units
     FROM figure_day WHERE generation = $1";

async fn stored(
    snapshot: &mut PgConnection,
    sql: &str,
    generation: i32,
) -> Result<Sums, sqlx::Error> {
    let rows: Vec<Row> = sqlx::query_as(sql).bind(generation).fetch_all(snapshot).await?;
    let pair = |it: Row| {
        let Row { game_id, world, hour, kind, subject, exponent, count, minor_units } = it;
        let key = FigureKey { game_id, world, hour, kind, subject, exponent };
        (key, Figure { count, minor_units: minor_units.into() })
    };
    Ok(Sums(rows.into_iter().map(pair).collect()))
}

impl From<Misfigured> for Difference {
    fn from(it: Misfigured) -> Self {
        let Misfigured { of, key, stored, counted } = it;
        // Exact, also where no JSON number would be.
        let amount =
            |it: i128| i64::try_from(it).map_or_else(|_| json!(it.to_string()), Value::from);
        let columns = [
            ("count", json!(counted.count), json!(stored.count)),
            ("minor_units", amount(counted.minor_units), amount(stored.minor_units)),
        ];
        let wrong = columns.into_iter().filter(|(_, folded, stored)| folded != stored);
        let columns = wrong.map(|(column, folded, stored)| ColumnDifference {
            column: column.to_owned(),
            folded: Some(folded),
            stored: Some(stored),
        });
        let (table, at) = match of {
            Of::Hour => ("figure", key.hour.to_rfc3339_opts(SecondsFormat::Secs, true)),
            Of::Day => ("figure_day", key.hour.format("%Y-%m-%d").to_string()),
        };
        let FigureKey { game_id, world, kind, subject, .. } = key;
        Self {
            table,
            id: format!("{game_id} {world} {at} {kind} {subject}").trim_end().to_owned(),
            stream: kind,
            kind: DifferenceKind::Changed { columns: columns.collect(), is_ahead: false },
        }
    }
}

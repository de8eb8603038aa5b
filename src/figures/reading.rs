//! Reads what the hours or days of a span come to, and up to which moment of the log they are counted.

use chrono::{DurationRound, NaiveDate, TimeDelta};
use sqlx::{FromRow, PgConnection};

use super::{FigureKind, Figures};
use crate::{
    domain::{Timestamp, world::World},
    event_store::subscription::{self, Followed, Subscriber as _, progress_of},
    ids::SHARD,
};

/// Of what a bucket is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// One hour.
    Hour,
    /// One day, UTC: its span begins and ends with a day.
    Day,
}

/// Some whole hours after another, in two parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The beginning of the first hour.
    pub from: Timestamp,
    /// The beginning of the first hour that is summed apart from those before it.
    pub split: Timestamp,
    /// The end of the last hour.
    pub until: Timestamp,
}

/// What some hours come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sum {
    /// Of which of the spans asked for.
    pub span: usize,
    /// How many buckets of its span come before.
    pub bucket: usize,
    /// Whether the hours lie after the split.
    pub is_after_split: bool,
    /// What was counted.
    pub kind: FigureKind,
    /// A currency, a reason or a method; else empty.
    pub subject: String,
    /// Of money, its currency's digits after the point; else 0.
    pub exponent: u8,
    /// How often it happened.
    pub count: i64,
    /// What it came to.
    pub minor_units: i64,
}

/// Of what the figures are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// How far the log is counted.
    pub counted: Followed,
    /// Whether any event of the game's world could not be counted.
    pub has_parked: bool,
    /// Which rows are read.
    pub generation: i32,
}

/// How far the log is counted at this moment, for a game's world.
///
/// # Errors
///
/// The database's.
pub async fn progress(
    snapshot: &mut PgConnection,
    game_id: &str,
    world: World,
) -> Result<Progress, sqlx::Error> {
    let subscription::Progress { followed: counted, generation } =
        progress_of::<Figures>(snapshot, SHARD).await?;
    let has_parked = sqlx::query_scalar(
        "SELECT EXISTS (
             SELECT FROM dead_letter d JOIN session s ON s.id = substr(d.stream, length('session-') + 1)
             WHERE (d.name, d.generation, d.shard) = ($1, $2, $3)
               AND s.game_id = $4 AND s.world = $5)",
    )
    .bind(Figures::NAME)
    .bind(generation)
    .bind(SHARD)
    .bind(game_id)
    .bind(world.as_str())
    .fetch_one(snapshot)
    .await?;
    Ok(Progress { counted, has_parked, generation })
}

#[derive(FromRow)]
struct SumRow {
    bucket: i64,
    is_after_split: bool,
    kind: String,
    subject: String,
    exponent: i16,
    count: i64,
    minor_units: i64,
}

/// The sums of a game's world over these spans, in buckets from the span's beginning.
///
/// By the day, a row is read for each day, and rows of hours only of the day that is split.
///
/// # Errors
///
/// The database's.
pub async fn read(
    snapshot: &mut PgConnection,
    whose: (&str, World, i32),
    spans: &[Span],
    by: By,
) -> Result<Vec<Sum>, sqlx::Error> {
    let mut sums = vec![];
    for (index, span) in spans.iter().enumerate() {
        let rows = match by {
            By::Hour => read_hours(snapshot, whose, *span).await?,
            By::Day => read_days(snapshot, whose, *span).await?,
        };
        // A kind of another version is none of this one's.
        sums.extend(rows.into_iter().filter_map(|it| sum(index, it)));
    }
    Ok(sums)
}

async fn read_hours(
    snapshot: &mut PgConnection,
    (game_id, world, generation): (&str, World, i32),
    span: Span,
) -> Result<Vec<SumRow>, sqlx::Error> {
    sqlx::query_as(
        "SELECT extract(epoch FROM hour - $4)::bigint / 3600 AS bucket,
                $5 <= hour AS is_after_split, kind, subject, exponent, count, minor_units
         FROM figure
         WHERE game_id = $1 AND world = $2 AND generation = $3 AND $4 <= hour AND hour < $6
         ORDER BY hour, kind, subject, exponent",
    )
    .bind(game_id)
    .bind(world.as_str())
    .bind(generation)
    .bind(span.from)
    .bind(span.split)
    .bind(span.until)
    .fetch_all(snapshot)
    .await
}

async fn read_days(
    snapshot: &mut PgConnection,
    whose: (&str, World, i32),
    span: Span,
) -> Result<Vec<SumRow>, sqlx::Error> {
    let (game_id, world, generation) = whose;
    let split = span.split_day();
    let mut rows: Vec<SumRow> = sqlx::query_as(
        "SELECT (day - $4)::bigint AS bucket, $5 <= day AS is_after_split,
                kind, subject, exponent, count, minor_units
         FROM figure_day
         WHERE game_id = $1 AND world = $2 AND generation = $3 AND $4 <= day AND day < $6
           AND day IS DISTINCT FROM $7
         ORDER BY day, kind, subject, exponent",
    )
    .bind(game_id)
    .bind(world.as_str())
    .bind(generation)
    .bind(span.from.date_naive())
    .bind(span.split.date_naive())
    .bind(span.until.date_naive())
    .bind(split.map(|it| it.from.date_naive()))
    .fetch_all(&mut *snapshot)
    .await?;
    if let Some(day) = split {
        let bucket = (day.from - span.from).num_days();
        let hours = read_hours(snapshot, whose, day).await?;
        rows.extend(hours.into_iter().map(|it| SumRow { bucket, ..it }));
    }
    Ok(rows)
}

impl Span {
    /// The day within which the span is split, if it is not where a day begins.
    fn split_day(self) -> Option<Self> {
        let from = self.split.duration_trunc(TimeDelta::days(1)).ok()?;
        (from < self.split).then_some(Self { from, until: from + TimeDelta::days(1), ..self })
    }
}

fn sum(span: usize, row: SumRow) -> Option<Sum> {
    Some(Sum {
        span,
        bucket: row.bucket.try_into().ok()?,
        is_after_split: row.is_after_split,
        kind: FigureKind::parse(&row.kind)?,
        subject: row.subject,
        exponent: row.exponent.try_into().ok()?,
        count: row.count,
        minor_units: row.minor_units,
    })
}

/// The first day of which anything was counted of a game's world.
///
/// # Errors
///
/// The database's.
pub async fn first_day(
    snapshot: &mut PgConnection,
    (game_id, world, generation): (&str, World, i32),
) -> Result<Option<NaiveDate>, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT min(day) FROM figure_day WHERE game_id = $1 AND world = $2 AND generation = $3",
    )
    .bind(game_id)
    .bind(world.as_str())
    .bind(generation)
    .fetch_one(snapshot)
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_day_that_is_cut_is_read_by_the_hour() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let span = |split| Span {
            from: at("2026-11-01T00:00:00Z"),
            split: at(split),
            until: at("2026-12-01T00:00:00Z"),
        };
        let cut = span("2026-11-28T15:00:00Z").split_day().unwrap();
        assert_eq!((cut.from, cut.until), (at("2026-11-28T00:00:00Z"), at("2026-11-29T00:00:00Z")));
        assert_eq!(span("2026-11-28T00:00:00Z").split_day(), None);
        assert_eq!(span("2026-12-01T00:00:00Z").split_day(), None);
    }
}

//! One page of a list, newest first, and how many rows the whole list has: in one snapshot, so that
//! both are of one moment.
//!
//! No query passes over more rows than those of one day, or of one player or payment: `list_count`
//! leads to the rest. Knows neither who asks nor how much a request may ask for.

use chrono::{Days, NaiveDate, NaiveTime};
use sqlx::{FromRow, PgConnection, PgPool, Postgres, QueryBuilder, postgres::PgRow};

use crate::{
    domain::{Timestamp, world::World},
    event_store::{EXPLAIN, RUN, plan, snapshot},
};

/// A row that is listed.
pub trait Listed: for<'r> FromRow<'r, PgRow> + Send + Unpin {
    /// Its table, which is also its kind in `list_count`.
    const TABLE: &'static str;
    /// The column that says when it began.
    const BEGAN: &'static str;

    /// Statuses whose ranges of an index by status make up a whole list; none, if there is an index
    /// of all rows.
    fn statuses() -> Vec<&'static str>;
}

/// Which rows a list has.
#[derive(Clone, Copy, Debug)]
pub struct Filter<'a> {
    /// Whose.
    pub game_id: &'a str,
    /// Test or live.
    pub world: World,
    /// Of one player.
    pub user_id: Option<&'a str>,
    /// Of one payment.
    pub payment_id: Option<&'a str>,
    /// As on the wire.
    pub status: Option<&'a str>,
}

/// Which of the list's rows a page has.
#[derive(Clone, Debug)]
pub struct Window {
    /// At most how many.
    pub limit: u32,
    /// How many of the newest are passed over.
    pub offset: u32,
    /// Only rows before this one: when it began, and its id.
    pub before: Option<(Timestamp, String)>,
}

/// Some rows of a list.
#[derive(Clone, Debug)]
pub struct Page<R> {
    /// Newest first.
    pub rows: Vec<R>,
    /// How many the whole list has.
    pub total: i64,
    /// Whether there are more after these.
    pub has_more: bool,
}

/// Reads one page.
///
/// # Errors
///
/// If the database does not answer.
pub async fn page<R: Listed>(
    pool: &PgPool,
    filter: Filter<'_>,
    window: Window,
) -> Result<Page<R>, sqlx::Error> {
    let mut snapshot = snapshot(pool).await?;
    let (total, start) = filter.measure::<R>(&mut snapshot, &window).await?;
    let mut rows: Vec<R> = match start {
        Some(start) => {
            let mut query = filter.rows::<R>(RUN, &window, &start);
            // Planned for these values: a plan for any limit would read the whole table.
            query.build_query_as().persistent(false).fetch_all(&mut *snapshot).await?
        }
        None => vec![],
    };
    snapshot.commit().await?;
    let limit = usize::try_from(window.limit).unwrap_or(usize::MAX);
    let has_more = limit < rows.len();
    rows.truncate(limit);
    Ok(Page { rows, total, has_more })
}

/// How Postgres reads that page: the plan of each query, run and measured, in its own words.
///
/// # Errors
///
/// If the database does not answer.
pub async fn plans<R: Listed>(
    pool: &PgPool,
    filter: Filter<'_>,
    window: Window,
) -> Result<Vec<String>, sqlx::Error> {
    let mut snapshot = snapshot(pool).await?;
    let (_, start) = filter.measure::<R>(&mut snapshot, &window).await?;
    let rows = start.map(|it| filter.rows::<R>(EXPLAIN, &window, &it));
    let mut plans = vec![];
    for query in [filter.size::<R>(EXPLAIN)].into_iter().chain(rows) {
        plans.push(plan(&mut snapshot, query).await?);
    }
    Ok(plans)
}

/// Where a page begins.
#[derive(Debug, PartialEq, Eq)]
struct Start {
    /// Only rows that began before this.
    end: Option<Timestamp>,
    /// How many of those are passed over.
    offset: i64,
}

/// Leads to the day that holds the row after `offset` others, if there are more than those. `days`
/// are the latest first.
fn start(days: &[(NaiveDate, i64)], mut offset: i64) -> Option<Start> {
    for (day, rows) in days {
        if offset < *rows {
            let next = day.checked_add_days(Days::new(1));
            let end = next.map(|it| it.and_time(NaiveTime::MIN).and_utc());
            return Some(Start { end, offset });
        }
        offset -= rows;
    }
    None
}

impl<'a> Filter<'a> {
    /// Whether its rows are few enough to be counted.
    fn is_narrow(&self) -> bool {
        self.user_id.is_some() || self.payment_id.is_some()
    }

    /// How many rows the list has, and where the page begins in it, if it may have any.
    async fn measure<R: Listed>(
        &self,
        snapshot: &mut PgConnection,
        window: &Window,
    ) -> Result<(i64, Option<Start>), sqlx::Error> {
        let mut query = self.size::<R>(RUN);
        let offset = window.offset.into();
        if self.is_narrow() {
            let total = query.build_query_scalar().persistent(false).fetch_one(snapshot).await?;
            return Ok((total, Some(Start { end: None, offset })));
        }
        let days: Vec<(NaiveDate, i64)> = query.build_query_as().fetch_all(snapshot).await?;
        Ok((days.iter().map(|(_, rows)| rows).sum(), start(&days, offset)))
    }

    /// How many rows there are: of each day, the latest first; or in all, where they are few.
    fn size<R: Listed>(&self, prefix: &str) -> QueryBuilder<'a, Postgres> {
        if self.is_narrow() {
            let count = format!("{prefix}SELECT count(*) FROM {}", R::TABLE);
            let mut query = QueryBuilder::new(count);
            self.push(&mut query, self.status);
            return query;
        }
        let days = format!("{prefix}SELECT day, sum(rows)::bigint FROM list_count");
        let mut query = QueryBuilder::new(days);
        self.push(&mut query, self.status);
        query.push(" AND kind = ").push_bind(R::TABLE);
        query.push(" GROUP BY day ORDER BY day DESC");
        query
    }

    /// One row more than the page has, if there is one. Ids come from an index alone, but for a player's
    /// rows; only the page's own rows are read whole.
    fn rows<R: Listed>(
        &self,
        prefix: &str,
        window: &Window,
        start: &Start,
    ) -> QueryBuilder<'a, Postgres> {
        let (table, began) = (R::TABLE, R::BEGAN);
        let rows = i64::from(window.limit) + 1;
        let mut query = QueryBuilder::new(format!("{prefix}SELECT t.* FROM (SELECT * FROM ("));
        for (number, status) in self.ranges::<R>().into_iter().enumerate() {
            query.push(if number == 0 { "(" } else { ") UNION ALL (" });
            query.push(format!("SELECT {began} AS began, id FROM {table}"));
            self.push(&mut query, status);
            if let Some(end) = start.end {
                query.push(format!(" AND {began} < ")).push_bind(end);
            }
            if let Some((at, id)) = window.before.clone() {
                query.push(format!(" AND ({began}, id) < (")).push_bind(at);
                query.push(", ").push_bind(id).push(")");
            }
            // Each range by itself: merged as they are, they would be read to their ends and sorted.
            query.push(format!(" ORDER BY {began} DESC, id DESC LIMIT "));
            query.push_bind(start.offset.saturating_add(rows));
        }
        query.push(")) ranges ORDER BY began DESC, id DESC OFFSET ").push_bind(start.offset);
        query.push(" LIMIT ").push_bind(rows);
        query.push(format!(
            ") page JOIN {table} t ON t.id = page.id ORDER BY page.began DESC, page.id DESC"
        ));
        query
    }

    /// The status of each range of an index that the list is made of.
    fn ranges<R: Listed>(&self) -> Vec<Option<&'a str>> {
        if self.status.is_some() || self.is_narrow() || R::statuses().is_empty() {
            return vec![self.status];
        }
        R::statuses().into_iter().map(Some).collect()
    }

    fn push(&self, query: &mut QueryBuilder<'a, Postgres>, status: Option<&'a str>) {
        query.push(" WHERE game_id = ").push_bind(self.game_id);
        query.push(" AND world = ").push_bind(self.world.as_str());
        let others =
            [("user_id", self.user_id), ("payment_id", self.payment_id), ("status", status)];
        for (column, value) in others {
            if let Some(value) = value {
                query.push(format!(" AND {column} = ")).push_bind(value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(of_month: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, of_month).unwrap()
    }

    #[test]
    fn an_offset_begins_in_the_day_that_holds_its_row() {
        let days = [(day(27), 3), (day(25), 2)];
        let midnight = |of_month| Some(day(of_month).and_time(NaiveTime::MIN).and_utc());
        for (offset, end, left) in
            [(0, midnight(28), 0), (2, midnight(28), 2), (3, midnight(26), 0), (4, midnight(26), 1)]
        {
            assert_eq!(start(&days, offset), Some(Start { end, offset: left }), "{offset}");
        }
    }

    #[test]
    fn an_offset_past_the_end_finds_nothing() {
        assert_eq!(start(&[(day(27), 3)], 3), None);
        assert_eq!(start(&[], 0), None);
    }
}

//! How an endpoint does: whether it is left alone, what waits, and what came of its attempts hour by hour.
//!
//! Reads only, and never more than so much, however long the endpoint's history: hours are counted when
//! attempts are written down (by the schema), and of what waits only some is looked at.

use chrono::TimeDelta;
use sqlx::{FromRow, PgPool};

use crate::domain::{Timestamp, id::EndpointId};

/// What is told of the last day is of the hours that began within it.
pub const HEALTH_DAY: TimeDelta = TimeDelta::hours(24);

/// How far back hours are read.
pub const HEALTH_DAYS: i64 = 7;

/// How long hours are kept: a day more than they are read.
const HOURS_KEPT: TimeDelta = TimeDelta::days(HEALTH_DAYS + 1);

/// The most messages that are counted of those that wait, and of those that were given up.
pub const COUNTED_MAX: i64 = 10_000;

/// Up to how many milliseconds each of [`Hour::durations`] reaches; the last one is the sender's
/// deadline.
const DURATIONS_MS: [u32; 10] = [10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000];

/// How an endpoint does.
#[derive(Clone, Debug)]
pub struct Health {
    /// Failures since the last delivery, and since when.
    pub failing: Option<Failing>,
    /// What waits to be sent, for the first time or again.
    pub waiting: Counted,
    /// What was given up and not handed in again.
    pub given_up: Counted,
    /// Hours in which attempts were made, the oldest first, of the last [`HEALTH_DAYS`].
    pub hours: Vec<Hour>,
}

/// An endpoint that did not take the last message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failing {
    /// How many attempts have failed, one after the other.
    pub failures: i32,
    /// When the first of them was.
    pub since: Option<Timestamp>,
    /// Until when it is left alone, if it is.
    pub rests_until: Option<Timestamp>,
}

/// How many messages there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromRow)]
pub struct Counted {
    /// At most [`COUNTED_MAX`].
    pub count: i64,
    /// Whether there are more than that.
    pub is_more: bool,
    /// When the oldest of those that were counted was noted.
    pub oldest: Option<Timestamp>,
}

/// What came of the attempts of an hour.
#[derive(Clone, Debug, Default, PartialEq, Eq, FromRow)]
pub struct Hour {
    /// When it began.
    pub hour: Timestamp,
    /// How many attempts were made.
    pub attempts: i64,
    /// How many of them were taken.
    pub delivered: i64,
    /// How many were the first of a message, or the first since it was handed in again.
    pub first_attempts: i64,
    /// How many of those were taken.
    pub first_delivered: i64,
    /// How many of those that were answered, or not in time, took how long: see [`Hour::within_ms`].
    pub durations: Vec<i64>,
}

#[derive(FromRow)]
struct LaneRow {
    failures: i32,
    failing_since: Option<Timestamp>,
    open_until: Option<Timestamp>,
}

impl Hour {
    /// Several as one that began with the first of them.
    pub fn sum<'a>(hours: impl IntoIterator<Item = &'a Self>) -> Self {
        let mut sum = Self { durations: vec![0; DURATIONS_MS.len()], ..Self::default() };
        for it in hours {
            if sum.attempts == 0 {
                sum.hour = it.hour;
            }
            sum.attempts += it.attempts;
            sum.delivered += it.delivered;
            sum.first_attempts += it.first_attempts;
            sum.first_delivered += it.first_delivered;
            for (sum, more) in sum.durations.iter_mut().zip(&it.durations) {
                *sum += more;
            }
        }
        sum
    }

    /// Within how many milliseconds so many percent were answered; `None`, if none was.
    ///
    /// The smallest of a few limits of which that is true, so that no attempt need be read.
    pub fn within_ms(&self, percent: i64) -> Option<u32> {
        let all: i64 = self.durations.iter().sum();
        let mut so_far = 0;
        DURATIONS_MS.into_iter().zip(&self.durations).find_map(|(limit_ms, count)| {
            so_far += count;
            (0 < all && percent * all <= so_far * 100).then_some(limit_ms)
        })
    }
}

/// How an endpoint does `now`.
///
/// # Errors
///
/// If the database does not answer.
pub async fn health(
    pool: &PgPool,
    endpoint_id: &EndpointId,
    now: Timestamp,
) -> Result<Health, sqlx::Error> {
    let id = endpoint_id.as_str();
    let lane: Option<LaneRow> = sqlx::query_as(
        "SELECT failures, failing_since, open_until FROM webhook_lane WHERE endpoint_id = $1",
    )
    .bind(id)
    .fetch_optional(pool)
    .await?;
    let failing = lane.map(|it| Failing {
        failures: it.failures,
        since: it.failing_since,
        rests_until: it.open_until.filter(|until| now < *until),
    });
    let hours = sqlx::query_as(
        "SELECT hour, attempts, delivered, first_attempts, first_delivered,
                ARRAY[within_10_ms, within_25_ms, within_50_ms, within_100_ms, within_250_ms,
                      within_500_ms, within_1000_ms, within_2500_ms, within_5000_ms, longer]
                AS durations
         FROM webhook_hour WHERE endpoint_id = $1 AND $2 < hour ORDER BY hour",
    )
    .bind(id)
    .bind(now - TimeDelta::days(HEALTH_DAYS))
    .fetch_all(pool)
    .await?;
    Ok(Health {
        failing: failing.filter(|it| 0 < it.failures || it.rests_until.is_some()),
        waiting: count(pool, "webhook_due", id).await?,
        given_up: count(pool, "webhook_dead", id).await?,
        hours,
    })
}

async fn count(pool: &PgPool, table: &str, endpoint_id: &str) -> Result<Counted, sqlx::Error> {
    sqlx::query_as(&format!(
        "SELECT least(count(*), $2) AS count, $2 < count(*) AS is_more, min(noted_at) AS oldest
         FROM (SELECT noted_at FROM {table} WHERE endpoint_id = $1 LIMIT $2 + 1) it"
    ))
    .bind(endpoint_id)
    .bind(COUNTED_MAX)
    .fetch_one(pool)
    .await
}

/// Forgets hours that nobody reads any more.
pub(super) async fn forget_old_hours(pool: &PgPool) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM webhook_hour WHERE hour < now() - $1")
        .bind(HOURS_KEPT)
        .execute(pool)
        .await
        .map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hour(durations: [i64; 10]) -> Hour {
        Hour { attempts: 1, durations: durations.to_vec(), ..Hour::default() }
    }

    #[test]
    fn a_percentile_is_the_smallest_limit_that_holds_for_so_many() {
        let sum = Hour::sum([&hour([50, 44, 0, 0, 0, 0, 0, 0, 0, 6]), &hour([0; 10])]);
        assert_eq!((sum.within_ms(50), sum.within_ms(51)), (Some(10), Some(25)));
        assert_eq!((sum.within_ms(94), sum.within_ms(95)), (Some(25), Some(10_000)));
        assert_eq!(Hour::sum([]).within_ms(95), None);
        assert_eq!(sum.attempts, 2);
    }
}

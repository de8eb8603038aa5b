//! Every page is what a plain query over all rows would give.

use sqlx::{PgPool, raw_sql};
use toffeepay::projections::{
    list::{Filter, Listed, Window, page, plans},
    payment::PaymentRow,
    refund::RefundRow,
    session::SessionRow,
};

use super::rows::{ALL, add_payments_and_refunds, add_sessions, window};
use super::support::database::TestDatabase;

/// Sessions an hour apart: three weeks of them.
const SESSIONS: u64 = 500;

async fn filled() -> TestDatabase {
    let database = TestDatabase::new().await;
    add_sessions(&database.owner, 1, SESSIONS, "1 hour").await;
    // Two of one microsecond, as two processes may begin them.
    raw_sql("UPDATE session SET created_at = created_at + interval '1 hour' WHERE id LIKE '%00'")
        .execute(&database.owner)
        .await
        .unwrap();
    add_payments_and_refunds(&database.owner, 10).await;
    database
}

/// The ids that a plain query finds, newest first.
async fn all_ids<R: Listed>(owner: &PgPool, filter: Filter<'_>) -> Vec<String> {
    let mut sql = format!(
        "SELECT id FROM {} WHERE game_id = '{}' AND world = '{}'",
        R::TABLE,
        filter.game_id,
        filter.world
    );
    for (column, value) in
        [("user_id", filter.user_id), ("payment_id", filter.payment_id), ("status", filter.status)]
    {
        if let Some(value) = value {
            sql += &format!(" AND {column} = '{value}'");
        }
    }
    sql += &format!(" ORDER BY {} DESC, id DESC", R::BEGAN);
    sqlx::query_scalar(&sql).fetch_all(owner).await.unwrap()
}

trait Identified: Listed {
    fn id(&self) -> &str;
}

impl Identified for SessionRow {
    fn id(&self) -> &str {
        &self.id
    }
}

impl Identified for PaymentRow {
    fn id(&self) -> &str {
        &self.id
    }
}

impl Identified for RefundRow {
    fn id(&self) -> &str {
        &self.id
    }
}

/// Reads a list in pages of several lengths, by offset, and compares it with the plain query's.
async fn assert_pages<R: Identified>(database: &TestDatabase, filter: Filter<'_>) {
    let expected = all_ids::<R>(&database.owner, filter).await;
    let count = expected.len();
    assert!(count != 0, "{filter:?} finds nothing to compare");
    for limit in [1, 7, 250] {
        let offsets = (0..count).step_by(count.div_ceil(9)).chain([count - 1, count, count + 100]);
        for offset in offsets {
            let window = window(limit, offset.try_into().unwrap());
            let page = page::<R>(&database.service, filter, window).await.unwrap();
            let ids: Vec<&str> = page.rows.iter().map(Identified::id).collect();
            let length = usize::try_from(limit).unwrap();
            let wanted: Vec<&str> =
                expected.iter().skip(offset).take(length).map(String::as_str).collect();
            assert_eq!(ids, wanted, "{filter:?}, {limit} after {offset}");
            assert_eq!(page.total, i64::try_from(count).unwrap(), "{filter:?}");
            assert_eq!(page.has_more, offset + length < count, "{filter:?}, {limit} at {offset}");
        }
    }
}

#[tokio::test]
async fn a_page_of_sessions_is_what_a_plain_query_finds_whatever_is_asked_for() {
    let database = filled().await;
    for user_id in [None, Some("often"), Some("player_12")] {
        for status in [None, Some("pending"), Some("paid"), Some("expired")] {
            let filter = Filter { user_id, status, ..ALL };
            if user_id != Some("player_12") || status.is_none() {
                assert_pages::<SessionRow>(&database, filter).await;
            }
        }
    }
    assert_pages::<SessionRow>(&database, Filter { game_id: "other_game_7", ..ALL }).await;
}

#[tokio::test]
async fn a_page_of_payments_or_refunds_is_what_a_plain_query_finds() {
    let database = filled().await;
    assert_pages::<PaymentRow>(&database, ALL).await;
    assert_pages::<PaymentRow>(&database, Filter { user_id: Some("often"), ..ALL }).await;
    assert_pages::<RefundRow>(&database, ALL).await;
    assert_pages::<RefundRow>(&database, Filter { status: Some("succeeded"), ..ALL }).await;
    let payment_id = Some("pay_000000000010");
    assert_pages::<RefundRow>(&database, Filter { payment_id, ..ALL }).await;
}

#[tokio::test]
async fn sessions_of_one_moment_are_in_the_order_of_their_ids() {
    let database = TestDatabase::new().await;
    add_sessions(&database.owner, 1, 300, "0 s").await;
    for (user_id, status) in [(None, None), (Some("often"), None), (None, Some("paid"))] {
        assert_pages::<SessionRow>(&database, Filter { user_id, status, ..ALL }).await;
    }
}

#[tokio::test]
async fn page_after_page_by_the_last_ones_id_gives_each_row_once_while_newer_ones_arrive() {
    let database = filled().await;
    let expected = all_ids::<SessionRow>(&database.owner, ALL).await;
    let mut read: Vec<String> = vec![];
    let mut before = None;
    let mut next = SESSIONS + 1;
    loop {
        let window = Window { limit: 40, offset: 0, before: before.clone() };
        let page = page::<SessionRow>(&database.service, ALL, window).await.unwrap();
        read.extend(page.rows.iter().map(|it| it.id.clone()));
        before = page.rows.last().map(|it| (it.created_at, it.id.clone()));
        if !page.has_more {
            break;
        }
        add_sessions(&database.owner, next, 10, "1 hour").await;
        next += 10;
    }
    assert_eq!(read, expected);
}

#[tokio::test]
async fn counts_follow_every_change_of_the_rows() {
    let database = filled().await;
    let changes = [
        "UPDATE session SET status = 'paid', version = 2 WHERE status = 'pending' AND id LIKE '%9'",
        "UPDATE session SET page_opened_at = now() WHERE status = 'expired'",
        "DELETE FROM refund WHERE status = 'failed'",
        "UPDATE payment SET status = 'refunded' WHERE id LIKE '%20'",
        "DELETE FROM session WHERE created_at < '2026-01-03Z'",
    ];
    for change in changes {
        assert_ne!(raw_sql(change).execute(&database.owner).await.unwrap().rows_affected(), 0);
        assert_counts_are_right(&database.owner).await;
    }
}

async fn assert_counts_are_right(owner: &PgPool) {
    for (table, began) in
        [("session", "created_at"), ("payment", "started_at"), ("refund", "requested_at")]
    {
        let sql = format!(
            "SELECT count(*) FROM (SELECT game_id, world, status, day, rows FROM list_count
                                   WHERE kind = '{table}' AND rows <> 0) c
             FULL JOIN (SELECT game_id, world, status, ({began} AT TIME ZONE 'UTC')::date AS day,
                               count(*) AS rows FROM {table} GROUP BY 1, 2, 3, 4) t
             USING (game_id, world, status, day) WHERE c.rows IS DISTINCT FROM t.rows"
        );
        let wrong: i64 = sqlx::query_scalar(&sql).fetch_one(owner).await.unwrap();
        assert_eq!(wrong, 0, "{table}");
    }
}

/// A day's sessions and what is counted of all days: far from all 30,000.
const ROWS_READ_MAX: u64 = 2_000;

/// The most rows that any one step of a plan has looked at.
fn rows_read(plan: &str) -> u64 {
    let number_after = |line: &str, label: &str| {
        let (_, rest) = line.split_once(label)?;
        let digits = rest.trim_start().split(|it: char| !it.is_ascii_digit()).next()?;
        digits.parse::<u64>().ok()
    };
    let read = plan.lines().filter_map(|line| {
        let (_, actual) = line.split_once("(actual time=").unwrap_or(("", line));
        let rows =
            number_after(actual, " rows=").or_else(|| number_after(line, "Removed by Filter:"));
        Some(rows? * number_after(actual, " loops=").unwrap_or(1))
    });
    read.max().unwrap_or_else(|| panic!("no rows in {plan}"))
}

#[tokio::test]
async fn no_list_reads_a_whole_table_nor_a_whole_index_but_that_of_one_player() {
    let database = TestDatabase::new().await;
    add_sessions(&database.owner, 1, 30_000, "1 minute").await;
    add_payments_and_refunds(&database.owner, 1).await;
    raw_sql("VACUUM ANALYZE session, payment, refund, list_count")
        .execute(&database.owner)
        .await
        .unwrap();
    let pool = &database.service;
    let mut seen = vec![];
    for user_id in [None, Some("often"), Some("player_12")] {
        for (status, offset) in [(None, 0), (None, 20_000), (Some("failed"), 0)] {
            let filter = Filter { user_id, status, ..ALL };
            let window = window(50, offset);
            seen.extend(plans::<SessionRow>(pool, filter, window.clone()).await.unwrap());
            if status.is_none() {
                seen.extend(plans::<PaymentRow>(pool, filter, window.clone()).await.unwrap());
            }
            if user_id.is_none() {
                seen.extend(plans::<RefundRow>(pool, filter, window).await.unwrap());
            }
        }
    }
    let payment_id = Some("pay_000000000010");
    seen.extend(
        plans::<RefundRow>(pool, Filter { payment_id, ..ALL }, window(50, 0)).await.unwrap(),
    );
    assert_eq!(seen.len(), 2 * (9 + 6 + 3 + 1));
    for plan in seen {
        assert!(!plan.contains("Seq Scan"), "{plan}");
        let rows = rows_read(&plan);
        assert!(rows <= ROWS_READ_MAX || plan.contains("'often'"), "{rows} rows: {plan}");
    }
}

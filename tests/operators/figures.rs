//! Figures: counted once each, whatever happens on the way, and the same as what a replay counts.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use proptest::{
    collection::vec,
    prelude::*,
    sample::Index,
    test_runner::{Config, TestError, TestRunner},
};
use serde_json::Value;
use sqlx::{PgConnection, PgPool};
use toffeepay::{
    event_store::{
        RecordedEntry,
        subscription::{
            FollowError, Follower, HandleError, NotAll, Step, Subscriber, Wake, read_after,
        },
    },
    figures::Figures,
};

use crate::fates::{live, paid};
use crate::ground::Ground;

/// Sessions whose fates are random: more events than one batch holds.
const SESSIONS: u64 = 120;
/// Ways to cut a log into batches that are tried.
const CASES: u32 = 24;

/// All figures, of hours and of days, as text to compare. A day of which nothing is left is none.
async fn figures(pool: &PgPool) -> Vec<String> {
    sqlx::query_scalar(
        "SELECT concat_ws(' ', game_id, world, hour, kind, subject, exponent, count, minor_units)
         FROM figure
         UNION ALL
         SELECT concat_ws(' ', game_id, world, day, kind, subject, exponent, count, minor_units)
         FROM figure_day WHERE count <> 0 OR minor_units <> 0
         ORDER BY 1",
    )
    .fetch_all(pool)
    .await
    .unwrap()
}

async fn follow(ground: &Ground) {
    let mut follower = Follower::new(ground.service.clone(), Figures, 0, &Wake::default());
    while follower.step().await.unwrap() != Step::Idle {}
    follower.release().await;
}

/// A game whose sessions have lived, none of it counted.
async fn with_lives() -> Ground {
    let ground = Ground::new().await;
    let game_id = ground.game("g").await;
    for seed in 0..SESSIONS {
        live(&ground.store, &game_id, seed).await;
    }
    ground
}

async fn replay(ground: &Ground) -> (u8, Value) {
    let ran = ground.run(&["replay", "--json"]).await;
    (ran.code, serde_json::from_str(&ran.out).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_figures_come_to_what_a_replay_counts_and_to_what_the_rows_say() {
    let ground = with_lives().await;
    assert_eq!(replay(&ground).await.0, 0, "nothing is counted, and nothing is missing");
    follow(&ground).await;
    let (code, report) = replay(&ground).await;
    assert_eq!(code, 0, "{report:#}");
    // The money, added up by the replay from the sessions as they ended.
    let mut expected = BTreeMap::new();
    for it in report["money"].as_array().unwrap() {
        let place = format!("{} {}", it["world"], it["currency"]).replace('"', "");
        let moved = |what: &str| it[what].as_i64().unwrap();
        expected.insert(place, (moved("captured_minor_units"), moved("refunded_minor_units")));
    }
    let sums: Vec<(String, i64, i64)> = sqlx::query_as(
        "SELECT world || ' ' || subject,
                coalesce(sum(minor_units) FILTER (WHERE kind <> 'refunded'), 0)::bigint,
                coalesce(sum(minor_units) FILTER (WHERE kind = 'refunded'), 0)::bigint
         FROM figure WHERE kind IN ('paid', 'paid_late', 'mismatched', 'refunded') GROUP BY 1",
    )
    .fetch_all(&ground.owner)
    .await
    .unwrap();
    let counted: BTreeMap<_, _> = sums.into_iter().map(|it| (it.0, (it.1, it.2))).collect();
    assert_eq!(counted, expected);
    assert!(4 < expected.len(), "{expected:?}");
    // Each kind, counted from the rows that the API reads.
    for (kind, rows) in [
        ("session_created", "SELECT count(*) FROM session"),
        ("session_opened", "SELECT count(*) FROM session WHERE page_opened_at IS NOT NULL"),
        ("session_started", "SELECT count(DISTINCT session_id) FROM payment"),
        ("session_paid", "SELECT count(*) FROM session WHERE status = 'paid'"),
        ("paid", "SELECT count(*) FROM session WHERE status = 'paid'"),
        ("attempt", "SELECT count(*) FROM payment"),
        ("refunded", "SELECT count(*) FROM refund WHERE status = 'succeeded'"),
    ] {
        let counted = format!("SELECT sum(count)::bigint FROM figure WHERE kind = '{kind}'");
        let (counted, there) = (ground.number(&counted).await, ground.number(rows).await);
        assert_eq!(counted, there, "{kind}");
        assert_ne!(there, 0, "{kind}");
    }
    let declined = "SELECT sum(count)::bigint FROM figure WHERE kind = 'declined'";
    let events = "SELECT count(*) FROM event WHERE type = 'PaymentDeclined'";
    assert_eq!(ground.number(declined).await, ground.number(events).await);
}

/// Counts, and then is stopped in the transaction, the first time that it has counted so many batches.
#[derive(Clone)]
struct StoppedAfter(Arc<AtomicU32>);

impl Subscriber for StoppedAfter {
    const NAME: &'static str = Figures::NAME;
    const GENERATION: i32 = Figures::GENERATION;
    const REPLAYABLE: bool = true;

    async fn handle(&self, _: &mut PgConnection, _: &RecordedEntry) -> Result<(), HandleError> {
        unreachable!("batches are handled as a whole")
    }

    async fn handle_all(
        &self,
        connection: &mut PgConnection,
        entries: &[&RecordedEntry],
    ) -> Result<(), NotAll> {
        Figures.handle_all(connection, entries).await?;
        if self.0.fetch_sub(1, Ordering::Relaxed) == 1 {
            let error = HandleError::Interrupted(sqlx::Error::WorkerCrashed);
            return Err(NotAll { index: 0, error });
        }
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_before_a_batchs_commit_counts_nothing_twice_and_loses_nothing() {
    let ground = with_lives().await;
    follow(&ground).await;
    let expected = figures(&ground.owner).await;
    for batches in 1..=2 {
        ground.tamper("DELETE FROM figure; DELETE FROM figure_day; DELETE FROM subscription").await;
        let stopped = StoppedAfter(Arc::new(AtomicU32::new(batches)));
        let mut first = Follower::new(ground.service.clone(), stopped, 0, &Wake::default());
        let error = loop {
            match first.step().await {
                Ok(step) => assert_eq!(step, Step::Handled(256)),
                Err(error) => break error,
            }
        };
        assert!(matches!(error, FollowError::Database(_)), "{error}");
        drop(first);
        // Another process takes over.
        ground.tamper("UPDATE subscription SET leased_until = '-infinity'").await;
        follow(&ground).await;
        assert_eq!(figures(&ground.owner).await, expected);
    }
}

/// Counts these batches, each in a transaction of its own.
async fn count_all(pool: &PgPool, batches: &[&[RecordedEntry]]) {
    sqlx::raw_sql("DELETE FROM figure").execute(pool).await.unwrap();
    for batch in batches {
        let mut transaction = pool.begin().await.unwrap();
        let entries: Vec<&RecordedEntry> = batch.iter().collect();
        Figures.handle_all(&mut transaction, &entries).await.unwrap();
        transaction.commit().await.unwrap();
    }
}

/// Cuts a log at some places and puts the parts into some order.
fn cut<'a>(
    entries: &'a [RecordedEntry],
    cuts: &[Index],
    turns: &[Index],
) -> Vec<&'a [RecordedEntry]> {
    let mut cuts: Vec<usize> = cuts.iter().map(|it| it.index(entries.len())).collect();
    cuts.extend([0, entries.len()]);
    cuts.sort_unstable();
    let mut parts: Vec<_> = cuts.windows(2).map(|it| &entries[it[0]..it[1]]).collect();
    for turn in turns {
        let chosen = turn.index(parts.len());
        parts.swap(0, chosen);
    }
    parts
}

#[tokio::test(flavor = "multi_thread")]
async fn any_batches_in_any_order_come_to_the_same() {
    let ground = with_lives().await;
    let page = read_after(&ground.service, 0, 0, 100_000).await.unwrap();
    count_all(&ground.service, &[&page.entries]).await;
    let expected = figures(&ground.owner).await;
    assert!(10 < expected.len(), "{expected:?}");
    let handle = tokio::runtime::Handle::current();
    let result = tokio::task::spawn_blocking(move || {
        let config = Config { cases: CASES, failure_persistence: None, ..Config::default() };
        let ways = (vec(any::<Index>(), 0..12), vec(any::<Index>(), 0..12));
        TestRunner::new(config).run(&ways, |(cuts, turns)| {
            let batches = cut(&page.entries, &cuts, &turns);
            let counted = handle.block_on(async {
                count_all(&ground.service, &batches).await;
                figures(&ground.owner).await
            });
            prop_assert_eq!(&counted, &expected);
            Ok(())
        })
    });
    let result: Result<(), TestError<_>> = result.await.unwrap();
    result.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_figure_that_is_not_what_the_log_comes_to_is_found_and_mended() {
    let ground = with_lives().await;
    follow(&ground).await;
    let expected = figures(&ground.owner).await;
    for change in [
        "UPDATE figure SET minor_units = minor_units + 1 WHERE kind = 'paid'",
        "UPDATE figure SET count = count - 1 WHERE kind = 'declined'",
        "DELETE FROM figure WHERE kind = 'session_created'",
        "INSERT INTO figure VALUES (1, 'h', 'live', '2026-01-01Z', 'paid', 'USD', 2, 1, 100)",
        "UPDATE figure_day SET minor_units = minor_units + 1 WHERE kind = 'paid'",
        "UPDATE figure_day SET count = count - 1 WHERE kind = 'declined'",
        "DELETE FROM figure_day WHERE kind = 'session_created'",
        "INSERT INTO figure_day VALUES (1, 'h', 'live', '2026-01-01', 'paid', 'USD', 2, 1, 100)",
        // Hours and days at once, and not by the same.
        "UPDATE figure SET count = count + 3; UPDATE figure_day SET count = count + 4",
    ] {
        ground.tamper(change).await;
        let ran = ground.run(&["replay"]).await;
        assert_eq!(ran.code, 1, "{change}");
        assert!(ran.out.contains("  figure"), "{}", ran.out);
        let rebuilt = ground.run(&["replay", "--rebuild"]).await;
        assert_eq!(rebuilt.code, 0, "{}", rebuilt.out);
        assert_eq!(figures(&ground.owner).await, expected, "{change}");
        assert_eq!(replay(&ground).await.0, 0);
    }
}

/// What the schema does to figures that were counted by the hour before there were days.
#[tokio::test(flavor = "multi_thread")]
async fn hours_that_were_counted_before_there_were_days_are_added_up() {
    let ground = with_lives().await;
    follow(&ground).await;
    let expected = figures(&ground.owner).await;
    ground.tamper("DROP TABLE figure_day; DROP FUNCTION keep_figure_days CASCADE").await;
    ground.tamper(include_str!("../../migrations/20261130000100_add_up_figures_by_day.sql")).await;
    assert_eq!(figures(&ground.owner).await, expected);
    assert_eq!(replay(&ground).await.0, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn days_are_mended_between_two_batches_of_the_follower() {
    let ground = with_lives().await;
    let mut follower = Follower::new(ground.service.clone(), Figures, 0, &Wake::default());
    assert_eq!(follower.step().await.unwrap(), Step::Handled(256));
    ground.tamper("UPDATE figure_day SET count = count + 7, minor_units = minor_units - 9").await;
    assert_eq!(ground.run(&["replay", "--rebuild"]).await.code, 0);
    while follower.step().await.unwrap() != Step::Idle {}
    follower.release().await;
    assert_eq!(replay(&ground).await.0, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_counted_yet_is_no_difference_and_is_not_mended_twice() {
    let ground = with_lives().await;
    let mut follower = Follower::new(ground.service.clone(), Figures, 0, &Wake::default());
    assert_eq!(follower.step().await.unwrap(), Step::Handled(256));
    follower.release().await;
    assert_eq!(replay(&ground).await.0, 0);
    ground.tamper("UPDATE figure SET count = count + 7").await;
    assert_eq!(replay(&ground).await.0, 1);
    let rebuilt = ground.run(&["replay", "--rebuild"]).await;
    assert_eq!(rebuilt.code, 0, "{}", rebuilt.out);
    follow(&ground).await;
    assert_eq!(replay(&ground).await.0, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_could_not_be_counted_is_missed_until_it_is() {
    for is_rebuilt in [false, true] {
        let ground = Ground::new().await;
        let game_id = ground.game("g").await;
        paid(&ground.store, &game_id).await;
        ground
            .tamper("ALTER TABLE figure ADD CONSTRAINT odd CHECK (kind <> 'session_started')")
            .await;
        follow(&ground).await;
        let listed = ground.run(&["dead-letters", "list"]).await.out;
        assert!(listed.starts_with("figures\tsession-"), "{listed}");
        assert_eq!(replay(&ground).await.0, 1);
        ground.tamper("ALTER TABLE figure DROP CONSTRAINT odd").await;
        if is_rebuilt {
            assert_eq!(ground.run(&["replay", "--rebuild"]).await.code, 0);
        }
        let retry = ["dead-letters", "retry", "--pay-base-url", "https://pay.example"];
        assert_eq!(ground.run(&retry).await.code, 0);
        assert_eq!(replay(&ground).await.0, 0, "rebuilt: {is_rebuilt}");
        let started = "SELECT sum(count)::bigint FROM figure WHERE kind = 'session_started'";
        assert_eq!(ground.number(started).await, 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_of_erased_players_stay_and_are_counted_again_to_the_same() {
    let ground = with_lives().await;
    follow(&ground).await;
    let expected = figures(&ground.owner).await;
    ground
        .tamper("SELECT destroy_stream_key(stream) FROM stream WHERE stream LIKE 'session-%'")
        .await;
    ground.tamper("DELETE FROM figure; DELETE FROM figure_day; DELETE FROM subscription").await;
    follow(&ground).await;
    assert_eq!(figures(&ground.owner).await, expected);
    // The other rows still show who they were, until they are folded again.
    assert_eq!(ground.run(&["replay", "--rebuild"]).await.code, 0);
    assert_eq!(figures(&ground.owner).await, expected);
}

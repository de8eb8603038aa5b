//! What happened stays: by grants for the service, by triggers for whoever owns the tables.

use std::time::Duration;

use sqlx::PgPool;
use toffeepay::event_store::{AppendError, CommitLimits, Committer};

use crate::{
    given::{append, committer},
    support::database::TestDatabase,
};

/// What PostgreSQL answers to somebody who may not do something.
const INSUFFICIENT_PRIVILEGE: &str = "42501";
/// What it answers when a function of ours raises an exception.
const RAISED: &str = "P0001";

#[tokio::test]
async fn the_service_can_read_the_log_and_write_it_only_by_appending() {
    let database = with_an_event().await;
    let tables = ["event", "event_p0", "event_p1", "event_p2", "event_head", "stream", "command"];
    for table in tables {
        let read = format!("SELECT count(*) FROM {table}");
        sqlx::query(&read).execute(&database.service).await.unwrap();
        for statement in [
            format!("INSERT INTO {table} SELECT * FROM {table}"),
            format!("UPDATE {table} SET shard = 0"),
            format!("DELETE FROM {table}"),
            format!("TRUNCATE {table}"),
            format!("DROP TABLE {table}"),
            format!("ALTER TABLE {table} DISABLE TRIGGER ALL"),
        ] {
            if table == "command" && statement.starts_with("UPDATE") {
                continue; // It has no shard; the next test of its own columns follows.
            }
            assert_eq!(refusal(&database.service, &statement).await, INSUFFICIENT_PRIVILEGE);
        }
    }
    let forget = "UPDATE command SET expires_at = now()";
    assert_eq!(refusal(&database.service, forget).await, INSUFFICIENT_PRIVILEGE);
    for statement in [
        "UPDATE session SET status = 'paid'",
        "DELETE FROM payment",
        "SELECT write_read_models('{}')",
    ] {
        assert_eq!(refusal(&database.service, statement).await, INSUFFICIENT_PRIVILEGE);
    }
    assert_eq!(count(&database.owner).await, 1);
}

#[tokio::test]
async fn the_owner_too_is_stopped_from_rewriting_history_in_every_partition() {
    let database = with_an_event().await;
    let partitions: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM pg_inherits
        WHERE inhparent = 'event'::regclass",
    )
    .fetch_one(&database.owner)
    .await
    .unwrap();
    // One more, as the service adds it when the log grows.
    assert_eq!(keep_ahead(&database.service, 3).await, 1);
    let newest = format!("event_p{partitions}");
    fill_the_newest_partition(&database.owner, &newest).await;

    for table in ["event", "event_p0", &newest] {
        for statement in [
            format!("UPDATE {table} SET entry = ''"),
            format!("DELETE FROM {table}"),
            format!("TRUNCATE {table}"),
        ] {
            assert_eq!(refusal(&database.owner, &statement).await, RAISED, "{statement}");
        }
    }
    assert_eq!(count(&database.owner).await, 2);
}

#[tokio::test]
async fn two_partitions_lie_ahead_of_a_new_log_and_are_counted_to_the_last_position() {
    let database = TestDatabase::new().await;
    let ahead_at = async |position: i64| -> i64 {
        let move_head = sqlx::query("UPDATE event_head SET position = $1").bind(position);
        move_head.execute(&database.owner).await.unwrap();
        let ahead = sqlx::query_scalar("SELECT event_partitions_ahead()");
        ahead.fetch_one(&database.service).await.unwrap()
    };

    assert_eq!(ahead_at(0).await, 2);
    assert_eq!(ahead_at(1).await, 2);
    assert_eq!(ahead_at(10_000_000).await, 2);
    assert_eq!(ahead_at(10_000_001).await, 1);

    assert_eq!(keep_ahead(&database.service, 2).await, 1);
    assert_eq!(ahead_at(10_000_001).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_workers_that_miss_a_partition_one_makes_it() {
    let database = TestDatabase::new().await;
    let made = futures::future::join_all((0..8).map(|_| keep_ahead(&database.service, 3))).await;
    assert_eq!(made.iter().sum::<i64>(), 1, "{made:?}");
}

#[tokio::test]
async fn partitions_go_on_behind_the_last_one_though_an_old_one_was_put_into_the_archive() {
    let database = TestDatabase::new().await;
    let archive = "UPDATE event_head SET position = 10000000;
                   ALTER TABLE event DETACH PARTITION event_p0";
    sqlx::raw_sql(archive).execute(&database.owner).await.unwrap();

    assert_eq!(keep_ahead(&database.service, 2).await, 0);
    assert_eq!(keep_ahead(&database.service, 3).await, 1);

    let newest: (i64, i64) =
        sqlx::query_as("SELECT low, beyond FROM event_partitions() ORDER BY low DESC LIMIT 1")
            .fetch_one(&database.owner)
            .await
            .unwrap();
    assert_eq!(newest, (30_000_001, 40_000_001));
}

#[tokio::test]
async fn without_a_partition_for_it_an_append_waits_for_one_and_is_no_ones_fault() {
    let database = TestDatabase::new().await;
    let end = "UPDATE event_head SET position = 30000000";
    sqlx::query(end).execute(&database.owner).await.unwrap();
    let limits = CommitLimits { answer: Duration::from_millis(200), ..CommitLimits::default() };
    let impatient =
        Committer::start(database.service_options.clone(), limits, std::sync::Arc::new(|| {}));

    let refused = impatient.append(append("session-a", 0, 1)).await;
    assert!(matches!(refused, Err(AppendError::Unavailable)), "{refused:?}");

    keep_ahead(&database.service, 1).await;
    committer(&database).append(append("session-a", 0, 1)).await.unwrap();
}

#[tokio::test]
async fn an_append_goes_on_from_one_partition_into_the_next() {
    let database = TestDatabase::new().await;
    sqlx::query("UPDATE event_head SET position = 9999999").execute(&database.owner).await.unwrap();

    committer(&database).append(append("session-a", 0, 3)).await.unwrap();

    let places: Vec<(String, i64, i64)> = sqlx::query_as(
        "SELECT tableoid::regclass::text, position, version FROM event ORDER BY position",
    )
    .fetch_all(&database.service)
    .await
    .unwrap();
    let place = |partition: &str, position, version| (partition.to_owned(), position, version);
    assert_eq!(
        places,
        [
            place("event_p0", 10_000_000, 1),
            place("event_p1", 10_000_001, 2),
            place("event_p1", 10_000_002, 3),
        ]
    );
}

#[tokio::test]
async fn nobody_may_call_what_writes_unless_it_was_granted_to_them() {
    let database = TestDatabase::new().await;
    let may: Vec<String> = sqlx::query_scalar(
        "SELECT proname::text FROM pg_proc
         WHERE pronamespace = 'public'::regnamespace AND prosecdef
           AND has_function_privilege('pg_read_all_data', oid, 'EXECUTE')",
    )
    .fetch_all(&database.owner)
    .await
    .unwrap();
    assert_eq!(may, ["event_partitions_ahead"]);
}

async fn with_an_event() -> TestDatabase {
    let database = TestDatabase::new().await;
    committer(&database).append(append("session-a", 0, 1)).await.unwrap();
    database
}

/// Row triggers have nothing to refuse in an empty table.
async fn fill_the_newest_partition(owner: &PgPool, partition: &str) {
    let number: i64 = partition.trim_start_matches("event_p").parse().unwrap();
    sqlx::query(
        "INSERT INTO event SELECT shard, $1, stream, 2, type, recorded_at, entry, digest FROM event",
    )
    .bind(number * 10_000_000 + 1)
    .execute(owner)
    .await
    .unwrap();
}

/// As a worker does; how many partitions were made.
async fn keep_ahead(pool: &PgPool, wanted: i64) -> i64 {
    let keep = sqlx::query_scalar("SELECT keep_event_partitions_ahead($1)").bind(wanted);
    keep.fetch_one(pool).await.unwrap()
}

async fn count(pool: &PgPool) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM event").fetch_one(pool).await.unwrap()
}

/// The code with which the database refuses a statement.
async fn refusal(pool: &PgPool, statement: &str) -> String {
    let refused = sqlx::query(statement).execute(pool).await.expect_err(statement);
    refused.as_database_error().unwrap().code().unwrap().into_owned()
}

//! `replay` against logs that are right, that are damaged, and whose read models were changed.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::Value;
use toffeepay::domain::id::{GameId, SessionId};
use toffeepay::event_store::EventStore;
use toffeepay::vault::Key;
use tokio::task::JoinSet;

use crate::fates::{live, paid};
use crate::ground::{Ground, Ran};

/// Sessions whose fates are random.
const SESSIONS: u64 = 300;
const WRITERS: u64 = 10;
/// A test that waits longer for something has failed.
const PATIENCE: Duration = Duration::from_secs(60);

async fn some_hundred_lives(store: &EventStore, game_id: &GameId) {
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let (store, game_id) = (store.clone(), game_id.clone());
        writers.spawn(async move {
            for turn in 0..SESSIONS / WRITERS {
                live(&store, &game_id, writer * SESSIONS + turn).await;
            }
        });
    }
    writers.join_all().await;
}

/// As if somebody had written to the tables, in the place of an append.
async fn damage_every_row(ground: &Ground) {
    ground
        .tamper(
            "SELECT FROM event_head FOR UPDATE;
             UPDATE session SET status = 'lost'; UPDATE payment SET amount = amount + 1",
        )
        .await;
}

async fn replay(ground: &Ground) -> Ran {
    ground.run(&["replay"]).await
}

async fn replay_json(ground: &Ground) -> (u8, Value) {
    let ran = ground.run(&["replay", "--json"]).await;
    (ran.code, serde_json::from_str(&ran.out).unwrap())
}

/// A game with one paid session.
async fn with_a_paid_session() -> (Ground, SessionId) {
    let ground = Ground::new().await;
    let game_id = ground.game("g").await;
    let (session_id, _) = paid(&ground.store, &game_id).await;
    (ground, session_id)
}

/// The rebuild puts it right, and a second look agrees.
async fn expect_mended(ground: &Ground) {
    let rebuilt = ground.run(&["replay", "--rebuild"]).await;
    assert_eq!(rebuilt.code, 0, "{}{}", rebuilt.out, rebuilt.err);
    assert!(rebuilt.out.contains("mended"), "{}", rebuilt.out);
    assert_eq!(replay(ground).await.code, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_read_models_agree_after_hundreds_of_sessions_of_random_fates() {
    let ground = Ground::new().await;
    let game_id = ground.game("g").await;
    some_hundred_lives(&ground.store, &game_id).await;
    let (code, report) = replay_json(&ground).await;
    assert_eq!((code, &report["verdict"]), (0, &Value::from("agrees")), "{report:#}");
    assert_eq!(report["events"], ground.number("SELECT count(*) FROM event").await);
    assert_eq!(report["streams"]["session"], SESSIONS);
    assert!(1 < report["sessions"].as_object().unwrap().len(), "{report:#}");
    // The sums, made another way.
    for it in report["money"].as_array().unwrap() {
        let of = format!("currency = {} AND world = {}", it["currency"], it["world"]);
        let of = of.replace('"', "'");
        let sum = |table, what| {
            format!("SELECT coalesce(sum(amount), 0)::bigint FROM {table} WHERE {what} AND {of}")
        };
        let captured = ground.number(&sum("payment", "succeeded_at IS NOT NULL")).await;
        let refunded = ground.number(&sum("refund", "status = 'succeeded'")).await;
        assert_eq!(it["captured_minor_units"], captured, "{it}");
        assert_eq!(it["refunded_minor_units"], refunded, "{it}");
    }
    assert!(2 < report["money"].as_array().unwrap().len(), "{report:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn live_writes_never_look_like_differences_nor_stand_in_the_way_of_a_rebuild() {
    let ground = Ground::new().await;
    let game_id = ground.game("g").await;
    let is_over = std::sync::Arc::new(AtomicBool::new(false));
    let mut writers = JoinSet::new();
    for writer in 0..4 {
        let (store, game_id, is_over) = (ground.store.clone(), game_id.clone(), is_over.clone());
        writers.spawn(async move {
            let mut seed = writer * 1_000_000;
            while !is_over.load(Ordering::Relaxed) {
                live(&store, &game_id, seed).await;
                seed += 1;
            }
        });
    }
    assert_eq!(replay(&ground).await.code, 0);
    for _ in 0..3 {
        damage_every_row(&ground).await;
        expect_mended(&ground).await;
    }
    is_over.store(true, Ordering::Relaxed);
    writers.join_all().await;
    assert_eq!(replay(&ground).await.code, 0);
}

#[tokio::test]
async fn a_rebuild_waits_for_the_heads_lock_before_it_locks_a_row() {
    let (ground, _) = with_a_paid_session().await;
    damage_every_row(&ground).await;
    let mut appending = ground.owner.begin().await.unwrap();
    let lock = sqlx::query("SELECT FROM event_head FOR UPDATE");
    lock.execute(&mut *appending).await.unwrap();
    let rebuild = async { expect_mended(&ground).await };
    let append = async {
        let waits = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
                     AND wait_event_type = 'Lock' AND query LIKE '%rebuild_read_models%'";
        while ground.number(waits).await == 0 {}
        // It would wait for ever, if the rebuild held the row and waited for the head.
        let row = sqlx::query("UPDATE session SET status = 'other'");
        row.execute(&mut *appending).await.unwrap();
        appending.commit().await.unwrap();
    };
    let both = async { tokio::join!(rebuild, append) };
    tokio::time::timeout(PATIENCE, both).await.expect("the rebuild does not wait for the head");
}

#[tokio::test]
async fn an_empty_log_agrees() {
    let ground = Ground::new().await;
    let ran = replay(&ground).await;
    assert_eq!(ran.code, 0, "{ran:?}");
}

#[tokio::test]
async fn a_row_changed_by_hand_is_found_and_mended() {
    let (ground, session_id) = with_a_paid_session().await;
    ground.tamper("UPDATE session SET status = 'expired', user_id = 'somebody'").await;
    let ran = replay(&ground).await;
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.out.contains(&format!("session {session_id}: changed")), "{}", ran.out);
    assert!(ran.out.contains(r#"status: "expired" instead of "paid""#), "{}", ran.out);
    assert!(ran.out.contains("user_id: differs (private)"), "{}", ran.out);
    assert!(!ran.out.contains("somebody"), "{}", ran.out);
    expect_mended(&ground).await;
    assert_eq!(ground.text("SELECT status FROM session").await, "paid");
}

#[tokio::test]
async fn each_kind_of_row_is_compared() {
    let (ground, _) = with_a_paid_session().await;
    let set = ["games", "set", "g", "--accent", "#1a4fd0", "--return-scheme", "mygame"];
    assert_eq!(ground.run(&set).await.code, 0);
    for change in [
        "UPDATE payment SET amount = amount + 1",
        "UPDATE game SET name = 'Other'",
        "UPDATE game SET accent = '#b0261c'",
        "UPDATE game SET logo = '{}'",
        r#"UPDATE game SET return_urls = '{"schemes": ["other"], "hosts": []}'"#,
        "UPDATE studio SET name = 'Other'",
        "UPDATE session SET expires_at = expires_at + interval '1 microsecond'",
    ] {
        ground.tamper(change).await;
        assert_eq!(replay(&ground).await.code, 1, "{change}");
        expect_mended(&ground).await;
    }
}

#[tokio::test]
async fn a_lists_total_that_is_not_what_there_is_is_found_and_mended() {
    let (ground, _) = with_a_paid_session().await;
    for change in [
        "UPDATE list_count SET rows = rows + 1 WHERE kind = 'session' AND status = 'paid'",
        "DELETE FROM list_count WHERE kind = 'payment'",
        "INSERT INTO list_count VALUES ('refund', 'g', 'live', 'failed', '2026-01-01', 7)",
    ] {
        ground.tamper(change).await;
        let ran = replay(&ground).await;
        assert_eq!(ran.code, 1, "{change}");
        assert!(ran.out.contains("list_count "), "{}", ran.out);
        expect_mended(&ground).await;
    }
    assert_eq!(ground.number("SELECT sum(rows)::bigint FROM list_count").await, 2);
}

#[tokio::test]
async fn a_missing_row_is_found_and_mended() {
    let (ground, _) = with_a_paid_session().await;
    for table in ["session", "payment", "game", "studio"] {
        ground.tamper(&format!("DELETE FROM {table}")).await;
        let ran = replay(&ground).await;
        assert_eq!(ran.code, 1, "{table}");
        assert!(ran.out.contains(": missing; "), "{}", ran.out);
        expect_mended(&ground).await;
        assert_eq!(ground.number(&format!("SELECT count(*) FROM {table}")).await, 1);
    }
}

#[tokio::test]
async fn a_row_that_the_log_does_not_tell_of_is_found_and_removed() {
    let (ground, _) = with_a_paid_session().await;
    let copies = [
        ("session", "id = 'sess_x'"),
        // One of a session that exists, one of a session that doesn't.
        ("payment", "id = 'pay_x'"),
        ("payment", "id = 'pay_x', session_id = 'sess_x'"),
        ("game", "id = 'x'"),
        ("studio", "id = 'stu_x'"),
    ];
    for (table, change) in copies {
        let copy = format!(
            "CREATE TEMP TABLE copy AS SELECT * FROM {table}; UPDATE copy SET {change};
             INSERT INTO {table} SELECT * FROM copy"
        );
        ground.tamper(&copy).await;
        let ran = replay(&ground).await;
        assert_eq!(ran.code, 1, "{copy}");
        assert!(ran.out.contains("x: not in the log"), "{}", ran.out);
        expect_mended(&ground).await;
        assert_eq!(ground.number(&format!("SELECT count(*) FROM {table}")).await, 1);
    }
}

#[tokio::test]
async fn one_rebuild_removes_more_rows_without_a_stream_than_a_report_shows() {
    let (ground, _) = with_a_paid_session().await;
    ground
        .tamper(
            "INSERT INTO studio SELECT 'stu_' || n, version, name
             FROM studio, generate_series(1, 201) n",
        )
        .await;
    let (code, report) = replay_json(&ground).await;
    assert_eq!((code, &report["differences"]["count"]), (1, &Value::from(201)), "{report:#}");
    expect_mended(&ground).await;
    assert_eq!(ground.number("SELECT count(*) FROM studio").await, 1);
}

#[tokio::test]
async fn a_row_that_claims_a_later_version_than_its_stream_is_mended() {
    let (ground, _) = with_a_paid_session().await;
    ground.tamper("UPDATE session SET version = 99, status = 'failed'").await;
    assert_eq!(replay(&ground).await.code, 1);
    expect_mended(&ground).await;
    assert_eq!(ground.number("SELECT version FROM session").await, 3);
}

#[tokio::test]
async fn a_changed_byte_of_an_entry_is_damage() {
    let (ground, session_id) = with_a_paid_session().await;
    ground
        .tamper(
            "UPDATE event SET entry = convert_to(replace(convert_from(entry, 'UTF8'), '499', '498'), 'UTF8')
             WHERE position = 5",
        )
        .await;
    let (code, report) = replay_json(&ground).await;
    assert_eq!((code, &report["verdict"]), (2, &Value::from("damaged")), "{report:#}");
    let first = report["damage"]["first"][0].as_str().unwrap();
    assert!(first.contains("position 5 was changed"), "{first}");
    let one = ground.run(&["replay", session_id.as_str()]).await;
    assert!(one.code == 2 && one.err.contains("position 5 was changed"), "{one:?}");
}

#[tokio::test]
async fn a_changed_entry_with_a_digest_to_match_still_has_to_fit_its_place() {
    let (ground, _) = with_a_paid_session().await;
    ground
        .tamper(
            "UPDATE event SET entry = e.entry, digest = e.digest
             FROM event e WHERE event.position = 5 AND e.position = 4",
        )
        .await;
    let ran = replay(&ground).await;
    assert_eq!(ran.code, 2);
    assert!(ran.out.contains("position 5 is labelled for another place"), "{}", ran.out);
}

#[tokio::test]
async fn an_entry_that_does_not_parse_is_damage() {
    let (ground, _) = with_a_paid_session().await;
    ground.tamper("UPDATE event SET entry = '{}', digest = sha256('{}') WHERE position = 4").await;
    let ran = replay(&ground).await;
    assert_eq!(ran.code, 2);
    assert!(ran.out.contains("the entry at position 4 cannot be read"), "{}", ran.out);
}

#[tokio::test]
async fn a_deleted_event_is_damage_wherever_it_stood() {
    for (position, gap) in [(1, "1 to 1"), (4, "4 to 4"), (5, "5 to 5")] {
        let (ground, _) = with_a_paid_session().await;
        assert_eq!(ground.number("SELECT max(position) FROM event").await, 5);
        ground.tamper(&format!("DELETE FROM event WHERE position = {position}")).await;
        let ran = replay(&ground).await;
        assert_eq!(ran.code, 2);
        assert!(ran.out.contains(&format!("positions {gap} are missing")), "{}", ran.out);
    }
}

#[tokio::test]
async fn events_that_were_deleted_with_their_stream_and_row_are_missed_all_the_same() {
    let (ground, _) = with_a_paid_session().await;
    ground
        .tamper(
            "DELETE FROM event WHERE stream LIKE 'session-%';
             DELETE FROM stream WHERE stream LIKE 'session-%';
             DELETE FROM session; DELETE FROM payment",
        )
        .await;
    let ran = replay(&ground).await;
    assert!(ran.code == 2 && ran.out.contains("positions 3 to 5 are missing"), "{}", ran.out);
}

#[tokio::test]
async fn a_stream_without_its_row_a_clock_that_went_back_and_an_uncounted_entry_are_damage() {
    for (change, said) in [
        ("DELETE FROM stream WHERE stream = 'game-g'", "of stream game-g, which has no row"),
        (
            "UPDATE event SET recorded_at = recorded_at - interval '1 hour' WHERE position = 4",
            "position 4 was recorded before the one before it",
        ),
        ("UPDATE event_head SET position = 4", "at position 5, but the log ends at 4"),
        ("UPDATE stream SET version = 9 WHERE stream = 'game-g'", "its row counts 9 events"),
    ] {
        let (ground, _) = with_a_paid_session().await;
        ground.tamper(change).await;
        let ran = replay(&ground).await;
        assert!(ran.code == 2 && ran.out.contains(said), "{change}: {}", ran.out);
    }
}

#[tokio::test]
async fn an_entry_put_behind_the_last_that_its_stream_does_not_count_is_damage() {
    let (ground, _) = with_a_paid_session().await;
    ground
        .tamper(
            "INSERT INTO event SELECT shard, 6, stream, version + 1, type, recorded_at, entry, digest
             FROM event WHERE position = 5;
             UPDATE event_head SET position = 6",
        )
        .await;
    // Of a stream that ends before those that are read with it.
    ground.tamper("UPDATE event SET stream = 'game-g', version = 2 WHERE position = 6").await;
    let ran = replay(&ground).await;
    assert_eq!(ran.code, 2, "{}", ran.out);
    assert!(ran.out.contains("the streams count 5 events, but the log has 6"), "{}", ran.out);
}

#[tokio::test]
async fn another_master_key_than_the_logs_is_told_of() {
    let (ground, _) = with_a_paid_session().await;
    let file = std::env::temp_dir().join(format!("toffeepay-key-{}", uuid::Uuid::new_v4()));
    std::fs::write(&file, Key::generate().to_base64()).unwrap();
    let url = &ground.service_url;
    let file_name = file.to_str().unwrap();
    let words = ["toffeepay", "replay", "--database-url", url, "--master-key-file", file_name];
    let ran = crate::ground::run(&words).await;
    assert!(ran.code == 2 && ran.err.contains("master key is not the one"), "{ran:?}");
    std::fs::remove_file(file).unwrap();
}

#[tokio::test]
async fn a_session_is_told_event_by_event_without_its_player() {
    let (ground, session_id) = with_a_paid_session().await;
    let ran = ground.run(&["replay", session_id.as_str()]).await;
    assert_eq!(ran.code, 0, "{ran:?}");
    for said in
        ["1. Created  by process:test", "2. PaymentStarted", "3. Paid", "position 5", "4.99 USD"]
    {
        assert!(ran.out.contains(said), "{}", ran.out);
    }
    assert!(ran.out.contains("The read models agree."), "{}", ran.out);
    assert!(!ran.out.contains("player-1") && !ran.out.contains("tok_1"), "{}", ran.out);

    let shown = ground.run(&["replay", session_id.as_str(), "--show-private"]).await.out;
    assert!(shown.contains("player-1") && shown.contains("game.example/back"), "{shown}");

    let json = ground.run(&["replay", session_id.as_str(), "--json"]).await.out;
    assert!(!json.contains("player-1"), "{json}");
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["events"][2]["type"], "Paid");
    assert_eq!(json["state"]["status"], "paid");
}

#[tokio::test]
async fn a_session_whose_row_was_changed_is_told_of_alone() {
    let (ground, session_id) = with_a_paid_session().await;
    ground.tamper("UPDATE payment SET amount = 1").await;
    let ran = ground.run(&["replay", session_id.as_str()]).await;
    assert!(ran.code == 1 && ran.out.contains("amount: 1 instead of 499"), "{}", ran.out);
    let unknown = format!("sess_{}", "0".repeat(39));
    let ran = ground.run(&["replay", &unknown]).await;
    assert!(ran.code == 2 && ran.err.contains("the log has no session"), "{ran:?}");
}

#[tokio::test]
async fn an_erased_player_is_gone_from_the_rows_after_a_rebuild() {
    let (ground, session_id) = with_a_paid_session().await;
    let destroy = format!("SELECT destroy_stream_key('session-{session_id}')");
    sqlx::query(&destroy).execute(&ground.owner).await.unwrap();
    assert_eq!(replay(&ground).await.code, 1);
    expect_mended(&ground).await;
    assert_eq!(ground.text("SELECT user_id || return_url FROM session").await, "");
    let told = ground.run(&["replay", session_id.as_str()]).await.out;
    assert!(told.contains("Its key was destroyed"), "{told}");
}

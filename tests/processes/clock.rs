//! The clock's commands: expiry, and held money that nobody captures.

use chrono::TimeDelta;
use toffeepay::{
    domain::{
        id::SessionId,
        session::{CaptureMode, PaymentOutcome, SessionStatus, Stage as At},
    },
    ids::NewId,
};

use crate::stage::{Stage, refusal};

#[tokio::test]
async fn a_session_expires_when_its_time_is_over_and_not_before() {
    let stage = Stage::new(CaptureMode::Automatic).await;
    stage.set_clock(TimeDelta::hours(24) - TimeDelta::microseconds(1));
    stage.timer.tick().await.unwrap();
    assert_eq!(stage.state().await.status, SessionStatus::Pending);
    stage.set_clock(TimeDelta::hours(24));
    stage.timer.tick().await.unwrap();
    assert_eq!(stage.state().await.status, SessionStatus::Expired);
}

#[tokio::test]
async fn expiry_waits_for_an_attempt_under_way() {
    let stage = Stage::new(CaptureMode::Automatic).await;
    let payment_id = stage.start().await;
    stage.set_clock(TimeDelta::hours(25));
    stage.timer.tick().await.unwrap();
    assert_eq!(stage.state().await.status, SessionStatus::Pending);
    stage.hear(&payment_id, PaymentOutcome::Declined(refusal())).await;
    stage.timer.tick().await.unwrap();
    assert_eq!(stage.state().await.status, SessionStatus::Expired);
}

#[tokio::test]
async fn one_look_expires_more_than_one_page_and_is_not_held_up_by_what_cannot_be_read() {
    let stage = Stage::new(CaptureMode::Automatic).await;
    for _ in 0..260 {
        stage.create(&SessionId::new(stage.began_at), CaptureMode::Automatic).await;
    }
    let lost = "UPDATE stream SET version = version + 1 WHERE stream = 'session-' || $1";
    let lost = sqlx::query(lost).bind(stage.session_id.as_str());
    assert_eq!(lost.execute(&stage.database.owner).await.unwrap().rows_affected(), 1);
    stage.set_clock(TimeDelta::hours(24));
    stage.timer.tick().await.unwrap();
    let pending = "SELECT count(*) FROM session WHERE status = 'pending'";
    let pending: i64 = sqlx::query_scalar(pending).fetch_one(&stage.database.owner).await.unwrap();
    assert_eq!(pending, 1, "only the one whose events are missing");
}

#[tokio::test]
async fn held_money_that_nobody_captures_is_let_go_after_seven_days() {
    let mut stage = Stage::new(CaptureMode::Manual).await;
    stage.hold().await;
    assert_eq!(stage.state().await.attempts[0].stage, At::Authorized);

    stage.set_clock(TimeDelta::days(7) - TimeDelta::microseconds(1));
    stage.timer.tick().await.unwrap();
    assert!(!stage.state().await.attempts[0].void_requested);
    stage.set_clock(TimeDelta::days(7));
    stage.timer.tick().await.unwrap();
    stage.will_answer_void(PaymentOutcome::Voided);
    stage.work().await;
    assert_eq!(stage.state().await.attempts[0].stage, At::Voided);
}

#[tokio::test]
async fn one_look_lets_go_what_is_due_behind_a_page_of_what_cannot_be_let_go() {
    let mut stage = Stage::new(CaptureMode::Manual).await;
    let payment_id = stage.hold().await;
    // As if the sessions of 300 payments that were due before could not be read.
    let stuck = "INSERT INTO payment SELECT (jsonb_populate_record(payment, jsonb_build_object(
                     'id', left(id, 41) || to_char(n, 'fm000'), 'session_id', 'lost',
                     'void_due_at', started_at))).*
                 FROM payment, generate_series(1, 300) n";
    let stuck = sqlx::query(stuck).execute(&stage.database.owner).await.unwrap();
    assert_eq!(stuck.rows_affected(), 300);
    stage.set_clock(TimeDelta::days(7));
    stage.timer.tick().await.unwrap();
    assert!(stage.state().await.attempt(&payment_id).unwrap().void_requested);
}

#[tokio::test]
async fn a_provider_that_refuses_to_let_go_is_asked_eight_times_and_no_more() {
    let mut stage = Stage::new(CaptureMode::Manual).await;
    stage.hold().await;
    for month in 1..=12 {
        stage.set_clock(TimeDelta::days(30 * month));
        stage.will_answer_void(PaymentOutcome::VoidFailed(refusal()));
        stage.timer.tick().await.unwrap();
        stage.work().await;
    }
    assert_eq!(stage.asked().iter().filter(|it| it.starts_with("void")).count(), 8);
}

#[tokio::test]
async fn a_tick_keeps_two_empty_partitions_ahead_and_until_then_readyz_warns() {
    let stage = Stage::new(CaptureMode::Automatic).await;
    assert_eq!(stage.warnings().await, Vec::<String>::new());
    let into_the_second = sqlx::query("UPDATE event_head SET position = 10000001");
    into_the_second.execute(&stage.database.owner).await.unwrap();
    assert_eq!(
        stage.warnings().await,
        ["1 empty partitions ahead of the log; 2 are expected".to_owned()]
    );

    stage.timer.tick().await.unwrap();

    assert_eq!(stage.warnings().await, Vec::<String>::new());
    assert_eq!(stage.count("SELECT count(*) FROM event_partitions()").await, 4);
}

#[tokio::test]
async fn a_tick_forgets_command_ids_whose_time_is_over() {
    let stage = Stage::new(CaptureMode::Automatic).await;
    stage.timer.tick().await.unwrap();
    assert_eq!(stage.count("SELECT count(*) FROM command").await, 1);
    let a_day_later = sqlx::query("UPDATE command SET expires_at = now()");
    a_day_later.execute(&stage.database.owner).await.unwrap();
    stage.timer.tick().await.unwrap();
    assert_eq!(stage.count("SELECT count(*) FROM command").await, 0);
}

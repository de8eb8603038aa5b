//! Held money: taken or let go when the game, the player or a rule asks, each request under a key
//! of its own.

use toffeepay::domain::session::{
    CancelledBy, CaptureMode, PaymentOutcome, SessionCommand, SessionStatus, Stage as At,
};

use crate::stage::{Stage, captured, refusal};

#[tokio::test]
async fn complete_payment_takes_the_held_money() {
    let mut stage = Stage::new(CaptureMode::Manual).await;
    let payment_id = stage.hold().await;
    stage.ask(|at| SessionCommand::RequestCapture { payment_id: payment_id.clone(), at }).await;
    stage.will_answer_capture(captured());
    stage.work().await;
    assert_eq!(stage.state().await.status, SessionStatus::Paid);
    assert_eq!(stage.asked()[1..], [format!("capture {payment_id}-1")]);
    assert_eq!(stage.open_calls().await, 0);
}

#[tokio::test]
async fn money_held_for_a_game_that_captures_at_once_is_taken_unasked() {
    let mut stage = Stage::new(CaptureMode::Automatic).await;
    let payment_id = stage.hold().await;
    stage.will_answer_capture(captured());
    stage.work().await;
    assert_eq!(stage.state().await.status, SessionStatus::Paid);
    assert_eq!(stage.asked()[1..], [format!("capture {payment_id}-1")]);
}

#[tokio::test]
async fn money_that_cannot_be_taken_at_once_is_let_go_and_the_player_may_try_again() {
    let mut stage = Stage::new(CaptureMode::Automatic).await;
    let payment_id = stage.hold().await;
    stage.will_answer_capture(PaymentOutcome::CaptureFailed(refusal()));
    stage.work().await;
    stage.will_answer_void(PaymentOutcome::Voided);
    stage.work().await;
    let state = stage.state().await;
    assert_eq!((state.status, state.attempts[0].stage), (SessionStatus::Pending, At::Voided));
    let asked = [format!("capture {payment_id}-1"), format!("void {payment_id}-2")];
    assert_eq!(stage.asked()[1..], asked);
    stage.start().await;
}

#[tokio::test]
async fn money_held_for_a_cancelled_session_is_let_go() {
    let mut stage = Stage::new(CaptureMode::Manual).await;
    stage.hold().await;
    stage.ask(|at| SessionCommand::Cancel { by: CancelledBy::Player, at }).await;
    stage.will_answer_void(PaymentOutcome::Voided);
    stage.work().await;
    let state = stage.state().await;
    assert_eq!((state.status, state.attempts[0].stage), (SessionStatus::Cancelled, At::Voided));
    assert_eq!(stage.open_calls().await, 0);
}

#[tokio::test]
async fn what_was_refused_once_is_asked_for_again_under_another_key() {
    let mut stage = Stage::new(CaptureMode::Manual).await;
    let payment_id = stage.hold().await;
    for outcome in [PaymentOutcome::VoidFailed(refusal()), PaymentOutcome::Voided] {
        stage.ask(|at| SessionCommand::RequestVoid { payment_id: payment_id.clone(), at }).await;
        stage.will_answer_void(outcome);
        stage.work().await;
    }
    assert_eq!(stage.state().await.attempts[0].stage, At::Voided);
    let asked = [format!("void {payment_id}-1"), format!("void {payment_id}-2")];
    assert_eq!(stage.asked()[1..], asked);
}

#[tokio::test]
async fn a_call_whose_request_was_answered_is_not_made_for_a_later_one() {
    let mut stage = Stage::new(CaptureMode::Manual).await;
    let payment_id = stage.hold().await;
    let ask = |at| SessionCommand::RequestVoid { payment_id: payment_id.clone(), at };
    stage.ask(ask).await;
    stage.hear(&payment_id, PaymentOutcome::VoidFailed(refusal())).await;
    stage.ask(ask).await;
    stage.will_answer_void(PaymentOutcome::Voided);
    stage.work().await;
    assert_eq!(stage.asked()[1..], [format!("void {payment_id}-2")]);
    assert_eq!(stage.open_calls().await, 0);
}

//! Money that came too late goes back, once, and without asking a provider for ever.

use chrono::TimeDelta;
use toffeepay::{
    domain::session::{CaptureMode, PaymentStatus, Reference, RefundOutcome},
    providers::{ProviderError, RefundAnswer},
};

use crate::stage::{Stage, refusal};

fn succeeded() -> RefundAnswer {
    let reference = Reference::parse("refund").unwrap();
    RefundAnswer::Outcome(RefundOutcome::Succeeded { reference })
}

fn refused() -> RefundAnswer {
    RefundAnswer::Outcome(RefundOutcome::Failed(refusal()))
}

/// Looks often enough for an event to become a call, the call an answer, and the answer a look.
async fn look(stage: &mut Stage) {
    for _ in 0..3 {
        stage.work().await;
    }
}

fn asked(stage: &Stage, what: &str) -> usize {
    stage.asked().iter().filter(|it| *it == what).count()
}

#[tokio::test]
async fn money_that_came_too_late_is_given_back() {
    let mut stage = Stage::new(CaptureMode::Automatic).await;
    let late = stage.take_late().await;
    stage.will_answer_refund(Ok(succeeded()));
    look(&mut stage).await;
    let state = stage.state().await;
    assert_eq!(state.attempt(&late).unwrap().status(), PaymentStatus::Refunded);
    assert_eq!(state.attempts[1].status(), PaymentStatus::Succeeded);
    assert_eq!(stage.open_calls().await, 0);
}

#[tokio::test]
async fn after_a_refusal_it_is_asked_for_again_an_hour_later_and_not_before() {
    let mut stage = Stage::new(CaptureMode::Automatic).await;
    let late = stage.take_late().await;
    stage.will_answer_refund(Ok(refused()));
    look(&mut stage).await;
    stage.set_clock(TimeDelta::hours(1) - TimeDelta::microseconds(1));
    look(&mut stage).await;
    assert_eq!(asked(&stage, "refund"), 1);
    stage.set_clock(TimeDelta::hours(1));
    stage.will_answer_refund(Ok(succeeded()));
    look(&mut stage).await;
    assert_eq!(stage.state().await.attempt(&late).unwrap().status(), PaymentStatus::Refunded);
    assert_eq!(stage.open_calls().await, 0);
}

#[tokio::test]
async fn a_provider_that_refuses_to_give_back_is_asked_eight_times_and_no_more() {
    let mut stage = Stage::new(CaptureMode::Automatic).await;
    stage.take_late().await;
    for month in 1..=12 {
        stage.set_clock(TimeDelta::days(30 * month));
        stage.will_answer_refund(Ok(refused()));
        look(&mut stage).await;
    }
    assert_eq!(asked(&stage, "refund"), 8);
    assert_eq!(stage.open_calls().await, 0, "a human settles it");
}

#[tokio::test]
async fn a_refund_without_an_answer_is_looked_up_before_it_is_asked_for_again() {
    let mut stage = Stage::new(CaptureMode::Automatic).await;
    let late = stage.take_late().await;
    stage.will_answer_refund(Err(ProviderError("timed out".to_owned())));
    stage.work().await;
    stage.work().await;
    assert_eq!((asked(&stage, "refund"), asked(&stage, "look up refund")), (1, 0));
    *stage.script.refund_looked_up.lock().unwrap() = Some(succeeded());
    stage.work().await;
    assert_eq!((asked(&stage, "refund"), asked(&stage, "look up refund")), (1, 1));
    assert_eq!(stage.state().await.attempt(&late).unwrap().status(), PaymentStatus::Refunded);
}

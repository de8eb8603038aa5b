//! From an event to the provider and back: asked for until it is known, and paid for once.

use toffeepay::{
    domain::session::{CaptureMode, PaymentOutcome, PaymentStatus, SessionStatus},
    providers::{ChargeAnswer, ProviderError},
};

use crate::stage::{REQUEST_ID, Stage, captured, refusal};

#[tokio::test]
async fn a_started_payment_is_charged_and_the_session_is_paid() {
    let mut stage = Stage::new(CaptureMode::Automatic).await;
    let payment_id = stage.start().await;
    stage.script.charges.lock().unwrap().push_back(Ok(ChargeAnswer::Outcome(captured())));
    stage.work().await;
    assert_eq!(stage.state().await.status, SessionStatus::Paid);
    assert_eq!(stage.asked(), [format!("charge {payment_id}")]);
    assert_eq!(stage.open_calls().await, 0);
}

#[tokio::test]
async fn what_came_of_a_call_is_joined_with_the_request_that_led_to_it() {
    let mut stage = Stage::new(CaptureMode::Automatic).await;
    stage.start().await;
    stage.script.charges.lock().unwrap().push_back(Ok(ChargeAnswer::Outcome(captured())));
    stage.work().await;
    assert_eq!(stage.correlations().await, [REQUEST_ID; 3]);
}

#[tokio::test]
async fn a_provider_that_did_not_answer_is_asked_what_became_of_it_and_not_charged_again() {
    let mut stage = Stage::new(CaptureMode::Automatic).await;
    let payment_id = stage.start().await;
    let silence = Err(ProviderError("timed out".to_owned()));
    stage.script.charges.lock().unwrap().push_back(silence);
    stage.work().await;
    assert_eq!(stage.state().await.attempts[0].status(), PaymentStatus::Processing);
    assert_eq!(stage.open_calls().await, 1, "it is not a decline");

    *stage.script.looked_up.lock().unwrap() = Some(ChargeAnswer::Outcome(captured()));
    stage.work().await;
    assert_eq!(stage.state().await.status, SessionStatus::Paid);
    assert_eq!(stage.asked(), [format!("charge {payment_id}"), "look up".to_owned()]);
}

#[tokio::test]
async fn what_the_provider_never_heard_of_is_charged_under_the_same_key() {
    let mut stage = Stage::new(CaptureMode::Automatic).await;
    let payment_id = stage.start().await;
    let answers =
        [Err(ProviderError("no route".to_owned())), Ok(ChargeAnswer::Outcome(captured()))];
    stage.script.charges.lock().unwrap().extend(answers);
    stage.work().await;
    stage.work().await;
    let charge = format!("charge {payment_id}");
    assert_eq!(stage.asked(), [charge.clone(), "look up".to_owned(), charge]);
    assert_eq!(stage.state().await.status, SessionStatus::Paid);
}

#[tokio::test]
async fn a_session_that_an_earlier_attempt_paid_charges_no_later_one() {
    let mut stage = Stage::new(CaptureMode::Automatic).await;
    let first = stage.start().await;
    stage.hear(&first, PaymentOutcome::Declined(refusal())).await;
    stage.start().await;
    stage.hear(&first, captured()).await;
    stage.work().await;
    let state = stage.state().await;
    assert_eq!(state.status, SessionStatus::Paid);
    assert_eq!(state.attempts[1].status(), PaymentStatus::Cancelled);
    assert!(stage.asked().iter().all(|it| it == "look up"), "{:?}", stage.asked());
    assert_eq!(stage.open_calls().await, 0);
}

#[tokio::test]
async fn an_erased_payment_that_was_never_asked_for_is_given_up() {
    let mut stage = Stage::new(CaptureMode::Automatic).await;
    stage.start().await;
    stage.erase().await;
    stage.work().await;
    assert_eq!(stage.state().await.attempts[0].status(), PaymentStatus::Cancelled);
    assert_eq!(stage.asked(), ["look up"]);
    assert_eq!(stage.open_calls().await, 0);
}

#[tokio::test]
async fn an_erased_payment_that_was_made_counts() {
    let mut stage = Stage::new(CaptureMode::Automatic).await;
    stage.start().await;
    stage.erase().await;
    *stage.script.looked_up.lock().unwrap() = Some(ChargeAnswer::Outcome(captured()));
    stage.work().await;
    assert_eq!(stage.state().await.status, SessionStatus::Paid);
}

#[tokio::test]
async fn an_unknown_provider_leaves_the_call_to_a_process_that_knows_it() {
    let mut stage = Stage::new(CaptureMode::Automatic).await;
    stage.start().await;
    stage.work_as_a_stranger().await;
    assert_eq!(stage.open_calls().await, 1);
    assert_eq!(stage.state().await.attempts[0].status(), PaymentStatus::Processing);
}

//! Charges, captures and voids, each of them once.

use std::time::Duration;

use toffeepay::{
    domain::session::{CaptureMode, DeclineReason, PaymentOutcome, Reference},
    providers::{
        ChargeAnswer, Instrument, Provider, RequestKey,
        sandbox::{APPLE_PAY_TOKEN, MovementKind},
    },
};

use super::world::*;

#[tokio::test]
async fn a_card_that_pays_is_captured_at_once() {
    let world = world().await;
    let payment_id = world.captured().await;
    assert_eq!(world.moved().await, [(payment_id.clone(), MovementKind::Captured, 499)]);
    let found = world.bank.look_up(&payment_id).await.unwrap().unwrap();
    assert!(is_captured(&found), "{found:?}");
}

#[tokio::test]
async fn apple_pay_pays() {
    let world = world().await;
    let token = Instrument::WalletToken(APPLE_PAY_TOKEN.into());
    let token = world.bank.tokenize(token).await.unwrap();
    let charge = world.charge_of(token, CaptureMode::Automatic);
    assert!(is_captured(&world.bank.charge(charge).await.unwrap()));
}

#[tokio::test]
async fn cards_that_decline_say_why_and_move_nothing() {
    let world = world().await;
    for (number, reason) in
        [(DECLINED, DeclineReason::CardDeclined), (WITHOUT_FUNDS, DeclineReason::InsufficientFunds)]
    {
        let (payment_id, answer) = world.charge(number, CaptureMode::Automatic).await;
        assert_eq!(decline_reason(&answer), Some(reason));
        assert_eq!(world.bank.look_up(&payment_id).await.unwrap(), Some(answer));
    }
    assert_eq!(world.moved().await, []);
}

#[tokio::test]
async fn a_token_that_the_bank_never_gave_out_is_declined() {
    let world = world().await;
    let charge =
        world.charge_of(Reference::parse("sandbox_tok_0").unwrap(), CaptureMode::Automatic);
    let answer = world.bank.charge(charge).await.unwrap();
    assert_eq!(decline_reason(&answer), Some(DeclineReason::InstrumentRefused));
}

#[tokio::test]
async fn a_card_that_is_no_test_card_gets_no_token() {
    let world = world().await;
    let refusal = refusal(world.bank.tokenize(card("4111111111111111")).await);
    assert_eq!(refusal.reason, DeclineReason::InstrumentRefused);
    assert!(!refusal.text.as_str().contains("4111"));
}

#[tokio::test]
async fn a_charge_asked_for_many_times_at_once_is_made_once() {
    let world = world().await;
    let charge = world.charge_of(world.token(PAYS).await, CaptureMode::Automatic);
    let calls = (0..12).map(|_| world.bank.charge(charge.clone()));
    let answers = futures::future::join_all(calls).await;
    let first = answers[0].as_ref().unwrap();
    assert!(is_captured(first));
    assert!(answers.iter().all(|it| it.as_ref().unwrap() == first));
    assert_eq!(world.moved().await, [(charge.payment_id, MovementKind::Captured, 499)]);
}

#[tokio::test]
async fn a_charge_whose_answer_is_lost_is_booked_and_found_again() {
    let world = world_with("timeout_after_charge").await;
    let charge = world.charge_of(world.token(PAYS).await, CaptureMode::Automatic);
    assert!(world.bank.charge(charge.clone()).await.is_err());
    let found = world.bank.look_up(&charge.payment_id).await.unwrap().unwrap();
    assert!(is_captured(&found));
    assert_eq!(world.bank.charge(charge.clone()).await.unwrap(), found);
    assert_eq!(world.moved().await, [(charge.payment_id, MovementKind::Captured, 499)]);
    world.bank.notifier().deliver_due().await;
    assert_eq!(world.told_kinds(), ["captured"]);
}

#[tokio::test]
async fn an_attempt_that_the_bank_never_heard_of_is_not_found() {
    let world = world().await;
    assert_eq!(world.bank.look_up(&world.new_payment()).await.unwrap(), None);
}

#[tokio::test]
async fn a_look_up_waits_for_nobody_who_is_changing_the_charge() {
    let world = world().await;
    let payment_id = world.held().await;
    let mut change = world.owner.begin().await.unwrap();
    sqlx::query("SELECT FROM sandbox_bank.charge FOR UPDATE").execute(&mut *change).await.unwrap();
    let looked_up = world.bank.look_up(&payment_id);
    let found = tokio::time::timeout(Duration::from_secs(10), looked_up).await.unwrap();
    assert!(found.unwrap().is_some());
}

#[tokio::test]
async fn the_slow_card_pays_when_its_time_has_come_and_not_before() {
    let world = world().await;
    let (payment_id, answer) = world.charge(SETTLES_LATER, CaptureMode::Automatic).await;
    assert_eq!(answer, ChargeAnswer::Pending);
    let notifier = world.bank.notifier();
    world.clock.advance(Duration::from_micros(4_999_999));
    assert_eq!(notifier.deliver_due().await, 0);
    assert_eq!(world.bank.look_up(&payment_id).await.unwrap(), Some(ChargeAnswer::Pending));
    assert_eq!(world.moved().await, []);
    world.clock.advance(Duration::from_micros(1));
    assert_eq!(notifier.deliver_due().await, 1);
    assert!(is_captured(&world.bank.look_up(&payment_id).await.unwrap().unwrap()));
    assert_eq!(world.told_kinds(), ["captured"]);
    assert_eq!(world.moved().await, [(payment_id, MovementKind::Captured, 499)]);
}

#[tokio::test]
async fn held_money_is_captured_once_however_often_it_is_asked_for() {
    let world = world().await;
    let payment_id = world.held().await;
    assert_eq!(world.moved().await, []);
    let key = first(&payment_id);
    for _ in 0..2 {
        assert!(is_captured(&world.bank.capture(&key, usd(499)).await.unwrap()));
    }
    assert_eq!(world.moved().await, [(payment_id, MovementKind::Captured, 499)]);
}

#[tokio::test]
async fn a_capture_of_another_amount_than_is_held_is_refused() {
    let world = world().await;
    let payment_id = world.held().await;
    for (number, minor_units) in [(1, 498), (2, 500)] {
        let key = RequestKey { number, ..first(&payment_id) };
        let answer = world.bank.capture(&key, usd(minor_units)).await.unwrap();
        assert_eq!(capture_refused(answer), DeclineReason::ProviderRefused);
    }
    let key = RequestKey { number: 3, ..first(&payment_id) };
    assert!(is_captured(&world.bank.capture(&key, usd(499)).await.unwrap()));
}

#[tokio::test]
async fn a_refused_request_stays_refused_and_the_next_one_is_judged_anew() {
    let world = world().await;
    let payment_id = world.held().await;
    let key = first(&payment_id);
    let refused = world.bank.capture(&key, usd(498)).await.unwrap();
    assert_eq!(capture_refused(refused.clone()), DeclineReason::ProviderRefused);
    assert_eq!(world.bank.capture(&key, usd(499)).await.unwrap(), refused);
    assert_eq!(world.moved().await, []);
    let next = RequestKey { number: 2, ..key };
    assert!(is_captured(&world.bank.capture(&next, usd(499)).await.unwrap()));
}

#[tokio::test]
async fn money_let_go_cannot_be_captured_and_captured_money_cannot_be_let_go() {
    let world = world().await;
    let payment_id = world.held().await;
    for _ in 0..2 {
        let voided = world.bank.void(&first(&payment_id)).await.unwrap();
        assert_eq!(voided, ChargeAnswer::Outcome(PaymentOutcome::Voided));
    }
    let key = RequestKey { number: 2, ..first(&payment_id) };
    let answer = world.bank.capture(&key, usd(499)).await.unwrap();
    assert_eq!(capture_refused(answer), DeclineReason::AuthorizationExpired);
    let taken = world.captured().await;
    let answer = world.bank.void(&first(&taken)).await.unwrap();
    assert!(matches!(answer, ChargeAnswer::Outcome(PaymentOutcome::VoidFailed(_))), "{answer:?}");
    assert_eq!(world.moved().await, [(taken, MovementKind::Captured, 499)]);
}

#[tokio::test]
async fn captures_and_voids_are_refused_on_request_and_the_money_stays_held() {
    let world = world_with("refuse_captures,refuse_voids").await;
    let payment_id = world.held().await;
    let key = first(&payment_id);
    let answer = world.bank.capture(&key, usd(499)).await.unwrap();
    assert_eq!(capture_refused(answer), DeclineReason::ProviderRefused);
    let answer = world.bank.void(&RequestKey { number: 2, ..key }).await.unwrap();
    assert!(matches!(answer, ChargeAnswer::Outcome(PaymentOutcome::VoidFailed(_))), "{answer:?}");
    let found = world.bank.look_up(&payment_id).await.unwrap().unwrap();
    assert!(matches!(found, ChargeAnswer::Outcome(PaymentOutcome::Authorized { .. })), "{found:?}");
}

fn capture_refused(answer: ChargeAnswer) -> DeclineReason {
    match answer {
        ChargeAnswer::Outcome(PaymentOutcome::CaptureFailed(refusal)) => refusal.reason,
        other => panic!("{other:?}"),
    }
}

//! A 3-D Secure step: asked for, passed, failed, left undone.

use std::time::Duration;

use reqwest::StatusCode;
use toffeepay::{
    domain::{
        id::PaymentId,
        session::{CaptureMode, DeclineReason, PaymentOutcome},
    },
    http_client::http_client,
    providers::{ChargeAnswer, Provider, sandbox::MovementKind},
};

use super::world::*;

#[tokio::test]
async fn a_player_who_passes_the_banks_check_pays() {
    let world = world().await;
    let (payment_id, url) = asked(&world, CaptureMode::Automatic).await;
    let page = http().get(&url).send().await.unwrap();
    assert_eq!(page.status(), StatusCode::OK);
    let html = page.text().await.unwrap();
    for words in ["USD 4.99", "Complete authentication", "Fail authentication"] {
        assert!(html.contains(words), "{html}");
    }
    assert_eq!(world.moved().await, []);

    let answer = press(&url, "complete").await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    assert_eq!(answer.headers()["location"], format!("{}/{}", world.base_url, world.session_id));
    assert!(is_captured(&world.bank.look_up(&payment_id).await.unwrap().unwrap()));
    assert_eq!(world.moved().await, [(payment_id, MovementKind::Captured, 499)]);
    world.bank.notifier().deliver_due().await;
    assert_eq!(world.told_kinds(), ["captured"]);
}

#[tokio::test]
async fn a_player_who_fails_the_banks_check_is_declined() {
    let world = world().await;
    let (payment_id, url) = asked(&world, CaptureMode::Automatic).await;
    assert_eq!(press(&url, "fail").await.status(), StatusCode::SEE_OTHER);
    let found = world.bank.look_up(&payment_id).await.unwrap().unwrap();
    assert_eq!(decline_reason(&found), Some(DeclineReason::AuthenticationFailed));
    world.bank.notifier().deliver_due().await;
    assert_eq!(world.told_kinds(), ["declined"]);
    assert_eq!(world.moved().await, []);
}

#[tokio::test]
async fn money_is_only_held_after_the_check_where_the_game_captures_itself() {
    let world = world().await;
    let (payment_id, url) = asked(&world, CaptureMode::Manual).await;
    press(&url, "complete").await;
    let found = world.bank.look_up(&payment_id).await.unwrap().unwrap();
    assert!(matches!(found, ChargeAnswer::Outcome(PaymentOutcome::Authorized { .. })), "{found:?}");
}

#[tokio::test]
async fn the_first_answer_stands() {
    let world = world().await;
    let (payment_id, url) = asked(&world, CaptureMode::Automatic).await;
    press(&url, "complete").await;
    for _ in 0..2 {
        assert_eq!(press(&url, "fail").await.status(), StatusCode::SEE_OTHER);
    }
    // Somebody who comes back to the page is sent on.
    assert_eq!(http().get(&url).send().await.unwrap().status(), StatusCode::SEE_OTHER);
    assert_eq!(world.moved().await, [(payment_id, MovementKind::Captured, 499)]);
}

#[tokio::test]
async fn the_bank_keeps_asking_the_same_until_it_is_answered() {
    let world = world().await;
    let charge =
        world.charge_of(world.token(ASKS_FOR_AUTHENTICATION).await, CaptureMode::Automatic);
    let first = world.bank.charge(charge.clone()).await.unwrap();
    assert!(matches!(first, ChargeAnswer::ActionRequired { .. }), "{first:?}");
    assert_eq!(world.bank.charge(charge.clone()).await.unwrap(), first);
    assert_eq!(world.bank.look_up(&charge.payment_id).await.unwrap(), Some(first));
}

#[tokio::test]
async fn a_question_that_nobody_answers_is_declined_after_15_minutes() {
    let world = world().await;
    let (payment_id, url) = asked(&world, CaptureMode::Automatic).await;
    let notifier = world.bank.notifier();
    world.clock.advance(Duration::from_micros(15 * 60 * 1_000_000 - 1));
    assert_eq!(notifier.deliver_due().await, 0);
    world.clock.advance(Duration::from_micros(1));
    assert_eq!(notifier.deliver_due().await, 1);
    let found = world.bank.look_up(&payment_id).await.unwrap().unwrap();
    assert_eq!(decline_reason(&found), Some(DeclineReason::AuthenticationFailed));
    press(&url, "complete").await;
    assert_eq!(world.moved().await, []);
}

#[tokio::test]
async fn a_question_that_was_never_asked_is_not_found_and_a_wrong_form_decides_nothing() {
    let world = world().await;
    let unknown = format!("{}/sandbox/3ds/sandbox_challenge_0", world.base_url);
    assert_eq!(http().get(&unknown).send().await.unwrap().status(), StatusCode::NOT_FOUND);
    assert_eq!(press(&unknown, "complete").await.status(), StatusCode::NOT_FOUND);
    let (payment_id, url) = asked(&world, CaptureMode::Automatic).await;
    assert!(press(&url, "perhaps").await.status().is_client_error());
    let found = world.bank.look_up(&payment_id).await.unwrap().unwrap();
    assert!(matches!(found, ChargeAnswer::ActionRequired { .. }), "{found:?}");
}

#[tokio::test]
async fn the_page_may_do_nothing_but_show_itself_and_post_to_itself() {
    let world = world().await;
    let (_, url) = asked(&world, CaptureMode::Automatic).await;
    let page = http().get(&url).send().await.unwrap();
    let headers = page.headers().clone();
    let policy = headers["content-security-policy"].to_str().unwrap();
    let (_, rest) = policy.split_once("style-src 'nonce-").unwrap();
    let (nonce, _) = rest.split_once('\'').unwrap();
    assert!(policy.starts_with("default-src 'none'; "), "{policy}");
    assert!(policy.contains("frame-ancestors 'none'") && policy.contains("form-action 'self'"));
    assert_eq!(headers["cache-control"], "no-store");
    assert_eq!(headers["referrer-policy"], "no-referrer");
    let html = page.text().await.unwrap();
    assert!(html.contains(&format!("nonce=\"{nonce}\"")) && !html.contains("<script"));
    let again = http().get(&url).send().await.unwrap();
    assert!(again.headers()["content-security-policy"] != policy, "a nonce was used twice");
}

/// A payment that waits for the player, and the page's address.
async fn asked(world: &World, capture_mode: CaptureMode) -> (PaymentId, String) {
    let (payment_id, answer) = world.charge(ASKS_FOR_AUTHENTICATION, capture_mode).await;
    let ChargeAnswer::ActionRequired { url } = answer else { panic!("{answer:?}") };
    assert!(url.starts_with(&format!("{}/sandbox/3ds/", world.base_url)), "{url}");
    (payment_id, url)
}

async fn press(url: &str, decision: &str) -> reqwest::Response {
    let form = format!("decision={decision}");
    let post = http().post(url).header("content-type", "application/x-www-form-urlencoded");
    post.body(form).send().await.unwrap()
}

fn http() -> reqwest::Client {
    http_client(Duration::from_secs(10)).unwrap()
}

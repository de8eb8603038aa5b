//! Attempts to pay, as the game server reads them; and held money, which it takes or lets go.

use reqwest::RequestBuilder;
use serde_json::{Value, json};

use super::books::{assert_agree, assert_paid_once, settled};
use super::client::{CANCEL_PAYMENT, COMPLETE_PAYMENT, DECLINED, GET_PAYMENT, PAYS, ticket_in};
use super::errors::{expected, other_game, refusal};
use super::harness::{Options, Service, wait_until};
use super::sessions::session;

/// A service whose demo game takes held money itself.
pub(crate) async fn with_manual_capture() -> Service {
    let service = Service::start(Options::default()).await;
    let set = ["games", "set", "space_shooter", "--capture", "manual"];
    assert!(service.command(&set).await.status.success());
    service
}

fn ask(service: &Service, method: &str, payment_id: &str) -> RequestBuilder {
    service.client.call(method).json(&json!({ "id": payment_id }))
}

pub(crate) async fn payment(service: &Service, payment_id: &str) -> Value {
    let answer = ask(service, GET_PAYMENT, payment_id).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    answer.json::<Value>().await.unwrap()["payment"].take()
}

pub(crate) async fn wait_for(service: &Service, payment_id: &str, status: &str) -> Value {
    wait_until(&format!("{payment_id} to be {status}"), async || {
        let payment = payment(service, payment_id).await;
        (payment["status"] == status).then_some(payment)
    })
    .await
}

/// A new session, and an attempt to pay it with `card`.
pub(crate) async fn pay(service: &Service, card: &str) -> (String, String) {
    let session_id = service.client.create_session(&service.client.purchase()).await;
    service.client.pay(&session_id, card).await.unwrap();
    let payment_id = session(service, &session_id).await["payment_id"].as_str().unwrap().to_owned();
    (session_id, payment_id)
}

async fn assert_done(call: RequestBuilder) {
    let answer = call.send().await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.text().await.unwrap().as_str()), (200, "{}"));
}

#[tokio::test]
async fn held_money_is_taken_when_the_game_says_so_and_once() {
    let service = with_manual_capture().await;
    let (session_id, payment_id) = pay(&service, PAYS).await;

    let held = wait_for(&service, &payment_id, "authorized").await;
    for (name, value) in [
        ("id", json!(payment_id)),
        ("session_id", json!(session_id)),
        ("amount", json!(499)),
        ("currency", json!("USD")),
        ("method", json!("card")),
    ] {
        assert_eq!(held[name], value, "{name}");
    }
    assert!(held["authorized_at"].is_string() && held.get("succeeded_at").is_none(), "{held}");
    assert_eq!(service.client.status(&session_id).await, "pending");

    for _ in 0..2 {
        assert_done(ask(&service, COMPLETE_PAYMENT, &payment_id)).await;
    }

    let taken = wait_for(&service, &payment_id, "succeeded").await;
    assert!(taken["succeeded_at"].is_string(), "{taken}");
    assert_eq!(service.client.status(&session_id).await, "paid");
    assert_done(ask(&service, COMPLETE_PAYMENT, &payment_id)).await;
    let library = service.library().await;
    settled(&library.pool).await;
    assert_paid_once(&library, &session_id).await;
}

#[tokio::test]
async fn held_money_is_let_go_when_the_game_says_so_and_the_player_can_try_again() {
    let service = with_manual_capture().await;
    let (session_id, payment_id) = pay(&service, PAYS).await;
    wait_for(&service, &payment_id, "authorized").await;

    assert_done(ask(&service, CANCEL_PAYMENT, &payment_id)).await;

    let let_go = wait_for(&service, &payment_id, "cancelled").await;
    assert!(let_go["cancelled_at"].is_string(), "{let_go}");
    assert_eq!(service.client.status(&session_id).await, "pending");
    let not_authorized = expected(400, "failed_precondition", "payment_not_authorized");
    assert_eq!(refusal(ask(&service, COMPLETE_PAYMENT, &payment_id)).await, not_authorized);
    let page = service.client.open_page(&session_id).await.unwrap();
    assert!(ticket_in(&page).is_some(), "the form is back: {page}");
    let library = service.library().await;
    settled(&library.pool).await;
    assert!(assert_agree(&library).await.is_empty(), "nothing was taken");
}

#[tokio::test]
async fn a_declined_payment_says_why_and_holds_nothing() {
    let service = Service::start(Options::default()).await;
    let (_, payment_id) = pay(&service, DECLINED).await;
    let declined = wait_for(&service, &payment_id, "failed").await;
    let error = json!({ "code": "card_declined", "message": "The card was declined." });
    assert_eq!(declined["error"], error);
    let not_authorized = expected(400, "failed_precondition", "payment_not_authorized");
    for method in [COMPLETE_PAYMENT, CANCEL_PAYMENT] {
        assert_eq!(refusal(ask(&service, method, &payment_id)).await, not_authorized, "{method}");
    }
}

#[tokio::test]
async fn a_repeat_of_what_was_asked_of_another_payment_is_a_conflict() {
    let service = with_manual_capture().await;
    let (_, first) = pay(&service, PAYS).await;
    let (_, second) = pay(&service, PAYS).await;
    wait_for(&service, &first, "authorized").await;
    wait_for(&service, &second, "authorized").await;
    let complete =
        |id: &str| ask(&service, COMPLETE_PAYMENT, id).header("Idempotency-Key", "order-1");
    assert_done(complete(&first)).await;
    assert_done(complete(&first)).await;
    let conflict = expected(409, "aborted", "idempotency_conflict");
    assert_eq!(refusal(complete(&second)).await, conflict);
    assert_eq!(payment(&service, &second).await["status"], "authorized");
}

#[tokio::test]
async fn another_games_payment_is_as_unknown_as_none() {
    let service = with_manual_capture().await;
    let (_, payment_id) = pay(&service, PAYS).await;
    wait_for(&service, &payment_id, "authorized").await;
    let theirs = other_game(&service).await;
    let not_found = expected(404, "not_found", "payment_not_found");
    for method in [GET_PAYMENT, COMPLETE_PAYMENT, CANCEL_PAYMENT] {
        for id in [payment_id.as_str(), "pay_unknown", ""] {
            let call = service.client.request(reqwest::Method::POST, method).bearer_auth(&theirs);
            assert_eq!(refusal(call.json(&json!({ "id": id }))).await, not_found, "{method} {id}");
        }
    }
    assert_eq!(payment(&service, &payment_id).await["status"], "authorized");
}

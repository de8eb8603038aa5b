//! A session after it was created: read whole, and cancelled by the game.

use futures::future::join_all;
use reqwest::Response;
use serde_json::{Value, json};

use super::client::{
    ASKS_FOR_AUTHENTICATION, CANCEL_SESSION, GET_SESSION, GET_SESSION_STATUS, PAYS,
};
use super::errors::{expected, other_game, refusal};
use super::harness::{Options, Service};

/// What GetSession says.
pub(crate) async fn session(service: &Service, id: &str) -> Value {
    let answer = service.client.call(GET_SESSION).json(&json!({ "id": id })).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let mut answer: Value = answer.json().await.unwrap();
    answer["session"].take()
}

fn cancel(service: &Service, id: &str) -> reqwest::RequestBuilder {
    service.client.call(CANCEL_SESSION).json(&json!({ "id": id }))
}

async fn cancel_with_key(service: &Service, id: &str, key: &str) -> Response {
    cancel(service, id).header("Idempotency-Key", key).send().await.unwrap()
}

#[tokio::test]
async fn a_session_is_read_whole_as_it_was_created_and_as_it_ended() {
    let service = Service::start(Options::default()).await;
    let id = service.client.create_session(&service.client.purchase()).await;

    let open = session(&service, &id).await;
    for (name, value) in [
        ("id", json!(id)),
        ("url", json!(service.client.page_url(&id))),
        ("status", json!("pending")),
        ("user_id", json!("player_42")),
        ("game_id", json!("space_shooter")),
        ("item", json!({ "title": "50 Gold Coins", "price": 499, "currency": "USD" })),
    ] {
        assert_eq!(open[name], value, "{name}");
    }
    assert!(open["created_at"].as_str().unwrap().ends_with('Z'), "{open}");
    for not_yet in ["payment_id", "paid_at", "failed_at", "cancelled_at", "expired_at"] {
        assert!(open.get(not_yet).is_none(), "{not_yet}: {open}");
    }

    service.client.pay(&id, PAYS).await.unwrap();
    service.client.wait_for_status(&id, "paid").await;
    let paid = session(&service, &id).await;
    assert_eq!((&paid["status"], &paid["created_at"]), (&json!("paid"), &open["created_at"]));
    assert!(open["created_at"].as_str() < paid["paid_at"].as_str(), "{paid}");
    assert!(paid["payment_id"].as_str().unwrap().starts_with("pay_"), "{paid}");
}

#[tokio::test]
async fn a_cancelled_session_stays_cancelled_and_cannot_be_paid() {
    let service = Service::start(Options::default()).await;
    let id = service.client.create_session(&service.client.purchase()).await;

    let answer = cancel(&service, &id).send().await.unwrap();

    assert_eq!((answer.status().as_u16(), answer.text().await.unwrap().as_str()), (200, "{}"));
    let cancelled = session(&service, &id).await;
    assert_eq!(cancelled["status"], "cancelled");
    assert!(cancelled["cancelled_at"].is_string(), "{cancelled}");
    assert!(service.client.pay(&id, PAYS).await.unwrap().is_none(), "the page has no form");
    let not_pending = expected(400, "failed_precondition", "session_not_pending");
    assert_eq!(refusal(cancel(&service, &id)).await, not_pending);
}

#[tokio::test]
async fn a_repeated_cancel_that_succeeded_succeeds_again() {
    let service = Service::start(Options::default()).await;
    let id = service.client.create_session(&service.client.purchase()).await;
    let other = service.client.create_session(&service.client.purchase()).await;

    let first = cancel_with_key(&service, &id, "cancel-1").await;
    assert_eq!(first.status(), 200);
    assert!(!first.headers().contains_key("idempotent-replayed"));

    let repeat = cancel_with_key(&service, &id, "cancel-1").await;
    assert_eq!(
        (repeat.status().as_u16(), &repeat.headers()["idempotent-replayed"] == "true"),
        (200, true)
    );
    assert_eq!(repeat.text().await.unwrap(), "{}");
    let conflict = cancel(&service, &other).header("Idempotency-Key", "cancel-1");
    assert_eq!(refusal(conflict).await, expected(409, "aborted", "idempotency_conflict"));
    assert_eq!(service.client.status(&other).await, "pending");
}

#[tokio::test]
async fn a_session_is_not_cancelled_while_a_payment_is_in_progress() {
    let service = Service::start(Options::default()).await;
    let id = service.client.create_session(&service.client.purchase()).await;
    // It stays in progress until the player has passed the bank's check.
    service.client.pay(&id, ASKS_FOR_AUTHENTICATION).await.unwrap();

    let in_progress = expected(400, "failed_precondition", "payment_in_progress");
    assert_eq!(refusal(cancel(&service, &id)).await, in_progress);

    assert_eq!(service.client.status(&id).await, "pending");
}

#[tokio::test]
async fn another_games_session_is_neither_read_nor_cancelled() {
    let service = Service::start(Options::default()).await;
    let id = service.client.create_session(&service.client.purchase()).await;
    let theirs = other_game(&service).await;
    let not_found = expected(404, "not_found", "session_not_found");
    for method in [GET_SESSION, CANCEL_SESSION] {
        for id in [id.as_str(), "sess_unknown", ""] {
            let call = service.client.request(reqwest::Method::POST, method).bearer_auth(&theirs);
            assert_eq!(refusal(call.json(&json!({ "id": id }))).await, not_found, "{method} {id}");
        }
    }
    assert_eq!(service.client.status(&id).await, "pending");
}

#[tokio::test]
async fn of_many_who_ask_at_once_each_is_told_the_status_of_their_own_session() {
    const SESSIONS: usize = 60;
    let service = Service::start(Options::default()).await;
    let mut asked = vec![];
    for nth in 0..SESSIONS {
        let id = service.client.create_session(&service.client.purchase()).await;
        if nth % 3 == 0 {
            assert_eq!(cancel(&service, &id).send().await.unwrap().status(), 200);
        }
        asked.push((id, if nth % 3 == 0 { "cancelled" } else { "pending" }));
    }
    let unknown = format!("sess_{}", "0".repeat(39));
    let not_found = expected(404, "not_found", "session_not_found");
    // The second time what is final is remembered.
    for _ in 0..2 {
        let answers = join_all(asked.iter().map(|(id, _)| service.client.status(id)));
        let call = service.client.call(GET_SESSION_STATUS).json(&json!({ "session_id": unknown }));
        let (answers, refused) = tokio::join!(answers, refusal(call));
        let expected: Vec<&str> = asked.iter().map(|(_, status)| *status).collect();
        assert_eq!(answers, expected);
        assert_eq!(refused, not_found);
    }
    // Not even a remembered one is told to another game.
    let theirs = other_game(&service).await;
    let call = service.client.request(reqwest::Method::POST, GET_SESSION_STATUS);
    let call = call.bearer_auth(theirs).json(&json!({ "session_id": asked[0].0 }));
    assert_eq!(refusal(call).await, not_found);
}

//! What a game has had, page by page: sessions, payments and refunds.

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use super::client::{
    CANCEL_SESSION, CREATE_REFUND, DECLINED, LIST_PAYMENTS, LIST_REFUNDS, LIST_SESSIONS, PAYS,
};
use super::errors::{expected, other_game, refusal};
use super::harness::{Options, Service};
use super::payments::{pay, wait_for};

/// What a list answers to `request`, with the game's id added.
pub(crate) async fn list(service: &Service, method: &str, mut request: Value) -> Value {
    if method != LIST_REFUNDS {
        request["game_id"] = "space_shooter".into();
    }
    let answer = service.client.call(method).json(&request).send().await.unwrap();
    let (status, body) = (answer.status(), answer.text().await.unwrap());
    assert_eq!(status, 200, "{body}");
    serde_json::from_str(&body).unwrap()
}

/// The ids of a page, and what it says of the rest. Zero values are left out of JSON.
fn read(page: &Value, rows: &str) -> (Vec<String>, u64, bool) {
    let id = |it: &Value| it["id"].as_str().unwrap().to_owned();
    let ids = page[rows].as_array().map(|it| it.iter().map(id).collect()).unwrap_or_default();
    (ids, page["total"].as_u64().unwrap_or(0), page["has_more"].as_bool().unwrap_or(false))
}

async fn sessions(service: &Service, request: Value) -> (Vec<String>, u64, bool) {
    read(&list(service, LIST_SESSIONS, request).await, "sessions")
}

async fn create(service: &Service, user_id: &str) -> String {
    let mut request = service.client.purchase();
    request["user_id"] = user_id.into();
    service.client.create_session(&request).await
}

async fn cancel(service: &Service, session_id: &str) {
    let call = service.client.call(CANCEL_SESSION).json(&json!({ "id": session_id }));
    assert_eq!(call.send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn sessions_are_listed_newest_first_from_the_moment_of_their_creation() {
    let service = Service::start(Options::default()).await;
    let (_, before, _) = sessions(&service, json!({})).await;
    assert_eq!(before, 0, "an empty list is one");
    let mut newest_first = vec![];
    for number in 1..=5 {
        newest_first.insert(0, create(&service, "player_42").await);
        let (ids, total, has_more) = sessions(&service, json!({})).await;
        assert_eq!((&ids, total, has_more), (&newest_first, number, false));
    }
    let pages = [(0, &newest_first[..2], true), (2, &newest_first[2..4], true)];
    for (offset, ids, has_more) in pages.into_iter().chain([(4, &newest_first[4..], false)]) {
        let page = sessions(&service, json!({ "limit": 2, "offset": offset })).await;
        assert_eq!(page, (ids.to_vec(), 5, has_more), "after {offset}");
    }
    let past = sessions(&service, json!({ "offset": 5 })).await;
    assert_eq!(past, (vec![], 5, false));
    let whole = list(&service, LIST_SESSIONS, json!({ "limit": 1 })).await;
    let newest = super::sessions::session(&service, &newest_first[0]).await;
    assert_eq!(whole["sessions"][0], newest, "a listed session is all of it");
}

#[tokio::test]
async fn sessions_are_found_by_player_and_by_status_and_follow_both() {
    let service = Service::start(Options::default()).await;
    let first = create(&service, "player_1").await;
    let second = create(&service, "player_2").await;
    let third = create(&service, "player_1").await;
    let of = async |request| sessions(&service, request).await.0;
    assert_eq!(of(json!({ "user_id": "player_1" })).await, [third.clone(), first.clone()]);
    assert_eq!(of(json!({ "userId": "player_3" })).await, [""; 0]);

    cancel(&service, &first).await;
    assert_eq!(of(json!({ "status": "cancelled" })).await, [first]);
    assert_eq!(of(json!({ "status": "pending" })).await, [third.clone(), second]);
    let both = sessions(&service, json!({ "status": "pending", "user_id": "player_1" })).await;
    assert_eq!(both, (vec![third], 1, false));
    assert_eq!(of(json!({ "status": "paid" })).await, [""; 0]);
}

#[tokio::test]
async fn a_page_has_50_sessions_unless_another_limit_is_asked_for() {
    let service = Service::start(Options::default()).await;
    for _ in 0..51 {
        create(&service, "player_42").await;
    }
    let (ids, total, has_more) = sessions(&service, json!({})).await;
    assert_eq!((ids.len(), total, has_more), (50, 51, true));
    let (ids, total, has_more) = sessions(&service, json!({ "limit": 250 })).await;
    assert_eq!((ids.len(), total, has_more), (51, 51, false));
}

#[tokio::test]
async fn pages_by_the_last_ones_id_do_not_shift_while_sessions_arrive() {
    let service = Service::start(Options::default()).await;
    let mut expected = vec![];
    for _ in 0..6 {
        expected.insert(0, create(&service, "player_42").await);
    }
    let (mut seen, _, mut has_more) = sessions(&service, json!({ "limit": 2 })).await;
    while has_more {
        create(&service, "player_42").await;
        let request = json!({ "limit": 2, "before_id": seen.last() });
        let page = sessions(&service, request).await;
        seen.extend(page.0);
        has_more = page.2;
    }
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn payments_and_refunds_are_listed_too() {
    let service = Service::start(Options::default()).await;
    let (_, declined) = pay(&service, DECLINED).await;
    wait_for(&service, &declined, "failed").await;
    let (_, paid) = pay(&service, PAYS).await;
    wait_for(&service, &paid, "succeeded").await;
    let page = list(&service, LIST_PAYMENTS, json!({})).await;
    assert_eq!(read(&page, "payments"), (vec![paid.clone(), declined.clone()], 2, false));
    assert_eq!(page["payments"][1]["error"]["code"], "card_declined");
    let page = list(&service, LIST_PAYMENTS, json!({ "limit": 1, "before_id": paid })).await;
    assert_eq!(read(&page, "payments"), (vec![declined], 2, false));
    let page = list(&service, LIST_PAYMENTS, json!({ "user_id": "nobody" })).await;
    assert_eq!(read(&page, "payments"), (vec![], 0, false));

    let refunds = async |request| read(&list(&service, LIST_REFUNDS, request).await, "refunds");
    assert_eq!(refunds(json!({})).await, (vec![], 0, false));
    let ask = service.client.call(CREATE_REFUND).json(&json!({ "payment_id": paid }));
    let asked: Value = ask.send().await.unwrap().json().await.unwrap();
    let refund_id = asked["id"].as_str().unwrap().to_owned();
    let found = (vec![refund_id], 1, false);
    assert_eq!(refunds(json!({})).await, found);
    assert_eq!(refunds(json!({ "payment_id": paid })).await, found);
    assert_eq!(refunds(json!({ "payment_id": "pay_1" })).await, (vec![], 0, false));
    assert_eq!(refunds(json!({ "status": "cancelled" })).await, (vec![], 0, false));
}

#[tokio::test]
async fn what_cannot_be_listed_is_refused_with_the_field_the_rule_and_what_was_received() {
    let service = Service::start(Options::default()).await;
    let session_id = create(&service, "player_42").await;
    for (field, value, words) in [
        ("limit", json!(0), "must be 1 to 250; received 0"),
        ("limit", json!(251), "must be 1 to 250; received 251"),
        ("offset", json!(-1), "must be 0 or more; received -1"),
        ("status", json!("succeeded"), "received \"succeeded\""),
        ("status", json!(""), "must be pending, paid, failed, cancelled or expired"),
        ("user_id", json!(""), "must be 1 to 128 characters"),
    ] {
        let mut request = json!({ "game_id": "space_shooter" });
        request[field] = value;
        let call = service.client.call(LIST_SESSIONS).json(&request);
        let error: Value = call.send().await.unwrap().json().await.unwrap();
        let message = error["message"].as_str().unwrap();
        assert!(message.starts_with(&format!("invalid_argument: {field} ")), "{message}");
        assert!(message.contains(words), "{message}");
    }
    let both = json!({ "game_id": "space_shooter", "before_id": session_id, "offset": 1 });
    let refused = refusal(service.client.call(LIST_SESSIONS).json(&both)).await;
    assert_eq!(refused, expected(400, "invalid_argument", "invalid_argument"));
    for limit in [1, 250] {
        list(&service, LIST_SESSIONS, json!({ "limit": limit })).await;
    }
}

#[tokio::test]
async fn another_games_key_lists_nothing_of_this_ones() {
    let service = Service::start(Options::default()).await;
    let other_key = other_game(&service).await;
    let (session_id, payment_id) = pay(&service, PAYS).await;
    wait_for(&service, &payment_id, "succeeded").await;
    let ask = service.client.call(CREATE_REFUND).json(&json!({ "payment_id": payment_id }));
    let refund: Value = ask.send().await.unwrap().json().await.unwrap();

    let call = |method: &str, request: Value| -> RequestBuilder {
        let call = service.client.request(Method::POST, method);
        call.bearer_auth(&other_key).json(&request)
    };
    let forbidden = expected(403, "permission_denied", "invalid_game_id");
    for method in [LIST_SESSIONS, LIST_PAYMENTS] {
        let request = json!({ "game_id": "space_shooter" });
        assert_eq!(refusal(call(method, request)).await, forbidden);
    }
    for (method, id, reason) in [
        (LIST_SESSIONS, session_id, "session_not_found"),
        (LIST_PAYMENTS, payment_id.clone(), "payment_not_found"),
        (LIST_REFUNDS, refund["id"].as_str().unwrap().to_owned(), "refund_not_found"),
    ] {
        let request = json!({ "game_id": "other_game", "before_id": id });
        assert_eq!(refusal(call(method, request)).await, expected(404, "not_found", reason));
        let own = call(method, json!({ "game_id": "other_game" })).send().await.unwrap();
        assert_eq!(own.json::<Value>().await.unwrap(), json!({}), "an empty list");
    }
    let of_payment = call(LIST_REFUNDS, json!({ "payment_id": payment_id })).send().await.unwrap();
    assert_eq!(of_payment.json::<Value>().await.unwrap(), json!({}));
}

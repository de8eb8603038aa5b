//! A paid payment's money, given back because the game asks for it.

use reqwest::RequestBuilder;
use serde_json::{Value, json};

use super::books::{assert_agree, settled};
use super::client::{CREATE_REFUND, DECLINED, GET_REFUND, PAYS};
use super::errors::{expected, other_game, refusal};
use super::harness::{Options, Service, wait_until};
use super::payments::{pay, payment, wait_for};

pub(crate) fn ask(service: &Service, payment_id: &str) -> RequestBuilder {
    let request = json!({ "payment_id": payment_id, "reason": "bought twice" });
    service.client.call(CREATE_REFUND).json(&request)
}

async fn refund(service: &Service, refund_id: &str) -> Value {
    let call = service.client.call(GET_REFUND).json(&json!({ "id": refund_id }));
    call.send().await.unwrap().json::<Value>().await.unwrap()["refund"].take()
}

pub(crate) async fn wait_for_refund(service: &Service, refund_id: &str, status: &str) -> Value {
    wait_until(&format!("{refund_id} to be {status}"), async || {
        let refund = refund(service, refund_id).await;
        (refund["status"] == status).then_some(refund)
    })
    .await
}

pub(crate) async fn paid(service: &Service) -> (String, String) {
    let (session_id, payment_id) = pay(service, PAYS).await;
    wait_for(service, &payment_id, "succeeded").await;
    (session_id, payment_id)
}

#[tokio::test]
async fn a_paid_payments_money_is_given_back_once() {
    let service = Service::start(Options::default()).await;
    let (session_id, payment_id) = paid(&service).await;

    let asked = ask(&service, &payment_id).send().await.unwrap();
    assert_eq!(asked.status(), 200);
    let asked: Value = asked.json().await.unwrap();
    let refund_id = asked["id"].as_str().unwrap();
    assert!(refund_id.starts_with("ref_"), "{asked}");
    for (name, value) in [
        ("id", json!(refund_id)),
        ("payment_id", json!(payment_id)),
        ("status", json!("pending")),
        ("reason", json!("bought twice")),
    ] {
        assert_eq!(asked["refund"][name], value, "{name}");
    }

    let done = wait_for_refund(&service, refund_id, "succeeded").await;
    assert!(done["succeeded_at"].is_string() && done.get("failed_at").is_none(), "{done}");
    let refunded = payment(&service, &payment_id).await;
    assert_eq!(refunded["status"], "refunded");
    assert!(refunded["refunded_at"].is_string(), "{refunded}");
    assert_eq!(service.client.status(&session_id).await, "paid", "it was, once and for ever");
    let already = expected(400, "failed_precondition", "already_refunded");
    assert_eq!(refusal(ask(&service, &payment_id)).await, already);
    let library = service.library().await;
    settled(&library.pool).await;
    assert_agree(&library).await;
    let back: i64 = sqlx::query_scalar(
        "SELECT sum(minor_units)::bigint FROM sandbox_bank.movement WHERE kind = 'refunded'",
    )
    .fetch_one(&library.pool)
    .await
    .unwrap();
    assert_eq!(back, 499, "in the bank's books too");
}

#[tokio::test]
async fn a_repeated_refund_that_was_asked_for_gets_the_first_answer() {
    let service = Service::start(Options::default()).await;
    let (_, payment_id) = paid(&service).await;
    let send = async || {
        let call = ask(&service, &payment_id).header("Idempotency-Key", "refund-1");
        call.send().await.unwrap()
    };
    let first = send().await;
    assert!(!first.headers().contains_key("idempotent-replayed"));
    let first = first.bytes().await.unwrap();
    let id = serde_json::from_slice::<Value>(&first).unwrap()["id"].as_str().unwrap().to_owned();
    wait_for_refund(&service, &id, "succeeded").await;

    let repeat = send().await;

    assert_eq!(repeat.headers()["idempotent-replayed"], "true");
    assert_eq!(repeat.bytes().await.unwrap(), first, "byte for byte, although it moved on");
}

#[tokio::test]
async fn a_refused_refund_says_why_and_another_may_be_asked_for() {
    let faults = "refuse_refunds";
    let service = Service::start(Options { faults, ..Options::default() }).await;
    let (_, payment_id) = paid(&service).await;
    for _ in 0..2 {
        let asked: Value = ask(&service, &payment_id).send().await.unwrap().json().await.unwrap();
        let failed = wait_for_refund(&service, asked["id"].as_str().unwrap(), "failed").await;
        assert!(failed["failed_at"].is_string(), "{failed}");
        assert_eq!(failed["error"]["code"], "provider_refused", "{failed}");
    }
    assert_eq!(payment(&service, &payment_id).await["status"], "succeeded");
}

#[tokio::test]
async fn what_was_never_taken_is_not_given_back() {
    let service = Service::start(Options::default()).await;
    let (_, payment_id) = pay(&service, DECLINED).await;
    wait_for(&service, &payment_id, "failed").await;
    let not_allowed = expected(400, "failed_precondition", "refund_not_allowed");
    assert_eq!(refusal(ask(&service, &payment_id)).await, not_allowed);
}

#[tokio::test]
async fn a_refund_is_asked_for_with_the_right_key_and_with_words_within_bounds() {
    let service = Service::start(Options::default()).await;
    let (_, payment_id) = paid(&service).await;
    let with_reason = |reason: String| {
        let request = json!({ "payment_id": payment_id, "reason": reason });
        service.client.call(CREATE_REFUND).json(&request)
    };
    let invalid = expected(400, "invalid_argument", "invalid_argument");
    assert_eq!(refusal(with_reason("x".repeat(501))).await, invalid);
    let theirs = other_game(&service).await;
    let by_other = |method, body: Value| {
        service.client.request(reqwest::Method::POST, method).bearer_auth(&theirs).json(&body)
    };
    let unknown = expected(404, "not_found", "payment_not_found");
    let create = by_other(CREATE_REFUND, json!({ "payment_id": payment_id }));
    assert_eq!(refusal(create).await, unknown);

    let asked: Value = with_reason("x".repeat(500)).send().await.unwrap().json().await.unwrap();
    let refund_id = asked["id"].as_str().unwrap();
    let unknown = expected(404, "not_found", "refund_not_found");
    for id in [refund_id, "ref_unknown", ""] {
        assert_eq!(refusal(by_other(GET_REFUND, json!({ "id": id }))).await, unknown, "{id}");
    }
    wait_for_refund(&service, refund_id, "succeeded").await;
}

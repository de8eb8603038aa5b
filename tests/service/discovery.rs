//! What gRPC's own tools ask of a server, before any key: is it well?

use reqwest::Method;
use serde_json::{Value, json};

use super::harness::{Options, Service};

const CHECK: &str = "/grpc.health.v1.Health/Check";

/// What `grpc.health.v1` says of a service.
pub(crate) async fn check(service: &Service, name: &str) -> Value {
    let (status, answer) = ask(service, name).await;
    assert_eq!(status, 200, "{answer}");
    answer
}

async fn refusal(service: &Service, name: &str) -> (u16, Value) {
    let (status, mut error) = ask(service, name).await;
    (status, error["code"].take())
}

async fn ask(service: &Service, name: &str) -> (u16, Value) {
    let call = service.client.request(Method::POST, CHECK).json(&json!({ "service": name }));
    let answer = call.send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

#[tokio::test]
async fn whoever_asks_is_told_that_each_service_serves_and_needs_no_key() {
    let service = Service::start(Options::default()).await;
    for name in [
        "",
        "pay.v1.PaymentService",
        "pay.v1.RefundService",
        "wallet.v1.AccountService",
        "webhooks.v1.WebhookService",
        "grpc.health.v1.Health",
    ] {
        assert_eq!(check(&service, name).await, json!({ "status": "SERVING" }), "{name}");
    }
    assert_eq!(refusal(&service, "pay.v1.Nothing").await, (404, json!("not_found")));
}

#[tokio::test]
async fn a_question_about_health_may_have_16_kib_and_no_more() {
    let service = Service::start(Options::default()).await;
    assert_eq!(refusal(&service, &"x".repeat(16_000)).await, (404, json!("not_found")));
    assert_eq!(refusal(&service, &"x".repeat(17_000)).await, (429, json!("resource_exhausted")));
}

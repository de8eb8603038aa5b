//! What a game server receives, judged by libraries that are not ours.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::browser::{AtTheTill, phone};
use super::client::{DECLINED, PAYS};
use super::harness::{Options, Service, wait_until};
use super::receiver::{Delivery, Receiver};
use super::support::oracles::{get_ready, verify_webhook};

async fn start() -> (Service, Receiver) {
    tokio::task::spawn_blocking(get_ready).await.unwrap();
    let receiver = Receiver::start().await;
    let webhook_url = Some(receiver.url.clone());
    (Service::start(Options { webhook_url, ..Options::default() }).await, receiver)
}

/// Every judge accepts it: Stripe's libraries, standardwebhooks, and the guide's recipe.
async fn assert_accepted(service: &Service, delivery: Delivery) {
    let secret = service.env.webhook_secret.clone();
    let judge =
        move || verify_webhook(&secret, &delivery.headers, &delivery.body).assert_accepted();
    tokio::task::spawn_blocking(judge).await.unwrap();
}

#[tokio::test]
async fn the_whole_flow_of_the_guide_in_a_real_browser() {
    let (service, receiver) = start().await;
    let session_id = service.client.create_session(&service.client.purchase()).await;
    phone()
        .goto(&service.client.page_url(&session_id))
        .pay_with(PAYS)
        .expect_text("Payment complete")
        .expect_navigation(&format!("session_id={session_id}&status=paid$"))
        .run()
        .await;
    let delivery = receiver.wait_for(&session_id, "paid").await;
    assert_eq!(service.client.status(&session_id).await, "paid");
    assert_accepted(&service, delivery).await;
}

#[tokio::test]
async fn a_paid_sessions_webhook_has_the_guides_body_and_verifies() {
    let (service, receiver) = start().await;
    let session_id = service.client.create_session(&service.client.purchase()).await;
    service.client.pay(&session_id, PAYS).await.unwrap();
    let delivery = receiver.wait_for(&session_id, "paid").await;
    assert_eq!(service.client.status(&session_id).await, "paid", "as soon as the webhook tells");

    let message = delivery.message();
    for (name, value) in [
        ("session_id", json!(session_id)),
        ("user_id", json!("player_42")),
        ("game_id", json!("space_shooter")),
        ("status", json!("paid")),
        ("item", json!({ "title": "50 Gold Coins", "price": 499, "currency": "USD" })),
        ("type", json!("session.paid")),
    ] {
        assert_eq!(message[name], value, "{message}");
    }
    assert_eq!(delivery.header("webhook-id"), message["id"].as_str().unwrap());
    assert_eq!(delivery.header("content-type"), "application/json");
    assert!(message["sequence"].as_i64().is_some_and(|it| 1 < it), "{message}");
    assert_accepted(&service, delivery).await;
}

#[tokio::test]
async fn a_receiver_that_answers_hears_of_each_change_once_and_in_order() {
    let (mut service, receiver) = start().await;
    let session_id = service.client.create_session(&service.client.purchase()).await;
    service.client.pay(&session_id, DECLINED).await.unwrap();
    wait_until("the second try", async || {
        service.client.pay(&session_id, PAYS).await.unwrap().map(drop)
    })
    .await;
    receiver.wait_for(&session_id, "paid").await;
    let second = service.client.create_session(&service.client.purchase()).await;
    let path = format!("/{second}/cancel");
    service.client.send_form(&path, &[]).send().await.unwrap();
    receiver.wait_for(&second, "cancelled").await;
    // A restart is when a delivery that was not noted as done would come again.
    service.stop().await;
    service.restart().await;
    let third = service.client.create_session(&service.client.purchase()).await;
    receiver.wait_for(&third, "pending").await;

    let told = |id: &str| -> Vec<Value> {
        let messages = receiver.deliveries().into_iter().map(|it| it.message());
        messages.filter(|it| it["session_id"] == id).map(|it| it["type"].clone()).collect()
    };
    assert_eq!(told(&session_id), ["session.created", "session.paid"]);
    assert_eq!(told(&second), ["session.created", "session.cancelled"]);
}

#[tokio::test]
async fn a_refused_webhook_comes_again_with_the_same_id_and_a_fresh_signature() {
    let (service, receiver) = start().await;
    receiver.refuse_next(1);
    let session_id = service.client.create_session(&service.client.purchase()).await;
    service.client.pay(&session_id, PAYS).await.unwrap();
    receiver.wait_for(&session_id, "paid").await;
    let attempts = receiver.telling(&session_id, "pending");
    assert_eq!(attempts.len(), 2, "refused once, then taken");
    assert!(attempts[0].answer.is_server_error() && attempts.last().unwrap().answer.is_success());
    let distinct =
        |of: &dyn Fn(&Delivery) -> String| attempts.iter().map(of).collect::<BTreeSet<_>>().len();
    assert_eq!(distinct(&|it| it.header("webhook-id").to_owned()), 1);
    assert_eq!(distinct(&|it| String::from_utf8(it.body.to_vec()).unwrap()), 1, "same bytes");
    let signatures = distinct(&|it| it.header("x-toffeepay-signature").to_owned());
    assert_eq!(signatures, attempts.len(), "each attempt is signed anew");
    assert_accepted(&service, attempts.last().unwrap().clone()).await;
}

#[tokio::test]
async fn devs_own_receiver_verifies_and_prints_each_webhook() {
    let service = Service::start(Options::default()).await;
    let session_id = service.client.create_session(&service.client.purchase()).await;
    service.client.pay(&session_id, PAYS).await.unwrap();
    let line = format!("webhook verified: session.paid {session_id} is paid");
    wait_until("the line", async || service.log().contains(&line).then_some(())).await;
    assert!(!service.log().contains("webhook refused"));
}

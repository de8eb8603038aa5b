//! What the sandbox's bank tells by HTTP, and what others try to.

use chrono::Utc;
use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use reqwest::Method;
use serde_json::{Value, json};
use sha2::Sha256;
use sqlx::PgPool;
use toffeepay::{
    domain::{id::SessionId, session::Session},
    ids::NewId,
    providers::sandbox::SIGNATURE_HEADER,
    vault::Key,
};

use super::books::settled;
use super::client::{PAYS, SETTLES_LATER};
use super::harness::{Options, Service, wait_until};

const PATH: &str = "/providers/sandbox/notifications";

/// Sends a notification as the bank signs it; the status of the answer.
async fn tell(service: &Service, secret: &Key, path: &str, news: &Value) -> u16 {
    let (body, at) = (news.to_string(), Utc::now().timestamp());
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.to_base64().as_bytes()).unwrap();
    mac.update(format!("{at}.{body}").as_bytes());
    let signature = format!("t={at},v1={}", HEXLOWER.encode(&mac.finalize().into_bytes()));
    let call = service.client.request(Method::POST, path).header(SIGNATURE_HEADER, signature);
    call.body(body).send().await.unwrap().status().as_u16()
}

fn captured(id: &str, session_id: &str, payment_id: &str) -> Value {
    json!({
        "id": id, "session_id": session_id, "type": "charge.captured", "payment_id": payment_id,
        "reference": "ch_1", "amount": { "minor_units": 499, "currency": "USD" },
    })
}

async fn events(pool: &PgPool) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM event").fetch_one(pool).await.unwrap()
}

/// A session that the player pays with a card, and the attempt's id.
async fn paying(service: &Service, card: &str) -> (String, String) {
    let library = service.library().await;
    let session_id = service.client.create_session(&service.client.purchase()).await;
    service.client.pay(&session_id, card).await.unwrap();
    let session = library.store.load::<Session>(&session_id, None).await.unwrap().aggregate;
    let payment_id = session.present().unwrap().attempts[0].payment_id.to_string();
    (session_id, payment_id)
}

#[tokio::test]
async fn only_the_banks_own_word_is_believed_and_a_repeat_changes_nothing() {
    let service = Service::start(Options::default()).await;
    let library = service.library().await;
    let secret = library.master.derive("sandbox-notifications");
    let (session_id, payment_id) = paying(&service, SETTLES_LATER).await;
    let news = captured("ntf_test", &session_id, &payment_id);

    assert_eq!(tell(&service, &Key::generate(), PATH, &news).await, 401);
    let bare = service.client.request(Method::POST, PATH).body(news.to_string());
    assert_eq!(bare.send().await.unwrap().status(), 401);
    assert_eq!(tell(&service, &secret, "/providers/nobody/notifications", &news).await, 404);
    assert_eq!(tell(&service, &secret, PATH, &json!({ "id": "ntf_odd" })).await, 400);
    assert_eq!(service.client.status(&session_id).await, "pending");

    assert_eq!(tell(&service, &secret, PATH, &news).await, 204);
    assert_eq!(service.client.status(&session_id).await, "paid");
    settled(&library.pool).await;
    let before = events(&library.pool).await;
    assert_eq!(tell(&service, &secret, PATH, &news).await, 204);
    let anew = captured("ntf_again", &session_id, &payment_id);
    assert_eq!(tell(&service, &secret, PATH, &anew).await, 204, "the same news under a new id");
    assert_eq!(events(&library.pool).await, before);
}

#[tokio::test]
async fn word_of_money_that_cannot_be_placed_is_not_acknowledged() {
    let service = Service::start(Options::default()).await;
    let library = service.library().await;
    let secret = library.master.derive("sandbox-notifications");
    let (session_id, payment_id) = paying(&service, PAYS).await;
    wait_until("the payment", async || {
        (service.client.status(&session_id).await == "paid").then_some(())
    })
    .await;
    let unknown = SessionId::new(Utc::now()).to_string();
    let of_no_session = captured("ntf_1", &unknown, &payment_id);
    assert_eq!(tell(&service, &secret, PATH, &of_no_session).await, 409);
    let attempt = toffeepay::domain::id::PaymentId::new(Utc::now()).to_string();
    let of_no_attempt = captured("ntf_2", &session_id, &attempt);
    assert_eq!(tell(&service, &secret, PATH, &of_no_attempt).await, 409);
}

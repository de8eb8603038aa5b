//! Webhook endpoints as a studio's tools see and change them, through the API.

use chrono::{TimeDelta, Utc};
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::client::{PAYS, WEBHOOKS};
use super::errors::{expected, refusal};
use super::harness::{Options, Service, wait_until};
use super::keys::issue;
use super::receiver::{Delivery, Receiver};
use super::support::oracles::{get_ready, verify_webhook};

fn request(service: &Service, method: &str, body: Value) -> reqwest::RequestBuilder {
    service.client.call(&format!("{WEBHOOKS}/{method}")).json(&body)
}

/// What a method answers, which must be done.
pub(crate) async fn call(service: &Service, method: &str, body: Value) -> Value {
    answered(request(service, method, body)).await
}

async fn answered(request: reqwest::RequestBuilder) -> Value {
    let answer = request.send().await.unwrap();
    let (status, text) = (answer.status(), answer.text().await.unwrap());
    assert_eq!(status, StatusCode::OK, "{text}");
    serde_json::from_str(&text).unwrap()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}

/// An endpoint of the demo game that hears of sessions, and its secret.
async fn create(service: &Service, receiver: &Receiver) -> (String, String) {
    let types = ["session.created", "session.paid"];
    let body = json!({ "game_id": "space_shooter", "url": receiver.url, "types": types });
    let created = call(service, "CreateEndpoint", body).await;
    (text(&created["endpoint"]["id"]), text(&created["secret"]))
}

/// Waits for the first delivery to an endpoint that stands so.
async fn delivery(service: &Service, endpoint: &str, state: &str) -> Value {
    let of_state = json!({ "endpoint_id": endpoint, "state": state });
    wait_until(&format!("a delivery that is {state}"), async || {
        let listed = call(service, "ListDeliveries", of_state.clone()).await;
        listed["deliveries"].get(0).cloned()
    })
    .await
}

/// Whether libraries accept it that try every signature: while a secret is rotated, those that read
/// only one take the old secret for right.
async fn judge(secret: &str, delivery: &Delivery) -> bool {
    let (secret, delivery) = (secret.to_owned(), delivery.clone());
    let judge = move || {
        get_ready();
        let verdicts = verify_webhook(&secret, &delivery.headers, &delivery.body);
        verdicts.node.stripe && verdicts.on_standard_headers() == [true; 2]
    };
    tokio::task::spawn_blocking(judge).await.unwrap()
}

#[tokio::test]
async fn an_endpoint_is_created_once_hears_what_happens_and_shows_what_it_was_sent() {
    let (service, receiver) = (Service::start(Options::default()).await, Receiver::start().await);
    let body =
        json!({ "game_id": "space_shooter", "url": receiver.url, "types": ["session.created"] });
    let create = || request(&service, "CreateEndpoint", body.clone());
    let create = || create().header("Idempotency-Key", "endpoint-1");
    let created = answered(create()).await;
    assert_eq!(answered(create()).await, created, "with the same secret");
    let (id, secret) = (text(&created["endpoint"]["id"]), text(&created["secret"]));
    let listed = call(&service, "ListEndpoints", json!({ "game_id": "space_shooter" })).await;
    assert_eq!(listed["endpoints"].as_array().unwrap().len(), 2, "the demo's, and one more");
    assert_eq!(listed["endpoints"][1], created["endpoint"]);

    let session_id = service.client.create_session(&service.client.purchase()).await;
    let told = receiver.wait_for(&session_id, "pending").await;
    assert!(judge(&secret, &told).await);
    let delivered = delivery(&service, &id, "delivered").await;
    assert_eq!(delivered["id"], told.header("webhook-id"));
    let of = json!({ "endpoint_id": id, "id": delivered["id"] });
    let detail = call(&service, "GetDelivery", of).await;
    assert_eq!(detail["body"].as_str().unwrap().as_bytes(), told.body);
    assert_eq!(detail["attempts"][0]["http_status"], 200);
    let headers = detail["attempts"][0]["headers"].to_string();
    assert!(headers.contains("webhook-timestamp") && !headers.contains("v1="), "{headers}");
    let library = service.library().await;
    let kept: i64 =
        sqlx::query_scalar("SELECT count(*) FROM endpoint_secret WHERE endpoint_id = $1")
            .bind(&id)
            .fetch_one(&library.pool)
            .await
            .unwrap();
    assert_eq!(kept, 1);
}

#[tokio::test]
async fn what_is_wrong_with_an_endpoint_is_said_of_all_fields_at_once_and_nothing_is_kept() {
    let service = Service::start(Options::default()).await;
    let wrong = json!({
        "game_id": "space_shooter", "url": "gopher://game.example", "shape": "round",
        "types": ["session.paid", "session.lost"], "description": "x".repeat(101),
        "at_once": 65, "per_second": 0,
    });
    let answer = request(&service, "CreateEndpoint", wrong).send().await.unwrap();
    assert_eq!(answer.status(), 400);
    let said = answer.text().await.unwrap();
    for field in ["url must be", "shape must", "types must", "description must", "at_once must"] {
        assert!(said.contains(field), "{field}: {said}");
    }
    assert!(said.contains("per_second must be 1 to 10,000; received"), "{said}");
    let body = json!({ "game_id": "space_shooter", "url": "https://me:hunter2@game.example" });
    let answer = request(&service, "CreateEndpoint", body).send().await.unwrap();
    let said = answer.text().await.unwrap();
    assert!(said.contains("url must hold no user name") && !said.contains("hunter2"), "{said}");
    let invalid = expected(400, "invalid_argument", "invalid_argument");
    for (shape, types) in
        [("flat", json!(["refund.created"])), ("envelope", json!(["session.paid", "session.paid"]))]
    {
        let url = "https://game.example/hook";
        let body =
            json!({ "game_id": "space_shooter", "url": url, "shape": shape, "types": types });
        assert_eq!(refusal(request(&service, "CreateEndpoint", body)).await, invalid);
    }
    let library = service.library().await;
    let secrets = "SELECT count(*) FROM endpoint_secret";
    let secrets: i64 = sqlx::query_scalar(secrets).fetch_one(&library.pool).await.unwrap();
    assert_eq!(secrets, 1, "the demo's");
}

#[tokio::test]
async fn an_endpoint_is_changed_in_what_is_named_disabled_enabled_and_removed() {
    let (service, receiver) = (Service::start(Options::default()).await, Receiver::start().await);
    let (id, _) = create(&service, &receiver).await;
    let change = json!({ "id": id, "description": "Europe", "at_once": 4, "per_second": 50 });
    let changed = call(&service, "ChangeEndpoint", change).await["endpoint"].take();
    assert_eq!((&changed["at_once"], &changed["per_second"]), (&json!(4), &json!(50)));
    assert_eq!(changed["types"], json!(["session.created", "session.paid"]));
    let back = json!({ "id": id, "description": "", "at_once": 0, "per_second": 0 });
    let back = call(&service, "ChangeEndpoint", back).await["endpoint"].take();
    for field in ["description", "at_once", "per_second"] {
        assert!(back.get(field).is_none(), "{field}: {back}");
    }
    let of = json!({ "id": id });
    let disabled = call(&service, "DisableEndpoint", of.clone()).await["endpoint"].take();
    assert_eq!((disabled.get("enabled"), &disabled["disabled_by"]), (None, &json!("person")));
    assert_eq!(call(&service, "EnableEndpoint", of.clone()).await["endpoint"]["enabled"], true);
    call(&service, "RemoveEndpoint", of.clone()).await;
    let gone = expected(404, "not_found", "endpoint_not_found");
    assert_eq!(refusal(request(&service, "GetEndpoint", of)).await, gone);
}

#[tokio::test]
async fn a_rotated_secret_is_in_place_once_it_was_answered_whatever_crashed_between() {
    let (service, receiver) = (Service::start(Options::default()).await, Receiver::start().await);
    let (id, old) = create(&service, &receiver).await;
    let rotate = || {
        let call = request(&service, "RotateSecret", json!({ "id": id, "grace_hours": 1 }));
        call.header("Idempotency-Key", "rotation-1")
    };
    let rotated = answered(rotate()).await;
    let new = text(&rotated["secret"]);
    assert_ne!(old, new);
    // As if the process had died between the log and the secret.
    let library = service.library().await;
    for undo in [
        "DELETE FROM endpoint_secret WHERE endpoint_id = $1 AND number = 2",
        "UPDATE endpoint_secret SET expires_at = NULL WHERE endpoint_id = $1",
    ] {
        sqlx::query(undo).bind(&id).execute(&library.pool).await.unwrap();
    }
    assert_eq!(answered(rotate()).await, rotated);
    let session_id = service.client.create_session(&service.client.purchase()).await;
    let told = receiver.wait_for(&session_id, "pending").await;
    assert!(judge(&new, &told).await && judge(&old, &told).await, "both sign");
    assert_eq!(answered(rotate()).await, rotated);
    let secrets = "SELECT count(*) FROM endpoint_secret WHERE endpoint_id = $1";
    let secrets = sqlx::query_scalar(secrets).bind(&id).fetch_one(&library.pool);
    let secrets: i64 = secrets.await.unwrap();
    assert_eq!(secrets, 2, "a repeat that had nothing to do adds none");

    call(&service, "ExpireOldSecrets", json!({ "id": id })).await;
    wait_until("the new secret to sign alone", async || {
        let session_id = service.client.create_session(&service.client.purchase()).await;
        let told = receiver.wait_for(&session_id, "pending").await;
        let signatures = told.header("x-toffeepay-signature").matches("v1=").count();
        (signatures == 1 && judge(&new, &told).await).then_some(())
    })
    .await;
    let too_long = request(&service, "RotateSecret", json!({ "id": id, "grace_hours": 169 }));
    let refused = too_long.send().await.unwrap().text().await.unwrap();
    assert!(refused.contains("grace_hours must be 0 to 168; received 169"), "{refused}");
}

#[tokio::test]
async fn what_an_endpoint_refused_is_sent_again_one_by_one_or_all_at_once() {
    let (service, receiver) = (Service::start(Options::default()).await, Receiver::start().await);
    receiver.refuse_next(1);
    let (id, _) = create(&service, &receiver).await;
    let session_id = service.client.create_session(&service.client.purchase()).await;
    let due = wait_until("an attempt that was refused", async || {
        let due = delivery(&service, &id, "due").await;
        (due["attempts"] == 1).then_some(due)
    })
    .await;
    assert!(due["next_attempt_at"].is_string(), "{due}");
    let recovery = json!({ "endpoint_id": id, "since": Utc::now() - TimeDelta::hours(1) });
    let started = call(&service, "StartRecovery", recovery).await["recovery"].take();
    wait_until("the recovery to end", async || {
        let of = json!({ "endpoint_id": id, "id": started["id"] });
        let now = call(&service, "GetRecovery", of).await["recovery"].take();
        now["finished_at"].is_string().then_some(())
    })
    .await;
    delivery(&service, &id, "delivered").await;
    let again = json!({ "endpoint_id": id, "id": due["id"] });
    call(&service, "ResendDelivery", again).await;
    wait_until("the third time", async || {
        let told = receiver.telling(&session_id, "pending");
        let ids: Vec<_> = told.iter().map(|it| it.header("webhook-id").to_owned()).collect();
        (3 <= ids.len() && ids.iter().all(|it| *it == due["id"])).then_some(())
    })
    .await;
    let nothing = json!({ "endpoint_id": id, "id": format!("msg_{}", "0".repeat(32)) });
    let nothing = refusal(request(&service, "ResendDelivery", nothing)).await;
    assert_eq!(nothing, expected(404, "not_found", "delivery_not_found"));
}

#[tokio::test]
async fn a_test_event_is_signed_like_any_other_and_names_nobody() {
    let (service, receiver) = (Service::start(Options::default()).await, Receiver::start().await);
    let (id, secret) = create(&service, &receiver).await;
    let test = json!({ "id": id, "type": "session.paid" });
    let send = || request(&service, "SendTestEvent", test.clone()).header("Idempotency-Key", "1");
    let sent = answered(send()).await;
    assert_eq!(answered(send()).await, sent);
    let told = wait_until("the test event", async || receiver.deliveries().first().cloned()).await;
    assert!(judge(&secret, &told).await);
    assert_eq!(told.header("webhook-id"), text(&sent["delivery_id"]));
    let message = told.message();
    assert_eq!((&message["type"], &message["status"]), (&json!("session.paid"), &json!("paid")));
    assert_eq!(message["user_id"], "toffeepay_test");
    let session = json!({ "id": message["session_id"] });
    let ask = service.client.call("/pay.v1.PaymentService/GetSession").json(&session);
    assert_eq!(refusal(ask).await, expected(404, "not_found", "session_not_found"));
    // As if the process had died before it kept its answer.
    let library = service.library().await;
    sqlx::query("DELETE FROM command WHERE expires_at IS NOT NULL")
        .execute(&library.pool)
        .await
        .unwrap();
    assert_eq!(answered(send()).await, sent, "the same event, which was sent");
    let listed = call(&service, "ListDeliveries", json!({ "endpoint_id": id }));
    assert_eq!(listed.await["deliveries"].as_array().unwrap().len(), 1);
    let disabled = call(&service, "DisableEndpoint", json!({ "id": id }));
    disabled.await;
    let refused = refusal(request(&service, "SendTestEvent", test.clone())).await;
    assert_eq!(refused, expected(400, "failed_precondition", "endpoint_disabled"));
    let other = json!({ "id": id, "type": "session.expired" });
    let said =
        request(&service, "SendTestEvent", other).send().await.unwrap().text().await.unwrap();
    assert!(said.contains("type must be one of the endpoint's types"), "{said}");
}

#[tokio::test]
async fn a_live_endpoint_is_sent_no_invented_event_and_live_events_are_not_listened_to() {
    let service = Service::start(Options::default()).await;
    let live = issue(&service, &["--world", "live", "--scope", "webhooks"]).await;
    let call = |method: &str, body: Value| {
        let path = format!("{WEBHOOKS}/{method}");
        service.client.request(reqwest::Method::POST, &path).bearer_auth(&live).json(&body)
    };
    let body = json!({ "game_id": "space_shooter", "url": "https://game.example/hook" });
    let created = answered(call("CreateEndpoint", body)).await;
    assert_eq!(created["endpoint"]["world"], "live");
    let test_only = expected(400, "failed_precondition", "test_only");
    let id = &created["endpoint"]["id"];
    assert_eq!(refusal(call("SendTestEvent", json!({ "id": id }))).await, test_only);
    let listen = call("OpenListener", json!({ "game_id": "space_shooter" }));
    assert_eq!(refusal(listen).await, test_only);
}

#[tokio::test]
async fn a_listener_gets_every_event_once_in_order_until_it_says_that_it_has_it() {
    let service = Service::start(Options::default()).await;
    let open = json!({ "game_id": "space_shooter", "shape": "envelope" });
    let id = text(&call(&service, "OpenListener", open).await["id"]);
    let session_id = service.client.create_session(&service.client.purchase()).await;
    service.client.pay(&session_id, PAYS).await.unwrap();
    let (mut heard, mut after) = (vec![], None);
    while heard.last().is_none_or(|it| it != "session.paid") {
        let request = json!({ "id": id, "after": after });
        let first = call(&service, "ReceiveEvents", request.clone()).await;
        let again = call(&service, "ReceiveEvents", request).await;
        let events = first["events"].as_array().unwrap();
        let repeated = again["events"].as_array().unwrap();
        assert_eq!(events[..], repeated[..events.len()], "what was not acknowledged comes again");
        for event in events {
            let body: Value = serde_json::from_str(event["body"].as_str().unwrap()).unwrap();
            assert_eq!((&body["id"], &body["type"]), (&event["id"], &event["type"]));
            heard.push(text(&event["type"]));
        }
        after = events.last().map(|it| text(&it["cursor"]));
    }
    assert_eq!(heard[..2], ["session.created", "payment.created"]);
    let library = service.library().await;
    let kept = "SELECT count(*) FROM webhook_due WHERE endpoint_id = $1 AND id <= $2::bigint";
    let last = call(&service, "ReceiveEvents", json!({ "id": id, "after": after }));
    let kept = async {
        wait_until("what was acknowledged to be dropped", async || {
            let kept = sqlx::query_scalar(kept).bind(&id).bind(after.as_deref());
            let kept: i64 = kept.fetch_one(&library.pool).await.unwrap();
            (kept == 0).then_some(())
        })
        .await;
        service.client.create_session(&service.client.purchase()).await
    };
    let (last, _) = tokio::join!(last, kept);
    assert_eq!(last["events"][0]["type"], "session.created", "it waits for the next one");
    for _ in 1..8 {
        call(&service, "OpenListener", json!({ "game_id": "space_shooter" })).await;
    }
    let ninth = refusal(request(&service, "OpenListener", json!({ "game_id": "space_shooter" })));
    let too_many = expected(400, "failed_precondition", "too_many_listeners");
    assert_eq!(ninth.await, too_many);
    let long_ago = "UPDATE webhook_listener SET asked_at = now() - interval '61 s'
                    WHERE endpoint_id <> $1";
    sqlx::query(long_ago).bind(&id).execute(&library.pool).await.unwrap();
    call(&service, "OpenListener", json!({ "game_id": "space_shooter" })).await;
    let closed = "SELECT count(*) FROM webhook_endpoint WHERE NOT is_enabled";
    let closed: i64 = sqlx::query_scalar(closed).fetch_one(&library.pool).await.unwrap();
    assert_eq!(closed, 2, "those that nobody asks make room, and the others stay");
}

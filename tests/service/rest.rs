//! The same API as plain HTTP: same answers, same refusals, same repeats.

use std::process::Stdio;

use reqwest::{Method, RequestBuilder, StatusCode, header};
use serde_json::{Value, json};
use tokio::process::Command;

use super::client::{
    CANCEL_SESSION, CREATE_SESSION, GET_PAYMENT, GET_REFUND, GET_SESSION, GET_SESSION_STATUS,
    LIST_PAYMENTS, LIST_REFUNDS, LIST_SESSIONS, PAYS,
};
use super::errors::{expected, other_game, refusal};
use super::harness::{Options, Service};
use super::payments::{pay, wait_for, with_manual_capture};
use super::support::tools;

/// A request over plain HTTP with the game's key.
fn rest(service: &Service, method: Method, path: &str) -> RequestBuilder {
    service.client.request(method, path).bearer_auth(&service.env.api_key)
}

fn get(service: &Service, path: &str) -> RequestBuilder {
    rest(service, Method::GET, path)
}

fn post(service: &Service, path: &str) -> RequestBuilder {
    rest(service, Method::POST, path)
}

async fn json_of(call: RequestBuilder) -> Value {
    let answer = call.send().await.unwrap();
    let (status, body) = (answer.status(), answer.text().await.unwrap());
    assert_eq!(status, 200, "{body}");
    serde_json::from_str(&body).unwrap()
}

/// What the method itself answers over Connect.
async fn connect(service: &Service, method: &str, request: Value) -> Value {
    json_of(service.client.call(method).json(&request)).await
}

#[tokio::test]
async fn each_route_answers_with_the_inner_object_of_its_method() {
    let service = Service::start(Options::default()).await;
    let created = json_of(post(&service, "/v1/sessions").json(&service.client.purchase())).await;
    let session_id = created["id"].as_str().unwrap();
    let of = json!({ "id": session_id });
    let whole = connect(&service, GET_SESSION, of.clone()).await["session"].take();
    assert_eq!(created, whole, "the session, and no wrapping");
    assert_eq!(json_of(get(&service, &format!("/v1/sessions/{session_id}"))).await, whole);
    let status = connect(&service, GET_SESSION_STATUS, of).await;
    assert_eq!(json_of(get(&service, &format!("/v1/sessions/{session_id}/status"))).await, status);
    let cancelled = json_of(post(&service, &format!("/v1/sessions/{session_id}/cancel"))).await;
    assert_eq!(
        (cancelled, service.client.status(session_id).await.as_str()),
        (json!({}), "cancelled")
    );

    let (_, payment_id) = pay(&service, PAYS).await;
    wait_for(&service, &payment_id, "succeeded").await;
    let request = json!({ "payment_id": payment_id, "reason": "bought twice" });
    let refund = json_of(post(&service, "/v1/refunds").json(&request)).await;
    assert_eq!((&refund["payment_id"], &refund["status"]), (&json!(payment_id), &json!("pending")));
    wait_for(&service, &payment_id, "refunded").await;
    let payment = connect(&service, GET_PAYMENT, json!({ "id": payment_id })).await;
    let got = json_of(get(&service, &format!("/v1/payments/{payment_id}"))).await;
    assert_eq!(got, payment["payment"]);
    let refund_id = refund["id"].as_str().unwrap();
    let refund = connect(&service, GET_REFUND, json!({ "id": refund_id })).await;
    assert_eq!(json_of(get(&service, &format!("/v1/refunds/{refund_id}"))).await, refund["refund"]);
}

#[tokio::test]
async fn lists_are_arrays_with_the_total_in_a_header() {
    let service = Service::start(Options::default()).await;
    for path in ["/v1/sessions?game_id=space_shooter", "/v1/refunds"] {
        assert_eq!(json_of(get(&service, path)).await, json!([]), "{path}");
    }
    for _ in 0..3 {
        service.client.create_session(&service.client.purchase()).await;
    }
    let (_, payment_id) = pay(&service, PAYS).await;
    wait_for(&service, &payment_id, "succeeded").await;
    let path = "/v1/sessions?gameId=space_shooter&status=pending&limit=2&unknown=7";
    let answer = get(&service, path).send().await.unwrap();
    let said = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
    assert_eq!((said("x-total-count"), said("x-has-more")), ("3".to_owned(), "true".to_owned()));
    let request = json!({ "game_id": "space_shooter", "status": "pending", "limit": 2 });
    let listed = connect(&service, LIST_SESSIONS, request).await;
    assert_eq!(answer.json::<Value>().await.unwrap(), listed["sessions"]);
    let payments = json_of(get(&service, "/v1/payments?game_id=space_shooter&offset=0")).await;
    let request = json!({ "game_id": "space_shooter" });
    assert_eq!(payments, connect(&service, LIST_PAYMENTS, request).await["payments"]);
    let path = format!("/v1/refunds?payment_id={payment_id}");
    assert_eq!(json_of(get(&service, &path)).await, json!([]));
    assert_eq!(connect(&service, LIST_REFUNDS, json!({})).await, json!({}));
}

#[tokio::test]
async fn held_money_is_taken_and_let_go_over_rest_too() {
    let service = with_manual_capture().await;
    for (verb, status) in [("complete", "succeeded"), ("cancel", "cancelled")] {
        let (_, payment_id) = pay(&service, PAYS).await;
        wait_for(&service, &payment_id, "authorized").await;
        let path = format!("/v1/payments/{payment_id}/{verb}");
        assert_eq!(json_of(post(&service, &path).json(&json!({}))).await, json!({}));
        wait_for(&service, &payment_id, status).await;
    }
}

#[tokio::test]
async fn a_refusal_is_the_same_object_with_the_same_status() {
    let service = Service::start(Options::default()).await;
    let refused = async |call: RequestBuilder| {
        let answer = call.send().await.unwrap();
        assert_eq!(answer.headers()[header::CONTENT_TYPE], "application/json");
        (answer.status(), answer.text().await.unwrap())
    };
    let mut wrong = service.client.purchase();
    wrong["item"]["price"] = 0.into();
    let call = |method| service.client.call(method);
    let over_connect = [
        call(CREATE_SESSION).json(&wrong),
        call(CREATE_SESSION).header(header::CONTENT_TYPE, "application/json").body("{"),
        call(GET_SESSION).json(&json!({ "id": "sess_1" })),
        call(CANCEL_SESSION).json(&json!({ "id": "sess_1" })),
        call(LIST_SESSIONS).json(&json!({ "game_id": "nobodys" })),
        call(LIST_SESSIONS).json(&json!({ "game_id": "space_shooter", "limit": 0 })),
        call("/wallet.v1.AccountService/ListDeposits").json(&json!({})),
        service.client.request(Method::POST, GET_SESSION).json(&json!({})),
    ];
    let over_rest = [
        post(&service, "/v1/sessions").json(&wrong),
        post(&service, "/v1/sessions").header(header::CONTENT_TYPE, "application/json").body("{"),
        get(&service, "/v1/sessions/sess%5F1").header(header::CONTENT_ENCODING, "br"),
        post(&service, "/v1/sessions/sess_1/cancel"),
        get(&service, "/v1/sessions?game_id=nobodys"),
        get(&service, "/v1/sessions?game_id=space_shooter&limit=0"),
        get(&service, "/v1/deposits"),
        service.client.request(Method::GET, "/v1/sessions/sess_1"),
    ];
    for (connect, rest) in over_connect.into_iter().zip(over_rest) {
        assert_eq!(refused(rest).await, refused(connect).await);
    }
    let other_key = other_game(&service).await;
    let session_id = service.client.create_session(&service.client.purchase()).await;
    let theirs = service.client.request(Method::GET, &format!("/v1/sessions/{session_id}"));
    let not_found = expected(404, "not_found", "session_not_found");
    assert_eq!(refusal(theirs.bearer_auth(other_key)).await, not_found);
}

#[tokio::test]
async fn a_repeat_over_the_other_way_in_gets_the_first_answer() {
    let service = Service::start(Options::default()).await;
    let with_key = |call: RequestBuilder| {
        call.header("Idempotency-Key", "order-1").json(&service.client.purchase())
    };
    let first = json_of(with_key(service.client.call(CREATE_SESSION))).await;
    let repeat = with_key(post(&service, "/v1/sessions")).send().await.unwrap();
    assert_eq!(repeat.headers()["idempotent-replayed"], "true");
    assert_eq!(repeat.json::<Value>().await.unwrap(), first["session"]);

    let path = format!("/v1/sessions/{}/cancel", first["id"].as_str().unwrap());
    let cancel = || post(&service, &path).header("Idempotency-Key", "cancel-1");
    assert_eq!(json_of(cancel()).await, json!({}));
    assert_eq!(json_of(cancel()).await, json!({}), "it succeeds again");
    let other = expected(400, "failed_precondition", "session_not_pending");
    assert_eq!(refusal(post(&service, &path)).await, other);
}

#[tokio::test]
async fn a_field_that_is_given_twice_must_be_the_same_and_of_its_type() {
    let service = Service::start(Options::default()).await;
    let id = service.client.create_session(&service.client.purchase()).await;
    let invalid = expected(400, "invalid_argument", "invalid_argument");
    for path in [
        format!("/v1/sessions/{id}?id=sess_2"),
        "/v1/sessions?game_id=space_shooter&gameId=other".to_owned(),
        "/v1/sessions?game_id=space_shooter&limit=ten".to_owned(),
        "/v1/sessions?game_id=space_shooter&limit=".to_owned(),
        "/v1/payments?game_id=space_shooter&with_extra_data=1".to_owned(),
    ] {
        assert_eq!(refusal(get(&service, &path)).await, invalid, "{path}");
    }
    let cancel = |body: Value| post(&service, &format!("/v1/sessions/{id}/cancel")).json(&body);
    assert_eq!(refusal(cancel(json!({ "id": "sess_2" }))).await, invalid);
    assert_eq!(refusal(cancel(json!([]))).await, invalid);
    let bare = service.client.request(Method::GET, "/v1/sessions?limit=ten");
    assert_eq!(refusal(bare).await, expected(401, "unauthenticated", "unauthorized"));
    assert_eq!(json_of(cancel(json!({ "id": id }))).await, json!({}));
}

#[tokio::test]
async fn what_is_no_request_of_the_api_is_refused_in_its_words() {
    let service = Service::start(Options::default()).await;
    let nothing = expected(404, "not_found", "not_found");
    for path in [
        "/v1",
        "/v1/",
        "/v1/nothing",
        "/v1/sessions/sess_1/nothing",
        "/v1/sessions/",
        "/v1/sessions/%FF",
    ] {
        assert_eq!(refusal(get(&service, path)).await, nothing, "{path}");
    }
    let call = rest(&service, Method::DELETE, "/v1/sessions/sess_1").send().await.unwrap();
    assert_eq!(call.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(call.headers()[header::ALLOW], "GET,HEAD");
    let other = expected(405, "unimplemented", "method_not_allowed");
    assert_eq!(refusal(post(&service, "/v1/sessions/sess_1")).await, other);
    let text = post(&service, "/v1/sessions").header(header::CONTENT_TYPE, "text/plain");
    let unsupported = expected(415, "invalid_argument", "unsupported_media_type");
    assert_eq!(refusal(text.body("{}")).await, unsupported);
    let charset = "application/json; charset=utf-8";
    let fine = post(&service, "/v1/sessions").header(header::CONTENT_TYPE, charset);
    json_of(fine.body(service.client.purchase().to_string())).await;
    let untold = post(&service, "/v1/sessions").body(service.client.purchase().to_string());
    json_of(untold).await;
    let keyless = service.client.request(Method::POST, "/v1/sessions");
    let keyless = keyless.header(header::CONTENT_TYPE, "text/plain").body("{}");
    assert_eq!(refusal(keyless).await, expected(401, "unauthenticated", "unauthorized"));
}

/// What a shell's command prints.
async fn shell(command: &str) -> String {
    tokio::task::spawn_blocking(tools::curl).await.unwrap();
    let mut shell = Command::new("sh");
    let output = shell.args(["-c", command]).stdin(Stdio::null()).output().await.unwrap();
    assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test]
async fn bodies_may_be_packed_with_gzip_both_ways_and_2_mib_are_2_mib_unpacked() {
    let service = Service::start(Options::default()).await;
    let (base, key) = (&service.env.api_url, &service.env.api_key);
    let curl = format!(
        "curl -sS --max-time 30 -H 'Authorization: Bearer {key}' \
         -H 'Content-Type: application/json' -H 'Content-Encoding: gzip' --data-binary @- {base}/v1/sessions"
    );
    let purchase = service.client.purchase();
    let created = shell(&format!("printf '%s' '{purchase}' | gzip -c | {curl}")).await;
    let created: Value = serde_json::from_str(&created).unwrap();
    assert_eq!(created["status"], "pending", "{created}");
    let bomb = shell(&format!("head -c 9000000 /dev/zero | tr '\\0' ' ' | gzip -c | {curl}")).await;
    let bomb: Value = serde_json::from_str(&bomb).unwrap();
    assert_eq!(bomb["code"], "invalid_argument", "{bomb}");
    assert!(bomb["message"].as_str().unwrap().contains("at most 2 MiB"), "{bomb}");

    let list = "/v1/sessions?game_id=space_shooter";
    let packed = get(&service, list).header(header::ACCEPT_ENCODING, "gzip").send().await.unwrap();
    assert_eq!(packed.headers()[header::CONTENT_ENCODING], "gzip");
    let asked = format!("curl -sS --compressed -H 'Authorization: Bearer {key}' '{base}{list}'");
    assert_eq!(serde_json::from_str::<Value>(&shell(&asked).await).unwrap(), json!([created]));
    let plain = get(&service, list).send().await.unwrap();
    assert!(!plain.headers().contains_key(header::CONTENT_ENCODING), "only where it is asked for");
    let other =
        post(&service, "/v1/sessions").header(header::CONTENT_ENCODING, "br").json(&purchase);
    let unsupported = expected(415, "invalid_argument", "unsupported_media_type");
    assert_eq!(refusal(other).await, unsupported);
    let none = post(&service, "/v1/sessions").header(header::CONTENT_ENCODING, "identity");
    json_of(none.json(&purchase)).await;
}

#[tokio::test]
async fn a_body_that_is_not_packed_as_it_says_is_the_clients_fault() {
    let service = Service::start(Options::default()).await;
    let invalid = expected(400, "invalid_argument", "invalid_argument");
    let broken = |call: RequestBuilder| {
        let call = call.header(header::CONTENT_TYPE, "application/json");
        call.header(header::CONTENT_ENCODING, "gzip").body("{}")
    };
    for path in ["/v1/sessions", "/v1/sessions/sess_1/cancel"] {
        assert_eq!(refusal(broken(post(&service, path))).await, invalid, "{path}");
        let bare = service.client.request(Method::POST, path);
        let unauthorized = expected(401, "unauthenticated", "unauthorized");
        assert_eq!(refusal(broken(bare)).await, unauthorized, "{path}");
    }
}

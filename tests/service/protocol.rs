//! What goes over the wire, byte by byte where it matters: verbs, headers, deadlines, times.

use buffa::Message;
use chrono::DateTime;
use reqwest::{Method, RequestBuilder, Response, header};
use serde_json::{Value, json};
use toffeepay::proto::pay::v1::GetSessionStatusRequest;

use super::client::{
    CANCEL_PAYMENT, CANCEL_SESSION, COMPLETE_PAYMENT, CREATE_REFUND, CREATE_SESSION, GET_PAYMENT,
    GET_REFUND, GET_SESSION, GET_SESSION_STATUS, LIST_PAYMENTS, LIST_REFUNDS, LIST_SESSIONS, PAYS,
};
use super::errors::{expected, refusal};
use super::harness::{Options, Service};
use super::payments::{pay, wait_for};
use super::refunds::wait_for_refund;

/// Time enough to send a request, and far less than a test waits.
const DEADLINE_MS: &str = "100";
/// gRPC's number for `deadline_exceeded`.
const DEADLINE_EXCEEDED: &str = "grpc-status: 4";

/// A Connect GET, as browsers and caches would send it.
fn get(service: &Service, method: &str, message: &Value) -> RequestBuilder {
    let message = message.to_string();
    let query = [("encoding", "json"), ("message", &message), ("connect", "v1")];
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish();
    let path = format!("{method}?{query}");
    service.client.request(Method::GET, &path).bearer_auth(&service.env.api_key)
}

#[tokio::test]
async fn other_origins_scripts_are_told_nothing() {
    let service = Service::start(Options::default()).await;
    let page = [(header::ORIGIN, "https://game.example")];
    let with = |call: RequestBuilder, headers: &[(header::HeaderName, &str)]| {
        headers.iter().fold(call, |call, (name, value)| call.header(name, *value))
    };
    let preflight = with(service.client.request(Method::OPTIONS, CREATE_SESSION), &page);
    let preflight = preflight.header(header::ACCESS_CONTROL_REQUEST_METHOD, "POST");
    let preflight =
        preflight.header(header::ACCESS_CONTROL_REQUEST_HEADERS, "authorization,content-type");
    let simple = service.client.call(CREATE_SESSION).json(&service.client.purchase());
    let simple = with(simple, &page);
    let read = with(get(&service, LIST_SESSIONS, &json!({ "game_id": "space_shooter" })), &page);
    let refused = with(service.client.request(Method::POST, CREATE_SESSION), &page);
    for call in [preflight, simple, read, refused.json(&json!({}))] {
        let answer = call.send().await.unwrap();
        let names = answer.headers().keys().map(header::HeaderName::as_str);
        let opened: Vec<&str> = names.filter(|it| it.starts_with("access-control-")).collect();
        assert!(opened.is_empty(), "{}: {opened:?}", answer.url());
    }
}

#[tokio::test]
async fn what_has_no_side_effects_can_be_had_by_get() {
    let service = Service::start(Options::default()).await;
    let (session_id, payment_id) = pay(&service, PAYS).await;
    wait_for(&service, &payment_id, "succeeded").await;
    let call = service.client.call(CREATE_REFUND).json(&json!({ "payment_id": payment_id }));
    let refund: Value = call.send().await.unwrap().json().await.unwrap();
    let refund_id = refund["id"].as_str().unwrap();
    wait_for_refund(&service, refund_id, "succeeded").await;
    let game = json!({ "game_id": "space_shooter" });
    for (method, message) in [
        (GET_SESSION, json!({ "id": session_id })),
        (GET_SESSION_STATUS, json!({ "session_id": session_id })),
        (GET_PAYMENT, json!({ "id": payment_id })),
        (GET_REFUND, json!({ "id": refund_id })),
        (LIST_SESSIONS, game.clone()),
        (LIST_PAYMENTS, game),
        (LIST_REFUNDS, json!({ "payment_id": payment_id })),
    ] {
        let got = get(&service, method, &message).send().await.unwrap();
        assert_eq!(got.status(), 200, "{method}");
        assert_eq!(got.headers()[header::CONTENT_TYPE], "application/json", "{method}");
        let posted = service.client.call(method).json(&message).send().await.unwrap();
        assert_eq!(got.bytes().await.unwrap(), posted.bytes().await.unwrap(), "{method}");
    }
}

#[tokio::test]
async fn what_changes_something_is_never_done_by_get() {
    let service = Service::start(Options::default()).await;
    let (session_id, payment_id) = pay(&service, PAYS).await;
    wait_for(&service, &payment_id, "succeeded").await;
    for (method, message) in [
        (CREATE_SESSION, service.client.purchase()),
        (CANCEL_SESSION, json!({ "id": session_id })),
        (COMPLETE_PAYMENT, json!({ "id": payment_id })),
        (CANCEL_PAYMENT, json!({ "id": payment_id })),
        (CREATE_REFUND, json!({ "payment_id": payment_id })),
    ] {
        let refused = get(&service, method, &message).send().await.unwrap();
        assert_eq!(refused.status(), 405, "{method}");
    }
    for (method, rows) in [(LIST_SESSIONS, "sessions"), (LIST_REFUNDS, "refunds")] {
        let call = get(&service, method, &json!({ "game_id": "space_shooter" }));
        let page: Value = call.send().await.unwrap().json().await.unwrap();
        let count = page[rows].as_array().map_or(0, Vec::len);
        assert_eq!(count, usize::from(rows == "sessions"), "{page}");
    }
}

#[tokio::test]
async fn times_are_rfc_3339_in_utc() {
    let service = Service::start(Options::default()).await;
    let before = chrono::Utc::now();
    let call = service.client.call(CREATE_SESSION).json(&service.client.purchase());
    let created: Value = call.send().await.unwrap().json().await.unwrap();
    let text = created["session"]["created_at"].as_str().unwrap();
    let at = DateTime::parse_from_rfc3339(text).unwrap();
    assert!(text.ends_with('Z') && before <= at && at <= chrono::Utc::now(), "{text}");
}

#[tokio::test]
async fn an_unknown_compression_is_refused_and_none_is_used_unasked() {
    let service = Service::start(Options::default()).await;
    let odd = service.client.call(CREATE_SESSION).header(header::CONTENT_ENCODING, "br");
    let odd = refusal(odd.json(&service.client.purchase())).await;
    assert_eq!(odd, expected(501, "unimplemented", "unimplemented"));
    for _ in 0..20 {
        service.client.create_session(&service.client.purchase()).await;
    }
    let list = || service.client.call(LIST_SESSIONS).json(&json!({ "game_id": "space_shooter" }));
    let plain = list().send().await.unwrap();
    assert!(!plain.headers().contains_key(header::CONTENT_ENCODING));
    let packed = list().header(header::ACCEPT_ENCODING, "gzip").send().await.unwrap();
    assert_eq!(packed.headers()[header::CONTENT_ENCODING], "gzip");
    let (plain, packed) = (plain.bytes().await.unwrap(), packed.bytes().await.unwrap());
    assert!(packed.len() * 2 < plain.len(), "{} of {} bytes", packed.len(), plain.len());
}

#[tokio::test]
async fn a_call_that_cannot_end_in_the_clients_time_is_answered_in_time() {
    let service = Service::start(Options::default()).await;
    let library = service.library().await;
    // Whatever the clock does meanwhile: while this stands, nobody finds out who calls.
    let mut held = library.pool.begin().await.unwrap();
    sqlx::query("LOCK TABLE api_key_secret IN ACCESS EXCLUSIVE MODE")
        .execute(&mut *held)
        .await
        .unwrap();

    let call = service.client.call(GET_SESSION_STATUS).header("Connect-Timeout-Ms", DEADLINE_MS);
    let refused = refusal(call.json(&json!({ "session_id": "sess_1" }))).await;
    assert_eq!(refused, expected(504, "deadline_exceeded", "deadline_exceeded"));

    let answer = grpc_web(&service, &format!("{DEADLINE_MS}m")).await;
    assert_eq!(answer.status(), 200);
    let in_head = answer.headers().get("grpc-status").is_some_and(|it| it == "4");
    let body = String::from_utf8_lossy(&answer.bytes().await.unwrap()).into_owned();
    assert!(in_head || body.contains(DEADLINE_EXCEEDED), "{body:?}");

    held.rollback().await.unwrap();
    let call = service.client.call(GET_SESSION_STATUS).header("Connect-Timeout-Ms", "60000");
    let not_found = refusal(call.json(&json!({ "session_id": "sess_1" }))).await;
    assert_eq!(not_found, expected(404, "not_found", "session_not_found"));
}

/// GetSessionStatus as gRPC-Web, which gRPC's own header gives a deadline.
async fn grpc_web(service: &Service, timeout: &str) -> Response {
    let request = GetSessionStatusRequest { id: "sess_1".to_owned(), ..Default::default() };
    let message = request.encode_to_vec();
    let mut body = vec![0];
    body.extend(u32::try_from(message.len()).unwrap().to_be_bytes());
    body.extend(message);
    let call = service.client.call(GET_SESSION_STATUS);
    let call = call.header(header::CONTENT_TYPE, "application/grpc-web+proto");
    call.header("grpc-timeout", timeout).body(body).send().await.unwrap()
}

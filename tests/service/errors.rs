//! What a game server is told when a call cannot be taken: by the contract's table of errors.

use reqwest::{Method, RequestBuilder, Response, StatusCode, header};
use serde_json::{Value, json};
use toffeepay::{
    admin::{Admin, NewGame, NewKey, StudioRef, default_settings},
    domain::{
        game::{KeyScope, RateLimit},
        id::GameId,
        text::DisplayName,
        world::World,
    },
    proto::{google::rpc::BadRequest, pay::v1},
};

use super::client::{
    CANCEL_PAYMENT, CANCEL_SESSION, COMPLETE_PAYMENT, CREATE_REFUND, CREATE_SESSION, GET_PAYMENT,
    GET_REFUND, GET_SESSION, GET_SESSION_STATUS, LIST_PAYMENTS, LIST_REFUNDS, LIST_SESSIONS,
    WALLET_METHODS,
};
use super::guide::detail;
use super::harness::{Options, Service};
use super::other_games::{Ids, tries};

const REQUEST_BYTES_MAX: usize = 2 * 1024 * 1024;

/// Sends a call that must be refused: its HTTP status, Connect code and reason for machines.
pub(crate) async fn refusal(call: RequestBuilder) -> (StatusCode, String, String) {
    refusal_of(call.send().await.unwrap()).await
}

/// The same of an answer that is there.
pub(crate) async fn refusal_of(response: Response) -> (StatusCode, String, String) {
    let (status, body) = (response.status(), response.text().await.unwrap());
    let error: Value = serde_json::from_str(&body).unwrap_or_else(|_| panic!("{status} {body}"));
    let ours: v1::Error = detail(&error, "pay.v1.Error").unwrap_or_else(|| panic!("{error}"));
    let message = error["message"].as_str().unwrap();
    assert_eq!(message, format!("{}: {}", ours.code, ours.message), "the reason stands in both");
    (status, error["code"].as_str().unwrap().to_owned(), ours.code)
}

/// Nothing in particular is wrong with the request, but all of it.
fn assert_names_the_body(error: &Value) {
    let ours: v1::Error = detail(error, "pay.v1.Error").unwrap_or_else(|| panic!("{error}"));
    assert_eq!(
        (&error["code"], ours.code.as_str()),
        (&json!("invalid_argument"), "invalid_argument")
    );
    let broken: BadRequest = detail(error, "google.rpc.BadRequest").unwrap();
    assert_eq!(broken.field_violations[0].field, "body", "{error}");
}

pub(crate) fn expected(status: u16, code: &str, reason: &str) -> (StatusCode, String, String) {
    (StatusCode::from_u16(status).unwrap(), code.to_owned(), reason.to_owned())
}

#[tokio::test]
async fn whoever_has_no_sound_key_is_told_nothing_but_that() {
    let service = Service::start(Options::default()).await;
    let unauthorized = expected(401, "unauthenticated", "unauthorized");
    let right = &service.env.api_key;
    let mut wrong = right.clone().into_bytes();
    let last = wrong.last_mut().unwrap();
    *last = if *last == b'0' { b'1' } else { b'0' };
    let live = right.replace("tp_test_", "tp_live_");
    let call = |method| service.client.request(Method::POST, method);
    for method in [
        CANCEL_PAYMENT,
        CANCEL_SESSION,
        COMPLETE_PAYMENT,
        CREATE_REFUND,
        CREATE_SESSION,
        GET_PAYMENT,
        GET_REFUND,
        GET_SESSION,
        GET_SESSION_STATUS,
        LIST_PAYMENTS,
        LIST_REFUNDS,
        LIST_SESSIONS,
    ] {
        let bare = call(method).json(&service.client.purchase());
        assert_eq!(refusal(bare).await, unauthorized);
        for key in [
            format!("Bearer {}", String::from_utf8(wrong.clone()).unwrap()),
            format!("Bearer {live}"),
            format!("Bearer {}", right.to_uppercase()),
            "Bearer <your_api_key>".to_owned(),
            "Bearer".to_owned(),
            format!("Basic {right}"),
            right.clone(),
        ] {
            let call = call(method).header(header::AUTHORIZATION, key).json(&json!({}));
            assert_eq!(refusal(call).await, unauthorized);
        }
    }
}

#[tokio::test]
async fn wallets_are_not_offered_and_every_method_says_so_to_whoever_has_a_key() {
    let service = Service::start(Options::default()).await;
    for method in WALLET_METHODS {
        let bare = service.client.request(Method::POST, method).json(&json!({}));
        assert_eq!(refusal(bare).await, expected(401, "unauthenticated", "unauthorized"));
        let call = service.client.call(method).json(&json!({ "id": "acc_1" }));
        assert_eq!(refusal(call).await, expected(501, "unimplemented", "unimplemented"));
    }
}

#[tokio::test]
async fn another_game_is_refused_alike_whether_or_not_it_exists() {
    let service = Service::start(Options::default()).await;
    other_game(&service).await;
    let mut answers = vec![];
    for game_id in ["other_game", "no_such_game"] {
        let mut request = service.client.purchase();
        request["game_id"] = game_id.into();
        let response = service.client.call(CREATE_SESSION).json(&request).send().await.unwrap();
        answers.push((response.status(), response.text().await.unwrap()));
    }
    assert_eq!(answers[0], answers[1]);
    let mut request = service.client.purchase();
    request["game_id"] = "other_game".into();
    let refused = refusal(service.client.call(CREATE_SESSION).json(&request)).await;
    assert_eq!(refused, expected(403, "permission_denied", "invalid_game_id"));
}

#[tokio::test]
async fn another_games_session_is_as_unknown_as_none() {
    let service = Service::start(Options::default()).await;
    let other_key = other_game(&service).await;
    let session_id = service.client.create_session(&service.client.purchase()).await;
    let not_found = expected(404, "not_found", "session_not_found");
    let ask = |id: &str| service.client.call(GET_SESSION_STATUS).json(&json!({ "session_id": id }));
    assert_eq!(refusal(ask("sess_abc123")).await, not_found);
    assert_eq!(refusal(ask("' OR 1=1 --")).await, not_found);
    let by_other = service.client.request(Method::POST, GET_SESSION_STATUS).bearer_auth(other_key);
    let by_other = by_other.json(&json!({ "session_id": session_id }));
    assert_eq!(refusal(by_other).await, not_found);
}

#[tokio::test]
async fn two_names_of_one_field_must_agree() {
    let service = Service::start(Options::default()).await;
    let session_id = service.client.create_session(&service.client.purchase()).await;
    let invalid = expected(400, "invalid_argument", "invalid_argument");
    for request in [json!({ "session_id": session_id, "id": "sess_abc123" }), json!({})] {
        assert_eq!(refusal(service.client.call(GET_SESSION_STATUS).json(&request)).await, invalid);
    }
}

#[tokio::test]
async fn json_may_nest_32_levels_deep_and_no_deeper() {
    let service = Service::start(Options::default()).await;
    // The request's own braces are the first level.
    let nested = |levels: usize| {
        let mut body = service.client.purchase().to_string();
        let deep = format!("{}{}", "[".repeat(levels - 1), "]".repeat(levels - 1));
        body.insert_str(1, &format!(r#""deep": {deep}, "#));
        let call = service.client.call(CREATE_SESSION);
        call.header(header::CONTENT_TYPE, "application/json").body(body)
    };
    assert_eq!(nested(32).send().await.unwrap().status(), 200);
    let refused = refusal(nested(33)).await;
    assert_eq!(refused, expected(400, "invalid_argument", "invalid_argument"));
    assert_eq!(nested(20_000).send().await.unwrap().status(), 400, "and it does no harm");
}

#[tokio::test]
async fn a_request_may_have_2_mib_and_no_more() {
    let service = Service::start(Options::default()).await;
    let of_length = |length: usize| {
        let mut body = service.client.purchase().to_string();
        let padding = length - body.len() - r#""padding": "", "#.len();
        body.insert_str(1, &format!(r#""padding": "{}", "#, "x".repeat(padding)));
        assert_eq!(body.len(), length);
        let call = service.client.call(CREATE_SESSION);
        call.header(header::CONTENT_TYPE, "application/json").body(body)
    };
    assert_eq!(of_length(REQUEST_BYTES_MAX).send().await.unwrap().status(), 200);
    let refused = of_length(REQUEST_BYTES_MAX + 1).send().await.unwrap();
    assert_eq!(refused.status(), 400);
    assert_names_the_body(&refused.json().await.unwrap());
}

#[tokio::test]
async fn what_is_no_request_is_refused_and_harms_nothing() {
    let service = Service::start(Options::default()).await;
    for body in [
        "",
        "{",
        "null",
        "\"x\"",
        "[]",
        "[\"space_shooter\"]",
        "{\"item\": 3}",
        "\u{0}",
        "{\"game_id\": 1}",
    ] {
        let call = service.client.call(CREATE_SESSION);
        let call = call.header(header::CONTENT_TYPE, "application/json").body(body);
        let refused = call.send().await.unwrap();
        assert_eq!(refused.status(), 400, "{body}");
        assert_names_the_body(&refused.json().await.unwrap());
    }
    let call = service.client.call(CREATE_SESSION).header(header::CONTENT_TYPE, "text/plain");
    assert_eq!(call.body("x").send().await.unwrap().status(), 415);
    let unknown = service.client.call("/pay.v1.PaymentService/Steal").json(&json!({}));
    let (_, code, reason) = refusal(unknown).await;
    assert_eq!((code.as_str(), reason.as_str()), ("unimplemented", "unimplemented"));
    service.client.create_session(&service.client.purchase()).await;
}

/// Registers a game beside the demo's; a key of it.
pub(crate) async fn other_game(service: &Service) -> String {
    let library = service.library().await;
    let admin = Admin::new(library.store.clone(), library.pool.clone(), &library.master, "test");
    let game_id = GameId::parse("other_game").unwrap();
    let name = |text| DisplayName::parse(text).unwrap();
    let new = NewGame {
        game_id: game_id.clone(),
        studio: StudioRef::Name(name("Another Studio")),
        name: name("Another Game"),
        settings: default_settings().unwrap(),
    };
    admin.register_game(new).await.unwrap();
    let new = NewKey {
        world: World::Test,
        name: name("server"),
        scopes: KeyScope::ALL.to_vec(),
        expires_at: None,
        rate_limit: RateLimit::Unlimited,
    };
    admin.issue_key(&game_id, new).await.unwrap().1.reveal().to_owned()
}

/// `value` with `text` in place of the `nth` text in it, counted down; whether there was one.
fn replace(value: &mut Value, nth: &mut usize, text: &str) -> bool {
    match value {
        Value::String(place) if *nth == 0 => {
            text.clone_into(place);
            true
        }
        Value::String(_) => {
            *nth -= 1;
            false
        }
        Value::Object(fields) => fields.values_mut().any(|it| replace(it, nth, text)),
        _ => false,
    }
}

#[tokio::test]
async fn no_text_in_any_field_of_any_method_is_a_failure_of_ours() {
    let service = Service::start(Options::default()).await;
    let ids = Ids::of_nobody();
    let mut sent = 0;
    for (method, requests) in tries(&ids, "space_shooter") {
        if WALLET_METHODS.contains(&method.as_str()) {
            continue;
        }
        for request in requests {
            // The first is one that Postgres cannot keep.
            for text in ["\0", "sess_1\0", "\u{10ffff}", "'; --", "%", "../..", &"x".repeat(5_000)]
            {
                for place in 0.. {
                    let mut odd = request.clone();
                    if !replace(&mut odd, &mut { place }, text) {
                        break;
                    }
                    let answer = service.client.call(&method).json(&odd).send().await.unwrap();
                    assert!(answer.status().as_u16() < 500, "{method} {odd}");
                    sent += 1;
                }
            }
        }
    }
    assert!(100 < sent, "only {sent} were sent");
}

//! What a key may do, and which keys are none any more.

use chrono::{TimeDelta, Utc};
use serde_json::{Value, json};
use toffeepay::{
    admin::{Admin, NewKey},
    api::KeyUse,
    domain::{
        Timestamp,
        game::{KeyScope, RateLimit},
        id::{GameId, KeyId, id_bytes},
        text::DisplayName,
        world::World,
    },
};

use super::browser::create_in_log;
use super::client::{
    CANCEL_PAYMENT, CANCEL_SESSION, COMPLETE_PAYMENT, CREATE_REFUND, CREATE_SESSION, GET_PAYMENT,
    GET_REFUND, GET_SESSION, GET_SESSION_STATUS, LIST_SESSIONS, PAYS, WALLET_METHODS, WEBHOOKS,
};
use super::errors::{expected, refusal, refusal_of};
use super::harness::{Options, Service, wait_until};
use super::other_games::{Ids, tries};
use super::payments::pay;
use super::two_processes::{Process, Site};

/// Types `keys issue` for the demo game; the key.
pub(crate) async fn issue(service: &Service, more: &[&str]) -> String {
    let words = [&["keys", "issue", "space_shooter", "--name", "server"], more].concat();
    let output = service.command(&words).await;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn create(service: &Service, key: &str) -> reqwest::RequestBuilder {
    let call = service.client.request(reqwest::Method::POST, CREATE_SESSION).bearer_auth(key);
    call.json(&service.client.purchase())
}

fn ask(service: &Service, key: &str, session_id: &str) -> reqwest::RequestBuilder {
    let call = service.client.request(reqwest::Method::POST, GET_SESSION_STATUS).bearer_auth(key);
    call.json(&json!({ "session_id": session_id }))
}

#[tokio::test]
async fn a_live_game_cannot_use_the_sandbox_and_sees_no_test_session() {
    let service = Service::start(Options::default()).await;
    let live = issue(&service, &["--world", "live"]).await;
    let none = expected(400, "failed_precondition", "no_payment_method");
    assert_eq!(refusal(create(&service, &live)).await, none);
    let session_id = service.client.create_session(&service.client.purchase()).await;
    let not_found = expected(404, "not_found", "session_not_found");
    assert_eq!(refusal(ask(&service, &live, &session_id)).await, not_found);
}

#[tokio::test]
async fn a_test_key_never_sees_a_live_session() {
    let service = Service::start(Options::default()).await;
    // Past the API, which has no provider for live money yet.
    let session_id = create_in_log(&service, World::Live, TimeDelta::zero()).await;
    let live = issue(&service, &["--world", "live"]).await;
    let call = |key: &str, method: &str, body: &Value| {
        service.client.request(reqwest::Method::POST, method).bearer_auth(key).json(body)
    };
    let (by_id, all) = (json!({ "id": session_id }), json!({ "game_id": "space_shooter" }));
    let not_found = expected(404, "not_found", "session_not_found");
    for method in [GET_SESSION, GET_SESSION_STATUS, CANCEL_SESSION] {
        let test = call(&service.env.api_key, method, &by_id);
        assert_eq!(refusal(test).await, not_found, "{method}");
    }
    let listed = async |key: &str| {
        call(key, LIST_SESSIONS, &all).send().await.unwrap().json::<Value>().await.unwrap()
    };
    assert_eq!(listed(&service.env.api_key).await, json!({}), "an empty list");
    assert_eq!(listed(&live).await["sessions"][0]["id"], *session_id, "it is there");
    let read = call(&live, GET_SESSION, &by_id).send().await.unwrap();
    assert_eq!(read.status(), 200);
}

#[tokio::test]
async fn a_live_key_finds_nothing_of_the_test_world_by_any_method() {
    let service = Service::start(Options::default()).await;
    let client = &service.client;
    let session_id = client.create_session(&client.purchase()).await;
    client.pay(&session_id, PAYS).await.unwrap().unwrap();
    client.wait_for_status(&session_id, "paid").await;
    let answer = async |method, body: Value| {
        let response = client.call(method).json(&body).send().await.unwrap();
        response.error_for_status().unwrap().json::<Value>().await.unwrap()
    };
    let session = answer(GET_SESSION, json!({ "id": session_id })).await;
    let payment_id = session["session"]["payment_id"].clone();
    let refund_id = answer(CREATE_REFUND, json!({ "payment_id": payment_id })).await["id"].clone();
    let live = issue(&service, &["--world", "live"]).await;
    for (method, field, id, reason) in [
        (GET_SESSION, "id", &json!(session_id), "session_not_found"),
        (GET_SESSION_STATUS, "id", &json!(session_id), "session_not_found"),
        (CANCEL_SESSION, "id", &json!(session_id), "session_not_found"),
        (GET_PAYMENT, "id", &payment_id, "payment_not_found"),
        (COMPLETE_PAYMENT, "id", &payment_id, "payment_not_found"),
        (CANCEL_PAYMENT, "id", &payment_id, "payment_not_found"),
        (CREATE_REFUND, "payment_id", &payment_id, "payment_not_found"),
        (GET_REFUND, "id", &refund_id, "refund_not_found"),
    ] {
        let call = |key| client.request(reqwest::Method::POST, method).bearer_auth(key);
        let body = json!({ field: id });
        let not_found = expected(404, "not_found", reason);
        assert_eq!(refusal(call(live.as_str()).json(&body)).await, not_found, "{method}");
        let test = call(service.env.api_key.as_str()).json(&body).send().await.unwrap();
        assert_ne!(test.status(), 404, "{method} finds it with a test key");
    }
}

/// What a key must be allowed, for a method that is offered.
fn scope_of(method: &str) -> &'static str {
    match method {
        CREATE_REFUND => "refund",
        CREATE_SESSION | CANCEL_SESSION | COMPLETE_PAYMENT | CANCEL_PAYMENT => "write",
        method if method.starts_with(WEBHOOKS) => "webhooks",
        _ => "read",
    }
}

#[tokio::test]
async fn a_key_does_what_its_scopes_say_and_nothing_else_by_any_method() {
    let service = Service::start(Options::default()).await;
    let (session, payment) = pay(&service, PAYS).await;
    let ids = Ids { session, payment, ..Ids::of_nobody() };
    let missing = expected(403, "permission_denied", "missing_scope");
    for scope in ["read", "write", "refund", "webhooks"] {
        let words = ["--world", "test", "--scope", scope, "--requests-per-s", "none"];
        let key = issue(&service, &words).await;
        for (method, requests) in tries(&ids, "space_shooter") {
            if WALLET_METHODS.contains(&method.as_str()) {
                continue;
            }
            let call = service.client.request(reqwest::Method::POST, &method).bearer_auth(&key);
            let answer = call.json(&requests[0]).send().await.unwrap();
            let is_refused = answer.status() == 403;
            assert_eq!(is_refused, scope != scope_of(&method), "{scope} {method}");
            if is_refused {
                assert_eq!(refusal_of(answer).await, missing, "{scope} {method}");
            }
        }
    }
}

#[tokio::test]
async fn a_revoked_and_an_expired_key_are_refused_like_any_wrong_one() {
    let service = Service::start(Options::default()).await;
    let library = service.library().await;
    let admin = Admin::new(library.store.clone(), library.pool.clone(), &library.master, "test");
    let game_id = GameId::parse("space_shooter").unwrap();
    let new = |expires_at| NewKey {
        world: World::Test,
        name: DisplayName::parse("server").unwrap(),
        scopes: KeyScope::ALL.to_vec(),
        expires_at,
        rate_limit: RateLimit::ByWorld,
    };
    let (id, key) = admin.issue_key(&game_id, new(None)).await.unwrap();
    assert_eq!(create(&service, key.reveal()).send().await.unwrap().status(), 200);
    let unauthorized = expected(401, "unauthenticated", "unauthorized");
    let revoke = ["keys", "revoke", "space_shooter", id.as_str()];
    assert!(service.command(&revoke).await.status.success());
    ended(&service, key.reveal()).await;
    assert_eq!(refusal(create(&service, key.reveal())).await, unauthorized);

    let soon = Utc::now() + TimeDelta::hours(1);
    let (id, key) = admin.issue_key(&game_id, new(Some(soon))).await.unwrap();
    assert_eq!(create(&service, key.reveal()).send().await.unwrap().status(), 200);
    // In place of an hour's wait.
    let expire = "UPDATE game SET keys = (
            SELECT jsonb_agg(CASE WHEN it ->> 'key_id' = $1
                             THEN it || '{\"expires_at\": \"2026-01-01T00:00:00Z\"}' ELSE it END)
            FROM jsonb_array_elements(keys) it)";
    sqlx::query(expire).bind(id.as_str()).execute(&library.pool).await.unwrap();
    ended(&service, key.reveal()).await;
    assert_eq!(refusal(create(&service, key.reveal())).await, unauthorized);
}

/// Waits until a key is refused: a process may know it for a moment.
async fn ended(service: &Service, key: &str) {
    wait_until("the end of the key", async || {
        let answer = create(service, key).send().await.unwrap();
        (answer.status() != 200).then_some(())
    })
    .await;
}

/// The HTTP status that a process answers a key with.
async fn answered(process: &Process, key: &str) -> u16 {
    let call = process.client.request(reqwest::Method::POST, CREATE_SESSION).bearer_auth(key);
    let call = call.json(&process.client.purchase());
    call.send().await.unwrap().status().as_u16()
}

async fn key_ids(site: &Site) -> Vec<String> {
    let listed = site.succeed(&["keys", "list", "space_shooter"]).await;
    listed.lines().map(|it| it.split('\t').next().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_revoked_key_is_soon_refused_by_every_process_and_for_good() {
    let site = Site::new().await;
    let (one, other) = (site.serve("api", "one").await, site.serve("api", "other").await);
    for process in [&one, &other] {
        assert_eq!(answered(process, &site.api_key).await, 200);
    }
    site.succeed(&["keys", "revoke", "space_shooter", &key_ids(&site).await[0]]).await;
    for process in [&one, &other] {
        wait_until("the end of the key", async || {
            (answered(process, &site.api_key).await != 200).then_some(())
        })
        .await;
    }
    for process in [&one, &other].repeat(20) {
        assert_eq!(answered(process, &site.api_key).await, 401);
    }
}

#[tokio::test]
async fn of_a_rotated_key_and_its_successor_both_work_until_the_overlap_is_over() {
    let site = Site::new().await;
    let (one, other) = (site.serve("api", "one").await, site.serve("api", "other").await);
    let rotate = async |index: usize, more: &[&str]| {
        let key_id = key_ids(&site).await[index].clone();
        let words = [&["keys", "rotate", "space_shooter", &key_id], more].concat();
        site.succeed(&words).await.trim().to_owned()
    };
    let first = &site.api_key;
    let second = rotate(0, &[]).await;
    let third = rotate(1, &["--overlap-hours", "0"]).await;
    for process in [&one, &other] {
        assert_eq!(answered(process, first).await, 200, "its day is not over");
        assert_eq!(answered(process, &second).await, 401, "its overlap was none");
        assert_eq!(answered(process, &third).await, 200);
    }
    site.succeed(&["replay"]).await;
}

/// What `keys list` says of the last use, key by key.
async fn last_uses(service: &Service) -> Vec<String> {
    let listed = service.command(&["keys", "list", "space_shooter"]).await.stdout;
    let listed = String::from_utf8(listed).unwrap();
    listed.lines().map(|it| it.split('\t').nth(6).unwrap().to_owned()).collect()
}

#[tokio::test]
async fn when_a_key_was_last_used_is_known_soon_and_at_a_stop_at_once() {
    let mut service = Service::start(Options::default()).await;
    let second = issue(&service, &["--world", "test"]).await;
    assert_eq!(last_uses(&service).await, ["not used yet", "not used yet"]);
    service.client.create_session(&service.client.purchase()).await;
    let written = async || {
        let uses = last_uses(&service).await;
        (uses[0].starts_with("last used 20") && uses[1] == "not used yet").then_some(())
    };
    wait_until("the use of the first key to be written down", written).await;
    assert_eq!(create(&service, &second).send().await.unwrap().status(), 200);
    service.stop().await;
    let uses = last_uses(&service).await;
    assert!(uses.iter().all(|it| it.starts_with("last used 20")), "{uses:?}");
}

#[tokio::test]
async fn the_last_use_moves_forward_only_whichever_process_writes_later() {
    let service = Service::start(Options::default()).await;
    let pool = service.library().await.pool;
    let key_id = KeyId::from_bytes(id_bytes(1, 0, [1; 16]));
    let noon = "2026-03-01T12:00:00Z".parse::<Timestamp>().unwrap();
    for (used_at, known) in [(1, 1), (0, 1), (2, 2)] {
        let process = KeyUse::default();
        let at = |minutes| noon + TimeDelta::minutes(minutes);
        process.note(&key_id, at(used_at) + TimeDelta::seconds(59));
        process.write(&pool, at(used_at)).await.unwrap();
        let uses = toffeepay::api::last_uses(&pool, [&key_id]).await.unwrap();
        assert_eq!(uses[key_id.as_str()], at(known));
    }
}

//! What a key may do, and which keys are none any more.

use chrono::{TimeDelta, Utc};
use serde_json::json;
use toffeepay::{
    admin::{Admin, NewKey},
    domain::{game::KeyScope, id::GameId, text::DisplayName, world::World},
};

use super::client::{CREATE_SESSION, GET_SESSION_STATUS};
use super::errors::{expected, refusal};
use super::harness::{Options, Service};

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
async fn a_key_does_what_its_scopes_say_and_nothing_else() {
    let service = Service::start(Options::default()).await;
    let session_id = service.client.create_session(&service.client.purchase()).await;
    let reads = issue(&service, &["--world", "test", "--scope", "read"]).await;
    let writes = issue(&service, &["--world", "test", "--scope", "write"]).await;
    let missing = expected(403, "permission_denied", "missing_scope");
    assert_eq!(refusal(create(&service, &reads)).await, missing);
    assert_eq!(refusal(ask(&service, &writes, &session_id)).await, missing);
    assert_eq!(create(&service, &writes).send().await.unwrap().status(), 200);
    assert_eq!(ask(&service, &reads, &session_id).send().await.unwrap().status(), 200);
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
    };
    let (id, key) = admin.issue_key(&game_id, new(None)).await.unwrap();
    assert_eq!(create(&service, key.reveal()).send().await.unwrap().status(), 200);
    let unauthorized = expected(401, "unauthenticated", "unauthorized");
    let revoke = ["keys", "revoke", "space_shooter", id.as_str()];
    assert!(service.command(&revoke).await.status.success());
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
    assert_eq!(refusal(create(&service, key.reveal())).await, unauthorized);
}

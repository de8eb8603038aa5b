//! Everything that the getting-started guide prints, sent as printed, and the contract around it.

use std::process::Stdio;

use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use buffa::Message;
use futures::future::{join_all, select};
use reqwest::{Method, header};
use serde_json::{Value, json};
use toffeepay::proto::pay::v1::{
    CreateSessionRequest, CreateSessionResponse, GetSessionStatusRequest, GetSessionStatusResponse,
    Item,
};
use tokio::io::AsyncWriteExt;

use super::client::{CREATE_SESSION, GET_SESSION_STATUS};
use super::harness::{Options, Service};

/// A picture for where the guide prints `base64,...`.
pub(crate) const COIN_PNG: &str = include_str!("../../src/cli/dev/coin.png.base64");

/// The guide's body of CreateSession.
const GUIDE_CREATE_SESSION: &str = r#"{
  "game_id": "space_shooter",
  "user_id": "player_42",
  "item": {
    "title": "50 Gold Coins",
    "price": 499,
    "currency": "USD",
    "image": "data:image/png;base64,..."
  },
  "return_url": "mygame://payment-complete"
}"#;

/// The guide's body of GetSessionStatus.
const GUIDE_GET_SESSION_STATUS: &str = r#"{
  "session_id": "sess_abc123"
}"#;

#[tokio::test]
async fn the_guides_own_requests_sent_with_curl_are_answered_as_printed() {
    let mut service = Service::start(Options::default()).await;
    let body = GUIDE_CREATE_SESSION.replace("...", COIN_PNG.trim());
    let created = run_curl(&guide_curl(&service, CREATE_SESSION, &body)).await;
    let session_id = created["session_id"].as_str().unwrap();
    assert!(session_id.starts_with("sess_"), "{created}");
    assert_eq!(created["payment_url"], service.client.page_url(session_id));
    assert_eq!(
        (&created["id"], &created["url"]),
        (&created["session_id"], &created["payment_url"])
    );
    assert_eq!(created["session"]["status"], "pending");
    assert_eq!(created["session"]["item"]["price"], 499);

    let body = GUIDE_GET_SESSION_STATUS.replace("sess_abc123", session_id);
    let status = run_curl(&guide_curl(&service, GET_SESSION_STATUS, &body)).await;
    let expected = json!({ "session_id": session_id, "status": "pending", "id": session_id });
    assert_eq!(status, expected);
    service.stop().await;
}

#[tokio::test]
async fn what_dev_prints_can_be_pasted() {
    let service = Service::start(Options::default()).await;
    let printed = service.printed();
    let commands: Vec<&str> = printed.split("\n\n").filter(|it| it.starts_with("curl ")).collect();
    let [create, status] = commands.as_slice() else { panic!("two commands, not {printed}") };
    let created = run_curl(create).await;
    let session_id = created["session_id"].as_str().unwrap();
    let answer = run_curl(&status.replace("<session_id>", session_id)).await;
    assert_eq!(answer["status"], "pending");
}

#[tokio::test]
async fn an_env_file_tells_scripts_all_that_they_need_and_nobody_else() {
    use std::os::unix::fs::PermissionsExt;
    let service = Service::start(Options::default()).await;
    let file = service.dir().join("env.json");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let env = &service.env;
    assert_eq!(env.game_id, "space_shooter");
    assert!(env.api_key.starts_with("tp_test_") && env.webhook_secret.starts_with("whsec_"));
    assert!(env.api_url.starts_with("http://127.0.0.1:") && env.pay_url == env.api_url);
    assert!(env.database_url.starts_with("postgres"), "{}", env.database_url);
}

#[tokio::test]
async fn either_spelling_of_a_field_comes_in_and_snake_case_goes_out() {
    let service = Service::start(Options::default()).await;
    let camel = json!({
        "gameId": "space_shooter",
        "userId": "player_42",
        "item": { "title": "50 Gold Coins", "price": 499, "currency": "USD", "imageUrl": "?" },
        "returnUrl": "mygame://payment-complete",
        "walletEnabled": true,
        "aFieldOfNextYear": { "with": ["anything", 1, null] },
    });
    let response = service.client.call(CREATE_SESSION).json(&camel).send().await.unwrap();
    assert_eq!(response.status(), 200);
    let created: Value = response.json().await.unwrap();
    assert_eq!(created["session"]["user_id"], "player_42");
    assert_no_camel_case(&created);
    let session_id = &created["session_id"];
    for request in [
        json!({ "session_id": session_id }),
        json!({ "sessionId": session_id }),
        json!({ "id": session_id }),
        json!({ "id": session_id, "session_id": session_id, "whatever": 1 }),
    ] {
        let call = service.client.call(GET_SESSION_STATUS).json(&request);
        let status: Value = call.send().await.unwrap().json().await.unwrap();
        assert_eq!(status["status"], "pending", "{request}");
        assert_no_camel_case(&status);
    }
}

#[tokio::test]
async fn an_sdks_binary_messages_are_understood() {
    let service = Service::start(Options::default()).await;
    let answer = send_binary(&service, CREATE_SESSION, sdk_purchase().encode_to_vec()).await;
    let created = CreateSessionResponse::decode_from_slice(&answer).unwrap();
    assert!(created.id.starts_with("sess_"));
    assert_eq!((&created.id, &created.url), (&created.session_id, &created.payment_url));
    // The SDK's name of the field, as generated code of its proto sends it.
    let request = GetSessionStatusRequest { id: created.id.clone(), ..Default::default() };
    let answer = send_binary(&service, GET_SESSION_STATUS, request.encode_to_vec()).await;
    let status = GetSessionStatusResponse::decode_from_slice(&answer).unwrap();
    assert_eq!((status.status.as_str(), status.id), ("pending", created.id));
}

#[tokio::test]
async fn a_status_can_be_read_with_a_connect_get() {
    let service = Service::start(Options::default()).await;
    let session_id = service.client.create_session(&service.client.purchase()).await;
    let message = json!({ "session_id": session_id }).to_string();
    let query = [("connect", "v1"), ("encoding", "json"), ("message", &message)];
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish();
    let path = format!("{GET_SESSION_STATUS}?{query}");
    let call = service.client.request(Method::GET, &path).bearer_auth(&service.env.api_key);
    let response = call.send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.json::<Value>().await.unwrap()["status"], "pending");
}

#[tokio::test]
async fn an_items_picture_is_served_as_ours_with_its_own_type() {
    let service = Service::start(Options::default()).await;
    let mut request = service.client.purchase();
    request["item"]["image"] = format!("data:image/png;base64,{}", COIN_PNG.trim()).into();
    let call = service.client.call(CREATE_SESSION).json(&request);
    let created: Value = call.send().await.unwrap().json().await.unwrap();
    let url = created["session"]["item"]["image"].as_str().unwrap();
    assert!(url.starts_with(&service.env.pay_url), "{url}");

    let page = service.client.open_page(created["id"].as_str().unwrap()).await.unwrap();
    let path = url.strip_prefix(&service.env.pay_url).unwrap();
    assert!(page.contains(&format!(r#"src="{path}""#)), "the page shows it: {page}");
    let picture = service.client.http.get(url).send().await.unwrap();
    assert_eq!(picture.status(), 200);
    assert_eq!(picture.headers()[header::CONTENT_TYPE], "image/png");
    assert_eq!(picture.headers()[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
    let expected = base64::engine::general_purpose::STANDARD.decode(COIN_PNG.trim()).unwrap();
    assert_eq!(picture.bytes().await.unwrap(), expected);

    let other = service.client.request(Method::GET, &format!("/images/{}", "0".repeat(64)));
    assert_eq!(other.send().await.unwrap().status(), 404);
}

#[tokio::test]
async fn a_repeat_with_the_same_idempotency_key_gets_the_first_answer() {
    let service = Service::start(Options::default()).await;
    let send = async |key: &str, request: &Value| {
        let call = service.client.call(CREATE_SESSION).header("Idempotency-Key", key);
        call.json(request).send().await.unwrap()
    };
    let request = service.client.purchase();
    let first = send("order-1", &request).await;
    assert_eq!(first.status(), 200);
    assert!(!first.headers().contains_key("idempotent-replayed"));
    let first = first.bytes().await.unwrap();

    let repeat = send("order-1", &request).await;
    assert_eq!(repeat.headers()["idempotent-replayed"], "true");
    assert_eq!(repeat.bytes().await.unwrap(), first, "byte for byte");

    let mut other = request.clone();
    other["item"]["price"] = 500.into();
    let conflict = send("order-1", &other).await;
    assert_eq!(conflict.status(), 409);
    let conflict: Value = conflict.json().await.unwrap();
    assert_eq!(conflict["code"], "aborted");
    assert!(conflict["message"].as_str().unwrap().starts_with("idempotency_conflict: "));

    let another = send("order-2", &request).await;
    assert!(!another.headers().contains_key("idempotent-replayed"));
    assert_ne!(another.bytes().await.unwrap(), first);
    for key in ["x".repeat(256), "no\u{e9}".to_owned()] {
        assert_eq!(send(&key, &request).await.status(), 400, "{key}");
    }
    assert_eq!(send(&"x".repeat(255), &request).await.status(), 200);
}

#[tokio::test]
async fn a_repeat_in_the_other_codec_gets_the_same_answer_in_that_codec() {
    let service = Service::start(Options::default()).await;
    let call = || service.client.call(CREATE_SESSION).header("Idempotency-Key", "order-1");
    let first = call().json(&service.client.purchase()).send().await.unwrap();
    let first: Value = first.json().await.unwrap();
    let repeat = call().header(header::CONTENT_TYPE, "application/proto");
    let repeat = repeat.body(sdk_purchase().encode_to_vec()).send().await.unwrap();
    assert_eq!(repeat.headers()["idempotent-replayed"], "true");
    assert_eq!(repeat.headers()[header::CONTENT_TYPE], "application/proto");
    let repeat = CreateSessionResponse::decode_from_slice(&repeat.bytes().await.unwrap()).unwrap();
    assert_eq!(first["session_id"], repeat.session_id);
    assert_eq!(first["payment_url"], repeat.payment_url);
}

#[tokio::test]
async fn a_repeat_of_a_request_that_is_still_running_is_told_when_to_come_again() {
    let service = Service::start(Options::default()).await;
    let library = service.library().await;
    let mut request = service.client.purchase();
    request["item"]["image"] = format!("data:image/png;base64,{}", COIN_PNG.trim()).into();
    let call = || {
        let call = service.client.call(CREATE_SESSION).header("Idempotency-Key", "order-1");
        Box::pin(call.json(&request).send())
    };
    // Whichever comes first cannot store its picture.
    let mut lock = library.pool.begin().await.unwrap();
    sqlx::query("LOCK TABLE item_image IN SHARE MODE").execute(&mut *lock).await.unwrap();
    let (told, running) = select(call(), call()).await.factor_first();
    let told = told.unwrap();
    assert_eq!(
        (told.status().as_u16(), &told.headers()["retry-after"]),
        (409, &"1".parse().unwrap())
    );
    let told: Value = told.json().await.unwrap();
    assert_eq!(told["code"], "aborted");
    assert!(told["message"].as_str().unwrap().starts_with("request_in_progress: "), "{told}");

    lock.rollback().await.unwrap();
    let first = running.await.unwrap();
    assert_eq!(first.status(), 200);
    let repeat = call().await.unwrap();
    assert_eq!(repeat.headers()["idempotent-replayed"], "true");
    assert_eq!(repeat.bytes().await.unwrap(), first.bytes().await.unwrap());
}

#[tokio::test]
async fn fifty_repeats_at_once_make_one_session() {
    const REPEATS: usize = 50;
    let service = Service::start(Options::default()).await;
    let request = service.client.purchase();
    let answers = join_all((0..REPEATS).map(async |_| {
        let call = service.client.call(CREATE_SESSION).header("Idempotency-Key", "order-1");
        let response = call.json(&request).send().await.unwrap();
        assert_eq!(response.status(), 200);
        let is_replay = response.headers().contains_key("idempotent-replayed");
        (is_replay, response.json::<Value>().await.unwrap())
    }))
    .await;
    let first = &answers[0].1;
    assert!(answers.iter().all(|(_, answer)| answer == first), "{answers:?}");
    assert_eq!(answers.iter().filter(|(is_replay, _)| !is_replay).count(), 1);
    let library = service.library().await;
    let sessions: i64 =
        sqlx::query_scalar("SELECT count(*) FROM session").fetch_one(&library.pool).await.unwrap();
    assert_eq!(sessions, 1);
}

#[tokio::test]
async fn a_stop_and_a_new_start_keep_data_and_key() {
    let mut service = Service::start(Options::default()).await;
    let session_id = service.client.create_session(&service.client.purchase()).await;
    let call = |it: &Service| {
        let call = it.client.call(CREATE_SESSION).header("Idempotency-Key", "order-1");
        call.json(&it.client.purchase())
    };
    let first = call(&service).send().await.unwrap().bytes().await.unwrap();
    service.stop().await;
    service.restart().await;
    assert_eq!(service.client.status(&session_id).await, "pending");
    let repeat = call(&service).send().await.unwrap();
    assert_eq!(repeat.headers()["idempotent-replayed"], "true");
    assert_eq!(repeat.bytes().await.unwrap(), first);
}

/// The guide prints a request's lines; this is the curl that sends exactly these.
fn guide_curl(service: &Service, method: &str, body: &str) -> String {
    let (base, key) = (&service.env.api_url, &service.env.api_key);
    format!(
        "curl {base}{method} \\\n  -H 'Authorization: Bearer {key}' \\\n  \
         -H 'Content-Type: application/json' \\\n  -d '{body}'"
    )
}

/// Pastes a command into a shell, as a developer does.
async fn run_curl(command: &str) -> Value {
    if tokio::process::Command::new("curl").arg("--version").output().await.is_err() {
        eprintln!("this machine has no curl: its request is sent without it");
        return send_what_curl_would(command).await;
    }
    let mut shell = tokio::process::Command::new("sh")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    shell.stdin.take().unwrap().write_all(command.as_bytes()).await.unwrap();
    let output = shell.wait_with_output().await.unwrap();
    let answer = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{command}\n{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_str(&answer).unwrap_or_else(|_| panic!("{command}\nanswered {answer}"))
}

async fn send_what_curl_would(command: &str) -> Value {
    let url = command.split_whitespace().nth(1).unwrap();
    let quoted: Vec<&str> = command.split('\'').skip(1).step_by(2).collect();
    let (body, headers) = quoted.split_last().unwrap();
    let mut call = toffeepay::http_client::http_client(std::time::Duration::from_secs(30))
        .unwrap()
        .post(url)
        .body((*body).to_owned());
    for (name, value) in headers.iter().map(|it| it.split_once(": ").unwrap()) {
        call = call.header(name, value);
    }
    call.send().await.unwrap().json().await.unwrap()
}

/// The guide's request without its picture, as an SDK builds it.
fn sdk_purchase() -> CreateSessionRequest {
    let item = Item {
        title: "50 Gold Coins".into(),
        price: 499,
        currency: "USD".into(),
        ..Item::default()
    };
    CreateSessionRequest {
        game_id: "space_shooter".into(),
        user_id: "player_42".into(),
        item: buffa::MessageField::some(item),
        return_url: "mygame://payment-complete".into(),
        ..CreateSessionRequest::default()
    }
}

async fn send_binary(service: &Service, method: &str, message: Vec<u8>) -> Vec<u8> {
    let call = service.client.call(method).header(header::CONTENT_TYPE, "application/proto");
    let response = call.header("Connect-Protocol-Version", "1").body(message).send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()[header::CONTENT_TYPE], "application/proto");
    response.bytes().await.unwrap().to_vec()
}

fn assert_no_camel_case(value: &Value) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                assert!(!name.contains(char::is_uppercase), "{name}");
                assert_no_camel_case(value);
            }
        }
        Value::Array(values) => values.iter().for_each(assert_no_camel_case),
        _ => {}
    }
}

/// The detail of this type in a Connect error.
pub(crate) fn detail<M: Message>(error: &Value, message_type: &str) -> Option<M> {
    let details = error["details"].as_array()?;
    let detail = details.iter().find(|it| it["type"] == message_type)?;
    let bytes = STANDARD_NO_PAD.decode(detail["value"].as_str()?).unwrap();
    Some(M::decode_from_slice(&bytes).unwrap())
}

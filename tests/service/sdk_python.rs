//! The official Python SDK, as game servers have it installed, sells, captures and refunds here.

use serde_json::{Value, json};

use super::books::{assert_paid_once, settled};
use super::client::PAYS;
use super::errors::other_game;
use super::harness::{Options, Service, wait_until};
use super::support::{conversation::Conversation, tools};

/// A game server in Python.
struct Sdk {
    conversation: Conversation,
    api_key: String,
}

impl Sdk {
    async fn of(service: &Service) -> Self {
        let python = tokio::task::spawn_blocking(tools::python).await.unwrap();
        let script = tools::client_script("sdk.py");
        let conversation = Conversation::begin(&python, &script, &[&service.env.api_url]);
        Self { conversation, api_key: service.env.api_key.clone() }
    }

    async fn ask(&mut self, call: &str, request: Value, key: Option<&str>) -> Value {
        let question = json!({
            "api_key": self.api_key,
            "call": call,
            "request": request,
            "idempotency_key": key,
        });
        self.conversation.ask(&question).await
    }

    /// A call that must be answered.
    async fn call(&mut self, call: &str, request: Value) -> Value {
        let mut said = self.ask(call, request, None).await;
        assert!(said["error"].is_null(), "{call}: {said}");
        said["answer"].take()
    }

    /// A call that must be refused: its code, its reason and the whole of it.
    async fn refusal(&mut self, call: &str, request: Value) -> (String, String, Value) {
        let mut said = self.ask(call, request, None).await;
        let error = said["error"].take();
        let text = |it: &Value| it.as_str().unwrap_or_else(|| panic!("{call}: {said}")).to_owned();
        (text(&error["code"]), text(&error["details"]["pay.v1.Error"]["code"]), error)
    }

    /// A new session's id.
    async fn checkout(&mut self, service: &Service) -> String {
        text(&self.call("checkout", service.client.purchase()).await["id"])
    }

    async fn wait_for(&mut self, call: &str, id: &str, field: &str, status: &str) -> Value {
        wait_until(&format!("{id} to be {status}"), async || {
            let found = self.call(call, json!({ "id": id })).await[field].take();
            (found["status"] == status).then_some(found)
        })
        .await
    }

    /// A new session, and the attempt that was made to pay it.
    async fn pay(&mut self, service: &Service) -> (String, String) {
        let session_id = self.checkout(service).await;
        service.client.pay(&session_id, PAYS).await.unwrap();
        let session = self.call("sessions.get", json!({ "id": session_id })).await;
        (session_id, text(&session["session"]["payment_id"]))
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}

fn refused(code: &str, reason: &str) -> (String, String) {
    (code.to_owned(), reason.to_owned())
}

#[tokio::test]
async fn a_session_is_opened_read_listed_and_cancelled() {
    let service = Service::start(Options::default()).await;
    let mut sdk = Sdk::of(&service).await;
    let session = sdk.call("checkout", service.client.purchase()).await;
    let id = text(&session["id"]);
    assert_eq!(session["url"], service.client.page_url(&id));
    assert_eq!(session["status"], "pending");
    assert_eq!(session["item"], service.client.purchase()["item"]);

    let by_id = json!({ "id": id });
    let read = sdk.call("sessions.get", by_id.clone()).await;
    assert_eq!(read, json!({ "session": session }));
    let status = sdk.call("sessions.status", by_id.clone()).await;
    assert_eq!((&status["id"], &status["status"]), (&json!(id), &json!("pending")));

    let all = json!({ "game_id": "space_shooter" });
    let listed = sdk.call("sessions.list", all).await;
    assert_eq!(listed, json!({ "sessions": [session], "total": 1 }));

    assert_eq!(sdk.call("sessions.cancel", by_id.clone()).await, json!({}));
    let status = sdk.call("sessions.status", by_id).await;
    assert_eq!(status["status"], "cancelled");
}

#[tokio::test]
async fn a_repeat_with_the_same_idempotency_key_gets_the_same_session() {
    let service = Service::start(Options::default()).await;
    let mut sessions = vec![];
    for _ in 0..2 {
        let mut sdk = Sdk::of(&service).await;
        let mut said = sdk.ask("checkout", service.client.purchase(), Some("order-1")).await;
        sessions.push(said["answer"].take());
    }
    assert!(sessions[0]["id"].is_string(), "{sessions:?}");
    assert_eq!(sessions[0], sessions[1]);
}

#[tokio::test]
async fn held_money_is_taken_or_let_go() {
    let service = Service::start(Options::default()).await;
    let set = ["games", "set", "space_shooter", "--capture", "manual"];
    assert!(service.command(&set).await.status.success());
    let mut sdk = Sdk::of(&service).await;
    let (session_id, taken) = sdk.pay(&service).await;
    let held = sdk.wait_for("payments.get", &taken, "payment", "authorized").await;
    assert_eq!((&held["amount"], &held["currency"]), (&json!(499), &json!("USD")));
    assert_eq!(sdk.call("payments.complete", json!({ "id": taken })).await, json!({}));
    sdk.wait_for("payments.get", &taken, "payment", "succeeded").await;
    assert_eq!(service.client.status(&session_id).await, "paid");

    let (_, let_go) = sdk.pay(&service).await;
    sdk.wait_for("payments.get", &let_go, "payment", "authorized").await;
    assert_eq!(sdk.call("payments.cancel", json!({ "id": let_go })).await, json!({}));
    sdk.wait_for("payments.get", &let_go, "payment", "cancelled").await;

    let all = json!({ "game_id": "space_shooter", "user_id": "player_42" });
    let listed = sdk.call("payments.list", all).await;
    assert_eq!(listed["total"], 2, "{listed}");
    let ids: Vec<&Value> =
        listed["payments"].as_array().unwrap().iter().map(|it| &it["id"]).collect();
    assert_eq!(ids, [&json!(let_go), &json!(taken)], "the newest first");

    let library = service.library().await;
    settled(&library.pool).await;
    assert_paid_once(&library, &session_id).await;
}

#[tokio::test]
async fn money_is_given_back() {
    let service = Service::start(Options::default()).await;
    let mut sdk = Sdk::of(&service).await;
    let (_, payment_id) = sdk.pay(&service).await;
    sdk.wait_for("payments.get", &payment_id, "payment", "succeeded").await;

    let request = json!({ "payment_id": payment_id, "reason": "bought twice" });
    let refund = sdk.call("refund", request.clone()).await;
    assert_eq!(
        (&refund["payment_id"], &refund["status"], &refund["reason"]),
        (&json!(payment_id), &json!("pending"), &json!("bought twice"))
    );
    let id = text(&refund["id"]);
    let done = sdk.wait_for("refunds.get", &id, "refund", "succeeded").await;
    assert!(done["succeeded_at"].is_string(), "{done}");
    let of_it = json!({ "payment_id": payment_id });
    let listed = sdk.call("refunds.list", of_it).await;
    assert_eq!(listed, json!({ "refunds": [done], "total": 1 }));
    let (code, reason, _) = sdk.refusal("refunds.create", request).await;
    assert_eq!((code, reason), refused("failed_precondition", "already_refunded"));
}

#[tokio::test]
async fn a_refusal_comes_with_its_reason_and_the_fields_that_are_wrong() {
    let service = Service::start(Options::default()).await;
    let theirs = other_game(&service).await;
    let mut sdk = Sdk::of(&service).await;
    let id = sdk.checkout(&service).await;
    let mut request = service.client.purchase();
    request["item"]["price"] = 0.into();
    let (code, reason, error) = sdk.refusal("checkout", request).await;
    assert_eq!((code, reason), refused("invalid_argument", "invalid_price"));
    let fields = &error["details"]["google.rpc.BadRequest"]["field_violations"];
    assert_eq!(fields[0]["field"], "item.price", "{error}");

    let (code, reason, _) = sdk.refusal("accounts.get", json!({ "id": "acc_1" })).await;
    assert_eq!((code, reason), refused("unimplemented", "unimplemented"));

    sdk.api_key.clone_from(&theirs);
    let (code, reason, _) = sdk.refusal("sessions.get", json!({ "id": id })).await;
    assert_eq!((code, reason), refused("not_found", "session_not_found"));
    "tp_test_0".clone_into(&mut sdk.api_key);
    let (code, reason, _) = sdk.refusal("sessions.get", json!({ "id": id })).await;
    assert_eq!((code, reason), refused("unauthenticated", "unauthorized"));
}

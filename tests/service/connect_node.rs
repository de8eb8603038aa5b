//! Connect's own client for Node: every protocol, codec and version of HTTP that it has.

use serde_json::{Value, json};

use super::client::{PAYS, PROTO_FILES};
use super::harness::{Options, Service, wait_until};
use super::support::{conversation::Conversation, tools};

/// Every way to call: protocol, version of HTTP, and whether messages are binary.
const TRANSPORTS: [(&str, &str, bool); 10] = [
    ("connect", "1.1", false),
    ("connect", "1.1", true),
    ("connect", "2", false),
    ("connect", "2", true),
    ("grpc", "2", false),
    ("grpc", "2", true),
    ("grpc-web", "1.1", false),
    ("grpc-web", "1.1", true),
    ("grpc-web", "2", false),
    ("grpc-web", "2", true),
];

/// A game server in TypeScript.
struct Node {
    conversation: Conversation,
    authorization: String,
}

impl Node {
    async fn of(service: &Service) -> Self {
        let find = || (tools::node(), tools::generated_clients(PROTO_FILES.as_ref()));
        let (node, clients) = tokio::task::spawn_blocking(find).await.unwrap();
        let script = clients.join("connect.mjs");
        let conversation = Conversation::begin(&node, &script, &[&service.env.api_url]);
        Self { conversation, authorization: format!("Bearer {}", service.env.api_key) }
    }

    /// What a method answers, with headers, or its error.
    async fn ask(&mut self, transport: &Value, method: &str, request: Value, key: &str) -> Value {
        let mut headers = json!({ "Authorization": self.authorization });
        if !key.is_empty() {
            headers["Idempotency-Key"] = key.into();
        }
        let of_refunds = ["CreateRefund", "GetRefund", "ListRefunds"].contains(&method);
        let service = if of_refunds { "RefundService" } else { "PaymentService" };
        let question = json!({
            "transport": transport,
            "service": service,
            "method": method,
            "request": request,
            "headers": headers,
            "timeout_ms": 60_000,
        });
        self.conversation.ask(&question).await
    }

    /// A call that must be answered.
    async fn call(&mut self, transport: &Value, method: &str, request: Value) -> Value {
        let mut said = self.ask(transport, method, request, "").await;
        assert!(said["error"].is_null(), "{transport} {method}: {said}");
        said["answer"].take()
    }
}

fn transport((protocol, http_version, is_binary): (&str, &str, bool)) -> Value {
    json!({ "protocol": protocol, "httpVersion": http_version, "useBinaryFormat": is_binary })
}

#[tokio::test]
async fn each_transport_opens_reads_lists_and_cancels_a_session() {
    let service = Service::start(Options::default()).await;
    let mut node = Node::of(&service).await;
    for way in TRANSPORTS.map(transport) {
        let created = node.call(&way, "CreateSession", service.client.purchase()).await;
        let by_id = json!({ "id": created["id"] });
        assert!(created["session_id"].as_str().unwrap().starts_with("sess_"), "{way}: {created}");
        let read = node.call(&way, "GetSession", by_id.clone()).await;
        assert_eq!(read["session"], created["session"], "{way}");
        let status = node.call(&way, "GetSessionStatus", by_id.clone()).await;
        assert_eq!(status["status"], "pending", "{way}");
        let open = json!({ "game_id": "space_shooter", "status": "pending" });
        let listed = node.call(&way, "ListSessions", open).await;
        assert_eq!(listed, json!({ "sessions": [created["session"]], "total": 1 }), "{way}");
        assert_eq!(node.call(&way, "CancelSession", by_id.clone()).await, json!({}), "{way}");
        let status = node.call(&way, "GetSessionStatus", by_id).await;
        assert_eq!(status["status"], "cancelled", "{way}");
    }
}

#[tokio::test]
async fn each_transport_gives_money_back() {
    let service = Service::start(Options::default()).await;
    let mut node = Node::of(&service).await;
    for way in TRANSPORTS.map(transport) {
        let session_id = service.client.create_session(&service.client.purchase()).await;
        service.client.pay(&session_id, PAYS).await.unwrap();
        service.client.wait_for_status(&session_id, "paid").await;
        let mut session = node.call(&way, "GetSession", json!({ "id": session_id })).await;
        let payment_id = session["session"]["payment_id"].take();
        let request = json!({ "payment_id": payment_id, "reason": "bought twice" });
        let created = node.call(&way, "CreateRefund", request).await["refund"].take();
        assert_eq!(created["payment_id"], payment_id, "{way}: {created}");
        let by_id = json!({ "id": created["id"] });
        let refund = wait_until(&format!("{way}: the refund to succeed"), async || {
            let found = node.call(&way, "GetRefund", by_id.clone()).await["refund"].take();
            (found["status"] == "succeeded").then_some(found)
        })
        .await;
        let of_payment = json!({ "payment_id": payment_id });
        let listed = node.call(&way, "ListRefunds", of_payment).await;
        assert_eq!(listed, json!({ "refunds": [refund], "total": 1 }), "{way}");
    }
}

#[tokio::test]
async fn each_transport_brings_a_refusal_with_its_reason_and_the_fields_that_are_wrong() {
    let service = Service::start(Options::default()).await;
    let mut node = Node::of(&service).await;
    let mut request = service.client.purchase();
    request["item"]["price"] = 0.into();
    for way in TRANSPORTS.map(transport) {
        let said = node.ask(&way, "CreateSession", request.clone(), "").await;
        let (error, details) = (&said["error"], &said["error"]["details"]);
        assert_eq!(error["code"], "invalid_argument", "{way}: {said}");
        assert_eq!(details["pay.v1.Error"]["code"], "invalid_price", "{way}: {said}");
        let fields = &details["google.rpc.BadRequest"]["field_violations"];
        assert_eq!(fields[0]["field"], "item.price", "{way}: {said}");
    }
    node.authorization = "Bearer tp_test_0".to_owned();
    for way in TRANSPORTS.map(transport) {
        let said = node.ask(&way, "GetSession", json!({ "id": "sess_1" }), "").await;
        let reason = &said["error"]["details"]["pay.v1.Error"]["code"];
        assert_eq!(
            (&said["error"]["code"], reason),
            (&json!("unauthenticated"), &json!("unauthorized")),
            "{way}"
        );
    }
}

#[tokio::test]
async fn a_repeat_over_any_other_transport_gets_the_first_answer() {
    let service = Service::start(Options::default()).await;
    let mut node = Node::of(&service).await;
    let mut first = Value::Null;
    for (turn, way) in TRANSPORTS.map(transport).into_iter().enumerate() {
        let said = node.ask(&way, "CreateSession", service.client.purchase(), "order-1").await;
        if turn == 0 {
            first = said["answer"].clone();
        }
        assert!(said["answer"]["id"].is_string(), "{way}: {said}");
        assert_eq!(said["answer"], first, "{way}");
        let is_replay = said["headers"]["idempotent-replayed"] == "true";
        assert_eq!(is_replay, turn != 0, "{way}: {said}");
    }
}

#[tokio::test]
async fn reads_are_answered_to_get_and_changes_go_by_post() {
    let service = Service::start(Options::default()).await;
    let mut node = Node::of(&service).await;
    let id = service.client.create_session(&service.client.purchase()).await;
    service.client.pay(&id, PAYS).await.unwrap();
    service.client.wait_for_status(&id, "paid").await;
    for mut way in [("connect", "1.1", false), ("connect", "1.1", true)].map(transport) {
        way["useHttpGet"] = true.into();
        let read = node.ask(&way, "GetSession", json!({ "id": id }), "").await;
        assert_eq!(read["verb"], "GET", "{way}: {read}");
        let payment = read["answer"]["session"]["payment_id"].clone();
        let payment = node.ask(&way, "GetPayment", json!({ "id": payment }), "").await;
        assert_eq!(payment["verb"], "GET", "{way}: {payment}");
        assert_eq!(payment["answer"]["payment"]["status"], "succeeded", "{way}: {payment}");
        let status = node.ask(&way, "GetSessionStatus", json!({ "id": id }), "").await;
        assert_eq!((&status["verb"], &status["answer"]["status"]), (&json!("GET"), &json!("paid")));
        let all = json!({ "game_id": "space_shooter" });
        let listed = node.ask(&way, "ListPayments", all, "").await;
        assert_eq!(listed["verb"], "GET", "{way}: {listed}");
        assert_eq!(listed["answer"]["total"], 1, "{way}: {listed}");
        let created = node.ask(&way, "CreateSession", service.client.purchase(), "").await;
        assert_eq!(created["verb"], "POST", "{way}: {created}");
        assert!(created["answer"]["id"].is_string(), "{way}: {created}");
    }
}

#[tokio::test]
async fn a_long_answer_is_compressed_for_whoever_takes_that_and_for_nobody_else() {
    const SESSIONS: usize = 20;
    let service = Service::start(Options::default()).await;
    for _ in 0..SESSIONS {
        service.client.create_session(&service.client.purchase()).await;
    }
    let mut node = Node::of(&service).await;
    for mut way in TRANSPORTS.map(transport) {
        let header =
            if way["protocol"] == "connect" { "content-encoding" } else { "grpc-encoding" };
        for compress in [true, false] {
            way["compress"] = compress.into();
            let all = json!({ "game_id": "space_shooter" });
            let listed = node.ask(&way, "ListSessions", all, "").await;
            let sessions = listed["answer"]["sessions"].as_array().unwrap();
            assert_eq!(sessions.len(), SESSIONS, "{way}");
            assert_eq!(listed["headers"][header] == "gzip", compress, "{way}: {listed}");
        }
    }
}

#[tokio::test]
async fn a_small_gzip_body_that_unpacks_to_more_than_2_mib_is_refused() {
    const BYTES_MAX: usize = 2 * 1024 * 1024;
    let service = Service::start(Options::default()).await;
    let mut node = Node::of(&service).await;
    for mut way in TRANSPORTS.map(transport) {
        way["compress"] = true.into();
        let mut request = service.client.purchase();
        let created = node.call(&way, "CreateSession", request.clone()).await;
        assert!(created["id"].is_string(), "{way}: {created}");
        request["user_id"] = "x".repeat(BYTES_MAX).into();
        let said = node.ask(&way, "CreateSession", request, "").await;
        // As gRPC has it; over Connect it would read as if requests came too often.
        let is_connect = way["protocol"] == "connect";
        let code = if is_connect { "invalid_argument" } else { "resource_exhausted" };
        assert_eq!(said["error"]["code"], code, "{way}: {said}");
        if is_connect {
            let fields = &said["error"]["details"]["google.rpc.BadRequest"]["field_violations"];
            assert_eq!(fields[0]["field"], "body", "{way}: {said}");
        }
    }
}

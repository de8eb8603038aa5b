//! Google's own gRPC client for Python, with no code of ours: it learns the API by reflection.

use serde_json::{Value, json};

use super::client::DECLINED;
use super::harness::{Options, Service};
use super::payments::{pay, wait_for};
use super::support::{conversation::Conversation, tools};

/// A tool such as grpcurl, or a game server's own.
struct Grpc {
    conversation: Conversation,
    authorization: String,
}

impl Grpc {
    async fn of(service: &Service) -> Self {
        let python = tokio::task::spawn_blocking(tools::python).await.unwrap();
        let script = tools::client_script("grpc_client.py");
        let address = service.env.api_url.strip_prefix("http://").unwrap();
        let conversation = Conversation::begin(&python, &script, &[address]);
        Self { conversation, authorization: format!("Bearer {}", service.env.api_key) }
    }

    async fn ask(&mut self, question: Value) -> Value {
        self.conversation.ask(&question).await
    }

    /// What a method says, its error included.
    async fn call(&mut self, method: &str, request: Value) -> Value {
        let metadata = json!({ "authorization": self.authorization });
        self.ask(json!({ "method": method, "request": request, "metadata": metadata })).await
    }

    /// All that a watch has said, once it says `until` or ends.
    async fn watch(&mut self, until: Option<&str>) -> Value {
        self.ask(json!({ "watch": "pay.v1.PaymentService", "until": until })).await
    }
}

#[tokio::test]
async fn who_knows_only_the_address_finds_the_services_and_calls_them() {
    let service = Service::start(Options::default()).await;
    let mut grpc = Grpc::of(&service).await;
    let services = [
        "pay.v1.PaymentService",
        "pay.v1.RefundService",
        "wallet.v1.AccountService",
        "webhooks.v1.WebhookService",
        "grpc.health.v1.Health",
    ];
    assert_eq!(grpc.ask(json!({ "list": true })).await["services"], json!(services));
    let described = grpc.ask(json!({ "describe": "pay.v1.CreateSessionRequest" })).await;
    assert_eq!(described["fields"]["game_id"], "gameId", "as protobuf spells JSON, not as we do");

    let created = grpc.call("pay.v1.PaymentService/CreateSession", service.client.purchase()).await;
    let id = &created["answer"]["id"];
    assert!(id.as_str().is_some_and(|it| it.starts_with("sess_")), "{created}");
    let by_id = json!({ "id": id });
    let status = grpc.call("pay.v1.PaymentService/GetSessionStatus", by_id).await;
    assert_eq!(status["answer"]["status"], "pending", "{status}");
    let all = json!({ "game_id": "space_shooter" });
    let listed = grpc.call("pay.v1.PaymentService/ListSessions", all).await;
    assert_eq!(listed["answer"]["sessions"], json!([created["answer"]["session"]]));
}

#[tokio::test]
async fn a_refusal_has_its_details_in_the_status_of_grpc() {
    let service = Service::start(Options::default()).await;
    let mut grpc = Grpc::of(&service).await;
    let (_, declined) = pay(&service, DECLINED).await;
    wait_for(&service, &declined, "failed").await;

    let request = json!({ "payment_id": declined });
    let refused = grpc.call("pay.v1.RefundService/CreateRefund", request).await;
    assert_eq!(refused["error"]["code"], "FAILED_PRECONDITION", "{refused}");
    assert_eq!(refused["error"]["details"]["pay.v1.Error"]["code"], "refund_not_allowed");

    let mut request = service.client.purchase();
    request["item"]["currency"] = "usd".into();
    let refused = grpc.call("pay.v1.PaymentService/CreateSession", request).await;
    let (error, details) = (&refused["error"], &refused["error"]["details"]);
    assert_eq!(error["code"], "INVALID_ARGUMENT", "{refused}");
    assert!(error["message"].as_str().unwrap().starts_with("invalid_currency: "), "{refused}");
    assert_eq!(details["pay.v1.Error"]["code"], "invalid_currency", "{refused}");
    let fields = &details["google.rpc.BadRequest"]["field_violations"];
    assert_eq!(fields[0]["field"], "item.currency", "{refused}");

    "Bearer nobody".clone_into(&mut grpc.authorization);
    let refused = grpc.call("pay.v1.RefundService/GetRefund", json!({ "id": "ref_1" })).await;
    assert_eq!(refused["error"]["code"], "UNAUTHENTICATED", "{refused}");
    assert_eq!(refused["error"]["details"]["pay.v1.Error"]["code"], "unauthorized", "{refused}");
}

#[tokio::test]
async fn who_watches_hears_of_a_lost_database_of_its_return_and_of_the_end() {
    let mut service = Service::start(Options::default()).await;
    let mut grpc = Grpc::of(&service).await;
    let check = grpc.call("grpc.health.v1.Health/Check", json!({})).await;
    assert_eq!(check, json!({ "answer": { "status": "SERVING" } }));
    grpc.watch(Some("SERVING")).await;

    service.take_database_away().await;
    grpc.watch(Some("NOT_SERVING")).await;
    service.give_database_back().await;
    let seen = grpc.watch(Some("SERVING")).await;
    assert_eq!(seen["seen"], json!(["SERVING", "NOT_SERVING", "SERVING"]));

    service.stop().await;
    let last = grpc.watch(None).await;
    assert_eq!(last["ended"], true, "{last}");
    let seen = last["seen"].as_array().unwrap();
    assert_eq!(seen.last(), Some(&json!("NOT_SERVING")), "{last}");
}

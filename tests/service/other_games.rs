//! What a key can learn of objects that are not its own: nothing, by any method. The methods are
//! those that the service itself has, so that a new one must be tried here too.

use std::{collections::BTreeMap, sync::Arc};

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use toffeepay::{
    api::{Api, Webhooks},
    clock::SystemClock,
    projections::status::StatusReader,
    providers::Registry,
    vault::Key,
    webhooks::{PublicUrls, SecretKeys, TargetPolicy},
};
use tokio_util::sync::CancellationToken;
use url::Url;

use super::client::{CREATE_REFUND, PAYS, WALLET_METHODS, WEBHOOKS};
use super::endpoints::call;
use super::errors::other_game;
use super::harness::{Options, Service};
use super::keys::issue;
use super::payments::{pay, payment, wait_for};
use super::sessions::session;

/// Objects of the demo game, or such as were never there.
pub(crate) struct Ids {
    pub(crate) session: String,
    pub(crate) payment: String,
    pub(crate) refund: String,
    pub(crate) endpoint: String,
    pub(crate) delivery: String,
    pub(crate) recovery: String,
    pub(crate) listener: String,
}

impl Ids {
    /// All of this form, and of nobody.
    pub(crate) fn of_nobody() -> Self {
        let id = |prefix: &str| format!("{prefix}_{}", "0".repeat(39));
        Self {
            session: id("sess"),
            payment: id("pay"),
            refund: id("ref"),
            endpoint: id("whe"),
            delivery: format!("msg_{}", "0".repeat(32)),
            recovery: id("rec"),
            listener: id("whe"),
        }
    }

    /// Ids of the same form that nobody has.
    fn made_up(&self) -> Self {
        let other = |id: &String| {
            let (rest, last) = id.split_at(id.len() - 1);
            format!("{rest}{}", if last == "0" { "1" } else { "0" })
        };
        let Self { session, payment, refund, endpoint, delivery, recovery, listener } = self;
        let [session, payment, refund, endpoint, delivery, recovery, listener] =
            [session, payment, refund, endpoint, delivery, recovery, listener].map(other);
        Self { session, payment, refund, endpoint, delivery, recovery, listener }
    }
}

/// What is tried of each method: every field that can name an object.
pub(crate) fn tries(ids: &Ids, game_id: &str) -> BTreeMap<String, Vec<Value>> {
    let Ids { session, payment, refund, .. } = ids;
    let payments = |method| format!("/pay.v1.PaymentService/{method}");
    let refunds = |method| format!("/pay.v1.RefundService/{method}");
    let purchase = json!({
        "game_id": game_id,
        "user_id": "player_42",
        "item": { "title": "50 Gold Coins", "price": 499, "currency": "USD" },
        "return_url": "mygame://payment-complete",
    });
    let all = || json!({ "game_id": game_id });
    let of_player = || json!({ "game_id": game_id, "user_id": "player_42" });
    let before = |id: &str| json!({ "game_id": game_id, "before_id": id });
    let mut tries = BTreeMap::from([
        (payments("CreateSession"), vec![purchase]),
        (payments("CancelSession"), vec![json!({ "id": session })]),
        (payments("GetSession"), vec![json!({ "id": session })]),
        (
            payments("GetSessionStatus"),
            vec![json!({ "id": session }), json!({ "session_id": session })],
        ),
        (
            payments("ListSessions"),
            vec![
                all(),
                of_player(),
                before(session),
                json!({ "game_id": game_id, "status": "paid" }),
            ],
        ),
        (payments("GetPayment"), vec![json!({ "id": payment })]),
        (payments("ListPayments"), vec![all(), of_player(), before(payment)]),
        (payments("CompletePayment"), vec![json!({ "id": payment })]),
        (payments("CancelPayment"), vec![json!({ "id": payment })]),
        (refunds("CreateRefund"), vec![json!({ "payment_id": payment })]),
        (refunds("GetRefund"), vec![json!({ "id": refund })]),
        (
            refunds("ListRefunds"),
            vec![
                json!({}),
                json!({ "payment_id": payment }),
                json!({ "status": "succeeded" }),
                json!({ "before_id": refund }),
            ],
        ),
    ]);
    tries.extend(webhook_tries(ids, game_id));
    for method in WALLET_METHODS {
        tries.insert(method.to_owned(), vec![json!({ "id": "acc_1", "game_id": game_id })]);
    }
    tries
}

fn webhook_tries(ids: &Ids, game_id: &str) -> Vec<(String, Vec<Value>)> {
    let Ids { endpoint, delivery, recovery, listener, .. } = ids;
    let of_endpoint = || json!({ "id": endpoint });
    let of_delivery = || json!({ "endpoint_id": endpoint, "id": delivery });
    let tries = [
        // With a good URL whoever may would have an endpoint then.
        ("CreateEndpoint", vec![json!({ "game_id": game_id, "url": "ftp://game.example" })]),
        ("GetEndpoint", vec![of_endpoint()]),
        ("ListEndpoints", vec![json!({ "game_id": game_id })]),
        ("ChangeEndpoint", vec![json!({ "id": endpoint, "description": "mine" })]),
        ("DisableEndpoint", vec![of_endpoint()]),
        ("EnableEndpoint", vec![of_endpoint()]),
        ("RemoveEndpoint", vec![of_endpoint()]),
        ("RotateSecret", vec![of_endpoint()]),
        ("ExpireOldSecrets", vec![of_endpoint()]),
        ("SendTestEvent", vec![json!({ "id": endpoint, "type": "session.created" })]),
        (
            "ListDeliveries",
            vec![
                json!({ "endpoint_id": endpoint }),
                json!({ "endpoint_id": endpoint, "before_id": delivery, "state": "due" }),
            ],
        ),
        ("GetDelivery", vec![of_delivery()]),
        ("ResendDelivery", vec![of_delivery()]),
        ("StartRecovery", vec![json!({ "endpoint_id": endpoint })]),
        ("GetRecovery", vec![json!({ "endpoint_id": endpoint, "id": recovery })]),
        ("OpenListener", vec![json!({ "game_id": game_id, "shape": "flat" })]),
        ("ReceiveEvents", vec![json!({ "id": listener, "after": "0" })]),
    ];
    let named = |(method, tries)| (format!("{WEBHOOKS}/{method}"), tries);
    tries.into_iter().map(named).collect()
}

/// Every method of the API, as the service has them.
pub(crate) async fn methods(service: &Service) -> Vec<String> {
    let library = service.library().await;
    let api = Api {
        store: library.store.clone(),
        pool: library.pool.clone(),
        clock: Arc::new(SystemClock),
        key_hasher: Arc::new(Key::generate()),
        statuses: StatusReader::start(library.pool.clone()),
        known_keys: Arc::default(),
        key_use: Arc::default(),
        rate_limits: Arc::default(),
        pay_base_url: Url::parse("https://pay.example.com").unwrap(),
        providers: Registry::default(),
        webhooks: Arc::new(Webhooks::new(
            &library.pool,
            &library.master,
            SecretKeys::of(&library.master),
            PublicUrls { pay_base_url: Url::parse("https://pay.example.com").unwrap() },
            TargetPolicy::Anywhere,
            CancellationToken::new(),
        )),
    };
    api.methods()
}

/// Sends each try: by method and number, what it was answered.
async fn answers(service: &Service, key: &str, ids: &Ids, game_id: &str) -> Vec<Answer> {
    let mut answers = vec![];
    for (method, requests) in tries(ids, game_id) {
        for (number, request) in requests.into_iter().enumerate() {
            let call = service.client.request(Method::POST, &method).bearer_auth(key);
            let answer = call.header("Idempotency-Key", "theirs").json(&request).send();
            let answer = answer.await.unwrap();
            let status = answer.status();
            let body = answer.text().await.unwrap();
            answers.push(Answer { name: format!("{method} {number}"), status, body });
        }
    }
    answers
}

#[derive(Debug, PartialEq, Eq)]
struct Answer {
    name: String,
    status: StatusCode,
    body: String,
}

/// Whoever holds `key` is answered alike whether or not the objects are there.
async fn assert_learns_nothing(service: &Service, key: &str, ids: &Ids, games: [&str; 2]) {
    let real = answers(service, key, ids, games[0]).await;
    let made_up = answers(service, key, &ids.made_up(), games[1]).await;
    assert_eq!(real, made_up);
    for Answer { name, status, body } in real {
        // An empty list is one.
        assert!(!status.is_success() || body == "{}", "{name} answered {status} {body}");
        assert!(status != StatusCode::INTERNAL_SERVER_ERROR, "{name}: {body}");
    }
}

#[tokio::test]
async fn every_method_is_tried_with_what_is_another_games_or_another_worlds() {
    let service = Service::start(Options::default()).await;
    let (session_id, payment_id) = pay(&service, PAYS).await;
    wait_for(&service, &payment_id, "succeeded").await;
    let ask = service.client.call(CREATE_REFUND).json(&json!({ "payment_id": payment_id }));
    let refund: Value = ask.send().await.unwrap().json().await.unwrap();
    wait_for(&service, &payment_id, "refunded").await;
    let refund = refund["id"].as_str().unwrap().to_owned();
    let endpoint = call(&service, "ListEndpoints", json!({ "game_id": "space_shooter" })).await;
    let endpoint = endpoint["endpoints"][0]["id"].as_str().unwrap().to_owned();
    let of_endpoint = json!({ "endpoint_id": endpoint });
    let delivery = call(&service, "ListDeliveries", of_endpoint.clone()).await;
    let recovery = call(&service, "StartRecovery", of_endpoint).await;
    let listener = call(&service, "OpenListener", json!({ "game_id": "space_shooter" })).await;
    let id = |it: &Value| it["id"].as_str().unwrap().to_owned();
    let ids = Ids {
        session: session_id,
        payment: payment_id,
        refund,
        endpoint,
        delivery: id(&delivery["deliveries"][0]),
        recovery: id(&recovery["recovery"]),
        listener: id(&listener),
    };
    let methods = methods(&service).await;
    let tried: Vec<String> = tries(&ids, "").into_keys().collect();
    assert_eq!(methods, tried, "each method of the API needs its tries here");

    let before = (session(&service, &ids.session).await, payment(&service, &ids.payment).await);
    let other_key = other_game(&service).await;
    let all = ["read", "write", "refund", "webhooks"].map(|it| ["--scope", it]).concat();
    let live_key = issue(&service, &[&["--world", "live"], &all[..]].concat()).await;
    let events_before = events(&service).await;
    assert_learns_nothing(&service, &other_key, &ids, ["space_shooter", "no_such_game"]).await;
    assert_learns_nothing(&service, &live_key, &ids, ["space_shooter", "space_shooter"]).await;
    let now = (session(&service, &ids.session).await, payment(&service, &ids.payment).await);
    assert_eq!(before, now, "nothing was changed");
    assert_eq!(events(&service).await, events_before);
}

async fn events(service: &Service) -> i64 {
    let library = service.library().await;
    sqlx::query_scalar("SELECT count(*) FROM event").fetch_one(&library.pool).await.unwrap()
}

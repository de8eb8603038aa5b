//! What an operator sees of a running service: health, request ids, logs, and how it stops.

use reqwest::Method;
use serde_json::{Value, json};
use sqlx::PgPool;

use super::books::settled;
use super::client::{CREATE_SESSION, DECLINED, PAYS, SECURITY_CODE};
use super::discovery::check;
use super::harness::{Options, Service, wait_until};

#[tokio::test]
async fn a_running_service_is_live_and_ready_and_has_metrics() {
    let service = Service::start(Options::default()).await;
    let get = async |path| service.client.request(Method::GET, path).send().await.unwrap();
    assert_eq!(get("/livez").await.status(), 200);
    let ready: Value = get("/readyz").await.json().await.unwrap();
    assert_eq!(ready, json!({ "ready": true, "warnings": [] }));
    service.client.create_session(&service.client.purchase()).await;
    let metrics = get("/metrics").await;
    assert_eq!(metrics.status(), 200);
    assert!(metrics.headers()["content-type"].to_str().unwrap().starts_with("text/plain"));
    let metrics = metrics.text().await.unwrap();
    assert!(metrics.contains("\ntoffeepay_append_batch_size_count "), "{metrics}");
    assert_eq!(get("/no/such/path/at/all").await.status(), 404);
}

#[tokio::test]
async fn without_its_database_a_service_is_live_but_not_ready_until_it_is_back() {
    let service = Service::start(Options::default()).await;
    service.take_database_away().await;

    let status = async |path| {
        service.client.request(Method::GET, path).send().await.unwrap().status().as_u16()
    };
    wait_until("503", async || (status("/readyz").await == 503).then_some(())).await;
    assert_eq!(status("/livez").await, 200);
    for name in ["", "pay.v1.PaymentService"] {
        assert_eq!(check(&service, name).await["status"], "NOT_SERVING", "{name}");
    }
    service.give_database_back().await;
    wait_until("200", async || (status("/readyz").await == 200).then_some(())).await;
    assert_eq!(check(&service, "").await["status"], "SERVING");
    wait_until("a session to be taken again", async || {
        let call = service.client.call(CREATE_SESSION).header("Idempotency-Key", "order-1");
        let response = call.json(&service.client.purchase()).send().await.unwrap();
        response.status().is_success().then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_request_id_comes_back_and_is_made_where_there_is_none() {
    let service = Service::start(Options::default()).await;
    let answered = async |id: Option<&str>| {
        let mut call = service.client.call(CREATE_SESSION).json(&service.client.purchase());
        if let Some(id) = id {
            call = call.header("x-request-id", id);
        }
        let response = call.send().await.unwrap();
        response.headers()["x-request-id"].to_str().unwrap().to_owned()
    };
    assert!(answered(None).await.starts_with("req_"));
    assert_eq!(answered(Some("order-4711")).await, "order-4711");
    assert_eq!(answered(Some(&"x".repeat(64))).await, "x".repeat(64));
    assert!(answered(Some(&"x".repeat(65))).await.starts_with("req_"));
    let mut service = service;
    service.stop().await;
}

#[tokio::test]
async fn no_secret_no_card_and_no_return_url_is_ever_logged() {
    let options = Options { log: Some("debug"), ..Options::default() };
    let mut service = Service::start(options).await;
    let mut request = service.client.purchase();
    request["return_url"] = "mygame://secret-way-back?token=s3cr3t".into();
    request["user_id"] = "player-known-by-name".into();
    let paid = service.client.create_session(&request).await;
    service.client.pay(&paid, DECLINED).await.unwrap();
    wait_until("the decline", async || {
        let page = service.client.open_page(&paid).await.unwrap();
        page.contains("was declined").then_some(())
    })
    .await;
    service.client.pay(&paid, "4242 4242 4242 4241").await.unwrap();
    service.client.pay(&paid, "4111 1111 1111 1111").await.unwrap();
    service.client.pay(&paid, PAYS).await.unwrap();
    service.client.wait_for_status(&paid, "paid").await;
    service.client.open_page(&paid).await.unwrap();
    request["return_url"] = "javascript:s3cr3t".into();
    service.client.call(CREATE_SESSION).json(&request).send().await.unwrap();
    service.stop().await;

    let log = service.log();
    assert!(log.contains("DEBUG") && log.contains(&paid), "the log is that of a service at work");
    let master_key = service.master_key();
    let digits = |card: &str| card.replace(' ', "");
    let (cards, squeezed) = ([PAYS, DECLINED, "4111 1111 1111 1111"], digits(&log));
    for (what, secret) in [
        ("the API key", service.env.api_key.as_str()),
        ("the webhook secret", &service.env.webhook_secret),
        ("the master key", &master_key),
        ("the return URL", "secret-way-back"),
        ("a token in a return URL", "s3cr3t"),
        ("the player", "player-known-by-name"),
    ] {
        assert!(!log.contains(secret), "{what} is in the log: {}", lines_with(&log, secret));
    }
    // As a word of its own: the digits of a time may hold any other four.
    let mut words = log.split(|it: char| !it.is_alphanumeric());
    assert!(words.all(|it| it != SECURITY_CODE), "a security code is in the log");
    for card in cards {
        assert!(!squeezed.contains(&digits(card)), "card {card} is in the log");
    }
}

#[tokio::test]
async fn no_card_number_is_ever_stored() {
    let service = Service::start(Options::default()).await;
    let session_id = service.client.create_session(&service.client.purchase()).await;
    for card in [DECLINED, "4242 4242 4242 4241", "4111 1111 1111 1111"] {
        service.client.pay(&session_id, card).await.unwrap();
        wait_until("the form again", async || {
            let page = service.client.open_page(&session_id).await.unwrap();
            page.contains("Card number").then_some(())
        })
        .await;
    }
    service.client.pay(&session_id, PAYS).await.unwrap();
    service.client.wait_for_status(&session_id, "paid").await;
    let library = service.library().await;
    settled(&library.pool).await;
    assert!(0 < rows_with(&library.pool, &session_id).await, "rows are searched");
    for card in [PAYS, DECLINED, "4242 4242 4242 4241", "4111 1111 1111 1111"] {
        for written in [card.to_owned(), card.replace(' ', "")] {
            assert_eq!(rows_with(&library.pool, &written).await, 0, "{written} is stored");
        }
    }
}

/// In how many rows of all tables a text stands, whether as text or as bytes.
async fn rows_with(pool: &PgPool, text: &str) -> i64 {
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables
         WHERE schemaname NOT IN ('pg_catalog', 'information_schema')",
    )
    .fetch_all(pool)
    .await
    .unwrap();
    let mut rows = 0;
    for table in tables {
        let count = format!(
            "SELECT count(*) FROM {table} it WHERE strpos(it::text, $1) > 0
             OR strpos(it::text, encode(convert_to($1, 'UTF8'), 'hex')) > 0"
        );
        let found: i64 = sqlx::query_scalar(&count).bind(text).fetch_one(pool).await.unwrap();
        rows += found;
    }
    rows
}

fn lines_with<'a>(log: &'a str, text: &str) -> &'a str {
    log.lines().find(|it| it.contains(text)).unwrap_or_default()
}

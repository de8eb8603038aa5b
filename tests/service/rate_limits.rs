//! How often a key may call, and what it is told beyond that.

use std::fs;

use futures::future::join_all;
use reqwest::{Response, header::RETRY_AFTER};
use serde_json::{Value, json};

use super::client::GET_SESSION;
use super::errors::{expected, refusal_of};
use super::harness::{Options, Service, wait_until};
use super::keys::issue;
use super::other_games::methods;

/// One request a second, two at once.
const SLOWEST: [&str; 4] = ["--world", "test", "--requests-per-s", "1"];
/// More than a second's worth of any usual limit, and twice as many as may come at once.
const MANY: usize = 100;

async fn call(service: &Service, key: &str, method: &str) -> Response {
    let call = service.client.request(reqwest::Method::POST, method).bearer_auth(key);
    call.json(&json!({})).send().await.unwrap()
}

/// Calls again and again until it has been too often.
async fn refused(service: &Service, key: &str, method: &str) -> Response {
    let refused = async || {
        let response = call(service, key, method).await;
        (response.status() == 429).then_some(response)
    };
    wait_until("a refusal", refused).await
}

#[tokio::test]
async fn a_key_that_calls_too_often_is_refused_until_it_has_waited_as_it_was_told() {
    let service = Service::start(Options::default()).await;
    let key = issue(&service, &SLOWEST).await;
    let other = issue(&service, &SLOWEST).await;
    let response = refused(&service, &key, GET_SESSION).await;
    let retry_after_s: u64 = response.headers()[RETRY_AFTER].to_str().unwrap().parse().unwrap();
    assert_eq!(retry_after_s, 1);
    let rate_limited = expected(429, "resource_exhausted", "rate_limited");
    assert_eq!(refusal_of(response).await, rate_limited);
    assert_ne!(call(&service, &other, GET_SESSION).await.status(), 429, "it is another key");
    let taken = async || {
        tokio::time::sleep(std::time::Duration::from_secs(retry_after_s)).await;
        (call(&service, &key, GET_SESSION).await.status() == 404).then_some(())
    };
    wait_until("the key to be taken again", taken).await;
}

#[tokio::test]
async fn every_method_counts() {
    let service = Service::start(Options::default()).await;
    for method in &methods(&service).await {
        let key = issue(&service, &SLOWEST).await;
        let rate_limited = expected(429, "resource_exhausted", "rate_limited");
        assert_eq!(refusal_of(refused(&service, &key, method).await).await, rate_limited);
    }
    let key = issue(&service, &SLOWEST).await;
    let rest = async || {
        let call = service.client.request(reqwest::Method::GET, "/v1/sessions/sess_1");
        let response = call.bearer_auth(&key).send().await.unwrap();
        (response.status() == 429).then_some(response)
    };
    let response = wait_until("a refusal over REST", rest).await;
    assert_eq!(response.headers()[RETRY_AFTER], "1");
    let rate_limited = expected(429, "resource_exhausted", "rate_limited");
    assert_eq!(refusal_of(response).await, rate_limited);
}

#[tokio::test]
async fn a_test_key_has_a_limit_and_the_demo_key_has_none() {
    let service = Service::start(Options::default()).await;
    let usual = issue(&service, &["--world", "test"]).await;
    let too_often = async |key: &str| {
        let calls = (0..MANY).map(|_| call(&service, key, GET_SESSION));
        join_all(calls).await.iter().filter(|it| it.status() == 429).count()
    };
    let until = async || (too_often(&usual).await > 0).then_some(());
    wait_until("a refusal of the usual key", until).await;
    assert_eq!(too_often(&service.env.api_key).await, 0);
}

#[tokio::test]
async fn a_demo_key_with_a_limit_is_replaced_by_one_without_and_still_works() {
    let mut service = Service::start(Options::default()).await;
    let limited = issue(&service, &["--world", "test"]).await;
    service.kill();
    // As an older version left it.
    let file = service.dir().join("dev-secrets.json");
    let mut kept: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    kept["api_key"] = limited.as_str().into();
    fs::write(&file, kept.to_string()).unwrap();
    let env = service.start_again().await;
    assert_ne!(env.api_key, limited);
    for key in [&limited, &env.api_key] {
        assert_eq!(call(&service, key, GET_SESSION).await.status(), 404);
    }
    let listed = service.command(&["keys", "list", "space_shooter"]).await.stdout;
    let listed = String::from_utf8(listed).unwrap();
    let limits: Vec<&str> = listed.lines().map(|it| it.split('\t').nth(3).unwrap()).collect();
    assert_eq!(limits, ["no limit", "25 requests/s", "no limit"], "{listed}");
}

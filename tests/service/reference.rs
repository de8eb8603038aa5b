//! The reference of the REST side: what it says is there, and every example that it gives works.

use std::{collections::BTreeSet, process::Stdio};

use reqwest::Method;
use serde_json::{Value, json};
use tokio::process::Command;

use super::client::{COMPLETE_PAYMENT, CREATE_REFUND, PAYS};
use super::endpoints::call;
use super::harness::Service;
use super::payments::{pay, wait_for, with_manual_capture};
use super::refunds::wait_for_refund;
use super::support::tools;

async fn read(service: &Service, path: &str) -> String {
    let answer = service.client.request(Method::GET, path).send().await.unwrap();
    assert_eq!(answer.status(), 200, "{path} needs no key");
    answer.text().await.unwrap()
}

/// Every operation of the document, by its id.
async fn operations(service: &Service) -> Vec<(String, Value)> {
    let document: Value = serde_json::from_str(&read(service, "/openapi.json").await).unwrap();
    assert_eq!(document["openapi"], "3.1.0");
    let paths = document["paths"].as_object().unwrap().values();
    let operations = paths.flat_map(|it| it.as_object().unwrap().values());
    let id = |it: &Value| it["operationId"].as_str().unwrap().to_owned();
    operations.map(|it| (id(it), it.clone())).collect()
}

/// The requests that the page prints, by the operation whose section they stand in.
async fn printed(service: &Service) -> Vec<(String, String)> {
    let page = read(service, "/docs").await;
    let sections = page.split("<section id=\"").skip(1).filter_map(|section| {
        let (id, rest) = section.split_once('"')?;
        let (_, curl) = rest.split_once("<code>curl ")?;
        let curl = curl.split_once("</code>")?.0;
        let curl = curl.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">");
        Some((id.to_owned(), format!("curl {}", curl.replace("&amp;", "&"))))
    });
    sections.collect()
}

/// An attempt to pay whose money is held.
async fn held(service: &Service) -> (String, String) {
    let (session_id, payment_id) = pay(service, PAYS).await;
    wait_for(service, &payment_id, "authorized").await;
    (session_id, payment_id)
}

/// An attempt to pay whose money was taken.
async fn taken(service: &Service) -> String {
    let (_, payment_id) = held(service).await;
    let call = service.client.call(COMPLETE_PAYMENT).json(&json!({ "id": payment_id }));
    assert_eq!(call.send().await.unwrap().status(), 200);
    wait_for(service, &payment_id, "succeeded").await;
    payment_id
}

async fn given_back(service: &Service, payment_id: &str) -> String {
    let call = service.client.call(CREATE_REFUND);
    let call = call.json(&json!({ "payment_id": payment_id, "reason": "bought twice" }));
    let refund: Value = call.send().await.unwrap().json().await.unwrap();
    let refund_id = refund["id"].as_str().unwrap().to_owned();
    wait_for_refund(service, &refund_id, "succeeded").await;
    refund_id
}

/// The reader's own ids for those of an example: of objects that are as the example needs them.
async fn with_own_ids(service: &Service, operation: &str, curl: &str) -> String {
    let webhooks = own_webhooks(service, operation).await;
    let session_id = service.client.create_session(&service.client.purchase()).await;
    let (mut payment_id, mut refund_id) = (String::new(), String::new());
    match operation {
        "CompletePayment" | "CancelPayment" => payment_id = held(service).await.1,
        "GetPayment" | "ListPayments" | "CreateRefund" => payment_id = taken(service).await,
        "GetRefund" | "ListRefunds" => {
            payment_id = taken(service).await;
            refund_id = given_back(service, &payment_id).await;
        }
        _ => {}
    }
    let mut own = curl.replace("<your_api_key>", &service.env.api_key);
    let payments =
        [("sess_06h0e1", session_id), ("pay_06h0e1", payment_id), ("ref_06h0e1", refund_id)];
    for (beginning, id) in payments.into_iter().chain(webhooks) {
        while let Some(at) = own.find(beginning) {
            let is_id = |it: char| it.is_ascii_alphanumeric() || it == '_';
            let length = own[at..].find(|it| !is_id(it)).unwrap_or(own.len() - at);
            own.replace_range(at..at + length, &id);
        }
    }
    own
}

/// The same of endpoints and what is sent there, for operations about them.
async fn own_webhooks(service: &Service, operation: &str) -> Vec<(&'static str, String)> {
    let id = |it: &Value| it["id"].as_str().unwrap().to_owned();
    let of_game = json!({ "game_id": "space_shooter" });
    if operation == "ReceiveEvents" {
        let listener = id(&call(service, "OpenListener", of_game).await);
        return vec![("whe_06h0e1", listener)];
    }
    let listed = call(service, "ListEndpoints", of_game).await["endpoints"].take();
    let url = "https://game.example/webhook";
    let endpoints = listed.as_array().unwrap();
    if operation == "ListEndpoints" {
        // The demo's hears of more than the example's.
        for demos in endpoints.iter().filter(|it| it["url"] != url) {
            call(service, "RemoveEndpoint", json!({ "id": demos["id"] })).await;
        }
    }
    let found = endpoints.iter().find(|it| it["url"] == url).map(id);
    let endpoint = match found {
        Some(endpoint) if operation != "RemoveEndpoint" => endpoint,
        _ => {
            let new = json!({ "game_id": "space_shooter", "url": url });
            id(&call(service, "CreateEndpoint", new).await["endpoint"])
        }
    };
    if operation == "CreateEndpoint" {
        return vec![];
    }
    let of_endpoint = json!({ "endpoint_id": endpoint });
    // An example before may have disabled it.
    call(service, "EnableEndpoint", json!({ "id": endpoint })).await;
    let test = call(service, "SendTestEvent", json!({ "id": endpoint })).await;
    let delivery = test["delivery_id"].as_str().unwrap().to_owned();
    let recovery = id(&call(service, "StartRecovery", of_endpoint).await["recovery"]);
    vec![("whe_06h0e1", endpoint), ("msg_06", delivery), ("rec_06h0e1", recovery)]
}

/// What real curl gets.
async fn run(curl: &str) -> Value {
    let command = format!("{curl} --silent --show-error --fail-with-body --max-time 30");
    let mut shell = Command::new("sh");
    shell.args(["-c", &command]).stdin(Stdio::null());
    let output = shell.output().await.unwrap();
    let (out, err) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command}\n{out}{err}");
    serde_json::from_str(&out).unwrap_or_else(|_| panic!("{command}\n{out}"))
}

/// Whether an answer has all that was documented: each field, of the same type, each word the same.
fn assert_covers(documented: &Value, answer: &Value, place: &str) {
    match (documented, answer) {
        (Value::Object(documented), Value::Object(answer)) => {
            for (name, value) in documented {
                let place = format!("{place}.{name}");
                let answer = answer.get(name).unwrap_or_else(|| panic!("{place} is not there"));
                assert_covers(value, answer, &place);
            }
        }
        (Value::Array(documented), Value::Array(answer)) => {
            assert!(documented.len() <= answer.len(), "{place}: {answer:?}");
            documented.iter().zip(answer).for_each(|(one, it)| assert_covers(one, it, place));
        }
        (Value::String(documented), Value::String(answer)) => {
            let is_own = |it: &str| {
                let is_number = it.parse::<i64>().is_ok();
                is_number || it.contains("_06") || it.starts_with("2026-")
            };
            let are_secrets = [documented, answer].iter().all(|it| it.starts_with("whsec_"));
            // Which event comes first is up to what payments of other examples are at.
            let is_any = are_secrets || place == "ReceiveEvents.events.type";
            assert!(is_own(documented) || is_any || documented == answer, "{place}: {answer}");
        }
        _ => assert_eq!(documented, answer, "{place}"),
    }
}

#[tokio::test]
async fn every_example_works_with_real_curl_and_is_answered_as_documented() {
    tokio::task::spawn_blocking(tools::curl).await.unwrap();
    let service = with_manual_capture().await;
    let operations = operations(&service).await;
    let printed = printed(&service).await;
    let names = |all: Vec<&String>| all.into_iter().cloned().collect::<BTreeSet<_>>();
    assert_eq!(
        names(operations.iter().map(|(id, _)| id).collect()),
        names(printed.iter().map(|(id, _)| id).collect()),
        "each operation has a request to paste"
    );
    for (id, curl) in &printed {
        let (_, operation) = operations.iter().find(|(it, _)| it == id).unwrap();
        let example = &operation["responses"]["200"]["content"]["application/json"]["example"];
        assert!(!example.is_null(), "{id} has no example");
        let answer = run(&with_own_ids(&service, id, curl).await).await;
        assert_covers(example, &answer, id);
    }
}

#[tokio::test]
async fn the_document_has_every_method_but_those_that_are_not_offered() {
    let service = with_manual_capture().await;
    let documented: BTreeSet<String> =
        operations(&service).await.into_iter().map(|(id, _)| id).collect();
    let methods = super::other_games::methods(&service).await;
    let offered = methods.iter().filter(|it| !it.starts_with("/wallet."));
    let offered: BTreeSet<String> =
        offered.map(|it| it.rsplit('/').next().unwrap().to_owned()).collect();
    assert_eq!(documented, offered);
}

#[tokio::test]
async fn the_page_loads_nothing_from_elsewhere_and_runs_no_script() {
    let service = with_manual_capture().await;
    let answer = service.client.request(Method::GET, "/docs").send().await.unwrap();
    let policy = answer.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.starts_with("default-src 'none'; style-src 'self'; img-src data:"), "{policy}");
    let page = answer.text().await.unwrap();
    assert!(!page.contains("<script"), "no script");
    for link in page.split("href=\"").skip(1).map(|it| it.split('"').next().unwrap()) {
        assert!(link.starts_with(['#', '/']) || link.starts_with("data:"), "{link}");
    }
    assert!(!read(&service, "/docs/page.css").await.contains("url("));
}

//! Schemathesis makes requests of what `/openapi.json` says, sound and unsound ones, and holds each
//! answer against it. It knows nothing of the service but the document.

use std::{
    path::Path,
    process::{Output, Stdio},
};

use reqwest::Method;
use serde_json::{Value, json};
use tokio::process::Command;

use super::client::{CREATE_REFUND, PAYS};
use super::endpoints::call;
use super::harness::{Options, Service};
use super::payments::{pay, wait_for};
use super::support::tools;

/// How many requests are made up for each operation, beside those for each limit of each field.
const EXAMPLES: &str = "200";

/// Far fewer are made only if something is wrong with the document or with the tool.
const REQUESTS_MIN: u64 = 2_000;

/// The payment of the examples was taken, so nothing is held that could be let go.
const REFUSED: &str = "POST /v1/payments/{id}/cancel";

/// Left out: it is sent the id of every endpoint that was seen, and nothing is left for the others then.
const REMOVES: &str = "/v1/webhook_endpoints/{id}/remove";

/// Left out are those that hold the document for all that there is to know: whether a request is
/// taken also depends on what became of its object and on fields together, and proto3's JSON takes
/// more than a schema says, such as `null` for no value.
const CHECKS_LEFT_OUT: &str = "positive_data_acceptance,negative_data_rejection";

#[tokio::test]
async fn whatever_is_made_of_the_document_is_answered_as_the_document_says() {
    let python = tokio::task::spawn_blocking(tools::schemathesis).await.unwrap();
    let service = Service::start(Options::default()).await;
    let mut document = with_own_ids(document(&service).await, &own_ids(&service).await);
    document["paths"].as_object_mut().unwrap().remove(REMOVES).unwrap();
    let operations = document["paths"].as_object().unwrap().values();
    let operations = operations.map(|it| it.as_object().unwrap().len()).sum::<usize>();
    std::fs::write(service.dir().join("openapi.json"), document.to_string()).unwrap();

    let output = run(&python, &service).await;

    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (out, err) = (said(&output.stdout), said(&output.stderr));
    assert!(output.status.success(), "{out}\n{err}");
    let report = std::fs::read(service.dir().join("report.json")).unwrap();
    let report: Value = serde_json::from_slice(&report).unwrap();
    assert_eq!(report["operations"]["tested"], operations, "every one of them:\n{out}");
    let made = report["test_cases"]["generated"].as_u64().unwrap();
    assert!(REQUESTS_MIN <= made, "{made} requests:\n{out}");
    let rates = report["valid_rates"].as_object().unwrap();
    for (operation, how) in rates.iter().filter(|(operation, _)| *operation != REFUSED) {
        assert_ne!(how["examples"]["accepted"], 0, "{operation} took no example:\n{out}");
    }
    let log = service.log();
    assert!(!log.contains("ERROR"), "{log}");
}

async fn document(service: &Service) -> Value {
    let answer = service.client.request(Method::GET, "/openapi.json").send().await.unwrap();
    answer.json().await.unwrap()
}

/// Ids of things that are there: a session that can be paid, a payment that can be given back, and
/// a refund.
async fn own_ids(service: &Service) -> Vec<(&'static str, String)> {
    let session_id = service.client.create_session(&service.client.purchase()).await;
    let taken = async || {
        let (_, payment_id) = pay(service, PAYS).await;
        wait_for(service, &payment_id, "succeeded").await;
        payment_id
    };
    let ask = service.client.call(CREATE_REFUND).json(&json!({ "payment_id": taken().await }));
    let refund: Value = ask.send().await.unwrap().json().await.unwrap();
    let id = |it: &Value| it["id"].as_str().unwrap().to_owned();
    let of_game = json!({ "game_id": "space_shooter" });
    let listener = id(&call(service, "OpenListener", of_game).await);
    // So that it need not wait for something to hear.
    service.client.create_session(&service.client.purchase()).await;
    let endpoint = endpoint(service).await;
    let test = call(service, "SendTestEvent", json!({ "id": endpoint })).await;
    let recovery = call(service, "StartRecovery", json!({ "endpoint_id": endpoint })).await;
    vec![
        ("sess_", session_id),
        ("pay_", taken().await),
        ("ref_", id(&refund)),
        ("whe_06h0e1a", endpoint),
        ("whe_06h0e1z", listener),
        ("msg_", test["delivery_id"].as_str().unwrap().to_owned()),
        ("rec_", id(&recovery["recovery"])),
    ]
}

async fn endpoint(service: &Service) -> String {
    let new = json!({ "game_id": "space_shooter", "url": "https://game.example/webhook" });
    let created = call(service, "CreateEndpoint", new).await;
    created["endpoint"]["id"].as_str().unwrap().to_owned()
}

/// The document with `ids` in place of those of its examples, as its readers put theirs.
fn with_own_ids(mut document: Value, ids: &[(&str, String)]) -> Value {
    match &mut document {
        Value::String(text) => {
            let is_alike = |(beginning, own): &&(&str, String)| {
                own.len() == text.len() && text.starts_with(beginning)
            };
            if let Some((_, own)) = ids.iter().find(is_alike) {
                text.clone_from(own);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|it| *it = with_own_ids(it.take(), ids)),
        Value::Object(fields) => {
            fields.values_mut().for_each(|it| *it = with_own_ids(it.take(), ids));
        }
        _ => {}
    }
    document
}

/// The same requests each time. One after the other: Python 3.11 cannot parse its own source in
/// several threads, which Schemathesis then has them do.
async fn run(python: &Path, service: &Service) -> Output {
    let mut command = Command::new(python);
    command.args(["-m", "schemathesis.cli", "run", "openapi.json", "--url", &service.env.api_url]);
    command.arg("--header").arg(format!("Authorization: Bearer {}", service.env.api_key));
    command.args(["--phases", "examples,coverage,fuzzing", "--max-examples", EXAMPLES]);
    command.args(["--generation-deterministic", "--workers", "1", "--request-timeout", "30"]);
    command.args(["--checks", "all", "--exclude-checks", CHECKS_LEFT_OUT]);
    command.args(["--continue-on-failure", "--no-color"]);
    command.args(["--report", "json", "--report-json-path", "report.json"]);
    // It keeps notes where it is started.
    command.current_dir(service.dir()).env("NO_PROXY", "*").stdin(Stdio::null());
    command.kill_on_drop(true).output().await.unwrap()
}

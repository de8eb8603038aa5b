//! Those of `webhooks.v1.WebhookService`.

use serde_json::{Value, json};

use super::{Example, SESSION};

const ENDPOINT: &str = "whe_06h0e1a2b4000c5d7f9g1h3j5k7m9n1p3q5r718";
const DELIVERY: &str = "msg_06789abcdef0123456789abcdef01234";
const RECOVERY: &str = "rec_06h0e1b3c5000d6f8g0h2j4k6m8n0p2q4r6s818";
const LISTENER: &str = "whe_06h0e1z9y7000x5w3v1t9s7r5q3p1n9m7k5j318";
const SECRET: &str = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
const URL: &str = "https://game.example/webhook";
const TIME: &str = "2026-11-27T10:20:00.123456Z";

/// The example of a method.
pub(super) fn of(method: &str) -> Option<Example> {
    let done = Example { path: &[], query: &[], body: Some(json!({})), answer: json!({}) };
    let of_endpoint = Example { path: &[ENDPOINT], ..done };
    Some(match method {
        "CreateEndpoint" => {
            let body = json!({ "game_id": "space_shooter", "url": URL, "types": ["session.paid"] });
            let answer = json!({ "endpoint": endpoint(), "secret": SECRET });
            Example { path: &[], body: Some(body), answer, ..of_endpoint }
        }
        "GetEndpoint" => Example { body: None, answer: endpoint(), ..of_endpoint },
        "ListEndpoints" => {
            let query = &[("game_id", "space_shooter")];
            Example { path: &[], query, body: None, answer: json!([endpoint()]) }
        }
        "ChangeEndpoint" => {
            let body = json!({ "description": "Europe", "per_second": 50 });
            let mut answer = endpoint();
            answer["description"] = "Europe".into();
            answer["per_second"] = 50.into();
            Example { body: Some(body), answer, ..of_endpoint }
        }
        "DisableEndpoint" => {
            let mut answer = endpoint();
            answer["disabled_by"] = "person".into();
            answer["disabled_at"] = TIME.into();
            if let Some(fields) = answer.as_object_mut() {
                // False is left out.
                fields.remove("enabled");
            }
            Example { answer, ..of_endpoint }
        }
        "EnableEndpoint" => Example { answer: endpoint(), ..of_endpoint },
        "RemoveEndpoint" | "ExpireOldSecrets" => of_endpoint,
        "RotateSecret" => {
            let body = json!({ "grace_hours": 24 });
            let (rotated_at, end) = (TIME, "2026-11-28T10:20:00.123456Z");
            let answer = json!({
                "secret": SECRET, "previous_expires_at": end, "rotated_at": rotated_at,
            });
            Example { body: Some(body), answer, ..of_endpoint }
        }
        _ => return of_deliveries(method, of_endpoint),
    })
}

/// What is sent to an endpoint, and heard by a listener.
fn of_deliveries(method: &str, of_endpoint: Example) -> Option<Example> {
    Some(match method {
        "SendTestEvent" => {
            let body = json!({ "type": "session.paid" });
            let answer = json!({ "delivery_id": DELIVERY });
            Example { body: Some(body), answer, ..of_endpoint }
        }
        "ListDeliveries" => {
            let query = &[("limit", "2")];
            Example { query, body: None, answer: json!([delivery()]), ..of_endpoint }
        }
        "GetDelivery" => {
            let answer = json!({ "delivery": delivery(), "body": body() });
            Example { path: &[ENDPOINT, DELIVERY], body: None, answer, ..of_endpoint }
        }
        "ResendDelivery" => Example { path: &[ENDPOINT, DELIVERY], ..of_endpoint },
        "StartRecovery" => {
            let body = json!({ "since": TIME });
            Example { body: Some(body), answer: recovery(), ..of_endpoint }
        }
        "GetRecovery" => {
            Example { path: &[ENDPOINT, RECOVERY], body: None, answer: recovery(), ..of_endpoint }
        }
        "OpenListener" => {
            let body = json!({ "game_id": "space_shooter" });
            let answer = json!({ "id": LISTENER });
            Example { path: &[], body: Some(body), answer, ..of_endpoint }
        }
        "ReceiveEvents" => {
            let event = json!({
                "cursor": "1", "id": DELIVERY, "type": "session.created", "body": body(),
            });
            let answer = json!({ "events": [event] });
            Example { path: &[LISTENER], answer, ..of_endpoint }
        }
        _ => return None,
    })
}

fn endpoint() -> Value {
    json!({
        "id": ENDPOINT,
        "game_id": "space_shooter",
        "world": "test",
        "url": URL,
        "shape": "flat",
        "types": ["session.paid"],
        "enabled": true,
        "created_at": TIME,
    })
}

fn delivery() -> Value {
    json!({
        "id": DELIVERY,
        "type": "session.paid",
        "session_id": SESSION,
        "state": "due",
        "created_at": TIME,
    })
}

fn body() -> String {
    format!(r#"{{"session_id":"{SESSION}","status":"paid", … }}"#)
}

fn recovery() -> Value {
    json!({ "id": RECOVERY, "started_at": TIME })
}

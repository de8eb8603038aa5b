//! One request and its answer for each method. A test sends every one of them.
//!
//! Ids stand for such as the reader has: whoever sends an example puts their own in their place.

mod webhooks;

use serde_json::{Value, json};

/// The ids of the examples.
pub(super) const SESSION: &str = "sess_06h0e1act8000zkq61whgvn43ckt27xrh62db18";
pub(super) const PAYMENT: &str = "pay_06h0e1c2tg000xk3f8s5wcv7n0q2r4t6y8zab19";
pub(super) const REFUND: &str = "ref_06h0e1e9pg000m4d6f8h0k2n4q6s8v0x2z4b618";

/// What is sent, and what comes back.
pub(super) struct Example {
    /// In place of the path's variables, in their order.
    pub(super) path: &'static [&'static str],
    pub(super) query: &'static [(&'static str, &'static str)],
    pub(super) body: Option<Value>,
    pub(super) answer: Value,
}

/// The example of a method.
pub(super) fn of(method: &str) -> Option<Example> {
    let none = Example { path: &[], query: &[], body: None, answer: json!({}) };
    let list = &[("game_id", "space_shooter"), ("limit", "2")];
    Some(match method {
        "CreateSession" => {
            let body = json!({
                "game_id": "space_shooter",
                "user_id": "player_42",
                "item": { "title": "50 Gold Coins", "price": 499, "currency": "USD" },
                "return_url": "mygame://payment-complete",
            });
            Example { body: Some(body), answer: session(), ..none }
        }
        "GetSession" => Example { path: &[SESSION], answer: session(), ..none },
        "GetSessionStatus" => {
            let answer = json!({ "id": SESSION, "status": "pending", "session_id": SESSION });
            Example { path: &[SESSION], answer, ..none }
        }
        "ListSessions" => Example { query: list, answer: json!([session()]), ..none },
        "CancelSession" => Example { path: &[SESSION], body: Some(json!({})), ..none },
        "GetPayment" => Example { path: &[PAYMENT], answer: payment(), ..none },
        "ListPayments" => Example { query: list, answer: json!([payment()]), ..none },
        "CompletePayment" | "CancelPayment" => {
            Example { path: &[PAYMENT], body: Some(json!({})), ..none }
        }
        "CreateRefund" => {
            let body = json!({ "payment_id": PAYMENT, "reason": "bought twice" });
            Example { body: Some(body), answer: refund("pending"), ..none }
        }
        "GetRefund" => Example { path: &[REFUND], answer: paid_out(), ..none },
        "ListRefunds" => {
            let query = &[("payment_id", PAYMENT)];
            Example { query, answer: json!([paid_out()]), ..none }
        }
        _ => return webhooks::of(method),
    })
}

fn session() -> Value {
    json!({
        "id": SESSION,
        "url": format!("https://pay.example.com/{SESSION}"),
        "status": "pending",
        "user_id": "player_42",
        "game_id": "space_shooter",
        "item": { "title": "50 Gold Coins", "price": 499, "currency": "USD" },
        "created_at": "2026-11-27T10:15:00.123456Z",
    })
}

fn payment() -> Value {
    json!({
        "id": PAYMENT,
        "session_id": SESSION,
        "status": "succeeded",
        "amount": 499,
        "currency": "USD",
        "method": "card",
        "created_at": "2026-11-27T10:16:00.123456Z",
        "succeeded_at": "2026-11-27T10:16:01.234567Z",
    })
}

fn paid_out() -> Value {
    let mut refund = refund("succeeded");
    refund["succeeded_at"] = "2026-11-27T10:20:01.234567Z".into();
    refund
}

fn refund(status: &str) -> Value {
    json!({
        "id": REFUND,
        "payment_id": PAYMENT,
        "status": status,
        "reason": "bought twice",
        "created_at": "2026-11-27T10:20:00.123456Z",
    })
}

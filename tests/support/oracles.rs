//! Judges of our webhooks that share no code with us: Stripe's libraries, the Standard Webhooks
//! packages, and the guide's recipe.

use std::process::Command;

use axum::http::HeaderMap;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::browser::ask;
use super::tools;

/// What each judge says of one delivery.
#[derive(Debug)]
pub struct Verdicts {
    pub node: Verdict,
    pub python: Verdict,
}

#[derive(Debug, Deserialize)]
pub struct Verdict {
    /// Stripe's library on `X-ToffeePay-Signature`.
    pub stripe: bool,
    /// The `standardwebhooks` package on the three `webhook-` headers.
    pub standard: bool,
    /// The guide's recipe on `X-ToffeePay-Signature`; only asked in Python.
    pub guide: Option<bool>,
    /// Why, for each judge that refused.
    pub errors: Map<String, Value>,
}

impl Verdicts {
    /// Whether `X-ToffeePay-Signature` is right, for each judge of it.
    pub fn on_our_header(&self) -> [bool; 3] {
        [self.node.stripe, self.python.stripe, self.python.guide == Some(true)]
    }

    /// Whether the `webhook-` headers are right, for each judge of them.
    pub fn on_standard_headers(&self) -> [bool; 2] {
        [self.node.standard, self.python.standard]
    }

    /// # Panics
    ///
    /// Panics with the reasons unless every judge accepts.
    pub fn assert_accepted(&self) {
        let accepted = self.on_our_header() == [true; 3] && self.on_standard_headers() == [true; 2];
        assert!(accepted, "a judge refused the webhook: {self:#?}");
    }

    /// # Panics
    ///
    /// Panics if any judge accepts.
    pub fn assert_refused(&self) {
        let refused =
            self.on_our_header() == [false; 3] && self.on_standard_headers() == [false; 2];
        assert!(refused, "a judge accepted the webhook: {self:#?}");
    }
}

/// Has the judges installed, if need be. To be called before anything is signed: that takes minutes
/// on a fresh machine, and a signature is good for five.
pub fn get_ready() {
    tools::npm_clients();
    tools::node();
    tools::python();
}

/// A delivery as it was received, and the secret to judge it by.
pub struct Judged<'a> {
    pub secret: &'a str,
    pub headers: &'a HeaderMap,
    pub body: &'a [u8],
}

/// Asks all judges about one delivery as it was received. They compare its time with the clock.
///
/// Blocking, up to a second: two child processes.
pub fn verify_webhook(secret: &str, headers: &HeaderMap, body: &[u8]) -> Verdicts {
    let mut verdicts = verify_webhooks(&[Judged { secret, headers, body }]);
    verdicts.pop().expect("as many verdicts as deliveries")
}

/// The same about many, in no more processes.
pub fn verify_webhooks(deliveries: &[Judged<'_>]) -> Vec<Verdicts> {
    let deliveries: Vec<Value> = deliveries.iter().map(Judged::to_json).collect();
    let in_node = tools::npm_clients().join("verify_webhook.mjs");
    let in_python = tools::client_script("verify_webhook.py");
    let node = judge(Command::new(tools::node()).arg(in_node), &deliveries);
    let python = judge(Command::new(tools::python()).arg(in_python), &deliveries);
    node.into_iter().zip(python).map(|(node, python)| Verdicts { node, python }).collect()
}

impl Judged<'_> {
    fn to_json(&self) -> Value {
        let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
        let headers = self.headers.iter();
        let headers: Map<String, Value> =
            headers.map(|(name, it)| (name.to_string(), text(it.as_bytes()).into())).collect();
        let body = STANDARD.encode(self.body);
        json!({ "secret": self.secret, "headers": headers, "body_base64": body })
    }
}

fn judge(command: &mut Command, deliveries: &[Value]) -> Vec<Verdict> {
    let verdicts: Vec<Verdict> = serde_json::from_value(ask(command, &Value::from(deliveries)))
        .expect("verdicts as the script says");
    assert_eq!(verdicts.len(), deliveries.len());
    verdicts
}

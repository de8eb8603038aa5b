//! Dev's own receiver of webhooks: what a game server would do, by the guide's recipe.

use axum::{Router, body::Bytes, extract::State, http::HeaderMap, http::StatusCode, routing::post};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::Sha256;
use url::Url;

use crate::clock::{Clock, SystemClock};

const PATH: &str = "/dev/webhooks";

/// How old a signature may be, in seconds (the guide: 5 minutes).
const TOLERANCE_S: i64 = 300;

pub(super) fn url(base: &Url) -> Url {
    let mut url = base.clone();
    url.set_path(PATH);
    url
}

pub(super) fn routes(secret: &str) -> Router {
    Router::new().route(PATH, post(receive)).with_state(secret.to_owned())
}

async fn receive(State(secret): State<String>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let header = headers.get("x-toffeepay-signature").and_then(|it| it.to_str().ok());
    if !header.is_some_and(|it| verifies(&secret, it, &body, SystemClock.now().timestamp())) {
        eprintln!("webhook refused: its signature does not verify");
        return StatusCode::BAD_REQUEST;
    }
    let message: Value = serde_json::from_slice(&body).unwrap_or_default();
    let text = |name: &str| message.get(name).and_then(Value::as_str).unwrap_or("?").to_owned();
    eprintln!("webhook verified: {} {} is {}", text("type"), text("session_id"), text("status"));
    StatusCode::NO_CONTENT
}

/// Parse, compute, five minutes, constant time: the four steps of the guide.
fn verifies(secret: &str, header: &str, body: &[u8], now_s: i64) -> bool {
    let parts = || header.split(',').filter_map(|it| it.split_once('='));
    let Some((_, t)) = parts().find(|(name, _)| *name == "t") else { return false };
    let Ok(signed_at_s) = t.parse::<i64>() else { return false };
    if TOLERANCE_S < now_s.abs_diff(signed_at_s).try_into().unwrap_or(i64::MAX) {
        return false;
    }
    parts().filter(|(name, _)| *name == "v1").any(|(_, hex)| {
        let Ok(signature) = data_encoding::HEXLOWER.decode(hex.as_bytes()) else { return false };
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else { return false };
        mac.update(format!("{t}.").as_bytes());
        mac.update(body);
        mac.verify_slice(&signature).is_ok()
    })
}

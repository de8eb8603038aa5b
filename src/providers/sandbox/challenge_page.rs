//! The bank's own page for the 3-D Secure step. It looks like nobody's checkout, on purpose.
//!
//! The unguessable id in the path is all the right that a player needs, so the form needs no
//! other protection; the answer is in the bank's books before the player is sent back.

use axum::{
    Form, Router,
    extract::{DefaultBodyLimit, Path, State},
    http::{StatusCode, header},
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use data_encoding::BASE64;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use serde::Deserialize;

use super::{
    SandboxBank,
    books::{BooksError, Challenge},
};
use crate::{domain::money::Money, ids::random_bytes};

/// Below which path, followed by the step's id.
pub(super) const PATH: &str = "/sandbox/3ds";

/// The largest form that the page takes, in bytes. Its own has 17.
const FORM_BYTES_MAX: usize = 1024;

const STYLE: &str = "
:root{color-scheme:light dark;--paper:#fff;--desk:#f3efe4;--ink:#1d2b1f;--green:#1f5a33}
@media(prefers-color-scheme:dark){:root{--paper:#182019;--desk:#0d120e;--ink:#e6eee7;--green:#8fd3a6}}
body{font:16px/1.5 Georgia,serif;background:var(--desk);color:var(--ink);margin:0;padding:8vh 16px}
main{max-width:26em;margin:auto;background:var(--paper);padding:24px;
border:1px solid var(--ink);border-top:8px solid var(--green)}
h1{font-size:1.3em;margin:0 0 .5em}.bank{color:var(--green);font-variant:small-caps;margin:0}
.amount{font-size:1.6em;margin:.5em 0}.note{font-size:.85em}
button{display:block;width:100%;font:inherit;padding:12px;margin-top:12px;cursor:pointer;
border:1px solid var(--green);background:var(--paper);color:var(--green)}
button[value=complete]{background:var(--green);color:var(--paper)}";

/// What the player pressed.
#[derive(Deserialize)]
struct Answer {
    decision: Decision,
}

#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Decision {
    Complete,
    Fail,
}

pub(super) fn routes(bank: SandboxBank) -> Router {
    Router::new()
        .route(&format!("{PATH}/{{challenge_id}}"), get(show).post(decide))
        .layer(DefaultBodyLimit::max(FORM_BYTES_MAX))
        .with_state(bank)
}

/// Whether a challenge can have this name; a database refuses some texts altogether.
fn is_name(id: &str) -> bool {
    id.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'_')
}

async fn show(State(bank): State<SandboxBank>, Path(id): Path<String>) -> Response {
    if !is_name(&id) {
        return unknown();
    }
    match bank.books.challenge(&id).await {
        Ok(Some(challenge)) if challenge.is_open => page(StatusCode::OK, &question(&challenge)),
        Ok(Some(challenge)) => back(&bank, &challenge),
        Ok(None) => unknown(),
        Err(error) => unavailable(&error),
    }
}

async fn decide(
    State(bank): State<SandboxBank>,
    Path(id): Path<String>,
    Form(answer): Form<Answer>,
) -> Response {
    if !is_name(&id) {
        return unknown();
    }
    let is_passed = answer.decision == Decision::Complete;
    match bank.books.decide(&id, is_passed, bank.clock.now()).await {
        Ok(Some(challenge)) => {
            bank.has_news.notify_one();
            back(&bank, &challenge)
        }
        Ok(None) => unknown(),
        Err(error) => unavailable(&error),
    }
}

/// Back to the payment page, which tells what became of the payment.
fn back(bank: &SandboxBank, challenge: &Challenge) -> Response {
    let url = format!("{}/{}", bank.pay_base_url, challenge.charge.session_id);
    ([(header::CACHE_CONTROL, "no-store")], Redirect::to(&url)).into_response()
}

fn unknown() -> Response {
    let words = html! { h1 { "No such question" } p { "The bank has nothing to ask here." } };
    page(StatusCode::NOT_FOUND, &words)
}

fn unavailable(error: &BooksError) -> Response {
    tracing::error!(%error, "the sandbox bank cannot show or take a 3-D Secure answer");
    let words = html! { h1 { "Please try again" } p { "The bank cannot answer just now." } };
    page(StatusCode::SERVICE_UNAVAILABLE, &words)
}

fn question(challenge: &Challenge) -> Markup {
    html! {
        h1 { "Is it you who pays?" }
        p.amount { (amount_in_words(challenge.charge.amount)) }
        p { "A shop asks for this amount from your card. Your bank wants to be sure." }
        form method="post" {
            button name="decision" value="complete" { "Complete authentication" }
            button name="decision" value="fail" { "Fail authentication" }
        }
    }
}

/// Answers with a page that may do nothing but show itself and post to itself.
fn page(status: StatusCode, content: &Markup) -> Response {
    let nonce = BASE64.encode(&random_bytes::<16>());
    let policy = format!(
        "default-src 'none'; style-src 'nonce-{nonce}'; form-action 'self'; base-uri 'none'; \
         frame-ancestors 'none'"
    );
    let document = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { "Sandbox Bank" }
                style nonce=(nonce) { (PreEscaped(STYLE)) }
            }
            body {
                main {
                    p.bank { "Sandbox Bank" }
                    (content)
                    p.note { "This bank is pretended: no real money moves." }
                }
            }
        }
    };
    let headers = [
        (header::CONTENT_SECURITY_POLICY, policy.as_str()),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (status, headers, document).into_response()
}

/// An amount as banks print it: `USD 4.99`, `JPY 500`.
fn amount_in_words(money: Money) -> String {
    let exponent = usize::from(money.currency().exponent());
    let digits = format!("{:0width$}", money.minor_units(), width = exponent + 1);
    let (whole, fraction) = digits.split_at(digits.len() - exponent);
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{} {whole}{point}{fraction}", money.currency().code())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::currency::Currency;

    #[test]
    fn an_amount_is_printed_with_its_currencys_digits() {
        for (minor_units, code, words) in [
            (499, "USD", "USD 4.99"),
            (5, "USD", "USD 0.05"),
            (500, "JPY", "JPY 500"),
            (1, "BHD", "BHD 0.001"),
        ] {
            let money = Money::new(minor_units, Currency::parse(code).unwrap()).unwrap();
            assert_eq!(amount_in_words(money), words);
        }
    }
}

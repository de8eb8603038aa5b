//! The game server, which calls the API, and the player, who sends the page's own forms.

use std::time::Duration;

use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};
use url::{Url, form_urlencoded};

use super::{CliError, server_args::Server};
use crate::checkout::card_form::field;

/// How long the sandbox's bank may take for its answer: one that times out is asked again later.
const WAIT_MAX: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// The test cards. Source: the README's table.
pub(super) const PAYS: &str = "4242424242424242";
pub(super) const DECLINED: &str = "4000000000000002";
/// A date that no test card outlives.
const EXPIRY: &str = "12 / 99";
/// Any three digits.
const SECURITY_CODE: &str = "123";

/// How the API is asked for a status.
struct Asked {
    method: &'static str,
    /// What the request calls the id.
    field: &'static str,
    /// In what of the answer the status is; in the answer itself without it.
    of: Option<&'static str>,
}

/// A session as its creator knows it.
pub(super) struct Session {
    pub(super) id: String,
    page: Url,
}

/// What the game sells, and to whom.
pub(super) struct Purchase<'a> {
    pub(super) game_id: &'a str,
    pub(super) user_id: &'a str,
    pub(super) title: &'a str,
    pub(super) price: u32,
    pub(super) currency: &'a str,
}

/// Both sides of a purchase.
pub(super) struct Actors<'a> {
    pub(super) server: &'a Server,
}

impl Actors<'_> {
    pub(super) async fn create_session(&self, it: &Purchase<'_>) -> Result<Session, CliError> {
        let request = json!({
            "game_id": it.game_id,
            "user_id": it.user_id,
            "item": { "title": it.title, "price": it.price, "currency": it.currency },
            "return_url": "mygame://payment-complete",
        });
        let answer = self.server.call("pay.v1.PaymentService/CreateSession", &request).await?;
        let page = text(&answer, "payment_url")?.parse().map_err(CliError::start)?;
        Ok(Session { id: text(&answer, "session_id")?.to_owned(), page })
    }

    /// The player opens the page; what it says.
    pub(super) async fn open(&self, session: &Session) -> Result<String, CliError> {
        let page = self.server.http().get(session.page.clone()).send().await;
        let page = page.map_err(|error| self.server.unreachable(&error))?;
        page.text().await.map_err(|error| self.server.unreachable(&error))
    }

    /// The player opens the page and pays by card. The attempt's id.
    pub(super) async fn pay(&self, session: &Session, card: &str) -> Result<String, CliError> {
        let before = self.session(session).await?["payment_id"].take();
        let page = self.open(session).await?;
        let ticket = ticket_in(&page).ok_or_else(|| {
            CliError::Start(format!("the page {} shows no form to pay with", session.page))
        })?;
        let form = [
            (field::PAYMENT_ID, ticket),
            (field::NUMBER, card),
            (field::EXPIRY, EXPIRY),
            (field::SECURITY_CODE, SECURITY_CODE),
        ];
        self.press(session, "pay", &form).await?;
        let payment_id = self.session(session).await?["payment_id"].take();
        match payment_id.as_str() {
            Some(it) if !it.is_empty() && payment_id != before => Ok(it.to_owned()),
            _ => Err(CliError::Start(format!("the page {} took no payment", session.page))),
        }
    }

    /// The player presses one of the page's buttons.
    pub(super) async fn press(
        &self,
        session: &Session,
        button: &str,
        form: &[(&str, &str)],
    ) -> Result<(), CliError> {
        let mut url = session.page.clone();
        url.set_path(&format!("{}/{button}", url.path()));
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let press = self
            .server
            .http()
            .post(url.clone())
            .header("sec-fetch-site", "same-origin")
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(body);
        let answer = press.send().await.map_err(|error| self.server.unreachable(&error))?;
        let status = answer.status();
        if status.is_success() || status.is_redirection() {
            return Ok(());
        }
        Err(CliError::Start(format!("the form sent to {url} was answered {status}")))
    }

    /// Takes what is held.
    pub(super) async fn complete(&self, payment_id: &str) -> Result<(), CliError> {
        let request = json!({ "id": payment_id });
        self.server.call("pay.v1.PaymentService/CompletePayment", &request).await.map(drop)
    }

    /// Lets it go.
    pub(super) async fn let_go(&self, payment_id: &str) -> Result<(), CliError> {
        let request = json!({ "id": payment_id });
        self.server.call("pay.v1.PaymentService/CancelPayment", &request).await.map(drop)
    }

    /// Asks for a payment's money back. The refund's id.
    pub(super) async fn refund(&self, payment_id: &str, reason: &str) -> Result<String, CliError> {
        let request = json!({ "payment_id": payment_id, "reason": reason });
        let answer = self.server.call("pay.v1.RefundService/CreateRefund", &request).await?;
        Ok(text(&answer, "id")?.to_owned())
    }

    /// What GetSessionStatus says, once it is one of these.
    pub(super) async fn session_becomes(
        &self,
        session: &Session,
        wanted: &[&str],
    ) -> Result<String, CliError> {
        let it = Asked {
            method: "pay.v1.PaymentService/GetSessionStatus",
            field: "session_id",
            of: None,
        };
        self.becomes(it, &session.id, wanted).await
    }

    /// The same of a payment.
    pub(super) async fn payment_becomes(
        &self,
        payment_id: &str,
        wanted: &[&str],
    ) -> Result<String, CliError> {
        let it =
            Asked { method: "pay.v1.PaymentService/GetPayment", field: "id", of: Some("payment") };
        self.becomes(it, payment_id, wanted).await
    }

    /// The same of a refund.
    pub(super) async fn refund_becomes(
        &self,
        refund_id: &str,
        wanted: &[&str],
    ) -> Result<String, CliError> {
        let it =
            Asked { method: "pay.v1.RefundService/GetRefund", field: "id", of: Some("refund") };
        self.becomes(it, refund_id, wanted).await
    }

    async fn becomes(&self, it: Asked, id: &str, wanted: &[&str]) -> Result<String, CliError> {
        let (request, deadline) = (json!({ it.field: id }), Instant::now() + WAIT_MAX);
        loop {
            let answer = self.server.call(it.method, &request).await?;
            let status = text(it.of.map_or(&answer, |of| &answer[of]), "status")?;
            if wanted.contains(&status) {
                return Ok(status.to_owned());
            }
            if deadline < Instant::now() {
                let seconds = WAIT_MAX.as_secs();
                return Err(CliError::Start(format!(
                    "{id} is still {status} after {seconds} s, and not {}; does a worker run there, \
                     with the sandbox?",
                    wanted.join(" or ")
                )));
            }
            sleep(LOOK_EVERY).await;
        }
    }

    async fn session(&self, session: &Session) -> Result<Value, CliError> {
        let request = json!({ "id": session.id });
        let mut answer = self.server.call("pay.v1.PaymentService/GetSession", &request).await?;
        Ok(answer["session"].take())
    }
}

fn text<'a>(answer: &'a Value, name: &str) -> Result<&'a str, CliError> {
    let missing = || CliError::Start(format!("the server's answer has no {name}"));
    answer.get(name).and_then(Value::as_str).ok_or_else(missing)
}

/// The attempt that a payment page was made for.
fn ticket_in(page: &str) -> Option<&str> {
    let before = format!(r#"name="{}" value=""#, field::PAYMENT_ID);
    let (_, rest) = page.split_once(&before)?;
    Some(rest.split_once('"')?.0)
}

//! A game server and its players, over plain HTTP: what can be asked of a running service.
//!
//! Clones share connections. Every call says when there was no answer, so that tests which kill
//! the service can go on.

use std::time::Duration;

use reqwest::{Method, RequestBuilder, Response, header};
use serde_json::{Value, json};
use toffeepay::http_client::http_client;
use url::form_urlencoded;

use super::harness::{EnvFile, wait_until};

/// The test cards, as the payment page lists them.
pub(crate) const PAYS: &str = "4242 4242 4242 4242";
pub(crate) const DECLINED: &str = "4000 0000 0000 0002";
pub(crate) const WITHOUT_FUNDS: &str = "4000 0000 0000 9995";
pub(crate) const ASKS_FOR_AUTHENTICATION: &str = "4000 0025 0000 3155";
pub(crate) const SETTLES_LATER: &str = "4000 0000 0000 0259";
pub(crate) const EXPIRY: &str = "12 / 34";
/// Of a shape that stands nowhere else in a log.
pub(crate) const SECURITY_CODE: &str = "7391";

/// The API's proto files as they are, compiled: what clients are generated from.
pub(crate) const PROTO_FILES: &str = concat!(env!("OUT_DIR"), "/reflection.bin");

pub(crate) const CREATE_SESSION: &str = "/pay.v1.PaymentService/CreateSession";
pub(crate) const CANCEL_PAYMENT: &str = "/pay.v1.PaymentService/CancelPayment";
pub(crate) const COMPLETE_PAYMENT: &str = "/pay.v1.PaymentService/CompletePayment";
pub(crate) const CREATE_REFUND: &str = "/pay.v1.RefundService/CreateRefund";
pub(crate) const GET_REFUND: &str = "/pay.v1.RefundService/GetRefund";
pub(crate) const GET_PAYMENT: &str = "/pay.v1.PaymentService/GetPayment";
pub(crate) const CANCEL_SESSION: &str = "/pay.v1.PaymentService/CancelSession";
pub(crate) const GET_SESSION: &str = "/pay.v1.PaymentService/GetSession";
pub(crate) const GET_SESSION_STATUS: &str = "/pay.v1.PaymentService/GetSessionStatus";
pub(crate) const LIST_SESSIONS: &str = "/pay.v1.PaymentService/ListSessions";
pub(crate) const LIST_PAYMENTS: &str = "/pay.v1.PaymentService/ListPayments";
pub(crate) const LIST_REFUNDS: &str = "/pay.v1.RefundService/ListRefunds";
/// What the methods about webhooks begin with.
pub(crate) const WEBHOOKS: &str = "/webhooks.v1.WebhookService";

/// Not offered, and answered all the same.
pub(crate) const WALLET_METHODS: [&str; 4] = [
    "/wallet.v1.AccountService/GetAccount",
    "/wallet.v1.AccountService/ListAccounts",
    "/wallet.v1.AccountService/GetDeposit",
    "/wallet.v1.AccountService/ListDeposits",
];

/// How long a request may take: longer than any of ours does.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// Who talks to a service.
#[derive(Clone)]
pub(crate) struct Client {
    pub(crate) http: reqwest::Client,
    base: String,
    api_key: String,
    game_id: String,
}

impl Client {
    pub(crate) fn new(env: &EnvFile) -> Self {
        Self {
            http: http_client(REQUEST_TIMEOUT).unwrap(),
            base: env.api_url.clone(),
            api_key: env.api_key.clone(),
            game_id: env.game_id.clone(),
        }
    }

    /// The same with connections of its own, to another address of the service.
    pub(crate) fn at(&self, base: &str) -> Self {
        let http = http_client(REQUEST_TIMEOUT).unwrap();
        Self { http, base: base.to_owned(), ..self.clone() }
    }

    /// The guide's own request, without its picture.
    pub(crate) fn purchase(&self) -> Value {
        json!({
            "game_id": self.game_id,
            "user_id": "player_42",
            "item": { "title": "50 Gold Coins", "price": 499, "currency": "USD" },
            "return_url": "mygame://payment-complete",
        })
    }

    /// Where the player pays.
    pub(crate) fn page_url(&self, session_id: &str) -> String {
        format!("{}/{session_id}", self.base)
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.base))
    }

    /// A call of the API with the game's key.
    pub(crate) fn call(&self, method: &str) -> RequestBuilder {
        self.request(Method::POST, method).bearer_auth(&self.api_key)
    }

    /// A session for `request`, which must be taken. Its id.
    pub(crate) async fn create_session(&self, request: &Value) -> String {
        let response = self.call(CREATE_SESSION).json(request).send().await.unwrap();
        let (status, body) = (response.status(), response.text().await.unwrap());
        assert_eq!(status, 200, "{body}");
        let body: Value = serde_json::from_str(&body).unwrap();
        body["session_id"].as_str().unwrap().to_owned()
    }

    /// What GetSessionStatus says.
    pub(crate) async fn status(&self, session_id: &str) -> String {
        self.try_status(session_id).await.unwrap()
    }

    /// The same of a service that may be down.
    pub(crate) async fn try_status(&self, session_id: &str) -> reqwest::Result<String> {
        let call = self.call(GET_SESSION_STATUS).json(&json!({ "session_id": session_id }));
        let body: Value = call.send().await?.error_for_status()?.json().await?;
        Ok(body["status"].as_str().unwrap().to_owned())
    }

    pub(crate) async fn wait_for_status(&self, session_id: &str, wanted: &str) {
        let what = format!("{session_id} to be {wanted}");
        let is_there = async || (self.status(session_id).await == wanted).then_some(());
        wait_until(&what, is_there).await;
    }

    /// The payment page as a browser gets it.
    pub(crate) async fn open_page(&self, session_id: &str) -> reqwest::Result<String> {
        self.http.get(self.page_url(session_id)).send().await?.text().await
    }

    /// Opens the page and sends its card form. `None`: the page shows no form.
    pub(crate) async fn pay(
        &self,
        session_id: &str,
        card: &str,
    ) -> reqwest::Result<Option<Response>> {
        let page = self.open_page(session_id).await?;
        let Some(ticket) = ticket_in(&page) else { return Ok(None) };
        self.send_card(session_id, &ticket, card).await.map(Some)
    }

    /// Sends the card form of a page that was opened before.
    pub(crate) async fn send_card(
        &self,
        session_id: &str,
        ticket: &str,
        card: &str,
    ) -> reqwest::Result<Response> {
        let fields = [
            ("payment_id", ticket),
            ("card_number", card),
            ("expiry", EXPIRY),
            ("security_code", SECURITY_CODE),
        ];
        self.send_form(&format!("/{session_id}/pay"), &fields).send().await
    }

    /// A form of our own page.
    pub(crate) fn send_form(&self, path: &str, fields: &[(&str, &str)]) -> RequestBuilder {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.request(Method::POST, path)
            .header("sec-fetch-site", "same-origin")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(body)
    }
}

/// The attempt that a payment page was made for.
pub(crate) fn ticket_in(page: &str) -> Option<String> {
    let (_, rest) = page.split_once(r#"name="payment_id" value=""#)?;
    Some(rest.split_once('"')?.0.to_owned())
}

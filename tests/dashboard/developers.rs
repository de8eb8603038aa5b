//! Keys, endpoints and secrets in the dashboard: what is done is done in the log and for the API, a secret is
//! seen by nobody else and never again, and a form that is sent twice does its work once.

mod endpoints;
mod keys;
mod pictures;
mod secrets;

use axum::{
    body::{Body, to_bytes},
    http::{
        Request, StatusCode,
        header::{AUTHORIZATION, CONTENT_TYPE},
    },
};
use serde_json::Value;
use toffeepay::domain::studio::Role;
use tower::ServiceExt;
use url::form_urlencoded;

use super::stage::{GAME, Page, Stage};

/// What somebody writes who means harm.
const HOSTILE: &str = "\"><script>alert('name')</script>";

/// A developer of the game's studio, at their browser.
struct Desk {
    stage: Stage,
    cookie: String,
}

impl Desk {
    async fn new() -> Self {
        let stage = Stage::new().await;
        let (_, link) = stage.person("dev@studio.example", GAME, Role::Developer).await;
        let cookie = stage.enter(&link).await;
        Self { stage, cookie }
    }

    /// Another developer of the same studio.
    async fn colleague(&self) -> String {
        let (_, link) = self.stage.person("bob@studio.example", GAME, Role::Developer).await;
        self.stage.enter(&link).await
    }

    /// A page of the game's test world.
    async fn get(&self, path: &str) -> Page {
        self.stage.get_as(&self.cookie, &test(path)).await
    }

    /// Sends a form of the game's test world.
    async fn send(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        self.stage.send_as(&self.cookie, &test(path), &form(fields)).await
    }

    /// How many events of a type the log has.
    async fn told(&self, event_type: &str) -> i64 {
        let count =
            "SELECT count(*) FROM event WHERE convert_from(entry, 'UTF8') LIKE '%' || $1 || '%'";
        let count = sqlx::query_scalar(count).bind(event_type);
        count.fetch_one(&self.stage.database.owner).await.unwrap()
    }

    /// The same, of those that a person caused.
    async fn told_of_a_person(&self, event_type: &str) -> i64 {
        let entries = "SELECT convert_from(entry, 'UTF8') FROM event";
        let entries: Vec<String> =
            sqlx::query_scalar(entries).fetch_all(&self.stage.database.owner).await.unwrap();
        let is_theirs = |it: &&String| it.contains(event_type) && it.contains("person:per_");
        entries.iter().filter(is_theirs).count().try_into().unwrap()
    }

    async fn number(&self, query: &str) -> i64 {
        sqlx::query_scalar(query).fetch_one(&self.stage.database.owner).await.unwrap()
    }

    /// What the API answers to a key.
    async fn ask_api(&self, key: &str, path: &str) -> StatusCode {
        let request = Request::get(path).header(AUTHORIZATION, format!("Bearer {key}"));
        let request = request.body(Body::empty()).unwrap();
        self.stage.api().oneshot(request).await.unwrap().status()
    }

    /// What the API answers to a request of a key's.
    async fn send_api(&self, key: &str, path: &str, body: &Value) -> (StatusCode, Value) {
        let request = Request::post(path)
            .header(AUTHORIZATION, format!("Bearer {key}"))
            .header(CONTENT_TYPE, "application/json")
            .body(Body::from(body.to_string()))
            .unwrap();
        let response = self.stage.api().oneshot(request).await.unwrap();
        let (status, body) = (response.status(), response.into_body());
        let body = to_bytes(body, usize::MAX).await.unwrap();
        (status, serde_json::from_slice(&body).unwrap())
    }
}

fn test(path: &str) -> String {
    format!("/dashboard/{GAME}/test/{path}")
}

fn form(fields: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

/// The text of a page between two others.
fn between<'a>(page: &'a Page, before: &str, after: &str) -> &'a str {
    let (_, rest) =
        page.text.split_once(before).unwrap_or_else(|| panic!("no {before:?} in {}", page.text));
    rest.split_once(after).unwrap().0
}

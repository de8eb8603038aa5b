//! The reference of the REST side: for machines (`/openapi.json`) and for people (`/docs`).
//!
//! Both are made from the description that the routes are made from. What the proto cannot say, the
//! limits of fields, the refusals and the examples, stands here, once for both.

mod examples;
mod json_text;
mod limits;
mod openapi;
mod page;
mod refusals;

use std::sync::LazyLock;

use axum::{Router, response::IntoResponse, routing::get};
use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use url::Url;

use super::description::{Method, SERVICES, Service};

/// The package whose methods are there and not offered: they are left out of the reference.
const NOT_OFFERED: &str = "wallet.";

/// Changes only with the program.
const CACHE_BRIEFLY: &str = "public, max-age=300";

static DOCUMENT: LazyLock<Bytes> = LazyLock::new(|| openapi::document().to_string().into());

/// Neither asks for a key: both are public. The service is found at `base_url`.
pub(super) fn routes(base_url: &Url) -> Router {
    let page = Bytes::from(page::draw(base_url).into_string());
    Router::new()
        .route("/openapi.json", get(document))
        .route("/docs", get(move || async { page::answer(page) }))
        .route("/docs/page.css", get(page::style))
}

async fn document() -> impl IntoResponse {
    let headers = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, CACHE_BRIEFLY)];
    (headers, DOCUMENT.clone())
}

/// Every method that is offered, with its service.
fn offered() -> impl Iterator<Item = (&'static Service, &'static Method)> {
    let services = SERVICES.iter().filter(|it| !it.name.starts_with(NOT_OFFERED));
    services.flat_map(|service| service.methods.iter().map(move |method| (service, method)))
}

/// The first sentence of a description.
fn summary(about: &str) -> &str {
    about.split_once(". ").map_or(about, |(first, _)| first).trim_end_matches('.')
}

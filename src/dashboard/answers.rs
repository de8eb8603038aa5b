//! The forms that answers have: a page, a way to another, a page that says why there is none.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use maud::Markup;

use super::views::{Trouble, trouble_page};
use crate::page_headers::{Nonce, Pictures, page_headers, plain_headers};

/// Answers with a page, whose style carries the nonce that the headers allow.
pub(super) fn page(status: StatusCode, draw: impl FnOnce(&Nonce) -> Markup) -> Response {
    let nonce = Nonce::generate();
    (status, page_headers(&nonce, Pictures::Own), draw(&nonce)).into_response()
}

/// Leads to another page of ours, by GET.
pub(super) fn lead_to(path: &str) -> Response {
    let mut headers = plain_headers();
    if let Ok(location) = HeaderValue::try_from(path) {
        headers.insert(header::LOCATION, location);
    }
    (StatusCode::SEE_OTHER, headers).into_response()
}

/// A page that says why there is no other.
pub(super) fn trouble(trouble: Trouble) -> Response {
    page(trouble.status(), |nonce| trouble_page(trouble, nonce))
}

/// An internal error: read by the operator here, and shown to nobody.
pub(super) fn went_wrong(error: &dyn std::error::Error) -> Response {
    tracing::error!(%error, "the dashboard failed");
    trouble(Trouble::WentWrong)
}

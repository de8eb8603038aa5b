//! The answers that the handlers have in common: a page with its headers, and why there is none.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use maud::Markup;

use super::views::{Account, Problem, bare_problem, not_allowed_page};
use crate::{
    domain::studio::Role,
    page_headers::{Contents, Nonce, page_headers, plain_headers},
};

/// A page, whose style carries the nonce that the headers allow.
pub(super) fn page(status: StatusCode, draw: impl FnOnce(&Nonce) -> Markup) -> Response {
    let nonce = Nonce::generate();
    (status, page_headers(&nonce, Contents::Plain), draw(&nonce)).into_response()
}

/// A page with pictures that are kept here.
pub(super) fn page_with_pictures(
    status: StatusCode,
    draw: impl FnOnce(&Nonce) -> Markup,
) -> Response {
    let nonce = Nonce::generate();
    (status, page_headers(&nonce, Contents::Pictures), draw(&nonce)).into_response()
}

/// A page that runs our own script, which asks nobody but us.
pub(super) fn page_with_script(
    status: StatusCode,
    draw: impl FnOnce(&Nonce) -> Markup,
) -> Response {
    let nonce = Nonce::generate();
    (status, page_headers(&nonce, Contents::Script), draw(&nonce)).into_response()
}

/// Leads to another page of ours: `path` holds nothing that a header could not.
pub(super) fn see_other(path: &str) -> Response {
    let mut headers = plain_headers();
    if let Ok(location) = HeaderValue::try_from(path) {
        headers.insert(header::LOCATION, location);
    }
    (StatusCode::SEE_OTHER, headers).into_response()
}

/// There is no such page, or not for whoever asks: the same answer for both.
pub(super) fn not_found() -> Response {
    page(StatusCode::NOT_FOUND, |nonce| bare_problem(Problem::NotFound, nonce))
}

/// There is such a page, but not for this role.
pub(super) fn not_allowed(account: &Account, role: Role) -> Response {
    page(StatusCode::FORBIDDEN, |nonce| not_allowed_page(account, role, nonce))
}

/// Marks an answer whose page is still to be drawn: see `frame`, which knows the request's id.
#[derive(Clone, Copy)]
pub(super) struct Failed;

/// An internal error: read by the operator here, and shown to nobody.
pub(super) fn went_wrong(error: &dyn std::error::Error) -> Response {
    tracing::error!(%error, "a page of the dashboard failed");
    let mut response = StatusCode::INTERNAL_SERVER_ERROR.into_response();
    response.extensions_mut().insert(Failed);
    response
}

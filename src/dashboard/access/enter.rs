//! Coming in by a link that is used up by that.
//!
//! The link itself only shows a button: what looks at links before people do, such as a mail's guard, uses
//! none up.

use axum::{
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::Response,
};

use super::{
    act::OpenForm,
    next::HOME,
    origin::From,
    refusing::trouble,
    sign_in::{come_in, status_of},
    views::{Trouble, enter_page as drawn},
};
use crate::{
    dashboard::{
        Dashboard,
        answer::{page, went_wrong},
        desk::request_id,
    },
    people::{Token, Unwelcome},
};

/// `GET /dashboard/enter/{token}`
pub(super) async fn enter_page(Path(token): Path<String>) -> Response {
    let Some(link) = Token::parse(&token) else { return trouble(Trouble::Link) };
    page(StatusCode::OK, |nonce| drawn(&link.path(), nonce))
}

/// `POST /dashboard/enter/{token}`
pub(super) async fn enter(
    State(desk): State<Dashboard>,
    Path(token): Path<String>,
    From(from): From,
    headers: HeaderMap,
    OpenForm(_): OpenForm,
) -> Response {
    let Some(link) = Token::parse(&token) else { return trouble(Trouble::Link) };
    match desk.people.sign_in_by_link(&link, from, request_id(&headers)).await {
        Ok(signed_in) => come_in(&desk, &headers, &signed_in, HOME).await,
        Err(Unwelcome::Link) => trouble(Trouble::Link),
        Err(error) if status_of(&error).is_some() => trouble(Trouble::Busy),
        Err(error) => went_wrong(&error),
    }
}

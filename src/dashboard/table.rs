//! What a row of the table of routes is: an address, who may go there, and what answers.
//!
//! The router is made of rows and of nothing else, and so is the test that tries each of them as everybody.

use axum::{
    Router,
    extract::{DefaultBodyLimit, FromRequestParts, Request, State},
    handler::Handler,
    http::Method,
    middleware::{Next, from_fn_with_state},
    response::Response,
    routing::{MethodRouter, get, post},
};

use super::{
    Dashboard,
    access::{FORM_BYTES_MAX, Newcomer, Visitor},
    place::{Place, StudioPlace},
};
use crate::domain::studio::Permission;

/// Who may go to an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum May {
    /// Whoever comes: the way in.
    Anybody,
    /// Who is in, though without a second factor.
    Newcomers,
    /// Who is in, with a second factor if one is needed.
    Visitors,
    /// Whose role in the studio of the path's `{game_id}` allows it.
    Game(Permission),
    /// Whose role in the path's `{studio_id}` allows it.
    Studio(Permission),
}

/// An address of the dashboard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// `GET` or `POST`.
    pub method: Method,
    /// Below `/dashboard`, with its variables in braces.
    pub path: &'static str,
    /// Who may.
    pub may: May,
}

/// An address and what answers there.
pub(super) struct Row {
    pub(super) address: Address,
    handler: MethodRouter<Dashboard>,
}

/// A page to look at.
pub(super) fn page<H, T>(path: &'static str, may: May, handler: H) -> Row
where
    H: Handler<T, Dashboard>,
    T: 'static,
{
    Row { address: Address { method: Method::GET, path, may }, handler: get(handler) }
}

/// A form's address.
pub(super) fn form<H, T>(path: &'static str, may: May, handler: H) -> Row
where
    H: Handler<T, Dashboard>,
    T: 'static,
{
    Row { address: Address { method: Method::POST, path, may }, handler: post(handler) }
}

impl Row {
    /// A form that may be larger than others, in bytes.
    #[must_use]
    pub(super) fn taking(mut self, bytes_max: usize) -> Self {
        self.handler = self.handler.layer(DefaultBodyLimit::max(bytes_max));
        self
    }

    /// Puts the row into a router, with a guard before it.
    pub(super) fn add_to(self, router: Router<Dashboard>, desk: &Dashboard) -> Router<Dashboard> {
        let state = (desk.clone(), self.address.may);
        let handler = self.handler.route_layer(from_fn_with_state(state, guard));
        let handler = handler.layer(DefaultBodyLimit::max(FORM_BYTES_MAX));
        router.route(self.address.path, handler)
    }
}

async fn guard(
    State((desk, may)): State<(Dashboard, May)>,
    request: Request,
    next: Next,
) -> Response {
    let (mut parts, body) = request.into_parts();
    let admitted = match may {
        May::Anybody => Ok(()),
        May::Newcomers => Newcomer::from_request_parts(&mut parts, &desk).await.map(drop),
        May::Visitors => Visitor::from_request_parts(&mut parts, &desk).await.map(drop),
        May::Game(needed) => Place::find(&mut parts, &desk, needed).await.map(|it| {
            parts.extensions.insert(it);
        }),
        May::Studio(needed) => StudioPlace::find(&mut parts, &desk, needed).await.map(|it| {
            parts.extensions.insert(it);
        }),
    };
    match admitted {
        Ok(()) => next.run(Request::from_parts(parts, body)).await,
        Err(refused) => refused,
    }
}

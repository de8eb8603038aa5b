//! What the page's handlers share, and the answers that they have in common.

use std::sync::Arc;

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use sqlx::PgPool;
use url::Url;

use super::{
    headers::plain_headers,
    page_response,
    views::{Problem, problem_page},
};
use crate::{
    clock::Clock,
    domain::id::SessionId,
    event_store::{CommandContext, EventStore},
    providers::Registry,
};

/// What the handlers share.
#[derive(Clone)]
pub struct Checkout {
    /// Commands in, aggregates out.
    pub store: EventStore,
    /// For the game's name.
    pub pool: PgPool,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Where players find the page.
    pub pay_base_url: Url,
    /// Who takes payments.
    pub providers: Registry,
}

impl Checkout {
    /// A command of the player's.
    pub(super) fn context(&self, session_id: &SessionId) -> CommandContext {
        CommandContext::new("player", session_id.as_str(), self.clock.now())
    }
}

/// A page that says why there is none.
pub(super) fn problem(problem: Problem) -> Response {
    page_response(problem.status(), |nonce| problem_page(problem, None, nonce))
}

/// An internal error: read by the operator here, and shown to nobody.
pub(super) fn went_wrong(error: &dyn std::error::Error, session_id: &SessionId) -> Response {
    tracing::error!(%error, %session_id, "the payment page failed");
    problem(Problem::WentWrong)
}

/// Leads to the session's page. A form never leads anywhere else: see [`super::headers`].
pub(super) fn to_page(session_id: &SessionId) -> Response {
    let mut headers = plain_headers();
    if let Ok(location) = HeaderValue::try_from(format!("/{session_id}")) {
        headers.insert(header::LOCATION, location);
    }
    (StatusCode::SEE_OTHER, headers).into_response()
}

//! What the page's handlers share, and the answers that they have in common.

use std::{convert::Infallible, ops::Deref, sync::Arc};

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use sqlx::PgPool;
use url::Url;

use super::{frame::problem, look_ups::LookUps, views::Problem};
use crate::{
    clock::Clock,
    domain::{
        id::SessionId,
        session::{Session, SessionState},
    },
    event_store::{CommandContext, EventStore, StoreError},
    ids::REQUEST_ID_HEADER,
    page_headers::plain_headers,
    providers::Registry,
};

/// What the payment page works with.
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

/// What the handlers share.
#[derive(Clone)]
pub(super) struct Shared {
    pub(super) checkout: Checkout,
    pub(super) look_ups: LookUps,
}

/// The same for one request.
pub(super) struct Desk {
    shared: Shared,
    request_id: String,
}

/// Why a session cannot be shown.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unshowable {
    /// The log could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Its history is one that the rules cannot have written: a human must look at it.
    #[error("the session's history is damaged")]
    Damaged,
}

/// The state of a session that is there and sound. `None`: there is none.
pub(super) fn sound(session: Session) -> Result<Option<Box<SessionState>>, Unshowable> {
    match session {
        Session::Present(state) => Ok(Some(state)),
        Session::Absent => Ok(None),
        Session::Corrupt => Err(Unshowable::Damaged),
    }
}

impl FromRequestParts<Shared> for Desk {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, shared: &Shared) -> Result<Self, Infallible> {
        let request_id = request_id(&parts.headers).to_owned();
        Ok(Self { shared: shared.clone(), request_id })
    }
}

impl Deref for Desk {
    type Target = Checkout;

    fn deref(&self) -> &Checkout {
        &self.shared.checkout
    }
}

impl Desk {
    /// What providers lately said.
    pub(super) fn look_ups(&self) -> &LookUps {
        &self.shared.look_ups
    }

    /// A command of `actor`'s that this request led to.
    pub(super) fn context(&self, actor: &str) -> CommandContext {
        CommandContext::new(actor, self.request_id.as_str(), self.clock.now())
    }
}

/// The request's name in logs and events. Every request has one.
pub(super) fn request_id(headers: &HeaderMap) -> &str {
    headers.get(REQUEST_ID_HEADER).and_then(|it| it.to_str().ok()).unwrap_or_default()
}

/// An internal error: read by the operator here, and shown to nobody.
pub(super) fn went_wrong(error: &dyn std::error::Error, session_id: &SessionId) -> Response {
    tracing::error!(%error, %session_id, "the payment page failed");
    problem(Problem::WentWrong)
}

/// Leads to the session's page. A form never leads anywhere else: see [`crate::page_headers`].
pub(super) fn to_page(session_id: &SessionId) -> Response {
    let mut headers = plain_headers();
    if let Ok(location) = HeaderValue::try_from(format!("/{session_id}")) {
        headers.insert(header::LOCATION, location);
    }
    (StatusCode::SEE_OTHER, headers).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_damaged_history_is_an_error_and_not_a_session_that_never_was() {
        assert!(matches!(sound(Session::Absent), Ok(None)));
        assert!(matches!(sound(Session::Corrupt), Err(Unshowable::Damaged)));
    }
}

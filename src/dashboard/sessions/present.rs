//! The session that a request is about, as the log has it now.

use axum::{http::StatusCode, response::Response};
use cqrs_es::Aggregate;
use maud::html;
use serde::Deserialize;

use crate::{
    dashboard::{
        Dashboard, Place,
        answer::{page, went_wrong},
        views::{Problem, problem_in, sessions_path},
    },
    domain::{
        id::SessionId,
        session::{Session, SessionEvent, SessionState},
    },
    event_store::LoadedEvent,
};

/// Which session.
#[derive(Deserialize)]
pub(super) struct Which {
    pub(super) session_id: String,
}

/// A session of this game and world.
pub(super) struct Present {
    pub(super) session_id: SessionId,
    /// Folded from `events`.
    pub(super) state: Box<SessionState>,
    /// In the order of the log.
    pub(super) events: Vec<LoadedEvent<SessionEvent>>,
}

/// Its history is one that the rules cannot have written: a human must look at it.
#[derive(Debug, thiserror::Error)]
#[error("the session's history is damaged")]
struct Damaged;

/// Finds it. Of another game or world there is none: the answer is the same.
pub(super) async fn present(
    desk: &Dashboard,
    place: &Place,
    which: Which,
) -> Result<Present, Response> {
    let session_id = SessionId::parse(which.session_id).map_err(|_| not_here(place))?;
    let events = desk.store.events::<Session>(session_id.as_str()).await;
    let events = events.map_err(|error| went_wrong(&error))?;
    let mut session = Session::default();
    events.iter().for_each(|it| session.apply(it.event.clone()));
    let state = match session {
        Session::Present(state) => state,
        Session::Absent => return Err(not_here(place)),
        Session::Corrupt => return Err(went_wrong(&Damaged)),
    };
    let is_here = state.game_id == place.game_id && state.world == place.world;
    if is_here { Ok(Present { session_id, state, events }) } else { Err(not_here(place)) }
}

fn not_here(place: &Place) -> Response {
    let way_back = html! { p { a class="button" href=(sessions_path(place)) { "All sessions" } } };
    page(StatusCode::NOT_FOUND, |nonce| problem_in(place, Problem::NotFound, &way_back, nonce))
}

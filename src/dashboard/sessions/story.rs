//! `GET …/sessions/{session_id}`: all that is known of one session, as the log tells it.

use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};
use cqrs_es::Aggregate;
use maud::html;
use serde::Deserialize;

use super::story_view::{Story, story_page};
use crate::{
    dashboard::{
        Dashboard, Place,
        answer::{page, went_wrong},
        views::{Problem, problem_in, sessions_path},
    },
    domain::{id::SessionId, session::Session},
    event_store::StoreError,
};

/// Which session.
#[derive(Deserialize)]
pub(in crate::dashboard) struct Which {
    session_id: String,
}

/// Why a session cannot be shown.
#[derive(Debug, thiserror::Error)]
enum Unshowable {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    /// Its history is one that the rules cannot have written: a human must look at it.
    #[error("the session's history is damaged")]
    Damaged,
}

pub(in crate::dashboard) async fn story(
    State(dashboard): State<Dashboard>,
    place: Place,
    Path(Which { session_id }): Path<Which>,
) -> Response {
    let Ok(session_id) = SessionId::parse(session_id) else { return not_here(&place) };
    match told(&dashboard, &place, session_id).await {
        Ok(Some(story)) => page(StatusCode::OK, |nonce| story_page(&story, nonce)),
        Ok(None) => not_here(&place),
        Err(error) => went_wrong(&error),
    }
}

/// `None`: there is no such session, or it is another game's or world's. The answer is the same.
async fn told<'a>(
    dashboard: &Dashboard,
    place: &'a Place,
    session_id: SessionId,
) -> Result<Option<Story<'a>>, Unshowable> {
    let as_of = dashboard.clock.now();
    let events = dashboard.store.events::<Session>(session_id.as_str()).await?;
    let mut session = Session::default();
    events.iter().for_each(|it| session.apply(it.event.clone()));
    let state = match session {
        Session::Present(state) => state,
        Session::Absent => return Ok(None),
        Session::Corrupt => return Err(Unshowable::Damaged),
    };
    if state.game_id.as_str() != place.game.id || state.world != place.world {
        return Ok(None);
    }
    let messages = dashboard.history.of_session(&session_id, state.created_at).await?;
    Ok(Some(Story { place, session_id, state, events, messages, as_of }))
}

fn not_here(place: &Place) -> Response {
    let way_back = html! { p { a class="button" href=(sessions_path(place)) { "All sessions" } } };
    page(StatusCode::NOT_FOUND, |nonce| problem_in(place, Problem::NotFound, &way_back, nonce))
}

//! `GET …/sessions/{session_id}`: all that is known of one session, as the log tells it.

use std::collections::BTreeMap;

use axum::{
    extract::{Path, RawQuery, State},
    http::StatusCode,
    response::Response,
};

use super::{
    done::Done,
    present::{Present, Which, present},
    story_view::{Story, story_page},
};
use crate::{
    dashboard::{
        Dashboard, Place,
        answer::{page, went_wrong},
    },
    people::person_of,
    projections::person::names_of,
    webhooks::SessionMessage,
};

pub(super) async fn story(
    State(desk): State<Dashboard>,
    place: Place,
    Path(which): Path<Which>,
    RawQuery(query): RawQuery,
) -> Result<Response, Response> {
    let as_of = desk.clock.now();
    let found = present(&desk, &place, which).await?;
    let around = around(&desk, &found).await;
    let (messages, people) = around.map_err(|error| went_wrong(&error))?;
    let done = Done::read(query.as_deref().unwrap_or_default());
    let url = desk.payment_url(&found.session_id);
    let story = Story { place: &place, found, messages, people, url, done, as_of };
    Ok(page(StatusCode::OK, |nonce| story_page(&story, nonce)))
}

/// What was sent because of it, and what the people are called who acted on it.
async fn around(
    desk: &Dashboard,
    found: &Present,
) -> Result<(Vec<SessionMessage>, BTreeMap<String, String>), sqlx::Error> {
    let messages = desk.history.of_session(&found.session_id, found.state.created_at).await?;
    let actors = found.events.iter().map(|it| it.envelope.actor.as_str());
    let ids: Vec<String> = actors.filter_map(person_of).map(str::to_owned).collect();
    Ok((messages, names_of(&desk.pool, &ids).await?))
}

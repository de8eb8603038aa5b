//! Whose pages these are: an endpoint of the game's world, how it does, and who paused it.

use axum::{http::StatusCode, response::Response};
use maud::html;

use super::{SECTION, deliveries_path};
use crate::{
    dashboard::{
        Dashboard, Place,
        answer::page,
        views::{Problem, problem_in, problem_in_section, sessions_path},
    },
    domain::{
        Timestamp,
        game::{DisabledBy, Game, GameEvent, RegisteredEndpoint},
        id::PersonId,
    },
    event_store::StoreError,
    people::person_of,
    projections::person::PersonRow,
    webhooks::{Health, endpoint_health},
};

/// An endpoint, and how it does.
pub(super) struct Known<'a> {
    pub(super) place: &'a Place,
    pub(super) endpoint: &'a RegisteredEndpoint,
    pub(super) health: Health,
    /// Who paused it, if somebody did.
    pub(super) paused_by: Option<PausedBy>,
    pub(super) as_of: Timestamp,
}

/// Whoever paused an endpoint.
pub(super) enum PausedBy {
    /// A person of the studio, by what people call them.
    Person(String),
    /// Somebody else, as the log has it.
    Actor(String),
}

/// Why an endpoint cannot be shown.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unknowable {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// An endpoint of the place. One of another game or world is as unknown as one that never was.
pub(super) fn find<'a>(place: &'a Place, endpoint_id: &str) -> Option<&'a RegisteredEndpoint> {
    let is_it = |it: &&RegisteredEndpoint| {
        it.endpoint_id.as_str() == endpoint_id && it.endpoint.world == place.world
    };
    place.game.endpoints.iter().find(is_it)
}

/// How it does now.
pub(super) async fn known<'a>(
    desk: &Dashboard,
    place: &'a Place,
    endpoint: &'a RegisteredEndpoint,
) -> Result<Known<'a>, Unknowable> {
    let as_of = desk.clock.now();
    let health = endpoint_health(&desk.pool, &endpoint.endpoint_id, as_of).await?;
    let is_paused = endpoint.disabled.is_some_and(|it| it.by == DisabledBy::Person);
    let paused_by = if is_paused { paused_by(desk, place, endpoint).await? } else { None };
    Ok(Known { place, endpoint, health, paused_by, as_of })
}

/// Whoever did it last, as the log has it.
async fn paused_by(
    desk: &Dashboard,
    place: &Place,
    endpoint: &RegisteredEndpoint,
) -> Result<Option<PausedBy>, Unknowable> {
    let events = desk.store.events::<Game>(place.game_id.as_str()).await?;
    let is_it = |event: &GameEvent| {
        matches!(event, GameEvent::EndpointDisabled { endpoint_id, .. }
            if *endpoint_id == endpoint.endpoint_id)
    };
    let Some(event) = events.iter().rev().find(|it| is_it(&it.event)) else { return Ok(None) };
    let text = event.envelope.actor.as_str();
    let person_id = person_of(text).and_then(|it| PersonId::parse(it).ok());
    let person = match person_id {
        Some(it) => PersonRow::find(&desk.pool, it.as_str()).await?,
        None => None,
    };
    let called = person.and_then(|it| it.name.or(it.email));
    Ok(Some(called.map_or_else(|| PausedBy::Actor(text.to_owned()), PausedBy::Person)))
}

/// There is no such endpoint here.
pub(super) fn not_here(place: &Place) -> Response {
    let way_back = html! { p { a class="button" href=(sessions_path(place)) { "All sessions" } } };
    page(StatusCode::NOT_FOUND, |nonce| problem_in(place, Problem::NotFound, &way_back, nonce))
}

/// There is no such message of this endpoint, or none any more.
pub(super) fn no_message(place: &Place, endpoint: &RegisteredEndpoint) -> Response {
    let list = deliveries_path(place, endpoint.endpoint_id.as_str());
    let way_back = html! {
        p { "Messages are kept for 30 days." }
        p { a class="button" href=(list) { "All deliveries" } }
    };
    page(StatusCode::NOT_FOUND, |nonce| problem_in(place, Problem::NotFound, &way_back, nonce))
}

/// Others kept changing the game meanwhile; `path` is where to look.
pub(super) fn changed_meanwhile(place: &Place, path: &str) -> Response {
    let way_back = html! { p { a class="button" href=(path) { "Look again" } } };
    page(StatusCode::CONFLICT, |nonce| {
        problem_in_section(place, SECTION, Problem::ChangedMeanwhile, &way_back, nonce)
    })
}

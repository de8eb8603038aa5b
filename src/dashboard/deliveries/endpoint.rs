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
        private::Private,
        text::Reason,
    },
    event_store::StoreError,
    people::person_of,
    projections::person::names_of,
    webhooks::{Health, endpoint_health},
};

/// An endpoint, and how it does.
pub(super) struct Known<'a> {
    pub(super) place: &'a Place,
    pub(super) endpoint: &'a RegisteredEndpoint,
    pub(super) health: Health,
    /// Who paused it, if somebody did.
    pub(super) paused: Option<Paused>,
    pub(super) as_of: Timestamp,
}

/// That somebody paused an endpoint.
pub(super) struct Paused {
    pub(super) by: PausedBy,
    /// Why, if they said so.
    pub(super) why: Option<Private<Reason>>,
}

/// Whoever paused an endpoint.
pub(super) enum PausedBy {
    /// A person of the studio, by what people call them; of whom that was erased, nothing.
    Person(Option<String>),
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
    let paused = if is_paused { paused(desk, place, endpoint).await? } else { None };
    Ok(Known { place, endpoint, health, paused, as_of })
}

/// Whoever did it last, as the log has it.
async fn paused(
    desk: &Dashboard,
    place: &Place,
    endpoint: &RegisteredEndpoint,
) -> Result<Option<Paused>, Unknowable> {
    let events = desk.store.events::<Game>(place.game_id.as_str()).await?;
    let is_it = |event: &GameEvent| {
        matches!(event, GameEvent::EndpointDisabled { endpoint_id, .. }
            if *endpoint_id == endpoint.endpoint_id)
    };
    let Some(event) = events.into_iter().rev().find(|it| is_it(&it.event)) else { return Ok(None) };
    let actor = event.envelope.actor;
    let by = match person_of(&actor) {
        Some(id) => {
            let mut names = names_of(&desk.pool, &[id.to_owned()]).await?;
            PausedBy::Person(names.remove(id))
        }
        None => PausedBy::Actor(actor),
    };
    Ok(Some(Paused { by, why: event.reason }))
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

//! What a game's server needs to work with us: its API keys, where its webhooks go, and the secrets that
//! sign them.
//!
//! A key is shown once, on the answer to the form that made it; a secret, to who has just proved who they
//! are, and the log says so. Neither is ever in an address, in a log line or on a later page. All is done
//! by `crate::admin`, and a form that is sent twice does its work once.

mod endpoints;
mod keys;
mod overview;
mod overview_view;
mod paths;
mod problems;
mod refused;
mod snippets;
mod words;

use super::{
    Place,
    table::{May, Row, page},
};
use crate::domain::{
    game::{Key, RegisteredEndpoint},
    studio::Permission::SeeIntegration,
};

/// Its pages.
pub(super) fn rows() -> Vec<Row> {
    let mut rows =
        vec![page("/{game_id}/{world}/developers", May::Game(SeeIntegration), overview::overview)];
    rows.extend(keys::rows());
    rows.extend(endpoints::rows());
    rows
}

/// A key of the world that somebody is in. One of the other world is not there.
fn key_of<'a>(place: &'a Place, key_id: &str) -> Option<&'a Key> {
    keys_of(place).find(|it| it.key_id.as_str() == key_id)
}

/// All of them, as they were given out.
fn keys_of(place: &Place) -> impl Iterator<Item = &Key> {
    place.game.keys.iter().filter(|it| it.world == place.world)
}

/// An endpoint of the world that somebody is in. One of the other world is not there.
fn endpoint_of<'a>(place: &'a Place, endpoint_id: &str) -> Option<&'a RegisteredEndpoint> {
    endpoints_of(place).find(|it| it.endpoint_id.as_str() == endpoint_id)
}

/// All of them, as they were added.
fn endpoints_of(place: &Place) -> impl Iterator<Item = &RegisteredEndpoint> {
    place.game.endpoints.iter().filter(|it| it.endpoint.world == place.world)
}

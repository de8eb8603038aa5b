//! `GET …/activity`: the latest events, and the script that adds those to come.

use axum::{extract::State, http::StatusCode, response::Response};

use super::view::{Activity, activity_page};
use crate::dashboard::{Dashboard, Place, answer::page_with_script};

pub(super) async fn page(State(desk): State<Dashboard>, place: Place) -> Response {
    let as_of = desk.clock.now();
    let latest = desk.feed.latest(&place.game.id, place.world).await;
    let activity = Activity { place: &place, latest, as_of };
    page_with_script(StatusCode::OK, |nonce| activity_page(&activity, nonce))
}

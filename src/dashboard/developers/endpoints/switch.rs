//! Nothing more for an endpoint, until it is resumed. Both are safe to repeat.

use axum::{
    extract::{Path, State},
    response::Response,
};

use super::{
    super::{endpoint_of, refused::not_here},
    Which,
    page::answered,
};
use crate::dashboard::{Dashboard, Place, access::Act};

/// `POST …/endpoints/{endpoint_id}/pause`
pub(super) async fn pause(
    State(desk): State<Dashboard>,
    place: Place,
    Path(Which { endpoint_id }): Path<Which>,
    act: Act,
) -> Response {
    let Some(it) = endpoint_of(&place, &endpoint_id) else { return not_here(&place) };
    let id = it.endpoint_id.clone();
    let paused = act.admin(&desk).disable_endpoint(&place.game_id, id).await;
    answered(&desk, &place, it, paused.map(|()| "paused")).await
}

/// `POST …/endpoints/{endpoint_id}/resume`
pub(super) async fn resume(
    State(desk): State<Dashboard>,
    place: Place,
    Path(Which { endpoint_id }): Path<Which>,
    act: Act,
) -> Response {
    let Some(it) = endpoint_of(&place, &endpoint_id) else { return not_here(&place) };
    let id = it.endpoint_id.clone();
    let resumed = act.admin(&desk).enable_endpoint(&place.game_id, id).await;
    answered(&desk, &place, it, resumed.map(|()| "resumed")).await
}

//! Other webhooks for an endpoint, or another place for them.

use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};

use super::{
    super::{endpoint_of, paths, refused::not_here},
    Which,
    add::FormOf,
    form::{Typed, change_to},
};
use crate::dashboard::{Dashboard, Place, access::Act, answer::see_other};

/// `GET …/endpoints/{endpoint_id}/edit`
pub(super) async fn edit_page(place: Place, Path(Which { endpoint_id }): Path<Which>) -> Response {
    let Some(it) = endpoint_of(&place, &endpoint_id) else { return not_here(&place) };
    let typed = Typed::as_it_is(&it.endpoint);
    FormOf { place: &place, endpoint: Some(it), typed: &typed }.again(StatusCode::OK, &[], None)
}

/// `POST …/endpoints/{endpoint_id}/edit`
pub(super) async fn edit_endpoint(
    State(desk): State<Dashboard>,
    place: Place,
    Path(Which { endpoint_id }): Path<Which>,
    act: Act,
) -> Response {
    let Some(it) = endpoint_of(&place, &endpoint_id) else { return not_here(&place) };
    let typed = Typed::of(&act.fields);
    let form = FormOf { place: &place, endpoint: Some(it), typed: &typed };
    let change = match typed.read(place.world, &desk.targets) {
        Ok(endpoint) => change_to(endpoint),
        Err(problems) => return form.again(StatusCode::BAD_REQUEST, &problems, None),
    };
    let id = it.endpoint_id.clone();
    match act.admin(&desk).change_endpoint(&place.game_id, id, change).await {
        Ok(()) => see_other(&format!("{}?done=changed", paths::endpoint(&place, &endpoint_id))),
        Err(error) => form.refused(error),
    }
}

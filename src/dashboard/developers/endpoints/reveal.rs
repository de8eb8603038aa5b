//! An endpoint's secret, shown to who has just proved who they are.

use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};

use super::{
    super::{endpoint_of, paths, refused::not_here, snippets::Language},
    Which,
    page::answered,
    secret_view::{Revealed, revealed},
};
use crate::dashboard::{
    Dashboard, Place,
    access::Act,
    answer::{page, see_other},
};

/// `GET …/endpoints/{endpoint_id}/reveal`: the address of an answer that is gone. It shows no secret.
pub(super) async fn reveal_page(
    place: Place,
    Path(Which { endpoint_id }): Path<Which>,
) -> Response {
    match endpoint_of(&place, &endpoint_id) {
        Some(it) => see_other(&paths::endpoint(&place, it.endpoint_id.as_str())),
        None => not_here(&place),
    }
}

/// `POST …/endpoints/{endpoint_id}/reveal`: each time stands in the log.
pub(super) async fn reveal_secret(
    State(desk): State<Dashboard>,
    place: Place,
    Path(Which { endpoint_id }): Path<Which>,
    act: Act,
) -> Response {
    let Some(it) = endpoint_of(&place, &endpoint_id) else { return not_here(&place) };
    let back = paths::endpoint(&place, it.endpoint_id.as_str());
    if let Some(to_prove) = act.ask_for_proof(&desk, &back) {
        return to_prove;
    }
    let secrets = act.admin(&desk).reveal_secrets(&place.game_id, it.endpoint_id.clone()).await;
    match secrets {
        Ok(rotation) => {
            let language = Language::chosen(act.fields.text("language"));
            let view = Revealed { place: &place, endpoint: it, rotation: &rotation, language };
            page(StatusCode::OK, |nonce| revealed(&view, nonce))
        }
        Err(error) => answered(&desk, &place, it, Err(error)).await,
    }
}

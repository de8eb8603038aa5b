//! An end to an endpoint: a page that says what stops, and the act.

use axum::{
    extract::{Path, State},
    response::Response,
};
use maud::html;

use super::{
    super::{endpoint_of, paths, refused::not_here},
    Which,
    page::answered,
    second_look::Look,
};
use crate::{
    dashboard::{Dashboard, Place, access::Act, answer::see_other},
    domain::id::EndpointId,
};

const LOOK: Look = Look {
    act: "remove",
    title: "Remove an endpoint",
    question: "Remove this endpoint?",
    meaning: |place| {
        html! {
            div class="warning" {
                p { strong { "Nothing is sent there any more." } " There is no way back." }
                p {
                    "Your server hears there no more of payments in the " (place.world) " world. What is still to be \
                     sent is dropped, and what was given up with it. Its secrets are deleted."
                }
                p { "To have nothing sent for a while, pause it instead: what comes meanwhile is kept." }
            }
        }
    },
    button: "Remove this endpoint",
    tone: "danger",
    keep: "Keep it",
};

/// `GET …/endpoints/{endpoint_id}/remove`
pub(super) async fn remove_page(
    place: Place,
    Path(Which { endpoint_id }): Path<Which>,
) -> Response {
    let Some(it) = endpoint_of(&place, &endpoint_id) else { return not_here(&place) };
    LOOK.ask(&place, it, &[])
}

/// `POST …/endpoints/{endpoint_id}/remove`: sent twice, the second finds it gone, and is answered as the
/// first.
pub(super) async fn remove_endpoint(
    State(desk): State<Dashboard>,
    place: Place,
    Path(Which { endpoint_id }): Path<Which>,
    act: Act,
) -> Response {
    let Ok(id) = EndpointId::parse(endpoint_id) else { return not_here(&place) };
    let found = endpoint_of(&place, id.as_str());
    // The other world's is none of this page's business.
    if found.is_none() && place.game.endpoints.iter().any(|it| it.endpoint_id == id) {
        return not_here(&place);
    }
    if let Some(asked_again) = found.and_then(|it| LOOK.without_why(&place, it, &[], &act)) {
        return asked_again;
    }
    match (act.admin(&desk).remove_endpoint(&place.game_id, id).await, found) {
        (Ok(()), _) => see_other(&format!("{}?done=removed", paths::developers(&place))),
        (Err(error), Some(it)) => answered(&desk, &place, it, Err(error)).await,
        (Err(_), None) => not_here(&place),
    }
}

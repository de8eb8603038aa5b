//! An end to an endpoint's old secrets, although their grace is not over.

use axum::{
    extract::{Path, State},
    response::Response,
};
use maud::html;

use super::{
    super::{endpoint_of, refused::not_here},
    Which,
    page::answered,
    second_look::Look,
};
use crate::dashboard::{Dashboard, Place, access::Act};

const LOOK: Look = Look {
    act: "expire",
    title: "End old secrets",
    question: "End the old secrets now?",
    meaning: |_| {
        html! {
            div class="warning" {
                p { strong { "From now on the current secret signs alone." } }
                p { "A server that does not have it yet refuses what it is sent, which is then tried again." }
            }
        }
    },
    button: "End the old secrets",
    tone: "danger",
    keep: "Let them end by themselves",
};

/// `GET …/endpoints/{endpoint_id}/expire`
pub(super) async fn expire_page(
    place: Place,
    Path(Which { endpoint_id }): Path<Which>,
) -> Response {
    let Some(it) = endpoint_of(&place, &endpoint_id) else { return not_here(&place) };
    LOOK.ask(&place, it, &[])
}

/// `POST …/endpoints/{endpoint_id}/expire`: safe to repeat.
pub(super) async fn expire_secrets(
    State(desk): State<Dashboard>,
    place: Place,
    Path(Which { endpoint_id }): Path<Which>,
    act: Act,
) -> Response {
    let Some(it) = endpoint_of(&place, &endpoint_id) else { return not_here(&place) };
    if let Some(asked_again) = LOOK.without_why(&place, it, &[], &act) {
        return asked_again;
    }
    let id = it.endpoint_id.clone();
    let expired = act.admin(&desk).expire_old_secrets(&place.game_id, id).await;
    answered(&desk, &place, it, expired.map(|()| "expired")).await
}

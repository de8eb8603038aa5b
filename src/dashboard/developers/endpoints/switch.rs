//! Nothing more for an endpoint, until it is resumed. Both are safe to repeat.

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
    act: "pause",
    title: "Pause an endpoint",
    question: "Pause this endpoint?",
    meaning: |place| {
        html! {
            div class="warning" {
                p { strong { "Nothing is sent there until it is resumed." } }
                p {
                    "Your server hears there no more of payments in the " (place.world) " world. What comes \
                     meanwhile is kept for 30 days, and sent when it is resumed."
                }
            }
        }
    },
    button: "Pause this endpoint",
    tone: "danger",
    keep: "Go on sending",
};

/// `GET …/endpoints/{endpoint_id}/pause`
pub(super) async fn pause_page(place: Place, Path(Which { endpoint_id }): Path<Which>) -> Response {
    let Some(it) = endpoint_of(&place, &endpoint_id) else { return not_here(&place) };
    LOOK.ask(&place, it, &[])
}

/// `POST …/endpoints/{endpoint_id}/pause`
pub(super) async fn pause(
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

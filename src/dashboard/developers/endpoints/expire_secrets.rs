//! An end to an endpoint's old secrets, although their grace is not over.

use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};
use maud::{Markup, html};

use super::{
    super::{endpoint_of, paths, refused::not_here},
    Which,
    page::answered,
};
use crate::{
    dashboard::{
        Dashboard, Place,
        access::Act,
        answer::page,
        views::{Frame, Section, document, own_form, untrusted},
    },
    domain::game::RegisteredEndpoint,
    page_headers::Nonce,
};

/// `GET …/endpoints/{endpoint_id}/expire`
pub(super) async fn expire_page(
    place: Place,
    Path(Which { endpoint_id }): Path<Which>,
) -> Response {
    let Some(it) = endpoint_of(&place, &endpoint_id) else { return not_here(&place) };
    page(StatusCode::OK, |nonce| drawn(&place, it, nonce))
}

/// `POST …/endpoints/{endpoint_id}/expire`: safe to repeat.
pub(super) async fn expire_secrets(
    State(desk): State<Dashboard>,
    place: Place,
    Path(Which { endpoint_id }): Path<Which>,
    act: Act,
) -> Response {
    let Some(it) = endpoint_of(&place, &endpoint_id) else { return not_here(&place) };
    let id = it.endpoint_id.clone();
    let expired = act.admin(&desk).expire_old_secrets(&place.game_id, id).await;
    answered(&desk, &place, it, expired.map(|()| "expired")).await
}

fn drawn(place: &Place, it: &RegisteredEndpoint, nonce: &Nonce) -> Markup {
    let id = it.endpoint_id.as_str();
    let back = paths::endpoint(place, id);
    let buttons = html! {
        div class="actions" {
            button class="button danger" type="submit" { "End the old secrets" }
            a class="button" href=(back) { "Let them end by themselves" }
        }
    };
    let main = html! {
        nav class="crumbs" aria-label="Breadcrumb" {
            a href=(paths::developers(place)) { "Developers" } " / " a href=(back) { "Endpoint" }
        }
        h1 { "End the old secrets now?" }
        p class="lead" { "Of " (untrusted(it.endpoint.url.as_str())) }
        div class="warning" {
            p { strong { "From now on the current secret signs alone." } }
            p { "A server that does not have it yet refuses what it is sent, which is then tried again." }
        }
        (own_form(&paths::of_endpoint(place, id, "expire"), "", &place.account, &buttons))
    };
    let title = "End old secrets";
    document(&Frame { place, section: Section::Developers, title, as_of: None }, &main, nonce)
}

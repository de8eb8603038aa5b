//! An end to an endpoint: a page that says what stops, and the act.

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
        answer::{page, see_other},
        views::{Frame, Section, copyable, document, fact, facts, own_form, untrusted},
    },
    domain::{game::RegisteredEndpoint, id::EndpointId},
    page_headers::Nonce,
};

/// `GET …/endpoints/{endpoint_id}/remove`
pub(super) async fn remove_page(
    place: Place,
    Path(Which { endpoint_id }): Path<Which>,
) -> Response {
    let Some(it) = endpoint_of(&place, &endpoint_id) else { return not_here(&place) };
    page(StatusCode::OK, |nonce| drawn(&place, it, nonce))
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
    match (act.admin(&desk).remove_endpoint(&place.game_id, id).await, found) {
        (Ok(()), _) => see_other(&format!("{}?done=removed", paths::developers(&place))),
        (Err(error), Some(it)) => answered(&desk, &place, it, Err(error)).await,
        (Err(_), None) => not_here(&place),
    }
}

fn drawn(place: &Place, it: &RegisteredEndpoint, nonce: &Nonce) -> Markup {
    let id = it.endpoint_id.as_str();
    let back = paths::endpoint(place, id);
    let buttons = html! {
        div class="actions" {
            button class="button danger" type="submit" { "Remove this endpoint" }
            a class="button" href=(back) { "Keep it" }
        }
    };
    let main = html! {
        nav class="crumbs" aria-label="Breadcrumb" {
            a href=(paths::developers(place)) { "Developers" } " / " a href=(back) { "Endpoint" }
        }
        h1 { "Remove this endpoint?" }
        div class="warning" {
            p { strong { "Nothing is sent there any more." } " There is no way back." }
            p {
                "Your server hears there no more of payments in the " (place.world) " world. What is still to be \
                 sent is dropped, and what was given up with it. Its secrets are deleted."
            }
            p { "To have nothing sent for a while, pause it instead: what comes meanwhile is kept." }
        }
        (facts([
            fact("URL", untrusted(it.endpoint.url.as_str())),
            fact("Id", copyable(id)),
        ]))
        (own_form(&paths::of_endpoint(place, id, "remove"), "", &place.account, &buttons))
    };
    let title = "Remove an endpoint";
    document(&Frame { place, section: Section::Developers, title, as_of: None }, &main, nonce)
}

//! An end to a key: a page that says what stops working, and the act.

use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};
use maud::{Markup, html};

use super::{
    super::{
        key_of,
        overview_view::to_the_minute,
        paths,
        refused::{Refused, not_here, refusal_notice, refused},
        words::scope_words,
    },
    Which,
};
use crate::{
    admin::last_uses,
    dashboard::{
        Dashboard, Place,
        access::Act,
        answer::{page, see_other, went_wrong},
        views::{Frame, Section, copyable, document, fact, facts, moment, own_form, untrusted},
    },
    domain::{Timestamp, game::Key, id::KeyId},
    page_headers::Nonce,
};

/// `GET …/keys/{key_id}/revoke`
pub(super) async fn revoke_page(
    State(desk): State<Dashboard>,
    place: Place,
    Path(Which { key_id }): Path<Which>,
) -> Response {
    let Some(key) = key_of(&place, &key_id) else { return not_here(&place) };
    show(&desk, &place, key, StatusCode::OK, None).await
}

/// `POST …/keys/{key_id}/revoke`: sent twice, the second finds it gone, and is answered as the first.
pub(super) async fn revoke_key(
    State(desk): State<Dashboard>,
    place: Place,
    Path(Which { key_id }): Path<Which>,
    act: Act,
) -> Response {
    let Ok(id) = KeyId::parse(key_id) else { return not_here(&place) };
    let found = key_of(&place, id.as_str());
    // The other world's is none of this page's business.
    if found.is_none() && place.game.keys.iter().any(|it| it.key_id == id) {
        return not_here(&place);
    }
    match (act.admin(&desk).revoke_key(&place.game_id, id).await, found) {
        (Ok(()), _) => see_other(&format!("{}?done=revoked", paths::developers(&place))),
        (Err(error), Some(key)) => match refused(&place, error) {
            Refused::Answered(answer) => answer,
            Refused::Told(why) => show(&desk, &place, key, StatusCode::CONFLICT, Some(&why)).await,
        },
        (Err(_), None) => not_here(&place),
    }
}

async fn show(
    desk: &Dashboard,
    place: &Place,
    key: &Key,
    status: StatusCode,
    refusal: Option<&str>,
) -> Response {
    match last_uses(&desk.pool, [&key.key_id]).await {
        Ok(uses) => {
            let last_use = uses.get(key.key_id.as_str()).copied();
            page(status, |nonce| drawn(place, key, last_use, refusal, nonce))
        }
        Err(error) => went_wrong(&error),
    }
}

fn drawn(
    place: &Place,
    key: &Key,
    last_use: Option<Timestamp>,
    refusal: Option<&str>,
    nonce: &Nonce,
) -> Markup {
    let buttons = html! {
        div class="actions" {
            button class="button danger" type="submit" { "Revoke this key" }
            a class="button" href=(paths::developers(place)) { "Keep it" }
        }
    };
    let main = html! {
        nav class="crumbs" aria-label="Breadcrumb" { a href=(paths::developers(place)) { "Developers" } }
        h1 { "Revoke the key " (untrusted(key.name.as_str())) "?" }
        (refusal_notice(refusal))
        div class="warning" {
            p { strong { "Every game server that uses it is refused within a second." } " There is no way back." }
            p { "What stops working with this key in the " (place.world) " world:" }
            ul class="bullets" {
                @for scope in &key.scopes {
                    @let (name, meaning) = scope_words(*scope);
                    li { strong { (name) } " · " (meaning) }
                }
            }
            p { "To replace it without a gap, rotate it instead." }
        }
        (facts([
            fact("Id", copyable(key.key_id.as_str())),
            fact("Created", moment(key.issued_at)),
            fact("Last used", html! { @match last_use { Some(at) => (to_the_minute(at)), None => "Never" } }),
        ]))
        (own_form(&paths::of_key(place, key.key_id.as_str(), "revoke"), "", &place.account, &buttons))
    };
    let title = "Revoke a key";
    document(&Frame { place, section: Section::Developers, title, as_of: None }, &main, nonce)
}

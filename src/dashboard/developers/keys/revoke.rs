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
        views::{
            FieldProblem, Frame, SecondLook, Section, copyable, document, fact, facts, moment,
            untrusted,
        },
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
    show(&desk, &place, key, StatusCode::OK, &Asked::default()).await
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
    if let (Err(problem), Some(key)) = (act.why(), found) {
        let asked = Asked { why: act.typed_why(), problems: &[problem], refusal: None };
        return show(&desk, &place, key, StatusCode::BAD_REQUEST, &asked).await;
    }
    match (act.admin(&desk).revoke_key(&place.game_id, id).await, found) {
        (Ok(()), _) => see_other(&format!("{}?done=revoked", paths::developers(&place))),
        (Err(error), Some(key)) => match refused(&place, error) {
            Refused::Answered(answer) => answer,
            Refused::Told(refusal) => {
                let refusal = Some(refusal.as_str());
                let asked = Asked { why: act.typed_why(), refusal, ..Asked::default() };
                show(&desk, &place, key, StatusCode::CONFLICT, &asked).await
            }
        },
        (Err(_), None) => not_here(&place),
    }
}

/// What was typed, and why nothing came of it.
#[derive(Default)]
struct Asked<'a> {
    why: &'a str,
    problems: &'a [FieldProblem],
    refusal: Option<&'a str>,
}

async fn show(
    desk: &Dashboard,
    place: &Place,
    key: &Key,
    status: StatusCode,
    asked: &Asked<'_>,
) -> Response {
    match last_uses(&desk.pool, [&key.key_id]).await {
        Ok(uses) => {
            let last_use = uses.get(key.key_id.as_str()).copied();
            page(status, |nonce| drawn(place, key, last_use, asked, nonce))
        }
        Err(error) => went_wrong(&error),
    }
}

fn drawn(
    place: &Place,
    key: &Key,
    last_use: Option<Timestamp>,
    asked: &Asked<'_>,
    nonce: &Nonce,
) -> Markup {
    let back = paths::developers(place);
    let meaning = html! {
        (refusal_notice(asked.refusal))
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
    };
    let look = SecondLook {
        question: html! { "Revoke the key " (untrusted(key.name.as_str())) "?" },
        meaning,
        action: &paths::of_key(place, key.key_id.as_str(), "revoke"),
        hidden: &[],
        why: asked.why,
        problems: asked.problems,
        act: "Revoke this key",
        tone: "danger",
        back: (&back, "Keep it"),
    };
    let main = html! {
        nav class="crumbs" aria-label="Breadcrumb" { a href=(back) { "Developers" } }
        (look.draw(&place.account))
    };
    let is_sound = asked.problems.is_empty() && asked.refusal.is_none();
    let title = if is_sound { "Revoke a key" } else { "Error: Revoke a key" };
    document(&Frame { place, section: Section::Developers, title, as_of: None }, &main, nonce)
}

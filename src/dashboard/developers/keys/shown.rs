//! The one page that shows a key, and what a form that is sent again is told instead.

use axum::{http::StatusCode, response::Response};
use maud::{Markup, html};

use super::super::paths;
use crate::{
    admin::ApiKey,
    dashboard::{
        Place,
        answer::page,
        views::{Frame, Section, copyable, document, fact, facts, moment, untrusted},
    },
    domain::{Timestamp, id::KeyId, text::DisplayName},
    page_headers::Nonce,
};

/// A key that was just made.
pub(super) struct NewlyShown<'a> {
    pub(super) place: &'a Place,
    pub(super) name: DisplayName,
    pub(super) key_id: KeyId,
    pub(super) key: &'a ApiKey,
    pub(super) expires_at: Option<Timestamp>,
    /// The key that it takes the place of, and until when that one works: not any more, if `None`.
    pub(super) replaces: Option<(KeyId, Option<Timestamp>)>,
}

/// Draws it.
pub(super) fn shown(view: &NewlyShown<'_>, nonce: &Nonce) -> Markup {
    let place = view.place;
    let main = html! {
        h1 { "Keep this key now" }
        p class="lead" {
            "This is the only time that it is shown. Nobody can show it again: if it is lost, rotate it."
        }
        div class="once" {
            p class="hint" { "The key of " (untrusted(view.name.as_str())) }
            code { (view.key.reveal()) }
        }
        (facts([
            fact("Id", copyable(view.key_id.as_str())),
            fact("World", html! { (place.world) }),
            fact("Works until", html! {
                @match view.expires_at { Some(at) => (moment(at)), None => "it is revoked" }
            }),
        ]))
        @if let Some((old, until)) = &view.replaces {
            p class="advice" {
                @match until {
                    Some(at) => { "The key " (copyable(old.as_str())) " works until " (moment(*at)) " too." }
                    None => { "The key " (copyable(old.as_str())) " is refused from now on." }
                }
            }
        }
        p { "Your game server sends it as " code { "Authorization: Bearer <key>" } "." }
        p { a class="button primary" href=(paths::developers(place)) { "I have kept it" } }
    };
    let title = "Your new API key";
    document(&Frame { place, section: Section::Developers, title, as_of: None }, &main, nonce)
}

/// The form was sent before, and the key that it made was in the answer to that.
pub(super) fn repeated(place: &Place) -> Response {
    let main = html! {
        h1 { "No second key was made" }
        p class="lead" {
            "This form was sent before. If it made a key, that was shown in the first answer, and cannot be shown \
             again. Look whether it is in the list: if you did not keep it, revoke it and create another."
        }
        p { a class="button primary" href=(paths::developers(place)) { "See the keys" } }
    };
    let title = "No second key was made";
    let frame = Frame { place, section: Section::Developers, title, as_of: None };
    page(StatusCode::CONFLICT, |nonce| document(&frame, &main, nonce))
}

//! What is shown of an endpoint's secrets: when they were made and until when they sign. The page of
//! one that was just revealed is the only one that has it.

use maud::{Markup, html};
use secrecy::ExposeSecret;

use super::{
    super::{
        paths,
        snippets::{Language, snippet},
    },
    page_view::EndpointView,
    reveal::LANGUAGE,
};
use crate::{
    dashboard::{
        Place,
        views::{Frame, Section, document, fact, facts, moment, untrusted},
    },
    domain::{game::RegisteredEndpoint, studio::Permission::ChangeIntegration},
    page_headers::Nonce,
    webhooks::{Rotation, SecretDates},
};

/// The secrets of an endpoint, hidden.
pub(super) fn secrets(view: &EndpointView<'_>) -> Markup {
    let EndpointView { place, endpoint: it, secrets, .. } = *view;
    let path = |act| paths::of_endpoint(place, it.endpoint_id.as_str(), act);
    let old: Vec<_> = secrets.iter().filter(|it| it.expires_at.is_some()).collect();
    let made = secrets.iter().find(|it| it.expires_at.is_none()).map(|it| it.created_at);
    let reveal = format!("{}?{LANGUAGE}={}", path("reveal"), view.language.word());
    let hidden = html! {
        code aria-hidden="true" { "whsec_••••••••••••" } span class="visually-hidden" { "Hidden" }
    };
    let since = html! { @match made { Some(at) => (moment(at)), None => "No secret signs now" } };
    let current = [fact("Secret", hidden), fact("Signs since", since)];
    html! {
        section aria-labelledby="secret" {
            h2 #secret { "Signing secret" }
            (facts(current.into_iter().chain(old.iter().map(|it| old_fact(it)))))
            @if place.may(ChangeIntegration) {
                div class="actions" {
                    a class="button" href=(reveal) { "Reveal the secret" }
                    a class="button" href=(path("rotate")) { "Rotate the secret" }
                    @if !old.is_empty() {
                        a class="button" href=(path("expire")) { "End the old secrets" }
                    }
                }
                p class="hint" {
                    "To reveal it, you must have proved in the last 10 minutes who you are. That you have seen it, and \
                     why, stands in the history."
                }
            }
        }
    }
}

fn old_fact(it: &SecretDates) -> (&'static str, Markup) {
    let until = html! { @if let Some(at) = it.expires_at { "Signs too until " (moment(at)) } };
    fact("Old secret", until)
}

/// A secret that somebody asked to see.
pub(super) struct Revealed<'a> {
    pub(super) place: &'a Place,
    pub(super) endpoint: &'a RegisteredEndpoint,
    pub(super) rotation: &'a Rotation,
    pub(super) language: Language,
}

/// Draws the page that has it.
pub(super) fn revealed(view: &Revealed<'_>, nonce: &Nonce) -> Markup {
    let Revealed { place, endpoint: it, rotation, language } = *view;
    let back = paths::endpoint(place, it.endpoint_id.as_str());
    let main = html! {
        nav class="crumbs" aria-label="Breadcrumb" {
            a href=(paths::developers(place)) { "Developers" } " / " a href=(back) { "Endpoint" }
        }
        h1 { "The signing secret" }
        p class="lead" {
            "Whoever has it can sign what your server takes for ours. That you have seen it stands in the history."
        }
        div class="once" {
            p class="hint" { "The secret of " (untrusted(it.endpoint.url.as_str())) }
            code { (rotation.current.as_text().expose_secret()) }
        }
        @for (_, until) in &rotation.previous {
            p class="advice" { "An old secret signs too until " (moment(*until)) "." }
        }
        p { a class="button primary" href=(back) { "Hide it again" } }
        section aria-labelledby="verify" {
            h2 #verify { "Verify what arrives, in " (language.name()) }
            (snippet(language))
        }
    };
    let title = "The signing secret";
    document(&Frame { place, section: Section::Developers, title, as_of: None }, &main, nonce)
}

//! Draws an endpoint's page.

use maud::{Markup, html};

use super::{
    super::{
        paths,
        refused::refusal_notice,
        snippets::{Language, snippet},
        words::{disabled_words, endpoint_badge, limits_words, shape_words},
    },
    secret_view::secrets,
    test_event::test_types,
};
use crate::{
    dashboard::{
        Place,
        deliveries::delivery_path,
        views::{
            Field, Frame, Section, badge, copyable, document, done_notice, fact, facts, moment,
            own_form, untrusted,
        },
    },
    domain::{
        Timestamp, game::RegisteredEndpoint, studio::Permission::ChangeIntegration, world::World,
    },
    page_headers::Nonce,
    webhooks::{MessageId, SecretDates},
};

/// What the page shows.
pub(super) struct EndpointView<'a> {
    pub(super) place: &'a Place,
    pub(super) endpoint: &'a RegisteredEndpoint,
    /// Of the secrets that sign now, the current one first.
    pub(super) secrets: &'a [SecretDates],
    /// That of the snippet.
    pub(super) language: Language,
    /// What was done just now.
    pub(super) done: &'a str,
    /// The message of a test event that was sent just now.
    pub(super) tested: &'a Option<MessageId>,
    /// Why something was not done.
    pub(super) refusal: Option<&'a str>,
    pub(super) as_of: Timestamp,
}

/// Draws it.
pub(super) fn drawn(view: &EndpointView<'_>, nonce: &Nonce) -> Markup {
    let EndpointView { place, endpoint: it, .. } = *view;
    let title = match &it.endpoint.description {
        Some(name) => untrusted(name.as_str()),
        None => html! { "Webhook endpoint" },
    };
    let main = html! {
        nav class="crumbs" aria-label="Breadcrumb" { a href=(paths::developers(place)) { "Developers" } }
        div class="title" {
            h1 { (title) }
            p class="badges" { (badge(endpoint_badge(it.disabled))) }
        }
        @if let Some(words) = done_words(view.done) { (done_notice(words)) }
        @if let Some(message_id) = view.tested {
            p {
                a href=(delivery_path(place, it.endpoint_id.as_str(), message_id.as_str())) {
                    "What your server answers to the test event"
                }
            }
        }
        (refusal_notice(view.refusal))
        @if let Some(disabled) = it.disabled {
            p class="advice" { (disabled_words(disabled.by)) " Since " (moment(disabled.at)) "." }
        }
        div class="columns" {
            div class="aside" { (actions(view)) (test_event(view)) }
            div class="main" { (settings(it)) (secrets(view)) (verification(view)) }
        }
    };
    let title = if view.refusal.is_some() { "Error: Webhook endpoint" } else { "Webhook endpoint" };
    let as_of = Some(view.as_of);
    document(&Frame { place, section: Section::Developers, title, as_of }, &main, nonce)
}

fn done_words(done: &str) -> Option<&'static str> {
    Some(match done {
        "added" => "The endpoint was added. Reveal its secret, and give it to your server.",
        "changed" => "The endpoint was changed.",
        "paused" => "The endpoint is paused. What is to be sent is kept for 30 days.",
        "resumed" => "The endpoint is resumed. What was kept is sent now.",
        "tested" => "A test event is on its way.",
        "rotated" => {
            "There is a new secret, and it signs from now on. Reveal it, and give it to your server."
        }
        "expired" => "The old secrets sign no more.",
        "repeated" => "This form was sent before. Nothing was done again.",
        _ => return None,
    })
}

fn settings(it: &RegisteredEndpoint) -> Markup {
    let settings = &it.endpoint;
    let (shape, meaning) = shape_words(settings.shape);
    html! {
        section aria-labelledby="settings" {
            h2 #settings { "Settings" }
            (facts([
                fact("URL", untrusted(settings.url.as_str())),
                fact("Types", html! {
                    ul class="words" { @for it in &settings.types { li { code { (it) } } } }
                }),
                fact("Body", html! { (shape) ": " (meaning) }),
                fact("Limits", limits_words(settings.limits)),
                fact("Added", moment(it.added_at)),
                fact("Id", copyable(it.endpoint_id.as_str())),
            ]))
        }
    }
}

fn actions(view: &EndpointView<'_>) -> Markup {
    let EndpointView { place, endpoint: it, .. } = *view;
    let path = |act| paths::of_endpoint(place, it.endpoint_id.as_str(), act);
    html! {
        section aria-labelledby="acts" {
            h2 #acts class="visually-hidden" { "What to do with it" }
            div class="stack" {
                a class="button" href=(path("deliveries")) { "Deliveries" }
                @if place.may(ChangeIntegration) {
                    a class="button" href=(path("edit")) { "Change" }
                    @if it.disabled.is_none() {
                        a class="button" href=(path("pause")) { "Pause" }
                    } @else {
                        (own_form(&path("resume"), "", &place.account, &html! {
                            button class="button" type="submit" { "Resume" }
                        }))
                    }
                    a class="button" href=(path("remove")) { "Remove" }
                }
            }
        }
    }
}

fn test_event(view: &EndpointView<'_>) -> Markup {
    let EndpointView { place, endpoint: it, .. } = *view;
    let types: Vec<_> = test_types(&it.endpoint).map(|it| (it.as_str(), it.as_str())).collect();
    let is_offered = place.world == World::Test && place.may(ChangeIntegration);
    let hint = "Of a session that never was, signed and sent as any other.";
    html! {
        @if is_offered && it.disabled.is_none() && !types.is_empty() {
            section aria-labelledby="test" {
                h2 #test { "Test event" }
                @let fields = html! {
                    (Field { name: "type", label: "Type", hint, problems: &[] }.select(&types, ""))
                    div class="actions" { button class="button" type="submit" { "Send a test event" } }
                };
                (own_form(&paths::of_endpoint(place, it.endpoint_id.as_str(), "test"), "form", &place.account, &fields))
            }
        }
    }
}

fn verification(view: &EndpointView<'_>) -> Markup {
    let here = paths::endpoint(view.place, view.endpoint.endpoint_id.as_str());
    html! {
        section aria-labelledby="verify" {
            h2 #verify { "Verify what arrives" }
            p class="hint" {
                "Whether a delivery is ours, from the secret, the header " code { "X-ToffeePay-Signature" }
                " and the raw bytes of the body, before anything parses them. It needs no library, and takes each \
                 of the signatures that are sent while a secret is rotated."
            }
            nav class="tabs" aria-label="Language" {
                @for it in Language::ALL {
                    a href={ (here) "?language=" (it.word()) "#verify" } aria-current=[(it == view.language).then_some("true")] {
                        (it.name())
                    }
                }
            }
            (snippet(view.language))
        }
    }
}

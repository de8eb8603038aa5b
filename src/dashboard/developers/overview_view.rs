//! Draws the list of keys and endpoints.

use std::collections::HashMap;

use maud::{Markup, html};

use super::{
    endpoints_of, keys_of, paths,
    words::{endpoint_badge, key_badge, limit_line, limits_words, scopes_line, shape_words},
};
use crate::{
    dashboard::{
        Place,
        views::{
            Column, Frame, Section, badge, copyable, document, done_notice, empty, moment, table,
            untrusted,
        },
    },
    domain::{
        Timestamp,
        game::{ENDPOINTS_MAX, KEYS_MAX, Key, RegisteredEndpoint, WebhookType},
        studio::Permission::ChangeIntegration,
    },
    page_headers::Nonce,
};

const KEYS: [Column; 7] = [
    Column::plain("Key"),
    Column::whole("May"),
    Column::whole("Requests"),
    Column::text("Created"),
    Column::text("Expires"),
    Column::text("Last used"),
    Column { name: "Change", class: "plain whole" },
];

const ENDPOINTS: [Column; 5] = [
    Column::plain("Endpoint"),
    Column::text("State"),
    Column::text("Types"),
    Column::whole("Body"),
    Column::whole("Limits"),
];

/// What the page shows.
pub(super) struct Overview<'a> {
    pub(super) place: &'a Place,
    /// When keys were last used.
    pub(super) uses: &'a HashMap<String, Timestamp>,
    /// What was done just now.
    pub(super) done: &'a str,
    pub(super) as_of: Timestamp,
}

/// Draws it.
pub(super) fn overview_page(view: &Overview<'_>, nonce: &Nonce) -> Markup {
    let main = html! {
        h1 { "Developers" }
        @if let Some(words) = done_words(view.done) { (done_notice(words)) }
        (keys(view))
        (endpoints(view))
    };
    let frame = Frame {
        place: view.place,
        section: Section::Developers,
        title: "Developers",
        as_of: Some(view.as_of),
    };
    document(&frame, &main, nonce)
}

fn done_words(done: &str) -> Option<&'static str> {
    match done {
        "revoked" => Some("The key is revoked. It is refused everywhere within a second."),
        "removed" => Some("The endpoint was removed. Nothing is sent there any more."),
        _ => None,
    }
}

fn keys(view: &Overview<'_>) -> Markup {
    let place = view.place;
    let rows: Vec<_> = keys_of(place).map(|it| key_row(view, it)).collect();
    // A game's keys are counted in both of its worlds.
    let is_full = KEYS_MAX <= place.game.keys.len();
    html! {
        section aria-labelledby="keys" {
            div class="heading" {
                h2 #keys { "API keys" }
                @if place.may(ChangeIntegration) && !is_full {
                    a class="button primary" href=(paths::new_key(place)) { "Create a key" }
                }
            }
            p class="hint" {
                "A game server sends its key as " code { "Authorization: Bearer tp_" (place.world) "_…" }
                ". These work in the " (place.world) " world only."
            }
            @if is_full { p class="note" { "The game has " (KEYS_MAX) " keys, as many as it can. Revoke one first." } }
            @if rows.is_empty() {
                (empty("No keys yet", &html! { p { "A game server needs one to create a session." } }))
            } @else { (table("API keys, the oldest first", &KEYS, rows)) }
        }
    }
}

fn key_row(view: &Overview<'_>, key: &Key) -> Vec<Markup> {
    let place = view.place;
    let is_over = key.expires_at.is_some_and(|at| at <= view.as_of);
    let link = |act: &str, name: &str| {
        html! {
            a href=(paths::of_key(place, key.key_id.as_str(), act)) {
                (name) span class="visually-hidden" { " the key " (untrusted(key.name.as_str())) }
            }
        }
    };
    vec![
        html! {
            strong { (untrusted(key.name.as_str())) }
            @if let Some(it) = key_badge(key, is_over) { " " (badge(it)) }
            div { (copyable(key.key_id.as_str())) }
            @if let Some(successor) = &key.rotated_to {
                div class="hint" { "Replaced by " (copyable(successor.as_str())) }
            }
        },
        html! { (scopes_line(&key.scopes)) },
        html! { (limit_line(key.rate_limit, place.world)) },
        moment(key.issued_at),
        html! { @match key.expires_at { Some(at) => (moment(at)), None => "Never" } },
        html! {
            @match view.uses.get(key.key_id.as_str()) { Some(at) => (to_the_minute(*at)), None => "Never" }
        },
        html! {
            @if place.may(ChangeIntegration) {
                span class="links" {
                    @if key.rotated_to.is_none() { (link("rotate", "Rotate")) }
                    (link("revoke", "Revoke"))
                }
            }
        },
    ]
}

/// As exactly as uses are known.
pub(super) fn to_the_minute(at: Timestamp) -> Markup {
    html! {
        time datetime=(at.to_rfc3339()) {
            (at.format("%-d %b %Y")) " " span class="clock" { (at.format("%H:%M")) " UTC" }
        }
    }
}

fn endpoints(view: &Overview<'_>) -> Markup {
    let place = view.place;
    let rows: Vec<_> = endpoints_of(place).map(|it| endpoint_row(place, it)).collect();
    let is_full = ENDPOINTS_MAX <= place.game.endpoints.len();
    html! {
        section aria-labelledby="endpoints" {
            div class="heading" {
                h2 #endpoints { "Webhook endpoints" }
                @if place.may(ChangeIntegration) && !is_full {
                    a class="button primary" href=(paths::new_endpoint(place)) { "Add an endpoint" }
                }
            }
            p class="hint" { "Where your servers hear what became of the sessions of the " (place.world) " world." }
            @if is_full {
                p class="note" { "The game has " (ENDPOINTS_MAX) " endpoints, as many as it can. Remove one first." }
            }
            @if rows.is_empty() {
                (empty("No endpoints yet", &html! { p { "Without one, your server must ask what became of a session." } }))
            } @else { (table("Webhook endpoints, the oldest first", &ENDPOINTS, rows)) }
        }
    }
}

fn endpoint_row(place: &Place, it: &RegisteredEndpoint) -> Vec<Markup> {
    let (id, settings) = (it.endpoint_id.as_str(), &it.endpoint);
    vec![
        html! {
            a class="row-link" href=(paths::endpoint(place, id)) { (untrusted(settings.url.as_str())) }
            @if let Some(name) = &settings.description { div { (untrusted(name.as_str())) } }
            div { (copyable(id)) }
        },
        badge(endpoint_badge(it.disabled)),
        html! { (types_line(&settings.types)) },
        html! { (shape_words(settings.shape).0) },
        limits_words(settings.limits),
    ]
}

/// The types in one line: all, or the first of them and how many more.
fn types_line(types: &[WebhookType]) -> String {
    let named = types.iter().take(2).map(|it| it.as_str()).collect::<Vec<_>>().join(", ");
    match types.len() {
        it if it == WebhookType::ALL.len() => "All".to_owned(),
        0..=2 => named,
        more => format!("{named} and {} more", more - 2),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_types_are_told_in_one_line() {
        assert_eq!(types_line(WebhookType::ALL), "All");
        assert_eq!(types_line(&WebhookType::ALL[..2]), "session.created, session.paid");
        assert_eq!(types_line(&WebhookType::ALL[..3]), "session.created, session.paid and 1 more");
    }
}

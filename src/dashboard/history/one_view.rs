//! Draws one act.

use maud::{Markup, html};

use super::{
    history_path_of,
    list_view::{address, game_name},
    sentence::{proof_words, what, who},
    telling::{Event, Names, Told, ToldEntry, ToldStay},
};
use crate::{
    dashboard::{
        place::StudioPlace,
        sessions::event_data,
        views::{
            account_page, account_page_in, copyable, fact, facts, moment, moment_ms, plain,
            shown_reason, untrusted, world_badge,
        },
    },
    page_headers::Nonce,
    projections::game::GameRow,
};

/// What the page shows.
pub(super) struct One<'a> {
    pub(super) place: &'a StudioPlace,
    pub(super) told: Told,
    pub(super) names: Names,
    pub(super) games: Vec<GameRow>,
}

/// Draws it.
pub(super) fn one_page(one: &One<'_>, nonce: &Nonce) -> Markup {
    let One { place, told, names, games } = one;
    let why = told.why.as_ref().map(|it| fact("Why", shown_reason(it)));
    let game = told.row.game_id.as_ref().map(|it| fact("Game", game_name(games, it)));
    let world = told.world();
    let about_world = world.map(|it| fact("World", world_badge(it)));
    let about =
        [fact("When", moment_ms(told.row.recorded_at)), fact("Who", who(&told.row.actor, names))];
    let about = about.into_iter().chain(why).chain(game).chain(about_world);
    let done = what(told, names);
    let main = html! {
        nav class="crumbs" aria-label="Breadcrumb" {
            a href=(history_path_of(place.studio_id.as_str())) { "History of " bdi { (place.studio_name) } }
        }
        h1 { (done) }
        (facts(about))
        @if let Some(stay) = &told.stay { (from(stay)) }
        section {
            h2 { "In the log" }
            dl class="data" {
                div { dt { code { "type" } } dd { code { (told.row.event_type) } } }
                @if let Some(entry) = &told.entry { (data(&entry.event)) }
                @if let Some(ToldEntry { envelope, .. }) = &told.entry {
                    div { dt { code { "event_id" } } dd { (copyable(envelope.event_id.as_str())) } }
                }
                div { dt { code { "position" } } dd { (told.row.position) } }
                @if let Some(ToldEntry { envelope, .. }) = &told.entry {
                    div { dt { code { "request_id" } } dd { code { (untrusted(&envelope.correlation)) } } }
                }
            }
        }
    };
    let title = format!("{} · History of {}", plain(&done), place.studio_name);
    match world {
        Some(world) => account_page_in(world, &title, &place.account, &main, nonce),
        None => account_page(&title, &place.account, &main, nonce),
    }
}

fn from(stay: &ToldStay) -> Markup {
    let agent = stay.from.known().and_then(|it| it.agent.as_deref());
    html! {
        section {
            h2 { "Came in from" }
            (facts([
                fact("Address", address(stay)),
                fact("Browser", html! {
                    @match agent {
                        Some(it) => (untrusted(it)),
                        None => span class="none" { "not known" },
                    }
                }),
                fact("When", html! { (moment(stay.at)) ", " (proof_words(stay.proof)) }),
            ]))
        }
    }
}

fn data(event: &Event) -> Markup {
    match event {
        Event::Session(event) => event_data(event),
        Event::Game(event) => event_data(event),
        Event::Studio(event) => event_data(event),
    }
}

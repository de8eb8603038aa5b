//! The frame of every page: head, skip link, header, navigation, footer, and our one style.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::{
    account::{Account, account_links},
    section::Section,
    values::moment,
};
use crate::{
    dashboard::{Place, styles::STYLES},
    design::FAVICON,
    domain::{Timestamp, world::World},
    page_headers::Nonce,
};

/// What a page tells its frame.
pub(in crate::dashboard) struct Frame<'a> {
    /// Whose pages.
    pub(in crate::dashboard) place: &'a Place,
    /// Of which part it is.
    pub(in crate::dashboard) section: Section,
    /// The window's title; escaped here.
    pub(in crate::dashboard) title: &'a str,
    /// Of which moment its numbers are.
    pub(in crate::dashboard) as_of: Option<Timestamp>,
}

/// Draws a whole page of a game.
pub(in crate::dashboard) fn document(frame: &Frame<'_>, main: &Markup, nonce: &Nonce) -> Markup {
    document_with(frame, main, &Own::default(), nonce)
}

/// What a page has of its own: never a text of anybody.
#[derive(Default)]
pub(in crate::dashboard) struct Own<'a> {
    /// A script that it does without if it must.
    pub(in crate::dashboard) script: &'a str,
    /// Behind all other styles.
    pub(in crate::dashboard) style: &'a str,
}

/// The same, with a script that its page does without if it must.
pub(in crate::dashboard) fn document_with_script(
    frame: &Frame<'_>,
    main: &Markup,
    script: &str,
    nonce: &Nonce,
) -> Markup {
    document_with(frame, main, &Own { script, style: "" }, nonce)
}

/// The same, with whatever it has of its own.
pub(in crate::dashboard) fn document_with(
    frame: &Frame<'_>,
    main: &Markup,
    own: &Own<'_>,
    nonce: &Nonce,
) -> Markup {
    let script = own.script;
    let Place { game, world, .. } = frame.place;
    let title = format!("{} · {} · {}", frame.title, game.name, world_name(*world));
    let body = html! {
        header class="top" {
            (test_strip(*world))
            div class="bar" {
                (brand())
                p class="game" { span class="visually-hidden" { "Game: " } bdi { (game.name) } }
                (world_switch(frame))
                (account_links(&frame.place.account))
            }
            (navigation(frame))
        }
        main id="main" tabindex="-1" { (main) }
        footer {
            @if let Some(at) = frame.as_of { p { "As of " (moment(at)) ". All times are UTC." } }
            p { "ToffeePay" }
        }
        @if !script.is_empty() { script nonce=(nonce.as_str()) { (PreEscaped(script)) } }
    };
    html_page(&title, *world, own.style, &body, nonce)
}

/// Draws a page of somebody who is in, and of no game.
pub(in crate::dashboard) fn account_page(
    title: &str,
    account: &Account,
    main: &Markup,
    nonce: &Nonce,
) -> Markup {
    plain_page(title, &account_body(None, account, main), nonce)
}

/// The same, of what is in one world alone: it says so as the pages of a game do.
pub(in crate::dashboard) fn account_page_in(
    world: World,
    title: &str,
    account: &Account,
    main: &Markup,
    nonce: &Nonce,
) -> Markup {
    let title = format!("{title} · {} · ToffeePay", world_name(world));
    html_page(&title, world, "", &account_body(Some(world), account, main), nonce)
}

fn account_body(world: Option<World>, account: &Account, main: &Markup) -> Markup {
    html! {
        header class="top" {
            @if let Some(world) = world { (test_strip(world)) }
            div class="bar alone" { (brand()) (account_links(account)) }
        }
        main id="main" tabindex="-1" { (main) }
        footer { p { "ToffeePay" } }
    }
}

fn test_strip(world: World) -> Markup {
    html! {
        @if world == World::Test {
            p class="test-mode" { strong { "Test mode" } " · No real money moves." }
        }
    }
}

/// Draws a page with nothing around it.
pub(in crate::dashboard) fn plain_page(title: &str, body: &Markup, nonce: &Nonce) -> Markup {
    html_page(&format!("{title} · ToffeePay"), World::Live, "", body, nonce)
}

/// Draws a page of no game.
pub(super) fn bare_document(title: &str, main: &Markup, nonce: &Nonce) -> Markup {
    let body = html! {
        header class="top" { div class="bar" { (brand()) } }
        main id="main" tabindex="-1" { (main) }
        footer { p { "ToffeePay" } }
    };
    plain_page(title, &body, nonce)
}

fn html_page(title: &str, world: World, style: &str, body: &Markup, nonce: &Nonce) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="theme-color" content="#fffdfb" media="(prefers-color-scheme: light)";
                meta name="theme-color" content="#211b17" media="(prefers-color-scheme: dark)";
                meta name="format-detection" content="telephone=no";
                title { (title) }
                link rel="icon" href=(FAVICON);
                style nonce=(nonce.as_str()) { @for it in STYLES { (PreEscaped(it)) } (PreEscaped(style)) }
            }
            body class=(world) {
                a class="skip" href="#main" { "Skip to the content" }
                (body)
            }
        }
    }
}

/// The way to the first page.
pub(in crate::dashboard) fn brand() -> Markup {
    html! {
        a class="brand" href="/dashboard" {
            svg class="toffee" viewBox="0 0 32 32" aria-hidden="true" focusable="false" {
                path class="wrapper" d="M1 10l8 4v4l-8 4zM31 10l-8 4v4l8 4z" {}
                rect class="sweet" x="7" y="8" width="18" height="16" rx="5" {}
            }
            "ToffeePay"
        }
    }
}

pub(super) fn world_name(world: World) -> &'static str {
    match world {
        World::Test => "Test",
        World::Live => "Live",
    }
}

/// The two worlds of the game: the same part of the dashboard in the other one. Nothing is in both.
fn world_switch(frame: &Frame<'_>) -> Markup {
    let place = frame.place;
    html! {
        nav class="worlds" aria-label="World" {
            @for world in [World::Test, World::Live] {
                @let there = Place { world, ..place.clone() };
                @let is_here = world == place.world;
                a href=(frame.section.path(&there)) class=(world) aria-current=[is_here.then_some("true")] {
                    (world_name(world))
                    @if is_here { span class="visually-hidden" { " (shown now)" } }
                }
            }
        }
    }
}

fn navigation(frame: &Frame<'_>) -> Markup {
    html! {
        nav class="sections" aria-label="Dashboard" {
            ul {
                @for section in frame.place.sections() {
                    @let is_here = section == frame.section;
                    li {
                        a href=(section.path(frame.place)) aria-current=[is_here.then_some("page")] {
                            (section.name())
                        }
                    }
                }
            }
        }
    }
}

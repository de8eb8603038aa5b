//! The frame of every page: head, header, footer, and our one style and one script.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::{View, icons};
use crate::{
    design::{COMMON, FAVICON, ORDER_STYLE, accent_style},
    domain::{colour::Accent, id::SessionId, world::World},
    page_headers::Nonce,
};

/// Under 30 KB with the style; a test holds that.
const SCRIPT: &str = include_str!("../page.js");
const STYLE: &str = include_str!("../page.css");

/// What a page puts into the frame.
pub(super) struct Document<'a> {
    /// The window's title; escaped here.
    pub(super) title: String,
    /// Whose page, and which; none for a page about no session.
    pub(super) session: Option<(&'a SessionId, View)>,
    /// The test world is named in the header.
    pub(super) world: World,
    /// In which colour, unless it is ours.
    pub(super) accent: Option<&'a Accent>,
    /// Where to go, and after how many seconds, when there is no script.
    pub(super) refresh: Option<Refresh<'a>>,
    /// The page itself.
    pub(super) main: Markup,
}

/// What a browser without script does by itself.
pub(super) struct Refresh<'a> {
    pub(super) after_seconds: u32,
    /// `None`: the same page again.
    pub(super) url: Option<&'a str>,
}

impl Refresh<'_> {
    fn content(&self) -> String {
        match self.url {
            Some(url) => format!("{};url={url}", self.after_seconds),
            None => self.after_seconds.to_string(),
        }
    }
}

/// Draws a whole page.
pub(super) fn document(page: Document<'_>, nonce: &Nonce) -> Markup {
    let path = page.session.map(|(id, _)| format!("/{id}"));
    let view = page.session.map(|(_, view)| view.as_str());
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="theme-color" content="#f7f1ea" media="(prefers-color-scheme: light)";
                meta name="theme-color" content="#161210" media="(prefers-color-scheme: dark)";
                meta name="format-detection" content="telephone=no";
                title { (page.title) }
                link rel="icon" href=(FAVICON);
                @if let Some(refresh) = page.refresh {
                    noscript { meta http-equiv="refresh" content=(refresh.content()); }
                }
                style nonce=(nonce.as_str()) {
                    (PreEscaped(COMMON)) (PreEscaped(ORDER_STYLE)) (PreEscaped(STYLE))
                    @if let Some(accent) = page.accent { (PreEscaped(accent_style(accent))) }
                }
            }
            body data-view=[view] data-page=[path] {
                @if page.world == World::Test {
                    p class="test-mode" { strong { "Test mode" } " · No real money moves." }
                }
                (page.main)
                footer {
                    p { (icons::lock()) "Secure payment by " strong { "ToffeePay" } }
                }
                script nonce=(nonce.as_str()) { (PreEscaped(SCRIPT)) }
            }
        }
    }
}

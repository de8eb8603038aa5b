//! The pages between pressing pay and knowing: waiting, and a step at the player's bank.

use maud::{Markup, html};
use url::Url;

use super::{
    Summary, View, icons,
    layout::{Document, Refresh, document},
    summary::receipt,
};
use crate::{domain::id::SessionId, page_headers::Nonce};

/// How often a browser without script looks again, in seconds.
const REFRESH_SECONDS: u32 = 3;

/// When the action page leaves for the bank by itself, with script in milliseconds.
const LEAVE_AFTER_MS: u32 = 900;
/// The same without script, in seconds.
const LEAVE_AFTER_SECONDS: u32 = 2;

/// What the waiting page shows.
#[derive(Clone, Debug)]
pub struct WaitingView {
    /// Whose page.
    pub session_id: SessionId,
    /// What is sold.
    pub summary: Summary,
    /// Whose turn it is.
    pub waits_for: WaitsFor,
}

/// Who has to do something before a payment goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitsFor {
    /// The provider: its answer is on the way.
    Provider,
    /// The game: the money is held, and until the game takes it the player can cancel.
    Game,
    /// One of us: another amount was taken than was asked for.
    Us,
}

impl WaitsFor {
    /// A page of its own each, so that a script that looks again sees the change.
    pub(in crate::checkout) fn view(self) -> View {
        match self {
            Self::Provider => View::Waiting,
            Self::Game => View::Held,
            Self::Us => View::Unsettled,
        }
    }

    fn heading(self) -> &'static str {
        match self {
            Self::Provider => "Processing your payment",
            Self::Game => "Approved by your bank",
            Self::Us => "We are looking at your payment",
        }
    }

    fn sentence(self, game: &Markup) -> Markup {
        match self {
            Self::Provider => html! { "This usually takes a few seconds. Please don’t pay again." },
            Self::Game => html! { "Waiting for " (game) " to confirm your purchase." },
            Self::Us => html! {
                "Another amount was taken than was asked for, and one of us settles it. "
                "Please don’t pay again."
            },
        }
    }
}

/// Draws the page that waits for somebody. It claims no outcome.
pub fn waiting_page(view: &WaitingView, nonce: &Nonce) -> Markup {
    let heading = view.waits_for.heading();
    let game = html! { bdi { (view.summary.game_name) } };
    let main = html! {
        main class="sheet single" {
            div class="status waiting" { span class="spinner" aria-hidden="true" {} }
            h1 { (heading) }
            p role="status" { (view.waits_for.sentence(&game)) }
            (receipt(&view.summary, None))
            @if view.waits_for == WaitsFor::Game {
                form method="post" action={ "/" (view.session_id) "/cancel" } {
                    button type="submit" class="button quiet" autocomplete="off" { "Cancel" }
                }
            }
            p class="hint" {
                "You can leave this page: " (game) " hears from us as soon as it is settled."
            }
        }
    };
    let refresh = Some(Refresh { after_seconds: REFRESH_SECONDS, url: None });
    let session = Some((&view.session_id, view.waits_for.view()));
    let title = format!("{heading} · {}", view.summary.game_name);
    document(
        Document {
            title,
            session,
            world: view.summary.world,
            accent: view.summary.accent.as_ref(),
            refresh,
            main,
        },
        nonce,
    )
}

/// Where a provider wants the player's browser: a page on the web, and nothing that runs here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActionUrl(Url);

impl ActionUrl {
    /// Takes what a provider answered. `None`: not an address to send anybody to.
    pub fn parse(text: &str) -> Option<Self> {
        let url = Url::parse(text).ok()?;
        matches!(url.scheme(), "http" | "https").then_some(Self(url))
    }
}

/// What the page before a bank's own step shows.
#[derive(Clone, Debug)]
pub struct ActionView {
    /// Whose page.
    pub session_id: SessionId,
    /// What is sold.
    pub summary: Summary,
    /// Where the step is done.
    pub action_url: ActionUrl,
}

/// Draws the page that sends the player to the bank's step (3-D Secure), by itself and by a link.
pub fn action_page(view: &ActionView, nonce: &Nonce) -> Markup {
    let url = view.action_url.0.as_str();
    let main = html! {
        main class="sheet single" {
            div class="status action" { (icons::shield()) }
            h1 { "Confirm with your bank" }
            p { "Your bank asks you to confirm this payment on its own page. You come back here afterwards." }
            (receipt(&view.summary, None))
            a class="button primary" href=(url) data-leave-after-ms=(LEAVE_AFTER_MS) {
                "Continue to your bank"
            }
            p class="hint" data-leaving="Taking you to your bank…" aria-live="polite" {}
        }
    };
    let refresh = Some(Refresh { after_seconds: LEAVE_AFTER_SECONDS, url: Some(url) });
    let session = Some((&view.session_id, View::Action));
    let title = format!("Confirm with your bank · {}", view.summary.game_name);
    document(
        Document {
            title,
            session,
            world: view.summary.world,
            accent: view.summary.accent.as_ref(),
            refresh,
            main,
        },
        nonce,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_player_is_only_ever_sent_to_a_web_page() {
        assert!(ActionUrl::parse("https://bank.example/3ds?id=1").is_some());
        assert!(ActionUrl::parse("http://127.0.0.1:8080/sandbox/3ds").is_some());
        for text in ["javascript:alert(1)", "data:text/html,x", "/3ds", ""] {
            assert_eq!(ActionUrl::parse(text), None, "{text}");
        }
    }
}

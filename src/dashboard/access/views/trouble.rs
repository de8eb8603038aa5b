//! The page for when there is no other.

use axum::http::StatusCode;
use maud::{Markup, html};

use super::card::card;
use crate::page_headers::Nonce;

/// Why there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::dashboard::access) enum Trouble {
    /// A link was used, or its time is over.
    Link,
    /// Who came in by a link took too long.
    StaleLink,
    /// Another site sent the form, or a page of another stay.
    ForeignForm,
    /// The form cannot be read.
    Unreadable,
    /// Somebody ended their visit while this was under way.
    PutOut,
    /// Too many at once.
    Busy,
}

impl Trouble {
    pub(in crate::dashboard::access) fn status(self) -> StatusCode {
        match self {
            Self::Link => StatusCode::GONE,
            Self::StaleLink | Self::ForeignForm => StatusCode::FORBIDDEN,
            Self::Unreadable => StatusCode::BAD_REQUEST,
            Self::PutOut => StatusCode::CONFLICT,
            Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Link => (
                "This link does not work",
                "It was used, or its time is over. Ask for another; nobody came in by it just now.",
            ),
            Self::StaleLink => (
                "Ask for another link",
                "You came in by a link some time ago. To choose a password, open a fresh one.",
            ),
            Self::ForeignForm => (
                "We did not take this form",
                "It was not sent by a page of this visit. Go back, load the page again, and send it \
                 once more. Nothing was changed.",
            ),
            Self::Unreadable => {
                ("We could not read this form", "Nothing was changed. Load the page again.")
            }
            Self::PutOut => (
                "You were signed out",
                "Your visit ended while this was under way: somebody made another link for you, or let you in no \
                 more. Nothing was changed; the password that you chose does not hold.",
            ),
            Self::Busy => ("One moment", "Too many people are signing in. Try again in a moment."),
        }
    }
}

/// Draws the page.
pub(in crate::dashboard::access) fn trouble_page(trouble: Trouble, nonce: &Nonce) -> Markup {
    let (title, text) = trouble.words();
    let main = html! {
        h1 { (title) }
        p { (text) }
        p class="hint" { a href="/dashboard" { "To the dashboard" } }
    };
    card(title, nonce, &main)
}

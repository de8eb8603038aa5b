//! The pages for when there is nothing to show. They say what to do and nothing about us.

use axum::http::StatusCode;
use maud::{Markup, html};

use super::{
    icons,
    layout::{Document, document},
};
use crate::{domain::world::World, page_headers::Nonce};

/// Why there is no page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// No such session, or an id that we never gave out: the same answer for both.
    NotFound,
    /// The form did not come from our page.
    ForeignForm,
    /// The form cannot be read.
    Unreadable,
    /// Too much to do at the moment; nothing was begun.
    Busy,
    /// A failure of ours.
    WentWrong,
}

impl Problem {
    /// The status of the answer.
    pub fn status(self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::ForeignForm => StatusCode::FORBIDDEN,
            Self::Unreadable => StatusCode::BAD_REQUEST,
            Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Self::WentWrong => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn heading(self) -> &'static str {
        match self {
            Self::NotFound => "Page not found",
            Self::ForeignForm | Self::Unreadable => "We couldn’t take this form",
            Self::Busy => "One moment, please",
            Self::WentWrong => "Something went wrong",
        }
    }

    fn sentence(self) -> &'static str {
        match self {
            Self::NotFound => {
                "This payment link doesn’t lead anywhere. Open it again from your game."
            }
            Self::ForeignForm => {
                "It wasn’t sent from our payment page. Open it again from your game."
            }
            Self::Unreadable => {
                "Something in it is missing. Open the payment again from your game."
            }
            Self::Busy => {
                "Many people are paying right now. Nothing was charged; please try again."
            }
            // What was under way when it went wrong is settled from the log, not from this page.
            Self::WentWrong => "It’s our fault. Reload the page to see where your payment stands.",
        }
    }

    fn icon(self) -> Markup {
        match self {
            Self::Busy => icons::clock(),
            Self::NotFound | Self::ForeignForm | Self::Unreadable | Self::WentWrong => {
                icons::alert()
            }
        }
    }
}

/// Draws the page of a problem. `request_id` is for support: the log has the rest.
pub fn problem_page(problem: Problem, request_id: Option<&str>, nonce: &Nonce) -> Markup {
    let main = html! {
        main class="sheet single" {
            div class="status problem" { (problem.icon()) }
            h1 { (problem.heading()) }
            p { (problem.sentence()) }
            @if let Some(request_id) = request_id {
                p class="hint" { "Reference " code { (request_id) } }
            }
        }
    };
    let title = format!("{} · ToffeePay", problem.heading());
    // Without a session there is no telling which world it was.
    let world = World::Live;
    document(Document { title, session: None, world, accent: None, refresh: None, main }, nonce)
}

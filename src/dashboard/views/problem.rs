//! The pages for when there is nothing to show. They say what to do and nothing about us.

use maud::{Markup, html};

use super::{
    Account,
    layout::{Frame, account_page, bare_document, document},
    role::role_name,
    section::Section,
};
use crate::{dashboard::Place, domain::studio::Role, page_headers::Nonce};

/// Why there is no page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::dashboard) enum Problem {
    /// There is none, or not for whoever asks.
    NotFound,
    /// A failure of ours.
    WentWrong,
    /// More was sent than is taken.
    TooLarge,
    /// Others kept changing the same thing.
    ChangedMeanwhile,
}

impl Problem {
    fn title(self) -> &'static str {
        match self {
            Self::NotFound => "Page not found",
            Self::WentWrong => "Something went wrong",
            Self::TooLarge => "That was too much",
            Self::ChangedMeanwhile => "Nothing was changed",
        }
    }

    fn advice(self) -> &'static str {
        match self {
            Self::NotFound => {
                "There is nothing at this address, or it belongs to another game or world. \
                 Check the link, or search for what you need."
            }
            // An error at the commit is unknown, not failed.
            Self::WentWrong => {
                "We could not answer. If you were changing something, look first whether it was changed; \
                 then try again."
            }
            Self::TooLarge => "What you sent is larger than we take. Nothing was changed.",
            Self::ChangedMeanwhile => {
                "It was being changed at the same moment. Look at it again, then try once more."
            }
        }
    }
}

fn words(problem: Problem) -> Markup {
    html! { h1 { (problem.title()) } p class="lead" { (problem.advice()) } }
}

/// One where nothing is known of who asks.
pub(in crate::dashboard) fn bare_problem(problem: Problem, nonce: &Nonce) -> Markup {
    bare_document(problem.title(), &words(problem), nonce)
}

/// One with a reference by which we find out what happened.
pub(in crate::dashboard) fn failed_page(
    problem: Problem,
    request_id: &str,
    nonce: &Nonce,
) -> Markup {
    let main = html! {
        (words(problem))
        p class="hint" { "Reference: " code class="id" { (request_id) } }
        p { a class="button" href="/dashboard" { "Your games" } }
    };
    bare_document(problem.title(), &main, nonce)
}

/// One within a game's pages.
pub(in crate::dashboard) fn problem_in(
    place: &Place,
    problem: Problem,
    way_back: &Markup,
    nonce: &Nonce,
) -> Markup {
    problem_in_section(place, Section::Sessions, problem, way_back, nonce)
}

/// One within a part of a game's pages.
pub(in crate::dashboard) fn problem_in_section(
    place: &Place,
    section: Section,
    problem: Problem,
    way_back: &Markup,
    nonce: &Nonce,
) -> Markup {
    let main = html! { (words(problem)) (way_back) };
    let frame = Frame { place, section, title: problem.title(), as_of: None };
    document(&frame, &main, nonce)
}

/// One for somebody who works at the studio, in a role that does not see this.
pub(in crate::dashboard) fn not_allowed_page(
    account: &Account,
    role: Role,
    nonce: &Nonce,
) -> Markup {
    let title = "Your role does not allow this";
    let main = html! {
        h1 { (title) }
        p class="lead" {
            "You are here as " strong { (role_name(role)) } ". Nothing was changed. An owner of the studio can \
             give you another role."
        }
        p { a class="button" href="/dashboard" { "Your games" } }
    };
    account_page(title, account, &main, nonce)
}

//! Why something was not done, as far as whoever asked can do something about it.

use axum::{http::StatusCode, response::Response};
use maud::{Markup, html};

use super::paths;
use crate::{
    admin::AdminError,
    dashboard::{
        Place,
        answer::{page, went_wrong},
        views::{Problem, Section, problem_in_section},
    },
    domain::game::GameError,
};

/// What to do about a refusal.
pub(super) enum Refused {
    /// Read it beside the form, and send the form again.
    Told(String),
    /// Nothing: this is the answer.
    Answered(Response),
}

/// Finds out which.
pub(super) fn refused(place: &Place, error: AdminError) -> Refused {
    match error {
        AdminError::Game(
            GameError::NotFound | GameError::KeyNotFound | GameError::EndpointNotFound,
        ) => Refused::Answered(not_here(place)),
        AdminError::Game(GameError::Corrupt) => Refused::Answered(went_wrong(&error)),
        AdminError::Game(_) | AdminError::Conflict | AdminError::Repeated => {
            Refused::Told(sentence(&error.to_string()))
        }
        error => Refused::Answered(went_wrong(&error)),
    }
}

/// There is no such key or endpoint here: not in this game, or in its other world, or not any more.
pub(super) fn not_here(place: &Place) -> Response {
    let way_back =
        html! { p { a class="button" href=(paths::developers(place)) { "Keys and endpoints" } } };
    page(StatusCode::NOT_FOUND, |nonce| {
        problem_in_section(place, Section::Developers, Problem::NotFound, &way_back, nonce)
    })
}

/// A refusal beside a form.
pub(super) fn refusal_notice(text: Option<&str>) -> Markup {
    html! {
        @if let Some(text) = text { div class="problems" role="alert" { p { (text) } } }
    }
}

fn sentence(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().map(|it| it.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", characters.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_told_as_a_sentence() {
        let refusal = AdminError::Game(GameError::TooManyKeys).to_string();
        assert_eq!(sentence(&refusal), "A game has at most 50 API keys; revoke one first.");
        assert_eq!(sentence(""), ".");
    }
}

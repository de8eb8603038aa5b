//! What somebody is asked before an endpoint is stopped or its secrets are touched: what that means, and why.

use axum::{http::StatusCode, response::Response};
use maud::{Markup, html};

use super::super::paths;
use crate::{
    dashboard::{
        Place,
        access::Act,
        answer::page,
        views::{
            FieldProblem, Frame, SecondLook, Section, copyable, document, fact, facts, untrusted,
        },
    },
    domain::game::RegisteredEndpoint,
};

/// What is about to be done, in words.
pub(super) struct Look {
    /// The last part of its address.
    pub(super) act: &'static str,
    pub(super) title: &'static str,
    pub(super) question: &'static str,
    /// What it means.
    pub(super) meaning: fn(&Place) -> Markup,
    pub(super) button: &'static str,
    /// The button's: `danger` or `primary`.
    pub(super) tone: &'static str,
    /// The button that leaves all as it is.
    pub(super) keep: &'static str,
}

impl Look {
    /// Asks.
    pub(super) fn ask(
        &self,
        place: &Place,
        it: &RegisteredEndpoint,
        hidden: &[(&str, &str)],
    ) -> Response {
        self.show(place, it, hidden, ("", &[]), StatusCode::OK)
    }

    /// The page that asks again, unless the answer says why.
    pub(super) fn without_why(
        &self,
        place: &Place,
        it: &RegisteredEndpoint,
        hidden: &[(&str, &str)],
        act: &Act,
    ) -> Option<Response> {
        let problem = act.why().err()?;
        let typed = (act.typed_why(), &[problem][..]);
        Some(self.show(place, it, hidden, typed, StatusCode::BAD_REQUEST))
    }

    fn show(
        &self,
        place: &Place,
        it: &RegisteredEndpoint,
        hidden: &[(&str, &str)],
        (why, problems): (&str, &[FieldProblem]),
        status: StatusCode,
    ) -> Response {
        let id = it.endpoint_id.as_str();
        let back = paths::endpoint(place, id);
        let look = SecondLook {
            question: html! { (self.question) },
            meaning: html! {
                ((self.meaning)(place))
                (facts([
                    fact("URL", untrusted(it.endpoint.url.as_str())),
                    fact("Id", copyable(id)),
                ]))
            },
            action: &paths::of_endpoint(place, id, self.act),
            hidden,
            why,
            problems,
            act: self.button,
            tone: self.tone,
            back: (&back, self.keep),
        };
        let main = html! {
            nav class="crumbs" aria-label="Breadcrumb" {
                a href=(paths::developers(place)) { "Developers" } " / " a href=(back) { "Endpoint" }
            }
            (look.draw(&place.account))
        };
        let title = self.title;
        let title = if problems.is_empty() { title.to_owned() } else { format!("Error: {title}") };
        let frame = Frame { place, section: Section::Developers, title: &title, as_of: None };
        page(status, |nonce| document(&frame, &main, nonce))
    }
}

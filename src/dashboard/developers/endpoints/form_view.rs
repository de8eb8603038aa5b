//! Draws the form of an endpoint.

use maud::{Markup, html};

use super::{
    super::{
        paths,
        refused::refusal_notice,
        words::{shape_line, type_words},
    },
    form::{AT_ONCE, DESCRIPTION, PER_SECOND, SHAPE, TYPES, Typed, URL},
};
use crate::{
    dashboard::{
        Place,
        views::{Field, FieldProblem, Frame, Section, document, own_form, problem_list},
    },
    domain::{
        game::{PayloadShape, RegisteredEndpoint, WebhookType},
        text::DisplayName,
    },
    page_headers::Nonce,
    webhooks::{AT_ONCE_USUAL, ENDPOINT_URL_BYTES_MAX},
};

/// The longest that a number can be, generously.
const SHORT: usize = 20;

/// What the page shows.
pub(super) struct EndpointForm<'a> {
    pub(super) place: &'a Place,
    /// The endpoint that is changed; a new one, if `None`.
    pub(super) of: Option<&'a RegisteredEndpoint>,
    pub(super) typed: &'a Typed,
    pub(super) problems: &'a [FieldProblem],
    /// Why nothing was done, if it is not for a field.
    pub(super) refusal: Option<&'a str>,
}

/// Draws it.
pub(super) fn endpoint_form(view: &EndpointForm<'_>, nonce: &Nonce) -> Markup {
    let place = view.place;
    let (title, action, back) = match view.of {
        None => ("Add a webhook endpoint", paths::new_endpoint(place), paths::developers(place)),
        Some(it) => {
            let id = it.endpoint_id.as_str();
            let action = paths::of_endpoint(place, id, "edit");
            ("Change the endpoint", action, paths::endpoint(place, id))
        }
    };
    let fields = html! {
        (fields(view))
        div class="actions" {
            button class="button primary" type="submit" {
                @if view.of.is_none() { "Add the endpoint" } @else { "Save" }
            }
            a class="button" href=(back) { "Cancel" }
        }
    };
    let main = html! {
        nav class="crumbs" aria-label="Breadcrumb" {
            a href=(paths::developers(place)) { "Developers" }
            @if view.of.is_some() { " / " a href=(back) { "Endpoint" } }
        }
        h1 { (title) }
        (refusal_notice(view.refusal))
        (problem_list("The endpoint was not saved", view.problems))
        (own_form(&action, "form", &place.account, &fields))
    };
    let is_wrong = view.refusal.is_some() || !view.problems.is_empty();
    let title = if is_wrong { format!("Error: {title}") } else { title.to_owned() };
    let frame = Frame { place, section: Section::Developers, title: &title, as_of: None };
    document(&frame, &main, nonce)
}

fn fields(view: &EndpointForm<'_>) -> Markup {
    let (typed, problems) = (view.typed, view.problems);
    let field = |(name, label), hint| Field { name, label, hint, problems };
    let shapes = PayloadShape::ALL.iter().map(|it| (it.as_str(), shape_line(*it)));
    let mut shapes: Vec<(&str, &str)> = shapes.collect();
    // What is none is shown as it was sent.
    if !shapes.iter().any(|(it, _)| *it == typed.shape) {
        shapes.push((&typed.shape, &typed.shape));
    }
    let types = WebhookType::ALL.iter().map(|it| (it.as_str(), it.as_str(), type_words(*it)));
    let types: Vec<_> = types.collect();
    let is_chosen = |word: &str| typed.types.iter().any(|it| it == word);
    let at_once_hint =
        format!("The most deliveries under way at the same time: 1 to 64. Empty: {AT_ONCE_USUAL}.");
    html! {
        (field(URL, "Where your server listens: https, on the public internet, at port 443 or 8443.")
            .text("url", &typed.url, ENDPOINT_URL_BYTES_MAX))
        (field(DESCRIPTION, "What you call it, such as “Game server, Frankfurt”. May be empty.")
            .text("text", &typed.description, DisplayName::LENGTH_MAX))
        (field(SHAPE, "A receiver written for the one does not understand the other.")
            .select(&shapes, &typed.shape))
        (field(TYPES, "A flat endpoint takes sessions’ types only. A receiver built from the guide may grant \
            items on any webhook that verifies: give it session.paid alone.").choices(&types, is_chosen))
        div class="pair" {
            (field(AT_ONCE, &at_once_hint).text("number", &typed.at_once, SHORT))
            (field(PER_SECOND, "The most that begin in a second: 1 to 10,000. Empty: any number.")
                .text("number", &typed.per_second, SHORT))
        }
    }
}

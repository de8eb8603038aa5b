//! Draws the form for a new key.

use maud::{Markup, html};

use super::{
    super::{
        paths,
        refused::refusal_notice,
        words::{scope_words, usual_per_second},
    },
    form::{EXPIRES, NAME, PER_SECOND, SCOPES, Typed},
};
use crate::{
    dashboard::{
        Place,
        views::{Field, FieldProblem, Frame, Section, document, own_form, problem_list},
    },
    domain::{game::KeyScope, text::DisplayName, world::World},
    page_headers::Nonce,
};

/// The longest that a day or a number can be, generously.
const SHORT: usize = 20;

/// What the page shows.
pub(super) struct NewKeyView<'a> {
    pub(super) place: &'a Place,
    pub(super) typed: &'a Typed,
    pub(super) problems: &'a [FieldProblem],
    /// Why no key was given out, if it is not for a field.
    pub(super) refusal: Option<&'a str>,
}

/// Draws it.
pub(super) fn new_key_form(view: &NewKeyView<'_>, nonce: &Nonce) -> Markup {
    let place = view.place;
    let main = html! {
        nav class="crumbs" aria-label="Breadcrumb" { a href=(paths::developers(place)) { "Developers" } }
        h1 { "Create an API key" }
        (refusal_notice(view.refusal))
        (problem_list("No key was created", view.problems))
        (own_form(&paths::new_key(place), "form", &place.account, &fields(view)))
    };
    let is_wrong = view.refusal.is_some() || !view.problems.is_empty();
    let title = if is_wrong { "Error: Create an API key" } else { "Create an API key" };
    document(&Frame { place, section: Section::Developers, title, as_of: None }, &main, nonce)
}

fn fields(view: &NewKeyView<'_>) -> Markup {
    let (typed, problems, world) = (view.typed, view.problems, view.place.world);
    let scopes: Vec<_> = KeyScope::ALL
        .iter()
        .map(|it| {
            let (name, meaning) = scope_words(*it);
            (it.as_str(), name, meaning)
        })
        .collect();
    let is_chosen = |word: &str| typed.scopes.iter().any(|it| it == word);
    let usual = usual_per_second(world);
    let limit_hint = format!(
        "1 to {usual}, to one process of ours. Empty: {usual}, as every key of the {world} world. Whoever runs \
         ToffeePay can allow more."
    );
    html! {
        (field(NAME, "Where it is used, such as “Game server, Frankfurt”.", problems)
            .text("text", &typed.name, DisplayName::LENGTH_MAX))
        (field(SCOPES, "", problems).choices(&scopes, is_chosen))
        (field(EXPIRES, "At the beginning of this day, UTC. Empty: it works until it is revoked. A game server \
            whose key has expired takes no payments.", problems).text("date", &typed.expires, SHORT))
        (field(PER_SECOND, &limit_hint, problems).text("number", &typed.per_second, SHORT))
        @if world == World::Live {
            p class="advice" { "A live key moves real money. Keep it where only your game server reads it." }
        }
        div class="actions" {
            button class="button primary" type="submit" { "Create the key" }
            a class="button" href=(paths::developers(view.place)) { "Cancel" }
        }
    }
}

fn field<'a>(
    (name, label): (&'static str, &'static str),
    hint: &'a str,
    problems: &'a [FieldProblem],
) -> Field<'a> {
    Field { name, label, hint, problems }
}

//! Draws the form of a payment link.

use maud::{Markup, html};

use super::{
    PATH,
    form::{COUNTRY, CURRENCY, LinkForm, PLAYER, PRICE, RETURN_URL, TITLE},
};
use crate::{
    dashboard::{
        Place,
        views::{
            Field, FieldProblem, Frame, Section, document, own_form, problem_list, sessions_path,
        },
    },
    domain::{
        return_url::RETURN_URL_BYTES_MAX,
        text::{ItemTitle, UserId},
        world::World,
    },
    page_headers::Nonce,
};

/// The longest price that can be typed, in characters: more than the highest one has.
const PRICE_LENGTH_MAX: usize = 16;
/// ISO 3166-1 alpha-2.
const COUNTRY_LENGTH: usize = 2;

/// What the page shows.
pub(super) struct LinkView<'a> {
    pub(super) place: &'a Place,
    /// As it was typed.
    pub(super) form: &'a LinkForm,
    pub(super) problems: &'a [FieldProblem],
    /// Whether anybody takes payments in this world.
    pub(super) takes_payments: bool,
}

/// Draws the page.
pub(super) fn link_page(view: &LinkView<'_>, nonce: &Nonce) -> Markup {
    let place = view.place;
    let main = html! {
        nav class="crumbs" aria-label="Breadcrumb" { a href=(sessions_path(place)) { "Sessions" } }
        h1 { "New payment link" }
        @if view.takes_payments {
            p class="lead" {
                "A session for one player, as the game’s server makes one: the same webhooks follow. "
                @match place.world {
                    World::Live => "Whoever pays it pays real money.",
                    World::Test => "Test mode: no real money moves.",
                }
            }
            (problem_list("No link was made", view.problems))
            (own_form(&place.path(PATH), "form", &place.account, &fields(view)))
        } @else {
            p class="notice" role="alert" { "No payment provider takes payments in this world yet." }
        }
    };
    let title =
        if view.problems.is_empty() { "New payment link" } else { "Error: New payment link" };
    document(&Frame { place, section: Section::Sessions, title, as_of: None }, &main, nonce)
}

fn fields(view: &LinkView<'_>) -> Markup {
    let LinkView { place, form, problems, .. } = view;
    let field = |name, label, hint| Field { name, label, hint, problems };
    let currencies: Vec<(&str, &str)> =
        place.game.currencies.iter().map(|it| (it.as_str(), it.as_str())).collect();
    let player = field(PLAYER, "Player", "Their user id in the game. The purchase is theirs.");
    let title = field(TITLE, "Item", "What they buy, as they will read it.");
    let price = field(PRICE, "Price", "Such as 4.99; all taxes are in it.");
    let country =
        field(COUNTRY, "Country", "The player’s, by two letters such as DE. May be empty.");
    let back = field(RETURN_URL, "Return URL", "Where they go afterwards: the game’s deep link.");
    html! {
        (player.text("text", &form.player, UserId::LENGTH_MAX))
        (title.text("text", &form.title, ItemTitle::LENGTH_MAX))
        (price.text("text", &form.price, PRICE_LENGTH_MAX))
        (field(CURRENCY, "Currency", "").select(&currencies, &form.currency))
        (country.text("text", &form.country, COUNTRY_LENGTH))
        (back.text("text", &form.return_url, RETURN_URL_BYTES_MAX))
        p class="actions" {
            button class="button primary" type="submit" { "Make the link" }
            a class="button" href=(sessions_path(place)) { "Back" }
        }
    }
}

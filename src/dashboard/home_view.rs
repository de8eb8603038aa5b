//! Draws the first page: studios and their games.

use maud::{Markup, html};

use super::history::history_path_of;
use super::people::people_path_of;
use super::views::{
    Account, Column, account_page, empty, first_path_of, role_name, table, untrusted,
};
use crate::{
    domain::{
        studio::{Permission, Role},
        world::World,
    },
    page_headers::Nonce,
    projections::game::GameRow,
};

const GAMES: [Column; 7] = [
    Column::plain("Game"),
    Column::text("World"),
    Column::text("Currencies"),
    Column::text("Capture"),
    Column::text("Time to pay"),
    Column::number("API keys"),
    Column::number("Endpoints"),
];

/// What the page shows.
pub(super) struct HomeView<'a> {
    /// Who looks.
    pub(super) account: &'a Account,
    /// Whether they have a second factor.
    pub(super) is_enrolled: bool,
    /// Where they work.
    pub(super) studios: Vec<StudioView>,
}

/// A studio, as one of its people sees it.
pub(super) struct StudioView {
    pub(super) id: String,
    pub(super) name: String,
    /// What they are there.
    pub(super) role: Role,
    pub(super) games: Vec<GameRow>,
}

/// Draws the page.
pub(super) fn home_page(view: &HomeView<'_>, nonce: &Nonce) -> Markup {
    let main = html! {
        h1 { "Your games" }
        @if !view.is_enrolled {
            p class="advice" {
                "You came in by a link. " a href="/dashboard/enroll" { "Choose a password" }
                " to come in again without one."
            }
        }
        @if view.studios.is_empty() {
            (empty("You are no member of a studio.", &html! { p { "Whoever runs ToffeePay takes you in." } }))
        }
        @for studio in &view.studios { (section(studio)) }
    };
    account_page("Your games", view.account, &main, nonce)
}

fn section(studio: &StudioView) -> Markup {
    html! {
        section {
            div class="studio" {
                h2 { (untrusted(&studio.name)) }
                span class="role" { (role_name(studio.role)) }
                @if studio.role.may(Permission::SeePeople) {
                    a href=(people_path_of(&studio.id)) {
                        "People" span class="visually-hidden" { " of " (untrusted(&studio.name)) }
                    }
                }
                @if studio.role.may(Permission::SeeHistory) {
                    " " a href=(history_path_of(&studio.id)) {
                        "History" span class="visually-hidden" { " of " (untrusted(&studio.name)) }
                    }
                }
            }
            @if studio.games.is_empty() {
                (empty("No games yet.", &html! { p { code { "toffeepay games register" } " takes one in." } }))
            } @else {
                (table(&format!("Games of {}", studio.name), &GAMES, studio.games.iter().map(|it| row(studio.role, it))))
            }
        }
    }
}

fn row(role: Role, game: &GameRow) -> Vec<Markup> {
    let first = |world, name| {
        let path = first_path_of(role, &game.id, world);
        html! { a class="row-link" href=(path) { (name) span class="visually-hidden" { " of " (untrusted(&game.name)) } } }
    };
    vec![
        html! { strong { (untrusted(&game.name)) } " " code class="hint" { (game.id) } },
        html! { span class="links" { (first(World::Live, "Live")) " " (first(World::Test, "Test")) } },
        html! { (game.currencies.join(", ")) },
        html! { (game.capture_mode) },
        html! { (time_to_pay(game.session_lifetime_s)) },
        html! { (game.keys.len()) },
        html! { (game.endpoints.len()) },
    ]
}

/// In the largest unit of which it is a whole number.
fn time_to_pay(seconds: i32) -> String {
    let units = [("d", 86_400), ("h", 3_600), ("min", 60)];
    let whole = units.into_iter().find(|(_, unit)| seconds % unit == 0 && 0 < seconds);
    match whole {
        Some((name, unit)) => format!("{} {name}", seconds / unit),
        None => format!("{seconds} s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_told_in_its_largest_whole_unit() {
        let told = [86_400, 172_800, 7_200, 5_400, 61].map(time_to_pay);
        assert_eq!(told, ["1 d", "2 d", "2 h", "90 min", "61 s"]);
    }
}

//! The first page: studios and their games.

use maud::{Markup, html};

use super::layout::room;
use crate::{domain::studio::Role, page_headers::Nonce, projections::game::GameRow};

/// What the page shows.
pub(in crate::dashboard) struct HomeView<'a> {
    pub(in crate::dashboard) form_token: &'a str,
    /// Who looks.
    pub(in crate::dashboard) called: &'a str,
    /// Whether they have a second factor.
    pub(in crate::dashboard) is_enrolled: bool,
    /// Where they work.
    pub(in crate::dashboard) studios: Vec<StudioView>,
}

/// A studio, as one of its people sees it.
pub(in crate::dashboard) struct StudioView {
    pub(in crate::dashboard) name: String,
    /// What they are there.
    pub(in crate::dashboard) role: Role,
    pub(in crate::dashboard) games: Vec<GameRow>,
}

/// Draws the page.
pub(in crate::dashboard) fn home_page(view: &HomeView<'_>, nonce: &Nonce) -> Markup {
    let main = html! {
        h1 { "Your games" }
        @if !view.is_enrolled {
            p class="note" {
                "You came in by a link. " a href="/dashboard/enroll" { "Choose a password" }
                " to come in again without one."
            }
        }
        @if view.studios.is_empty() {
            p class="empty" { "You are no member of a studio. Ask an owner of yours to take you in." }
        }
        @for studio in &view.studios { (section(studio)) }
    };
    room("Your games", view.called, view.form_token, nonce, &main)
}

fn section(studio: &StudioView) -> Markup {
    html! {
        section {
            h2 { bdi { (studio.name) } " " span class="role" { (role(studio.role)) } }
            @if studio.games.is_empty() {
                p class="empty" { "No games yet." }
            } @else {
                div class="sheet" {
                    table aria-label={ "Games of " (studio.name) } {
                        thead { tr {
                            th scope="col" { "Game" }
                            th scope="col" { "Currencies" }
                            th scope="col" { "Capture" }
                            th scope="col" { "Time to pay" }
                            th scope="col" class="number" { "API keys" }
                            th scope="col" class="number" { "Endpoints" }
                        } }
                        tbody { @for game in &studio.games { (row(game)) } }
                    }
                }
            }
        }
    }
}

fn row(game: &GameRow) -> Markup {
    html! {
        tr {
            th scope="row" { bdi { (game.name) } br; code { (game.id) } }
            td data-label="Currencies" { (game.currencies.join(", ")) }
            td data-label="Capture" { (game.capture_mode) }
            td data-label="Time to pay" { (time_to_pay(game.session_lifetime_s)) }
            td data-label="API keys" class="number" { (game.keys.len()) }
            td data-label="Endpoints" class="number" { (game.endpoints.len()) }
        }
    }
}

fn role(role: Role) -> &'static str {
    match role {
        Role::Owner => "Owner",
        Role::Developer => "Developer",
        Role::Finance => "Finance",
        Role::Support => "Support",
    }
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

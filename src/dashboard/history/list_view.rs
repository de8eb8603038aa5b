//! Draws the history of a studio, with its filters.

use maud::{Markup, html};

use super::{
    form::{DAY_BYTES, Form, actor_word, cursor_word},
    history_path_of,
    sentence::{kind_words, proof_words, what, who, who_text},
    telling::{Names, Told},
};
use crate::{
    acts::ActKind,
    dashboard::{
        place::StudioPlace,
        views::{
            Column, Field, FieldProblem, Pages, account_page, empty, moment, pagination,
            problem_list, shown_reason, table, untrusted,
        },
    },
    domain::Timestamp,
    page_headers::Nonce,
    projections::game::GameRow,
};

/// What the page shows.
pub(super) struct Listing<'a> {
    pub(super) place: &'a StudioPlace,
    /// As it was sent, to be filled in again.
    pub(super) form: &'a Form,
    pub(super) games: Vec<GameRow>,
    /// Whoever ever did something there.
    pub(super) actors: Vec<String>,
    /// What these are called.
    pub(super) known: Names,
    /// A page of acts, or what is wrong with the form.
    pub(super) found: Result<Page, Vec<FieldProblem>>,
    pub(super) as_of: Timestamp,
}

/// A page of acts, the newest first.
pub(super) struct Page {
    pub(super) acts: Vec<Told>,
    pub(super) names: Names,
    /// Whether there are more beyond it.
    pub(super) has_more: bool,
    /// Whether the newest may still be missing.
    pub(super) is_behind: bool,
}

const COLUMNS: [Column; 5] = [
    Column { name: "When", class: "plain whole" },
    Column { name: "Who", class: "actor" },
    Column { name: "What", class: "act" },
    Column::text("Where"),
    Column::text("From"),
];

/// Draws it.
pub(super) fn list_page(listing: &Listing<'_>, nonce: &Nonce) -> Markup {
    let place = listing.place;
    let path = history_path_of(place.studio_id.as_str());
    let problems = listing.found.as_ref().err().map_or(&[][..], Vec::as_slice);
    let main = html! {
        nav class="crumbs" aria-label="Breadcrumb" { a href="/dashboard" { "Your games" } }
        h1 { "History of " (untrusted(&place.studio_name)) }
        (problem_list("The history could not be searched", problems))
        (filters(listing, &path, problems))
        @if let Ok(found) = &listing.found {
            section aria-labelledby="found" {
                div class="found" {
                    h2 #found { @if listing.form.has_filters() { "Acts that match" } @else { "All acts" } }
                    p class="count" { (found.acts.len()) " on this page, newest first" }
                }
                @if found.is_behind {
                    p class="note" { "What was done in the last moments may still be missing. Look again soon." }
                }
                @if found.acts.is_empty() { (nothing_found(listing, &path)) }
                @else {
                    (table("Acts, newest first", &COLUMNS, found.acts.iter().map(|it| row(listing, found, it, &path))))
                }
                (pagination(&pages(listing.form, found, &path)))
            }
        }
        p class="hint" {
            "What people, API keys and ToffeePay did to this studio, its games and their settings, and what people and ToffeePay’s support did \
             to sessions. What players and game servers did to a session stands on its own page. As of "
            (moment(listing.as_of)) ". All times are UTC."
        }
    };
    let title = if problems.is_empty() { "History" } else { "Error: History" };
    account_page(title, &place.account, &main, nonce)
}

fn filters(listing: &Listing<'_>, path: &str, problems: &[FieldProblem]) -> Markup {
    let form = listing.form;
    let field = |name, label| Field { name, label, hint: "", problems };
    let actors: Vec<(&str, String)> =
        listing.actors.iter().map(|it| (actor_word(it), who_text(it, &listing.known))).collect();
    let mut actors: Vec<(&str, &str)> =
        actors.iter().map(|(word, name)| (*word, name.as_str())).collect();
    actors.sort_by_key(|(_, name)| name.to_lowercase());
    let games = listing.games.iter().map(|it| (it.id.as_str(), it.name.as_str())).collect();
    let kinds = ActKind::ALL.iter().map(|it| (it.as_str(), kind_words(*it))).collect();
    let worlds = vec![("live", "Live"), ("test", "Test")];
    let choice = |name: &'static str, label, any: &'static str, known: Vec<(&str, &str)>| {
        let asked = form.get(name);
        let mut options = vec![("", any)];
        // What cannot be asked for is shown as it was sent.
        let is_known = asked.is_empty() || known.iter().any(|(it, _)| *it == asked);
        options.extend((!is_known).then_some((asked, asked)));
        options.extend(known);
        field(name, label).select(&options, asked)
    };
    html! {
        form class="search acts" role="search" action=(path) method="get" {
            (choice("who", "Who", "Anybody", actors))
            (choice("kind", "About", "Anything", kinds))
            (choice("game", "Game", "Any", games))
            (choice("world", "World", "Any", worlds))
            (field("from", "From (UTC)").text("date", form.get("from"), DAY_BYTES))
            (field("to", "To (UTC)").text("date", form.get("to"), DAY_BYTES))
            div class="actions" {
                button class="button primary" type="submit" { "Filter" }
                @if form.has_filters() || form.is_further() { a class="button" href=(path) { "Clear" } }
            }
        }
    }
}

fn nothing_found(listing: &Listing<'_>, path: &str) -> Markup {
    if listing.form.has_filters() || listing.form.is_further() {
        return empty("No act matches", &html! { p { a href=(path) { "Show all acts" } } });
    }
    empty(
        "Nothing was done yet",
        &html! { p { "Whatever somebody does here stands in this list a moment later." } },
    )
}

fn row(listing: &Listing<'_>, found: &Page, it: &Told, path: &str) -> Vec<Markup> {
    vec![
        html! { a class="row-link" href={ (path) "/" (it.row.position) } { (moment(it.row.recorded_at)) } },
        who(&it.row.actor, &found.names),
        html! {
            (what(it, &found.names))
            @if let Some(why) = &it.why { p class="why" { "Why: " (shown_reason(why)) } }
        },
        place_of(listing, it),
        html! {
            @match &it.stay {
                None => span class="none" { "not known" },
                Some(stay) => {
                    (address(stay))
                    div class="hint" { (proof_words(stay.proof)) }
                }
            }
        },
    ]
}

/// In which game and world.
fn place_of(listing: &Listing<'_>, it: &Told) -> Markup {
    html! {
        @match &it.row.game_id {
            None => "The studio",
            Some(id) => {
                (game_name(&listing.games, id))
                @if let Some(world) = &it.row.world { div class="hint" { (world) } }
            }
        }
    }
}

/// What a game is called.
pub(super) fn game_name(games: &[GameRow], id: &str) -> Markup {
    untrusted(games.iter().find(|it| it.id == id).map_or(id, |it| it.name.as_str()))
}

/// The network address from which somebody came in.
pub(super) fn address(stay: &super::telling::ToldStay) -> Markup {
    html! {
        @match stay.from.known() {
            None => span class="erased" { "erased" },
            Some(from) => {
                @match &from.address {
                    Some(it) => (untrusted(it)),
                    None => span class="none" { "address not known" },
                }
            }
        }
    }
}

fn pages(form: &Form, found: &Page, path: &str) -> Pages {
    let is_forward = !form.get("after").is_empty();
    let word = |it: Option<&Told>| it.map(|it| cursor_word(it.row.recorded_at, it.row.position));
    let (first, last) = (word(found.acts.first()), word(found.acts.last()));
    let (newer, older) = if is_forward {
        (first.filter(|_| found.has_more), last.or_else(|| Some(form.get("after").to_owned())))
    } else {
        (first.filter(|_| form.is_further()), last.filter(|_| found.has_more))
    };
    Pages {
        newest: form.is_further().then(|| form.link(path, &[])),
        newer: newer.map(|it| form.link(path, &[("after", &it)])),
        older: older.map(|it| form.link(path, &[("before", &it)])),
    }
}

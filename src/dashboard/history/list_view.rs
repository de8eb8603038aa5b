//! Draws the history of a studio, with its filters.

use maud::{Markup, html};

use super::{
    form::{DAY_BYTES, NARROWING, actor_word, cursor_word},
    history_path_of,
    sentence::{kind_words, proof_words, what, who, who_text},
    telling::{Names, Told, ToldStay},
};
use crate::{
    acts::{ActKind, Actors, Standing},
    dashboard::{
        filters::{Ends, Filters},
        place::StudioPlace,
        views::{
            Column, Field, FieldProblem, account_page, account_page_in, empty, first_path_of,
            moment, pagination, problem_list, shown_reason, table, untrusted, world_badge,
        },
    },
    domain::{Timestamp, world::World},
    event_store::subscription::Followed,
    page_headers::Nonce,
    projections::game::GameRow,
};

/// What the page shows.
pub(super) struct Listing<'a> {
    pub(super) place: &'a StudioPlace,
    /// As they were sent, to be filled in again.
    pub(super) filters: &'a Filters,
    pub(super) games: Vec<GameRow>,
    /// Whoever ever did something there.
    pub(super) actors: Actors,
    /// What these are called.
    pub(super) known: Names,
    /// How far the log was followed.
    pub(super) standing: Standing,
    /// A page of acts, or what is wrong with the filters.
    pub(super) found: Result<Page, Vec<FieldProblem>>,
    pub(super) as_of: Timestamp,
}

/// A page of acts, the newest first.
pub(super) struct Page {
    acts: Vec<Told>,
    names: Names,
    has_more: bool,
    /// Where its first and its last act stand, as an address says it.
    ends: Option<(String, String)>,
}

impl Page {
    /// Acts with what all is called in them, and whether there are more beyond.
    pub(super) fn new(acts: Vec<Told>, names: Names, has_more: bool) -> Self {
        let word = |it: &Told| cursor_word(it.row.recorded_at, it.row.position);
        let ends = acts.first().zip(acts.last()).map(|(first, last)| (word(first), word(last)));
        Self { acts, names, has_more, ends }
    }

    fn ends(&self) -> Ends<'_> {
        Ends {
            first: self.ends.as_ref().map(|(first, _)| first.as_str()),
            last: self.ends.as_ref().map(|(_, last)| last.as_str()),
            has_more: self.has_more,
            looked_until: None,
        }
    }
}

const COLUMNS: [Column; 5] = [
    Column { name: "When", class: "plain whole" },
    Column { name: "Who", class: "actor" },
    Column { name: "What", class: "act" },
    Column::text("Where"),
    Column::text("Came in from"),
];

/// Draws it.
pub(super) fn list_page(listing: &Listing<'_>, nonce: &Nonce) -> Markup {
    let place = listing.place;
    let path = history_path_of(place.studio_id.as_str());
    let problems = listing.found.as_ref().err().map_or(&[][..], Vec::as_slice);
    let world = World::parse(listing.filters.get("world"));
    let main = html! {
        (crumbs(listing, world))
        h1 { "History of " (untrusted(&place.studio_name)) }
        (problem_list("The history could not be searched", problems))
        (filters(listing, &path, problems))
        @if let Ok(found) = &listing.found {
            section aria-labelledby="found" {
                div class="found" {
                    h2 #found { @if listing.filters.has_any(NARROWING) { "Acts that match" } @else { "All acts" } }
                    p class="count" { (found.acts.len()) " on this page, newest first" }
                }
                (missing(listing))
                @if found.acts.is_empty() { (nothing_found(listing, &path)) }
                @else {
                    (table("Acts, newest first", &COLUMNS, found.acts.iter().map(|it| row(listing, found, it, &path))))
                }
                (pagination(&listing.filters.pages(&path, &found.ends())))
            }
        }
        p class="hint" {
            "What people, API keys and ToffeePay did to this studio, its games and their settings, and what people and ToffeePay’s support did \
             to sessions. What players and game servers did to a session stands on its own page; what somebody did to their own account stands \
             nowhere here. "
            @if world.is_some() {
                "Members and a game’s settings belong to no world: they are in "
                a href=(listing.filters.link(&path, &[("world", "")])) { "the history of both worlds" } ". "
            }
            "As of " (moment(listing.as_of)) ". All times are UTC."
        }
    };
    let error = if problems.is_empty() { "" } else { "Error: " };
    let title = format!("{error}History of {}", place.studio_name);
    match world {
        Some(world) => account_page_in(world, &title, &place.account, &main, nonce),
        None => account_page(&title, &place.account, &main, nonce),
    }
}

/// The way back: to the game and world of which the acts are, if they are of one.
fn crumbs(listing: &Listing<'_>, world: Option<World>) -> Markup {
    let asked = listing.filters.get("game");
    let game = listing.games.iter().find(|it| it.id == asked);
    html! {
        nav class="crumbs" aria-label="Breadcrumb" {
            a href="/dashboard" { "Your games" }
            @if let Some((game, world)) = game.zip(world) {
                " / "
                a href=(first_path_of(listing.place.role, &game.id, world)) {
                    (untrusted(&game.name)) " " (world_badge(world))
                }
            }
        }
    }
}

/// What is not in the list though it was done: before any act.
fn missing(listing: &Listing<'_>) -> Markup {
    let Standing { followed, has_parked, .. } = listing.standing;
    html! {
        @if followed == Followed::Nothing {
            p class="notice" role="status" {
                "Nothing is noted yet: no worker of this service follows the log, or what it has to read is gone. What was done is not nothing, it is unknown."
            }
        }
        @if let Some(at) = followed.lies_behind(listing.as_of) {
            p class="notice" role="status" {
                "The history lies behind. It is complete only before " (moment(at)) ": what was done since then is missing until it is noted."
            }
        }
        @if has_parked {
            p class="notice" role="status" {
                "Some acts of this studio could not be noted, so they are missing here. Whoever runs ToffeePay finds them with "
                code { "toffeepay dead-letters list" } "."
            }
        }
    }
}

fn filters(listing: &Listing<'_>, path: &str, problems: &[FieldProblem]) -> Markup {
    let filters = listing.filters;
    let field = |name, label| Field { name, label, hint: "", problems };
    let choice = |name, label, hint, known: Vec<(&str, &str)>| {
        let options = filters.options(name, known);
        Field { name, label, hint, problems }.select(&options, filters.get(name))
    };
    let actors = listing.actors.some.iter();
    let mut actors: Vec<(&str, String)> =
        actors.map(|it| (actor_word(it), who_text(it, &listing.known))).collect();
    actors.sort_by_key(|(_, name)| name.to_lowercase());
    let actors = actors.iter().map(|(word, name)| (*word, name.as_str())).collect();
    let more =
        "There are more than stand here: put their id into the address, as who=per_… or who=key_….";
    let more = if listing.actors.has_more { more } else { "" };
    let games = listing.games.iter().map(|it| (it.id.as_str(), it.name.as_str())).collect();
    let kinds = ActKind::ALL.iter().map(|it| (it.as_str(), kind_words(*it))).collect();
    html! {
        form class="search acts" role="search" action=(path) method="get" {
            (choice("who", "Who", more, actors))
            (choice("kind", "About", "", kinds))
            (choice("game", "Game", "", games))
            (choice("world", "World", "", vec![("live", "Live"), ("test", "Test")]))
            (field("from", "From (UTC)").text("date", filters.get("from"), DAY_BYTES))
            (field("to", "To (UTC)").text("date", filters.get("to"), DAY_BYTES))
            div class="actions" {
                button class="button primary" type="submit" { "Filter" }
                @if filters.is_any_set() { a class="button" href=(path) { "Clear" } }
            }
        }
    }
}

fn nothing_found(listing: &Listing<'_>, path: &str) -> Markup {
    if listing.filters.is_any_set() {
        return empty("No act matches", &html! { p { a href=(path) { "Show all acts" } } });
    }
    let Standing { followed, has_parked, .. } = listing.standing;
    let is_complete = match followed {
        Followed::Everything => !has_parked,
        Followed::Before(_) | Followed::Nothing => false,
    };
    let title = if is_complete { "Nothing was done yet" } else { "No act is noted yet" };
    empty(title, &html! { p { "Whatever somebody does here stands in this list a moment later." } })
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
                @if let Some(world) = it.world() { div { (world_badge(world)) } }
            }
        }
    }
}

/// What a game is called.
pub(super) fn game_name(games: &[GameRow], id: &str) -> Markup {
    untrusted(games.iter().find(|it| it.id == id).map_or(id, |it| it.name.as_str()))
}

/// The network address from which somebody came in.
pub(super) fn address(stay: &ToldStay) -> Markup {
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

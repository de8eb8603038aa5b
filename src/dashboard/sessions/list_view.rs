//! The list of sessions, with its search.

use maud::{Markup, html};

use super::form::{DAY_BYTES, NARROWING, QUERY_CHARACTERS_MAX, WORDS_MAX};
use crate::{
    dashboard::{
        Place,
        filters::{Ends, Filters, how_far},
        links,
        views::{
            Badge, Column, Field, FieldProblem, Frame, Section, Tone, amount, badge, copyable,
            counted, document, empty, moment, pagination, problem_list, session_badge,
            sessions_path, table, untrusted,
        },
    },
    domain::{Timestamp, session::SessionStatus, studio::Permission, world::World},
    page_headers::Nonce,
    projections::{session::SessionRow, session_search::Found},
};

/// What the words of a search were taken for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// There were none.
    All,
    /// An id such as we give out, of nothing that is here.
    UnknownId {
        /// Of a `session`, a `payment` or a `refund`.
        kind: &'static str,
        /// The id.
        id: String,
    },
    /// A player's id.
    Player(String),
    /// Words of an item's title.
    Title {
        /// Those that are looked for.
        words: Vec<String>,
        /// Those that would be too many.
        left_out: String,
    },
}

/// What the page shows.
pub(super) struct Listing<'a> {
    pub(super) place: &'a Place,
    /// As it was sent, to be filled in again.
    pub(super) filters: &'a Filters,
    pub(super) as_of: Timestamp,
    /// A page of sessions, or what is wrong with the form.
    pub(super) found: Result<(Meaning, Found), Vec<FieldProblem>>,
}

const COLUMNS: [Column; 6] = [
    Column::plain("Item"),
    Column::number("Amount"),
    Column::text("Status"),
    Column::roomy("Player"),
    Column::whole("Created"),
    Column::whole("Session"),
];

/// Draws it.
pub(super) fn list_page(listing: &Listing<'_>, nonce: &Nonce) -> Markup {
    let path = sessions_path(listing.place);
    let problems = listing.found.as_ref().err().map_or(&[][..], Vec::as_slice);
    let main = html! {
        div class="head" {
            h1 { "Sessions" }
            @if listing.place.may(Permission::CreateLinks) {
                a class="button" href=(listing.place.path(links::PATH)) { "New payment link" }
            }
        }
        (problem_list("The search could not be made", problems))
        (search_form(listing, &path, problems))
        @if let Ok((meaning, found)) = &listing.found {
            section aria-labelledby="found" {
                (heading(listing, meaning, found, &path))
                @if found.rows.is_empty() {
                    (nothing_found(listing, meaning, found, &path))
                } @else {
                    (table("Sessions, newest first", &COLUMNS, found.rows.iter().map(|it| row(it, found, &path))))
                }
                (how_far(found.looked_until.as_ref().map(|(at, _)| *at), found.looked_at_max, "session", "sessions"))
                (pagination(&listing.filters.pages(&path, &ends(found))))
            }
        }
    };
    let title = if problems.is_empty() { "Sessions" } else { "Error: Sessions" };
    let frame = Frame {
        place: listing.place,
        section: Section::Sessions,
        title,
        as_of: Some(listing.as_of),
    };
    document(&frame, &main, nonce)
}

fn search_form(listing: &Listing<'_>, path: &str, problems: &[FieldProblem]) -> Markup {
    let filters = listing.filters;
    let field = |name, label| Field { name, label, hint: "", problems };
    let search = Field {
        hint: "A session, payment or refund id, a player’s id, or words of an item’s title",
        ..field("q", "Search")
    };
    let statuses = SessionStatus::ALL.iter().map(|it| (it.as_str(), session_badge(*it).word));
    let currencies = listing.place.game.currencies.iter().map(|it| (it.as_str(), it.as_str()));
    html! {
        form class="search" role="search" action=(path) method="get" {
            div class="wide" { (search.text("search", filters.get("q"), QUERY_CHARACTERS_MAX)) }
            (field("status", "Status").select(&filters.options("status", statuses), filters.get("status")))
            (field("currency", "Currency").select(&filters.options("currency", currencies), filters.get("currency")))
            (field("from", "From (UTC)").text("date", filters.get("from"), DAY_BYTES))
            (field("to", "To (UTC)").text("date", filters.get("to"), DAY_BYTES))
            div class="actions" {
                button class="button primary" type="submit" { "Search" }
                @if filters.is_any_set() { a class="button" href=(path) { "Clear" } }
            }
        }
    }
}

/// What is listed, and how many there are, where that is known exactly.
fn heading(listing: &Listing<'_>, meaning: &Meaning, found: &Found, path: &str) -> Markup {
    let query = listing.filters.get("q");
    let shown = i64::try_from(found.rows.len()).unwrap_or_default();
    let titles = listing.filters.link(path, &[("in", "title")]);
    html! {
        div class="found" {
            h2 #found {
                @match meaning {
                    Meaning::All => { "All sessions" @if listing.filters.has_any(NARROWING) { " that match" } }
                    Meaning::UnknownId { .. } => { "No session" }
                    Meaning::Player(_) => { "Sessions of player " (untrusted(query)) }
                    Meaning::Title { .. } => { "Items with “" (untrusted(query)) "” in the title" }
                }
            }
            p class="count" {
                @if let Some(total) = found.total { (counted(total, "session", "sessions")) }
                @if found.total.is_some() && shown != 0 { ", " }
                @if shown != 0 || found.total.is_none() { (shown) " on this page, newest first" }
            }
            @if let Meaning::Player(_) = meaning {
                p { a href=(titles) { "Search items’ titles instead" } }
            }
            @if let Meaning::Title { left_out, .. } = meaning {
                @if !left_out.is_empty() {
                    p class="note" { "Only the first " (WORDS_MAX) " words are looked for, not “" (untrusted(left_out)) "”." }
                }
            }
        }
    }
}

fn nothing_found(listing: &Listing<'_>, meaning: &Meaning, found: &Found, path: &str) -> Markup {
    let filters = listing.filters;
    let other = match listing.place.world {
        World::Test => World::Live,
        World::Live => World::Test,
    };
    match meaning {
        Meaning::UnknownId { kind, id } => {
            let there = Place { world: other, ..listing.place.clone() };
            let link = filters.link(&sessions_path(&there), &[]);
            let advice = html! {
                p { "No " (kind) " of this game has the id " (copyable(id)) " in the " (listing.place.world) " world." }
                p { a href=(link) { "Look for it in the " (other) " world" } }
            };
            empty("Nothing has this id", &advice)
        }
        _ if found.looked_until.is_some() => {
            let advice =
                html! { p { "The search stopped before the end. It can go on from there." } };
            empty("No match so far", &advice)
        }
        Meaning::All if !filters.is_any_set() => {
            let advice = html! {
                p { "A session begins when the game’s server calls CreateSession with a key of the " (listing.place.world) " world." }
            };
            empty("No sessions yet", &advice)
        }
        _ => {
            let is_cut =
                ["sess_", "pay_", "ref_"].iter().any(|it| filters.get("q").starts_with(it));
            let advice = html! {
                @if is_cut { p { "This begins like an id, but is none: was all of it copied?" } }
                @if filters.has_any(NARROWING) {
                    p { a href=(filters.link(path, &[("status", ""), ("currency", ""), ("from", ""), ("to", "")])) { "Search without the filters" } }
                } @else { p { "Check the spelling, or use fewer words." } }
            };
            empty("No session matches", &advice)
        }
    }
}

fn row(it: &SessionRow, found: &Found, path: &str) -> Vec<Markup> {
    let status = SessionStatus::parse(&it.status).map(session_badge);
    let is_refunded = !it.payment_id.is_empty() && found.refunded.contains(&it.payment_id);
    vec![
        html! { a class="row-link" href={ (path) "/" (it.id) } { (untrusted(&it.title)) } },
        amount(it.price, &it.currency),
        html! {
            span class="badges" {
                @if let Some(status) = status { (badge(status)) } @else { (it.status) }
                @if is_refunded { (badge(Badge { tone: Tone::Back, word: "Refunded" })) }
            }
        },
        player(&it.user_id),
        moment(it.created_at),
        copyable(&it.id),
    ]
}

fn player(user_id: &str) -> Markup {
    html! {
        @if user_id.is_empty() { span class="erased" { "erased" } } @else { (untrusted(user_id)) }
    }
}

/// What is shown, or was looked at.
fn ends(found: &Found) -> Ends<'_> {
    Ends {
        first: found.rows.first().map(|it| it.id.as_str()),
        last: found.rows.last().map(|it| it.id.as_str()),
        has_more: found.has_more,
        looked_until: found.looked_until.as_ref().map(|(_, id)| id.as_str()),
    }
}

//! The list of sessions, with its search.

use maud::{Markup, html};

use super::form::Form;
use crate::{
    dashboard::{
        Place, links,
        views::{
            Badge, Column, FieldProblem, Frame, Pages, Section, Tone, amount, badge, copyable,
            counted, day_text, document, empty, moment, pagination, problem_list, session_badge,
            sessions_path, table, untrusted,
        },
    },
    domain::{Timestamp, session::SessionStatus, studio::Permission, world::World},
    page_headers::Nonce,
    projections::{
        session::SessionRow,
        session_search::{Found, LOOKED_AT_MAX},
    },
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
    Title(Vec<String>),
}

/// What the page shows.
pub(super) struct Listing<'a> {
    pub(super) place: &'a Place,
    /// As it was sent, to be filled in again.
    pub(super) form: &'a Form,
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
                (how_far(found))
                (pagination(&pages(listing.form, found, &path)))
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
    let form = listing.form;
    let is_wrong = |field: &str| problems.iter().any(|it| it.field == field);
    let mut currencies = listing.place.game.currencies.clone();
    let asked = form.get("currency");
    if !asked.is_empty() && !currencies.iter().any(|it| it == asked) {
        currencies.push(asked.to_owned());
    }
    let statuses = SessionStatus::ALL.iter().map(|it| (it.as_str(), session_badge(*it).word));
    let mut statuses: Vec<(&str, &str)> = statuses.collect();
    let asked = form.get("status");
    if !asked.is_empty() && !statuses.iter().any(|(it, _)| *it == asked) {
        statuses.push((asked, asked));
    }
    html! {
        form class="search" role="search" action=(path) method="get" {
            div class="field wide" {
                label for="q" { "Search" }
                input #q name="q" type="search" value=(form.get("q")) autocomplete="off" spellcheck="false"
                    aria-describedby={ @if is_wrong("q") { "problem-q " } "q-hint" }
                    aria-invalid=[is_wrong("q").then_some("true")];
                p #q-hint class="hint" { "A session, payment or refund id, a player’s id, or words of an item’s title" }
            }
            div class="field" {
                label for="status" { "Status" }
                select #status name="status" aria-invalid=[is_wrong("status").then_some("true")]
                    aria-describedby=[is_wrong("status").then_some("problem-status")] {
                    option value="" { "Any" }
                    @for (value, name) in statuses {
                        option value=(value) selected[value == form.get("status")] { (name) }
                    }
                }
            }
            div class="field" {
                label for="currency" { "Currency" }
                select #currency name="currency" aria-invalid=[is_wrong("currency").then_some("true")]
                    aria-describedby=[is_wrong("currency").then_some("problem-currency")] {
                    option value="" { "Any" }
                    @for it in &currencies {
                        option value=(it) selected[it == form.get("currency")] { (it) }
                    }
                }
            }
            (day_field("from", "From (UTC)", form, is_wrong("from")))
            (day_field("to", "To (UTC)", form, is_wrong("to")))
            div class="actions" {
                button class="button primary" type="submit" { "Search" }
                @if form.has_filters() || !form.get("q").is_empty() || form.is_further() {
                    a class="button" href=(path) { "Clear" }
                }
            }
        }
    }
}

/// A day that cannot be one is shown as it was sent, which a date field could not.
fn day_field(name: &'static str, label: &str, form: &Form, is_wrong: bool) -> Markup {
    let kind = if is_wrong { "text" } else { "date" };
    let problem = is_wrong.then(|| format!("problem-{name}"));
    html! {
        div class="field" {
            label for=(name) { (label) }
            input id=(name) name=(name) type=(kind) value=(form.get(name))
                aria-invalid=[is_wrong.then_some("true")] aria-describedby=[problem];
        }
    }
}

/// What is listed, and how many there are, where that is known exactly.
fn heading(listing: &Listing<'_>, meaning: &Meaning, found: &Found, path: &str) -> Markup {
    let query = listing.form.get("q");
    let shown = i64::try_from(found.rows.len()).unwrap_or_default();
    let titles = listing.form.link(path, &[("in", "title")]);
    html! {
        div class="found" {
            h2 #found {
                @match meaning {
                    Meaning::All => { "All sessions" @if listing.form.has_filters() { " that match" } }
                    Meaning::UnknownId { .. } => { "No session" }
                    Meaning::Player(_) => { "Sessions of player " (untrusted(query)) }
                    Meaning::Title(_) => { "Items with “" (untrusted(query)) "” in the title" }
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
        }
    }
}

fn nothing_found(listing: &Listing<'_>, meaning: &Meaning, found: &Found, path: &str) -> Markup {
    let form = listing.form;
    let other = match listing.place.world {
        World::Test => World::Live,
        World::Live => World::Test,
    };
    match meaning {
        Meaning::UnknownId { kind, id } => {
            let there = Place { world: other, ..listing.place.clone() };
            let link = form.link(&sessions_path(&there), &[]);
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
        Meaning::All if !form.has_filters() && !form.is_further() => {
            let advice = html! {
                p { "A session begins when the game’s server calls CreateSession with a key of the " (listing.place.world) " world." }
            };
            empty("No sessions yet", &advice)
        }
        _ => {
            let is_cut = ["sess_", "pay_", "ref_"].iter().any(|it| form.get("q").starts_with(it));
            let advice = html! {
                @if is_cut { p { "This begins like an id, but is none: was all of it copied?" } }
                @if form.has_filters() {
                    p { a href=(form.link(path, &[("status", ""), ("currency", ""), ("from", ""), ("to", "")])) { "Search without the filters" } }
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

/// Says how far the search went, where that is not to the end.
fn how_far(found: &Found) -> Markup {
    html! {
        @if let Some((at, _)) = &found.looked_until {
            p class="note" {
                "This search reads " (counted(LOOKED_AT_MAX.into(), "session", "sessions"))
                " at a time. It got as far as " (day_text(*at)) "; there may be more beyond."
            }
        }
    }
}

/// From the ends of what is shown, or of what was looked at.
fn pages(form: &Form, found: &Found, path: &str) -> Pages {
    let is_forward = !form.get("after").is_empty();
    let first = found.rows.first().map(|it| it.id.as_str());
    let last = found.rows.last().map(|it| it.id.as_str());
    let looked = found.looked_until.as_ref().map(|(_, id)| id.as_str());
    let (newer, older) = if is_forward {
        (looked.or(first.filter(|_| found.has_more)), last.or(Some(form.get("after"))))
    } else {
        let newer = first.filter(|_| form.is_further());
        (newer, looked.or(last.filter(|_| found.has_more)))
    };
    Pages {
        newest: form.is_further().then(|| form.link(path, &[])),
        newer: newer.map(|it| form.link(path, &[("after", it)])),
        older: older.map(|it| form.link(path, &[("before", it)])),
    }
}

//! The list of an endpoint's messages, with its filters.

use maud::{Markup, html};

use super::{
    SECTION, deliveries_path,
    endpoint::Known,
    form::Form,
    health_view::{heading, health},
    since::MOMENT_BYTES_MAX,
    words::{message_badge, next_attempt_to, outcome_words},
};
use crate::{
    dashboard::views::{
        Column, Field, FieldProblem, Frame, Pages, badge, counted, day_text, document, empty,
        moment, pagination, problem_list, sessions_path, table,
    },
    domain::game::WebhookType,
    page_headers::Nonce,
    webhooks::{FoundMessages, ListedMessage, MESSAGES_LOOKED_AT_MAX},
};

/// What the page shows.
pub(super) struct Listing<'a> {
    pub(super) known: Known<'a>,
    /// As it was sent, to be filled in again.
    pub(super) form: &'a Form,
    /// A page of messages, or what is wrong with the form.
    pub(super) found: Result<FoundMessages, Vec<FieldProblem>>,
}

const COLUMNS: [Column; 7] = [
    Column::plain("Event"),
    Column::text("Status"),
    Column::text("Session"),
    Column::whole("Noted"),
    Column::number("Attempts"),
    Column::text("Last answer"),
    Column::text("Next attempt"),
];

const STATES: [(&str, &str); 4] =
    [("", "Any"), ("delivered", "Delivered"), ("waiting", "Waiting"), ("failed", "Given up")];

/// Draws it.
pub(super) fn list_page(listing: &Listing<'_>, nonce: &Nonce) -> Markup {
    let known = &listing.known;
    let path = deliveries_path(known.place, known.endpoint.endpoint_id.as_str());
    let problems = listing.found.as_ref().err().map_or(&[][..], Vec::as_slice);
    let main = html! {
        (heading(known, "Deliveries"))
        (problem_list("The search could not be made", problems))
        (health(known))
        (filters(listing, &path, problems))
        @if let Ok(found) = &listing.found {
            section aria-labelledby="found" {
                (count(listing, found))
                @if found.messages.is_empty() { (nothing_found(listing, found, &path)) }
                @else {
                    (table("Messages, newest first", &COLUMNS, found.messages.iter().map(|it| row(it, known, &path))))
                }
                (how_far(found))
                (pagination(&pages(listing.form, found, &path)))
            }
        }
    };
    let title = if problems.is_empty() { "Deliveries" } else { "Error: Deliveries" };
    let frame = Frame { place: known.place, section: SECTION, title, as_of: Some(known.as_of) };
    document(&frame, &main, nonce)
}

fn filters(listing: &Listing<'_>, path: &str, problems: &[FieldProblem]) -> Markup {
    let form = listing.form;
    let field = |name, label| Field { name, label, hint: "", problems };
    let (status, webhook_type) = (form.get("status"), form.get("type"));
    let mut states = STATES.to_vec();
    let mut types = vec![("", "Any")];
    types.extend(WebhookType::ALL.iter().map(|it| (it.as_str(), it.as_str())));
    // What cannot be asked for is shown as it was sent.
    for (options, asked) in [(&mut states, status), (&mut types, webhook_type)] {
        if !options.iter().any(|(it, _)| *it == asked) {
            options.push((asked, asked));
        }
    }
    html! {
        form class="search" role="search" action=(path) method="get" {
            (field("status", "Status").select(&states, status))
            (field("type", "Event").select(&types, webhook_type))
            (field("from", "From (UTC)").text("datetime-local", form.get("from"), MOMENT_BYTES_MAX))
            (field("to", "To (UTC)").text("datetime-local", form.get("to"), MOMENT_BYTES_MAX))
            div class="actions" {
                button class="button primary" type="submit" { "Filter" }
                @if form.has_filters() || form.is_further() { a class="button" href=(path) { "Clear" } }
            }
        }
    }
}

fn count(listing: &Listing<'_>, found: &FoundMessages) -> Markup {
    html! {
        div class="found" {
            h2 #found { @if listing.form.has_filters() { "Messages that match" } @else { "All messages" } }
            p class="count" { (found.messages.len()) " on this page, newest first" }
        }
    }
}

fn nothing_found(listing: &Listing<'_>, found: &FoundMessages, path: &str) -> Markup {
    if found.looked_until.is_some() {
        let advice = html! { p { "The search stopped before the end. It can go on from there." } };
        return empty("No match so far", &advice);
    }
    if listing.form.has_filters() || listing.form.is_further() {
        return empty("No message matches", &html! { p { a href=(path) { "Show all messages" } } });
    }
    let advice = html! {
        p { "A message is noted when something happens to a session that this endpoint asks for. Messages are kept for 30 days." }
    };
    empty("Nothing was sent here yet", &advice)
}

fn row(it: &ListedMessage, known: &Known<'_>, path: &str) -> Vec<Markup> {
    let row = &it.row;
    let session = format!("{}/{}", sessions_path(known.place), row.session_id);
    vec![
        html! { a class="row-link" href={ (path) "/" (row.message_id) } { (row.webhook_type) } },
        badge(message_badge(row.state, it.tried.is_some())),
        html! { a class="id" href=(session) { code { (row.session_id) } } },
        moment(row.noted_at),
        html! { (it.tried.as_ref().map_or(0, |it| it.made)) },
        html! {
            @match &it.tried {
                None => span class="hint" { "none yet" },
                Some(tried) => {
                    @if let Some(status) = tried.http_status { strong { (status) } " " }
                    span class="hint" { (outcome_words(&tried.outcome)) }
                }
            }
        },
        html! {
            @match row.next_at {
                Some(at) => (next_attempt_to(known, at)),
                None => span class="hint" { "none" },
            }
        },
    ]
}

/// Says how far the search went, where that is not to the end.
fn how_far(found: &FoundMessages) -> Markup {
    html! {
        @if let Some((at, _)) = &found.looked_until {
            p class="note" {
                "This search reads " (counted(MESSAGES_LOOKED_AT_MAX.into(), "message", "messages"))
                " at a time. It got as far as " (day_text(*at)) "; there may be more beyond."
            }
        }
    }
}

/// From the ends of what is shown, or of what was looked at.
fn pages(form: &Form, found: &FoundMessages, path: &str) -> Pages {
    let is_forward = !form.get("after").is_empty();
    let first = found.messages.first().map(|it| it.row.message_id.as_str());
    let last = found.messages.last().map(|it| it.row.message_id.as_str());
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

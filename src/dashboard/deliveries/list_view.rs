//! The list of an endpoint's messages, with its filters.

use maud::{Markup, html};

use super::{
    SECTION, deliveries_path,
    endpoint::Known,
    form::{NARROWING, STATES},
    health_view::{heading, health},
    since::MOMENT_BYTES_MAX,
    words::{message_badge, next_attempt_to, outcome_words},
};
use crate::{
    dashboard::{
        filters::{Ends, Filters, how_far},
        views::{
            Column, Field, FieldProblem, Frame, badge, document, empty, moment, pagination,
            problem_list, sessions_path, table,
        },
    },
    domain::game::WebhookType,
    page_headers::Nonce,
    webhooks::{FoundMessages, ListedMessage},
};

/// What the page shows.
pub(super) struct Listing<'a> {
    pub(super) known: Known<'a>,
    /// As it was sent, to be filled in again.
    pub(super) filters: &'a Filters,
    /// A page of messages, or what is wrong with the form.
    pub(super) found: Result<FoundMessages, Vec<FieldProblem>>,
}

const COLUMNS: [Column; 7] = [
    Column { name: "Event", class: "plain whole" },
    Column::text("Status"),
    Column::whole("Session"),
    Column::whole("Noted"),
    Column::number("Attempts"),
    Column::text("Last answer"),
    Column::text("Next attempt"),
];

/// How much of an id is shown where a list links to what it names.
const SHORT_ID_BYTES: usize = 8;

/// Draws it.
pub(super) fn list_page(listing: &Listing<'_>, nonce: &Nonce) -> Markup {
    let known = &listing.known;
    let path = deliveries_path(known.place, known.endpoint.endpoint_id.as_str());
    let problems = listing.found.as_ref().err().map_or(&[][..], Vec::as_slice);
    let main = html! {
        (heading(known, "Deliveries"))
        (problem_list("The search could not be made", problems))
        (health(known))
        (search_form(listing, &path, problems))
        @if let Ok(found) = &listing.found {
            section aria-labelledby="found" {
                (count(listing, found))
                @if found.messages.is_empty() { (nothing_found(listing, found, &path)) }
                @else {
                    (table("Messages, newest first", &COLUMNS, found.messages.iter().map(|it| row(it, known, &path))))
                }
                (how_far(found.looked_until.as_ref().map(|(at, _)| *at), found.looked_at_max, "message", "messages"))
                (pagination(&listing.filters.pages(&path, &ends(found))))
            }
        }
    };
    let title = if problems.is_empty() { "Deliveries" } else { "Error: Deliveries" };
    let frame = Frame { place: known.place, section: SECTION, title, as_of: Some(known.as_of) };
    document(&frame, &main, nonce)
}

fn search_form(listing: &Listing<'_>, path: &str, problems: &[FieldProblem]) -> Markup {
    let filters = listing.filters;
    let field = |name, label| Field { name, label, hint: "", problems };
    let states = STATES.iter().map(|(word, name, _)| (*word, *name));
    let types = WebhookType::ALL.iter().map(|it| (it.as_str(), it.as_str()));
    html! {
        form class="search" role="search" action=(path) method="get" {
            (field("status", "Status").select(&filters.options("status", states), filters.get("status")))
            (field("type", "Event").select(&filters.options("type", types), filters.get("type")))
            (field("from", "From (UTC)").text("datetime-local", filters.get("from"), MOMENT_BYTES_MAX))
            (field("to", "To (UTC)").text("datetime-local", filters.get("to"), MOMENT_BYTES_MAX))
            div class="actions" {
                button class="button primary" type="submit" { "Filter" }
                @if filters.is_any_set() { a class="button" href=(path) { "Clear" } }
            }
        }
    }
}

fn count(listing: &Listing<'_>, found: &FoundMessages) -> Markup {
    html! {
        div class="found" {
            h2 #found { @if listing.filters.has_any(NARROWING) { "Messages that match" } @else { "All messages" } }
            p class="count" { (found.messages.len()) " on this page, newest first" }
        }
    }
}

fn nothing_found(listing: &Listing<'_>, found: &FoundMessages, path: &str) -> Markup {
    if found.looked_until.is_some() {
        let advice = html! { p { "The search stopped before the end. It can go on from there." } };
        return empty("No match so far", &advice);
    }
    if listing.filters.is_any_set() {
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
        html! { a href=(session) title=(row.session_id) { code class="short" { (shortened(&row.session_id)) } } },
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

/// An id by its end, where the ids of a list differ.
fn shortened(id: &str) -> String {
    let (prefix, rest) = id.split_once('_').unwrap_or(("", id));
    let begins = rest.len().saturating_sub(SHORT_ID_BYTES);
    match rest.get(begins..) {
        Some(end) if 0 < begins => format!("{prefix}_…{end}"),
        _ => id.to_owned(),
    }
}

/// What is shown, or was looked at.
fn ends(found: &FoundMessages) -> Ends<'_> {
    Ends {
        first: found.messages.first().map(|it| it.row.message_id.as_str()),
        last: found.messages.last().map(|it| it.row.message_id.as_str()),
        has_more: found.has_more,
        looked_until: found.looked_until.as_ref().map(|(_, id)| id.as_str()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_id_is_shown_by_its_kind_and_its_end() {
        assert_eq!(shortened("sess_06h263afe80005p6aem44"), "sess_…5p6aem44");
        assert_eq!(shortened("sess_12345678"), "sess_12345678");
        assert_eq!(shortened("odd"), "odd");
    }
}

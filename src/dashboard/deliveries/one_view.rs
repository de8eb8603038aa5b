//! One message's page: where it stands, what was tried, and what is sent.

use maud::{Markup, html};

use super::{
    SECTION, again_path,
    attempts_view::attempts,
    deliveries_path,
    endpoint::Known,
    request_view::request,
    words::{message_badge, next_attempt_to, outcome_words},
};
use crate::{
    dashboard::views::{
        Frame, badge, copyable, counted, document, done_notice, fact, facts, moment, moment_ms,
        own_form, sessions_path, untrusted,
    },
    domain::studio::Permission,
    page_headers::Nonce,
    webhooks::{MessageDetail, MessageId, MessageState},
};

/// What the page shows.
pub(super) struct One<'a> {
    pub(super) known: Known<'a>,
    pub(super) message_id: MessageId,
    pub(super) message: MessageDetail,
    /// Whether that was just asked for.
    pub(super) was_sent_again: bool,
}

/// Draws it.
pub(super) fn one_page(one: &One<'_>, nonce: &Nonce) -> Markup {
    let (known, row) = (&one.known, &one.message.row);
    let list = deliveries_path(known.place, known.endpoint.endpoint_id.as_str());
    let main = html! {
        nav class="crumbs" aria-label="Breadcrumb" { a href=(list) { "Deliveries" } }
        div class="title" {
            h1 { (row.webhook_type) }
            p class="badges" { (badge(message_badge(row.state, !one.message.attempts.is_empty()))) }
        }
        @if one.was_sent_again { (notice(one)) }
        (sentence(one))
        div class="columns" {
            div class="aside" { (again(one)) (summary(one)) }
            div class="main" { (attempts(&one.message_id, &one.message)) (request(one)) }
        }
    };
    let title = format!("{}, {}", row.webhook_type, message_badge(row.state, true).word);
    let frame =
        Frame { place: known.place, section: SECTION, title: &title, as_of: Some(known.as_of) };
    document(&frame, &main, nonce)
}

fn notice(one: &One<'_>) -> Markup {
    match (one.known.endpoint.disabled, one.message.row.state) {
        (Some(_), _) => done_notice("It will be sent again once the endpoint is enabled."),
        (None, MessageState::Due) => {
            done_notice("It is sent again now. Reload this page to see what comes of it.")
        }
        (None, _) => done_notice("It was sent again: the last attempt below is the new one."),
    }
}

/// What is true of it now, in a sentence.
fn sentence(one: &One<'_>) -> Markup {
    let MessageDetail { row, attempts, .. } = &one.message;
    let made = i64::try_from(attempts.len()).unwrap_or(i64::MAX);
    let last = attempts.last();
    html! {
        p class="lead" {
            @match (row.state, last) {
                (MessageState::Delivered, Some(last)) => {
                    "The receiver took it"
                    @if let Some(status) = last.http_status { ", with status " (status) "," }
                    " on " (moment(last.at)) @if 1 < made { ", at attempt " (made) } "."
                }
                (MessageState::Delivered, None) => { "The receiver took it." }
                (MessageState::Dead, _) => {
                    "It was given up"
                    @if let Some(at) = row.died_at { " on " (moment(at)) }
                    " after " (counted(made, "attempt", "attempts")) ". It is not sent again by itself."
                }
                (MessageState::Due, None) => {
                    "It was not sent yet. It is: " (next(one)) "."
                }
                (MessageState::Due, Some(last)) => {
                    "Not taken yet: " (outcome_words(&last.outcome))
                    @if let Some(status) = last.http_status { ", status " (status) }
                    ". The next attempt is made: " (next(one)) "."
                }
            }
        }
    }
}

fn next(one: &One<'_>) -> Markup {
    html! { @if let Some(at) = one.message.row.next_at { (next_attempt_to(&one.known, at)) } }
}

fn again(one: &One<'_>) -> Markup {
    let (known, place) = (&one.known, one.known.place);
    let path = again_path(place, known.endpoint.endpoint_id.as_str(), one.message_id.as_str());
    let button = html! {
        button class="button primary" type="submit" { "Send again" }
        p class="hint" {
            "The same bytes with the same id, signed anew, at once"
            @if known.endpoint.disabled.is_some() { " when the endpoint is enabled" }
            ". A receiver that had it can tell by the id."
        }
    };
    html! { @if place.may(Permission::HelpPlayers) { (own_form(&path, "again", &place.account, &button)) } }
}

fn summary(one: &One<'_>) -> Markup {
    let (known, row) = (&one.known, &one.message.row);
    let session = format!("{}/{}", sessions_path(known.place), row.session_id);
    let rows = [
        fact("Message", copyable(&row.message_id)),
        fact("Session", html! { a href=(session) { code class="id" { (row.session_id) } } }),
        fact("Endpoint", untrusted(known.endpoint.endpoint.url.as_str())),
        fact("Noted", moment_ms(row.noted_at)),
        fact("Attempts", html! { (one.message.attempts.len()) }),
        fact(
            "Next attempt",
            html! { @if row.state == MessageState::Due { (next(one)) } @else { "none" } },
        ),
    ];
    html! {
        section aria-labelledby="summary" {
            h2 #summary { "Summary" }
            (facts(rows))
        }
    }
}

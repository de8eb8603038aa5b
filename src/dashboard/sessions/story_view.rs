//! One session's page: what is true of it, what happened, and what was sent.

use maud::{Markup, html};

use super::{
    attempts_view::{attempts, refunds},
    events_view::events,
    sentence::sentence,
    webhooks_view::webhooks,
    words::capture_words,
};
use crate::{
    dashboard::{
        Place,
        views::{
            Badge, Frame, Section, Tone, badge, copyable, document, fact, facts, moment,
            session_badge, sessions_path, shown_money, untrusted,
        },
    },
    domain::{
        Timestamp,
        id::SessionId,
        private::Private,
        session::{RefundStatus, SessionEvent, SessionState, SessionStatus, Stage},
    },
    event_store::LoadedEvent,
    page_headers::Nonce,
    webhooks::SessionMessage,
};

/// What the page shows.
pub(super) struct Story<'a> {
    pub(super) place: &'a Place,
    pub(super) session_id: SessionId,
    /// Folded from `events`.
    pub(super) state: Box<SessionState>,
    /// In the order of the log.
    pub(super) events: Vec<LoadedEvent<SessionEvent>>,
    pub(super) messages: Vec<SessionMessage>,
    pub(super) as_of: Timestamp,
}

/// Draws it.
pub(super) fn story_page(story: &Story<'_>, nonce: &Nonce) -> Markup {
    let state = &*story.state;
    let main = html! {
        nav class="crumbs" aria-label="Breadcrumb" {
            a href=(sessions_path(story.place)) { "Sessions" }
        }
        div class="title" {
            h1 { (untrusted(state.item.title.as_str())) }
            p class="price" { (shown_money(state.item.price)) }
            p class="badges" { (badges(story)) }
        }
        (sentence(state))
        div class="columns" {
            div class="aside" { (summary(story)) }
            div class="main" {
                (attempts(state))
                (refunds(state))
                (events(&story.events, &story.place.game.keys.0))
                (webhooks(&story.messages, story.as_of))
            }
        }
    };
    let title = format!("{}, {}", state.item.title, session_badge(state.status).word);
    let frame = Frame {
        place: story.place,
        section: Section::Sessions,
        title: &title,
        as_of: Some(story.as_of),
    };
    document(&frame, &main, nonce)
}

fn badges(story: &Story<'_>) -> Markup {
    let state = &*story.state;
    let is_refunded = state.refunds.iter().any(|it| it.status == RefundStatus::Succeeded);
    // The clock notes it a little later; nobody can pay any more.
    let is_over = state.status == SessionStatus::Pending
        && state.expires_at <= story.as_of
        && state.attempt_under_way().is_none();
    html! {
        (badge(session_badge(state.status)))
        @if is_refunded { (badge(Badge { tone: Tone::Back, word: "Refunded" })) }
        @if is_over { (badge(Badge { tone: Tone::Quiet, word: "Time is over" })) }
    }
}

fn summary(story: &Story<'_>) -> Markup {
    let state = &*story.state;
    let paid = state.attempts.iter().find(|it| it.stage == Stage::Paid);
    let payment = paid.or(state.attempts.last()).map(|it| it.payment_id.as_str());
    let optional = |at: Option<Timestamp>, otherwise: &'static str| {
        html! { @if let Some(at) = at { (moment(at)) } @else { (otherwise) } }
    };
    let rows = [
        fact("Session", copyable(story.session_id.as_str())),
        fact("Payment", html! { @if let Some(id) = payment { (copyable(id)) } @else { "none" } }),
        fact("Player", private(&state.user_id)),
        fact("Item", untrusted(state.item.title.as_str())),
        fact("Amount", shown_money(state.item.price)),
        fact("Created", moment(state.created_at)),
        fact("Page opened", optional(state.page_opened_at, "never")),
        fact("Expires", moment(state.expires_at)),
        fact("Ended", optional(state.closed_at, "not yet")),
        fact("Capture", html! { (capture_words(state.capture_mode)) }),
        fact(
            "Country",
            html! { @if let Some(it) = state.item.country { (it) } @else { "not given" } },
        ),
        fact("Return URL", private(&state.return_url)),
    ];
    html! {
        section aria-labelledby="summary" {
            h2 #summary { "Summary" }
            (facts(rows))
        }
    }
}

/// What identifies a player, unless it was erased. A URL of theirs is a text here and no link.
fn private<T: ToString>(value: &Private<T>) -> Markup {
    html! {
        @match value.known() {
            Some(it) => (untrusted(&it.to_string())),
            None => span class="erased" { "erased" },
        }
    }
}

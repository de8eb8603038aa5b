//! One session's page: what is true of it, what happened, and what was sent.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::{
    attempts_view::{attempts, refunds},
    done::Done,
    events_view::events,
    money_view::money,
    present::Present,
    sentence::sentence,
    webhooks_view::webhooks,
    words::{Known, capture_words},
};
use crate::{
    dashboard::{
        Place,
        views::{
            Badge, Frame, Section, Tone, badge, copyable, document, done_notice, fact, facts,
            moment, session_badge, sessions_path, shown_money, untrusted,
        },
    },
    domain::{
        Timestamp,
        id::{PaymentId, SessionId},
        money::Money,
        private::Private,
        session::{RefundStatus, SessionState, SessionStatus, Stage},
        studio::Permission,
    },
    page_headers::Nonce,
    webhooks::SessionMessage,
};

/// What the page shows.
pub(super) struct Story<'a> {
    pub(super) place: &'a Place,
    pub(super) found: Present,
    pub(super) messages: Vec<SessionMessage>,
    /// What people are called who acted on it, by their ids.
    pub(super) people: BTreeMap<String, String>,
    /// Where the player pays.
    pub(super) url: String,
    /// What was just done.
    pub(super) done: Option<Done>,
    pub(super) as_of: Timestamp,
}

/// Draws it.
pub(super) fn story_page(story: &Story<'_>, nonce: &Nonce) -> Markup {
    let state = &*story.found.state;
    let path = session_path(story.place, &story.found.session_id);
    let known = Known { keys: &story.place.game.keys.0, people: &story.people };
    let main = html! {
        @if let Some(done) = story.done { (done_notice(done.text())) }
        nav class="crumbs" aria-label="Breadcrumb" {
            a href=(sessions_path(story.place)) { "Sessions" }
        }
        div class="title" {
            h1 { (untrusted(state.item.title.as_str())) }
            p class="price" { (shown_money(state.item.price)) }
            p class="badges" { (badges(story)) }
        }
        (sentence(state))
        (buttons(story, &path))
        div class="columns" {
            div class="aside" { (summary(story)) }
            div class="main" {
                (attempts(state))
                (refunds(state))
                (money(&story.found.events))
                (events(&story.found.events, known))
                (webhooks(story.place, &path, &story.messages, story.as_of))
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

/// What whoever looks may do about it now.
fn buttons(story: &Story<'_>, path: &str) -> Markup {
    let (state, place) = (&*story.found.state, story.place);
    let is_open = state.status == SessionStatus::Pending && state.attempt_under_way().is_none();
    let may_cancel =
        place.may(Permission::HelpPlayers) && state.check_cancellable(story.as_of).is_ok();
    let may_refund = place.may(Permission::Refund) && refundable(state).is_some();
    html! {
        @if is_open && story.as_of < state.expires_at {
            p class="once" {
                strong { "Payment link" } " for this player alone"
                code { (story.url) }
            }
        }
        @if may_cancel || may_refund {
            p class="actions" {
                @if may_refund { a class="button" href={ (path) "/refund" } { "Refund" } }
                @if may_cancel { a class="button danger" href={ (path) "/cancel" } { "Cancel session" } }
            }
        }
    }
}

/// The payment that a refund would give back, if there is one.
pub(super) fn refundable(state: &SessionState) -> Option<(&PaymentId, Money)> {
    let attempts = state.attempts.iter().map(|it| &it.payment_id);
    attempts.filter_map(|it| Some((it, state.refundable(it).ok()?))).next()
}

/// Where a session's page is.
pub(in crate::dashboard) fn session_path(place: &Place, session_id: &SessionId) -> String {
    session_path_of(place, session_id.as_str())
}

/// The same by an id that a row has.
pub(in crate::dashboard) fn session_path_of(place: &Place, session_id: &str) -> String {
    place.path(&format!("sessions/{session_id}"))
}

fn badges(story: &Story<'_>) -> Markup {
    let state = &*story.found.state;
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
    let state = &*story.found.state;
    let paid = state.attempts.iter().find(|it| it.stage == Stage::Paid);
    let payment = paid.or(state.attempts.last()).map(|it| it.payment_id.as_str());
    let optional = |at: Option<Timestamp>, otherwise: &'static str| {
        html! { @if let Some(at) = at { (moment(at)) } @else { (otherwise) } }
    };
    let rows = [
        fact("Session", copyable(story.found.session_id.as_str())),
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

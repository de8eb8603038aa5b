//! Recoveries of an endpoint: from when on, what that would be, and how far each is.

use chrono::TimeDelta;
use maud::{Markup, html};

use super::{
    SECTION,
    endpoint::Known,
    health_view::heading,
    recover::SINCE,
    recoveries_path,
    since::{MOMENT_BYTES_MAX, written},
};
use crate::{
    dashboard::views::{
        Badge, Column, Field, FieldProblem, Frame, Tone, badge, counted, document, done_notice,
        empty, moment, own_form, problem_list, table,
    },
    domain::{Timestamp, studio::Permission},
    page_headers::Nonce,
    webhooks::{COUNTED_MAX, Meant, RECOVERIES_SHOWN_MAX, Recovery},
};

/// From when on something was asked for.
pub(super) enum Asked {
    Nothing,
    Since(Timestamp),
    Wrong {
        problems: Vec<FieldProblem>,
        /// As it was sent, to be filled in again.
        typed: String,
    },
}

/// What the page shows.
pub(super) struct RecoveriesPage<'a> {
    pub(super) known: Known<'a>,
    pub(super) asked: Asked,
    /// What would be handed in.
    pub(super) meant: Option<Meant>,
    /// Newest first.
    pub(super) recoveries: Vec<Recovery>,
    pub(super) was_started: bool,
}

const COLUMNS: [Column; 5] = [
    Column::whole("Started"),
    Column::text("Status"),
    Column::number("Handed in"),
    Column::whole("Of messages since"),
    Column::whole("Finished"),
];

/// What one asks for most often, in hours.
const USUAL_HOURS: [(&str, i64); 4] =
    [("1 hour", 1), ("6 hours", 6), ("24 hours", 24), ("7 days", 168)];

/// Draws it.
pub(super) fn recoveries_page(view: &RecoveriesPage<'_>, nonce: &Nonce) -> Markup {
    let known = &view.known;
    let main = html! {
        (heading(known, "Recoveries"))
        @if view.was_started {
            (done_notice("The recovery was started. Reload this page to see how far it is."))
        }
        @if known.place.may(Permission::ChangeIntegration) { (ask(view)) }
        (list(view))
    };
    let title = match view.asked {
        Asked::Wrong { .. } => "Error: Recoveries",
        Asked::Nothing | Asked::Since(_) => "Recoveries",
    };
    let frame = Frame { place: known.place, section: SECTION, title, as_of: Some(known.as_of) };
    document(&frame, &main, nonce)
}

fn ask(view: &RecoveriesPage<'_>) -> Markup {
    let known = &view.known;
    let path = recoveries_path(known.place, known.endpoint.endpoint_id.as_str());
    let (problems, typed) = match &view.asked {
        Asked::Nothing => (&[][..], String::new()),
        Asked::Since(since) => (&[][..], written(*since)),
        Asked::Wrong { problems, typed } => (problems.as_slice(), typed.clone()),
    };
    let since = Field {
        name: SINCE,
        label: "Since (UTC)",
        hint: "At most 30 days back: no message is kept longer.",
        problems,
    };
    html! {
        (problem_list("Nothing was started", problems))
        section aria-labelledby="recover" {
            h2 #recover { "Send all again that was not taken" }
            p class="lead" {
                "Hands in again what this endpoint was told of since some time and did not take: messages that were \
                 given up, and those that wait for a later attempt. Mend the receiver first."
            }
            form class="form" method="get" action=(path) {
                (since.text("datetime-local", &typed, MOMENT_BYTES_MAX))
                p class="links" {
                    "Or the last"
                    @for (name, hours) in USUAL_HOURS {
                        a href={ (path) "?" (SINCE) "=" (written(known.as_of - TimeDelta::hours(hours))) } { (name) }
                    }
                }
                div class="actions" { button class="button" type="submit" { "Count them first" } }
            }
            @if let (Asked::Since(since), Some(meant)) = (&view.asked, view.meant) {
                (confirm(known, *since, meant, &path))
            }
        }
    }
}

fn confirm(known: &Known<'_>, since: Timestamp, meant: Meant, path: &str) -> Markup {
    let at_least = if meant.is_more { "at least " } else { "" };
    let all = meant.given_up + meant.failing;
    if all == 0 && !meant.is_more {
        let advice =
            html! { p { "Since " (moment(since)) " everything was taken, or was not sent yet." } };
        return empty("There is nothing to hand in again", &advice);
    }
    let fields = html! {
        p {
            "Since " (moment(since)) ": " (at_least) strong { (counted(meant.given_up, "message", "messages")) }
            " given up, and " (at_least) strong { (counted(meant.failing, "message", "messages")) }
            " waiting for a later attempt."
            @if meant.is_more { " No more than " (counted(COUNTED_MAX, "message is", "messages are")) " counted; all are handed in." }
        }
        p class="hint" {
            "They keep their ids, by which a receiver can tell what it had. Each gets all 13 attempts anew."
            @if known.endpoint.disabled.is_some() { " The endpoint is paused: they wait until it is enabled." }
        }
        input type="hidden" name=(SINCE) value=(written(since));
        div class="actions" { button class="button primary" type="submit" { "Send them again" } }
    };
    own_form(path, "form", &known.place.account, &fields)
}

fn list(view: &RecoveriesPage<'_>) -> Markup {
    let most = usize::try_from(RECOVERIES_SHOWN_MAX).unwrap_or(usize::MAX);
    html! {
        section aria-labelledby="recoveries" {
            h2 #recoveries { "Recoveries of this endpoint" }
            @if view.recoveries.is_empty() {
                p class="none" { "None was started yet." }
            } @else { (table("Recoveries, newest first", &COLUMNS, view.recoveries.iter().map(row))) }
            @if most <= view.recoveries.len() {
                p class="note" { "Only the newest " (RECOVERIES_SHOWN_MAX) " are shown." }
            }
        }
    }
}

fn row(it: &Recovery) -> Vec<Markup> {
    let state = match it.finished_at {
        Some(_) => Badge { tone: Tone::Good, word: "All handed in" },
        None => Badge { tone: Tone::Waiting, word: "Under way" },
    };
    vec![
        moment(it.started_at),
        badge(state),
        html! {
            (counted(it.handed_in, "", "").trim_end()) " of " (counted(it.total.max(it.handed_in), "", "").trim_end())
        },
        html! { @if it.since == Timestamp::UNIX_EPOCH { "all that are kept" } @else { (moment(it.since)) } },
        html! { @match it.finished_at { Some(at) => (moment(at)), None => "not yet" } },
    ]
}

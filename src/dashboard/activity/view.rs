//! Draws what happens: the list, and one line of it.

use std::sync::Arc;

use maud::{Markup, html};

use super::{
    feed::{Happening, KEPT_MAX, Unwatchable},
    script::SCRIPT,
};
use crate::{
    dashboard::{
        Place,
        sessions::{actor_words, happened, session_path_of},
        views::{
            Frame, Section, amount, badge, document_with_script, empty, moment, session_badge,
            untrusted,
        },
    },
    domain::{Timestamp, session::SessionStatus},
    page_headers::Nonce,
};

/// How many lines the page begins with.
const LINES_MAX: usize = 50;

/// What the page shows.
pub(super) struct Activity<'a> {
    pub(super) place: &'a Place,
    /// Oldest first, with the position behind which others come; or why not.
    pub(super) latest: Result<(Vec<Arc<Happening>>, i64), Unwatchable>,
    pub(super) as_of: Timestamp,
}

/// Draws the page.
pub(super) fn activity_page(activity: &Activity<'_>, nonce: &Nonce) -> Markup {
    let place = activity.place;
    let main = html! {
        div class="head" {
            h1 { "Activity" }
            @if activity.latest.is_ok() {
                p class="actions" {
                    span #state class="hint" role="status" { noscript { "Load the page again for what is newer." } }
                    button #hold class="button" type="button" aria-pressed="false" hidden { "Hold still" }
                }
            }
        }
        @match &activity.latest {
            Ok((latest, after)) => (list(place, latest, *after)),
            Err(_) => {
                p class="notice" role="alert" {
                    "What happens now cannot be shown at the moment. The sessions themselves can be searched."
                }
            }
        }
    };
    let frame =
        Frame { place, section: Section::Activity, title: "Activity", as_of: Some(activity.as_of) };
    document_with_script(&frame, &main, SCRIPT, nonce)
}

fn list(place: &Place, latest: &[Arc<Happening>], after: i64) -> Markup {
    let nothing = format!("No event of this game and world is among the latest {KEPT_MAX}.");
    html! {
        @if latest.is_empty() {
            div #nothing { (empty("Nothing happened of late.", &html! { p { (nothing) } })) }
        }
        ol #happenings class="happenings" aria-label="What happened, newest first" data-after=(after) data-events=(place.path("activity/events")) {
            @for it in latest.iter().rev().take(LINES_MAX) { (happening_row(place, it)) }
        }
    }
}

/// One line: what happened, to what, and where that stands since.
pub(super) fn happening_row(place: &Place, it: &Happening) -> Markup {
    let session = &it.session;
    let status = SessionStatus::parse(&session.status);
    html! {
        li {
            div class="line" {
                a class="row-link" href=(session_path_of(place, &session.id)) { (untrusted(&session.title)) }
                (amount(session.price, &session.currency))
                @if let Some(status) = status { (badge(session_badge(status))) }
            }
            p class="what" { (happened(&it.event)) }
            p class="who" { (moment(it.at)) " · " (actor_words(place, &it.actor, &it.people)) }
        }
    }
}

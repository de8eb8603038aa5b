//! The webhooks of a session: to where, and what came of each attempt.

use maud::{Markup, html};

use crate::{
    dashboard::{
        Place,
        deliveries::{delivery_path, message_badge, next_attempt, outcome_words},
        views::{Column, badge, copyable, moment, moment_ms, own_form, readable, table, untrusted},
    },
    domain::{Timestamp, studio::Permission},
    webhooks::{AttemptRow, MessageState, SESSION_MESSAGES_MAX, SessionMessage},
};

/// How much of an answer is shown, in characters: enough for an error's message.
const ANSWER_CHARACTERS_MAX: usize = 1_000;

const ATTEMPTS: [Column; 5] = [
    Column::text("Attempt"),
    Column::text("Outcome"),
    Column::number("HTTP status"),
    Column::number("Duration"),
    Column::text("Begun"),
];

/// All of them, in the order of what caused them, each with the button that sends it again.
pub(super) fn webhooks(
    place: &Place,
    path: &str,
    messages: &[SessionMessage],
    now: Timestamp,
) -> Markup {
    let most = usize::try_from(SESSION_MESSAGES_MAX).unwrap_or(usize::MAX);
    html! {
        section aria-labelledby="webhooks" {
            h2 #webhooks { "Webhooks" }
            @if messages.is_empty() {
                p class="none" {
                    "None are kept. The game had no endpoint that takes them, or they are older than 30 days."
                }
            }
            @if most <= messages.len() {
                p class="note" { "Only the first " (SESSION_MESSAGES_MAX) " are shown." }
            }
            ul class="messages" { @for it in messages { li { (message(place, path, it, now)) } } }
        }
    }
}

fn message(place: &Place, path: &str, it: &SessionMessage, now: Timestamp) -> Markup {
    // What went well is folded; what did not is open.
    let is_open = it.state != MessageState::Delivered;
    html! {
        details open[is_open] {
            summary {
                span class="type" { (it.webhook_type) } " " (badge(message_badge(it.state, !it.attempts.is_empty()))) " "
                span class="target" { (target(it)) }
            }
            p class="who" {
                "Noted " (moment_ms(it.noted_at)) " · " (copyable(&it.message_id))
                @if it.endpoint.is_some() && place.may(Permission::SeeIntegration) {
                    " · " a href=(delivery_path(place, &it.endpoint_id, &it.message_id)) { "All of it" }
                }
            }
            @if let Some(at) = it.died_at { p class="who" { "Given up " (moment(at)) } }
            @if it.state == MessageState::Due && !it.attempts.is_empty() {
                @if let Some(at) = it.next_at { p class="who" { "Next attempt at the earliest: " (next_attempt(at, now)) } }
            }
            @if it.attempts.is_empty() {
                p class="none" { "No attempt was made yet." }
            } @else {
                (table("Attempts to deliver, in order", &ATTEMPTS, it.attempts.iter().map(attempt)))
            }
            @if it.endpoint.is_some() && place.may(Permission::HelpPlayers) { (send_again(place, path, it)) }
        }
    }
}

fn send_again(place: &Place, path: &str, it: &SessionMessage) -> Markup {
    let action = format!("{path}/webhooks/{}/{}/resend", it.endpoint_id, it.message_id);
    let button = html! {
        button class="button" type="submit" {
            "Send again" span class="visually-hidden" { ": " (it.webhook_type) }
        }
    };
    own_form(&action, "", &place.account, &button)
}

fn target(it: &SessionMessage) -> Markup {
    html! {
        @match &it.endpoint {
            Some(endpoint) => (untrusted(endpoint.url.as_str())),
            None => { "an endpoint that was removed, " (it.endpoint_id) }
        }
    }
}

fn attempt(it: &AttemptRow) -> Vec<Markup> {
    vec![
        html! { (it.number) },
        html! {
            (outcome_words(&it.outcome))
            @if let Some(answer) = &it.answer { (answer_excerpt(answer)) }
        },
        html! { @if let Some(status) = it.http_status { (status) } @else { "none" } },
        html! { (it.elapsed_ms) " ms" },
        moment_ms(it.at),
    ]
}

fn answer_excerpt(answer: &[u8]) -> Markup {
    let text = readable(answer, ANSWER_CHARACTERS_MAX);
    html! { details { summary { "Answer" } pre { bdi { (text) } } } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_text() {
        let shown = answer_excerpt(b"<script>alert(1)</script>").into_string();
        assert!(!shown.contains("<script>"), "{shown}");
    }
}

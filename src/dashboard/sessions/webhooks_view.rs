//! The webhooks of a session: to where, and what came of each attempt.

use maud::{Markup, html};

use crate::{
    dashboard::{
        deliveries::{message_badge, next_attempt, outcome_words},
        views::{Badge, Column, badge, copyable, moment, moment_ms, readable, table, untrusted},
    },
    domain::Timestamp,
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

/// All of them, in the order of what caused them.
pub(super) fn webhooks(messages: &[SessionMessage], now: Timestamp) -> Markup {
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
            ul class="messages" { @for it in messages { li { (message(it, now)) } } }
        }
    }
}

fn message(it: &SessionMessage, now: Timestamp) -> Markup {
    // What went well is folded; what did not is open.
    let is_open = it.state != MessageState::Delivered;
    html! {
        details open[is_open] {
            summary {
                span class="type" { (it.webhook_type) } " " (badge(state_badge(it))) " "
                span class="target" { (target(it)) }
            }
            p class="who" {
                "Noted " (moment_ms(it.noted_at)) " · " (copyable(&it.message_id))
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
        }
    }
}

fn state_badge(it: &SessionMessage) -> Badge {
    message_badge(it.state, !it.attempts.is_empty())
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

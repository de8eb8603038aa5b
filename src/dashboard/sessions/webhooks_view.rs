//! The webhooks of a session: to where, and what came of each attempt.

use maud::{Markup, html};

use super::words::outcome_words;
use crate::{
    dashboard::{
        Place,
        views::{
            Badge, Column, Tone, badge, copyable, moment, moment_ms, own_form, table, untrusted,
        },
    },
    domain::studio::Permission,
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
pub(super) fn webhooks(place: &Place, path: &str, messages: &[SessionMessage]) -> Markup {
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
            ul class="messages" { @for it in messages { li { (message(place, path, it)) } } }
        }
    }
}

fn message(place: &Place, path: &str, it: &SessionMessage) -> Markup {
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
                @if let Some(at) = it.next_at { p class="who" { "Next attempt " (moment(at)) " at the earliest" } }
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

fn state_badge(it: &SessionMessage) -> Badge {
    match it.state {
        MessageState::Delivered => Badge { tone: Tone::Good, word: "Delivered" },
        MessageState::Dead => Badge { tone: Tone::Bad, word: "Given up" },
        MessageState::Due if it.attempts.is_empty() => {
            Badge { tone: Tone::Waiting, word: "To be sent" }
        }
        MessageState::Due => Badge { tone: Tone::Waiting, word: "To be sent again" },
    }
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
    let text = readable(answer);
    html! { details { summary { "Answer" } pre { bdi { (text) } } } }
}

/// As text, cut to what is shown, with control characters made visible.
fn readable(bytes: &[u8]) -> String {
    let whole = String::from_utf8_lossy(bytes);
    let mut text = String::new();
    for it in whole.chars().take(ANSWER_CHARACTERS_MAX) {
        match it {
            '\n' | '\t' => text.push(it),
            it if it.is_control() => text.extend(it.escape_default()),
            it => text.push(it),
        }
    }
    if whole.chars().nth(ANSWER_CHARACTERS_MAX).is_some() {
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_cut_and_what_cannot_be_seen_is_made_visible() {
        assert_eq!(readable(b"no\n\x1b\xff"), "no\n\\u{1b}\u{fffd}");
        assert_eq!(readable("é".repeat(1_000).as_bytes()), "é".repeat(1_000));
        assert_eq!(readable("é".repeat(1_001).as_bytes()), format!("{}…", "é".repeat(1_000)));
        let shown = answer_excerpt(b"<script>alert(1)</script>").into_string();
        assert!(!shown.contains("<script>"), "{shown}");
    }
}

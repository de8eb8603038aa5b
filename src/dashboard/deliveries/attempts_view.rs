//! What was tried to deliver a message: each attempt with what came of it, and what to do about it.

use maud::{Markup, html};

use super::words::{advice, outcome_words};
use crate::{
    dashboard::views::{moment_ms, readable},
    webhooks::{ANSWER_BYTES_MAX, AttemptRow, MessageDetail, MessageId},
};

/// All of them, the first one first.
pub(super) fn attempts(id: &MessageId, message: &MessageDetail) -> Markup {
    html! {
        section aria-labelledby="attempts" {
            h2 #attempts { "Attempts" }
            @if message.attempts.is_empty() { p class="none" { "None was made yet." } }
            @else { ol class="story" { @for it in &message.attempts { li { (attempt(id, it)) } } } }
        }
    }
}

fn attempt(id: &MessageId, it: &AttemptRow) -> Markup {
    html! {
        p class="what" {
            "Attempt " (it.number) ": " (outcome_words(&it.outcome))
            @if let Some(status) = it.http_status { ", status " (status) }
        }
        p class="who" { (moment_ms(it.at)) " · " (it.elapsed_ms) " ms" }
        @if let Some(text) = advice(&it.outcome, it.http_status) { p class="why" { (text) } }
        @match &it.answer {
            Some(answer) => {
                details open[it.outcome != "delivered"] {
                    summary { "Answer" @if ANSWER_BYTES_MAX <= answer.len() { ", its beginning" } }
                    (block("Answer of the receiver", &readable(answer, ANSWER_BYTES_MAX)))
                }
            }
            None => @if it.http_status.is_some() { p class="hint" { "The answer had no body." } }
        }
        @let headers = it.headers(id);
        @if !headers.is_empty() {
            details {
                summary { "Headers that were sent" }
                dl class="data" {
                    @for (name, value) in headers { div { dt { code { (name) } } dd { code { (value) } } } }
                }
            }
        }
    }
}

/// A text as it is. What is longer than its frame can be scrolled by keyboard too.
pub(super) fn block(name: &str, text: &str) -> Markup {
    html! { pre tabindex="0" role="group" aria-label=(name) { bdi { (text) } } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_text_whatever_it_is() {
        let shown = block("Answer", &readable(b"<script>alert(1)</script>\x1b", 100)).into_string();
        assert!(!shown.contains("<script>") && shown.contains("\\u{1b}"), "{shown}");
    }
}

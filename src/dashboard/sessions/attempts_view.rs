//! A session's attempts to pay and its refunds.

use maud::{Markup, html};

use super::words::{cause_words, method_words};
use crate::{
    dashboard::views::{
        Badge, Column, Tone, badge, copyable, moment, payment_badge, refund_badge, shown_money,
        table, untrusted,
    },
    domain::session::{Attempt, Refund, SessionState, Stage},
};

const ATTEMPTS: [Column; 6] = [
    Column::text("Attempt"),
    Column::text("Outcome"),
    Column::number("Amount"),
    Column::text("Paid with"),
    Column::text("Started"),
    Column::text("Payment"),
];

const REFUNDS: [Column; 6] = [
    Column::text("Refund"),
    Column::text("Outcome"),
    Column::number("Amount"),
    Column::text("Reason"),
    Column::text("Asked for"),
    Column::text("Settled"),
];

/// The attempts to pay, the first one first.
pub(super) fn attempts(state: &SessionState) -> Markup {
    let rows = (1..).zip(&state.attempts).map(|(number, it)| attempt(number, it));
    html! {
        section aria-labelledby="payments" {
            h2 #payments { "Attempts to pay" }
            @if state.attempts.is_empty() {
                p class="none" { "The player has not tried to pay." }
            } @else { (table("Attempts to pay, in order", &ATTEMPTS, rows)) }
        }
    }
}

fn attempt(number: u32, it: &Attempt) -> Vec<Markup> {
    vec![
        html! { (number) },
        html! { span class="badges" { (badge(attempt_badge(it))) } (why(it)) },
        html! {
            (shown_money(it.amount))
            @if let Some(captured) = it.captured.filter(|captured| *captured != it.amount) {
                p class="hint" { "taken: " (shown_money(captured)) }
            }
        },
        html! { (method_words(it.method)) p class="hint" { "via " (untrusted(it.provider.as_str())) } },
        moment(it.started_at),
        copyable(it.payment_id.as_str()),
    ]
}

/// As clients see it, but for money that did not pay for the session.
fn attempt_badge(it: &Attempt) -> Badge {
    match it.stage {
        Stage::PaidLate if it.refunded.is_none() => Badge { tone: Tone::Alert, word: "Taken late" },
        Stage::Mismatched if it.refunded.is_none() => {
            Badge { tone: Tone::Alert, word: "Wrong amount" }
        }
        _ => payment_badge(it.status()),
    }
}

/// What the badge leaves open.
fn why(it: &Attempt) -> Markup {
    html! {
        @if let Some(reason) = it.decline {
            p class="why" { (reason.sentence()) " " code { (reason) } }
        }
        @for it in &it.disputed {
            p class="why" { "Not asked for: " (shown_money(it.amount)) }
        }
        @if it.stage == Stage::Authorized { p class="why" { "The money is held." } }
    }
}

/// The refunds, the first one first.
pub(super) fn refunds(state: &SessionState) -> Markup {
    html! {
        section aria-labelledby="refunds" {
            h2 #refunds { "Refunds" }
            @if state.refunds.is_empty() {
                p class="none" { "None." }
            } @else { (table("Refunds, in order", &REFUNDS, state.refunds.iter().map(refund))) }
        }
    }
}

fn refund(it: &Refund) -> Vec<Markup> {
    vec![
        html! { (copyable(it.refund_id.as_str())) },
        html! {
            span class="badges" { (badge(refund_badge(it.status))) }
            @if let Some(reason) = it.decline {
                p class="why" { (reason.sentence()) " " code { (reason) } }
            }
        },
        shown_money(it.amount),
        html! {
            @match it.reason.known() {
                None => span class="erased" { "erased" },
                Some(None) => "none given",
                Some(Some(reason)) => (untrusted(reason.as_str())),
            }
            p class="hint" { "asked for " (cause_words(it.cause)) }
        },
        moment(it.requested_at),
        html! { @if let Some(at) = it.settled_at { (moment(at)) } @else { "not yet" } },
    ]
}

//! A session in one sentence: what is true of its money now.

use maud::{Markup, html};

use super::words::method_words;
use crate::{
    dashboard::views::{moment, shown_money},
    domain::session::{
        Attempt, CaptureMode, Refund, RefundStatus, SessionState, SessionStatus, Stage,
    },
};

/// The sentence, and what else must be known about money that is not as it should be.
pub(super) fn sentence(state: &SessionState) -> Markup {
    html! {
        p class="lead" {
            @match state.status {
                SessionStatus::Paid => (paid(state)),
                SessionStatus::Pending => (pending(state)),
                SessionStatus::Failed => { "Not paid: the last allowed attempt was declined." }
                SessionStatus::Cancelled => { "Not paid: the session was cancelled." }
                SessionStatus::Expired => { "Not paid: the session’s time ran out." }
            }
        }
        @for it in state.attempts.iter().filter(|it| is_odd(it)) { (odd(state, it)) }
    }
}

fn paid(state: &SessionState) -> Markup {
    let Some(attempt) = state.attempts.iter().find(|it| it.stage == Stage::Paid) else {
        return html! { "Paid." };
    };
    let refund = state.refund_that_stands(&attempt.payment_id);
    html! {
        (shown_money(attempt.captured.unwrap_or(attempt.amount)))
        " was paid by " (method_words(attempt.method))
        @if let Some(at) = attempt.succeeded_at { " on " (moment(at)) }
        @if let Some(refund) = refund { (given_back(refund)) } @else { "." }
    }
}

fn given_back(refund: &Refund) -> Markup {
    html! {
        @if refund.status == RefundStatus::Succeeded {
            ", and " (shown_money(refund.amount)) " was given back"
            @if let Some(at) = refund.settled_at { " on " (moment(at)) }
            "."
        } @else {
            ". A refund of " (shown_money(refund.amount)) " is under way."
        }
    }
}

fn pending(state: &SessionState) -> Markup {
    html! {
        @match state.attempt_under_way() {
            Some(it) if it.stage == Stage::Authorized && it.capture_mode == CaptureMode::Manual && !it.awaits_answer() => {
                "Not paid yet: " (shown_money(it.amount)) " is held until the game calls CompletePayment."
            }
            Some(_) => { "Not paid yet: an attempt is under way, and the provider’s answer is awaited." }
            None if state.page_opened_at.is_none() => { "Not paid yet: the player has not opened the payment page." }
            None => { "Not paid yet: the player can still pay." }
        }
    }
}

/// Whether its money is where it should not be.
fn is_odd(attempt: &Attempt) -> bool {
    matches!(attempt.stage, Stage::PaidLate | Stage::Mismatched) || !attempt.disputed.is_empty()
}

fn odd(state: &SessionState, attempt: &Attempt) -> Markup {
    let number = state.attempts.iter().position(|it| it.payment_id == attempt.payment_id);
    let number = number.map_or(0, |it| it + 1);
    html! {
        p class="notice" {
            "Attempt " (number) ": "
            @if attempt.refunded.is_some() && attempt.taken().count() <= 1 {
                "money was taken that did not pay for this session, and was given back."
            } @else if attempt.stage == Stage::PaidLate && state.late_refund_due_at(attempt).is_some() {
                "money was taken after the session was over. ToffeePay gives it back."
            } @else if state.refund_that_stands(&attempt.payment_id).is_some() {
                "money was taken that did not pay for this session. A refund is under way."
            } @else {
                "money was taken that did not pay for this session, and ToffeePay’s support must settle it."
            }
        }
    }
}

//! Draws how far sessions came, why attempts were declined, and with what players tried to pay.

use maud::{Markup, html};

use super::{
    bar::{Bar, bar},
    beside::{Beside, number, ten_thousandths},
    hours::{Compared, Hours},
    summary::{Steps, Summary},
};
use crate::{
    dashboard::views::share,
    domain::session::{DeclineReason, PaymentMethod},
};

/// The steps from a session to its payment.
pub(super) fn steps_section(steps: &Steps, hours: &Hours) -> Markup {
    let choice = hours.choice;
    let later =
        [("Page opened", steps.opened), ("Payment started", steps.started), ("Paid", steps.paid)];
    let has_before = 0 < steps.created.before;
    html! {
        section class="panel" aria-labelledby="steps" {
            h2 #steps { "From session to payment" }
            p class="hint" {
                "How far the sessions came that were created " (choice.this())
                ", whenever the later step was. " @if hours.is_running() { "Those of the last hours may still be paid." }
            }
            @if steps.created.all == 0 {
                p class="none" { "No session was created " (choice.this()) "." }
            } @else {
                ol class="bars" {
                    li {
                        p class="line" { span class="name" { "Session created" } " " strong { (number(steps.created.all)) } span class="share" {} }
                        (bar(Bar { length: ten_thousandths(1, 1), mark: None }))
                    }
                    @for (name, of) in later { (step(name, of, steps.created, hours)) }
                }
                @if has_before {
                    p class="hint" {
                        "The mark is the share " (choice.before())
                        @if let Compared::UpTo(_) = hours.compared() { ", of the sessions created by " (hours.up_to_text(hours.before.split)) " then" }
                        "."
                    }
                }
            }
        }
    }
}

/// A step as a part of the sessions created.
fn step(name: &str, of: Beside, created: Beside, hours: &Hours) -> Markup {
    let before = share(of.before, created.before);
    let mark = before.is_some().then(|| ten_thousandths(of.before, created.before));
    html! {
        li {
            p class="line" {
                span class="name" {
                    (name)
                    @if let Some(before) = before { span class="hint" { " · " (before) " " (hours.choice.before()) } }
                }
                " " strong { (number(of.all)) }
                " " span class="share" { (share(of.all, created.all).unwrap_or_default()) }
            }
            (bar(Bar { length: ten_thousandths(of.all, created.all), mark }))
        }
    }
}

/// Why attempts were declined.
pub(super) fn reasons_section(summary: &Summary, hours: &Hours) -> Markup {
    let all = summary.reasons.iter().map(|(reason, of)| (reason_name(*reason), *of));
    let rows: Vec<_> = all.filter(|(_, of)| 0 < of.all).collect();
    html! {
        section class="panel" aria-labelledby="reasons" {
            h2 #reasons { "Declined, by reason" }
            @if rows.is_empty() {
                p class="none" { "No attempt was declined " (hours.choice.this()) "." }
            } @else { (ranking(&rows)) }
        }
    }
}

/// With what players tried to pay.
pub(super) fn methods_section(summary: &Summary, hours: &Hours) -> Markup {
    let all = summary.methods.iter().map(|(method, of)| (method_name(*method), *of));
    let rows: Vec<_> = all.filter(|(_, of)| 0 < of.all).collect();
    html! {
        section class="panel" aria-labelledby="methods" {
            h2 #methods { "Attempts, by method" }
            @if rows.is_empty() {
                p class="none" { "No payment was started " (hours.choice.this()) "." }
            } @else { (ranking(&rows)) }
        }
    }
}

/// Each as a part of all of them.
fn ranking(rows: &[(&str, Beside)]) -> Markup {
    let whole: i128 = rows.iter().map(|(_, of)| of.all).sum();
    html! {
        ol class="bars" {
            @for (name, of) in rows {
                li {
                    p class="line" {
                        span class="name" { (name) } " " strong { (number(of.all)) }
                        @if let Some(share) = share(of.all, whole) { " " span class="share" { (share) } }
                    }
                    (bar(Bar { length: ten_thousandths(of.all, whole), mark: None }))
                }
            }
        }
    }
}

fn reason_name(reason: DeclineReason) -> &'static str {
    match reason {
        DeclineReason::CardDeclined => "Card declined",
        DeclineReason::InsufficientFunds => "Not enough money",
        DeclineReason::ExpiredCard => "Card expired",
        DeclineReason::IncorrectSecurityCode => "Wrong security code",
        DeclineReason::AuthenticationFailed => "Bank’s check not passed",
        DeclineReason::InstrumentRefused => "Card or wallet not taken",
        DeclineReason::AuthorizationExpired => "Hold expired",
        DeclineReason::ProviderRefused => "Refused by the provider",
    }
}

fn method_name(method: PaymentMethod) -> &'static str {
    match method {
        PaymentMethod::Card => "Card",
        PaymentMethod::TokenizedCard => "Card on file",
        PaymentMethod::ApplePay => "Apple Pay",
        PaymentMethod::GooglePay => "Google Pay",
        PaymentMethod::Paypal => "PayPal",
        PaymentMethod::Paylater => "Pay later",
        PaymentMethod::Venmo => "Venmo",
        PaymentMethod::ToffeeWallet => "Toffee wallet",
    }
}

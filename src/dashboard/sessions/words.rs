//! Events, actors and reasons in plain words, for whoever has never read the code.

use std::collections::BTreeMap;

use maud::{Markup, html};

use crate::{
    dashboard::{Place, views::untrusted},
    domain::{
        game::Key,
        session::{
            CancelReason, CaptureMode, PaymentMethod, RefundCause, SessionEvent as Event,
            VoidReason,
        },
    },
};

/// What happened. No wildcard arm: whoever adds an event chooses its words.
pub(in crate::dashboard) fn happened(event: &Event) -> String {
    match event {
        Event::Created { .. } => "The game asked for a payment".to_owned(),
        Event::PageOpened { .. } => "The player opened the payment page".to_owned(),
        Event::PaymentStarted { number, method, .. } => {
            format!("Attempt {number} to pay was started, by {}", method_words(*method))
        }
        Event::PaymentAuthorized { .. } => "The provider holds the money".to_owned(),
        Event::CaptureRequested { .. } => "The held money is to be taken".to_owned(),
        Event::CaptureFailed { reason, .. } => {
            format!("The held money could not be taken. {}", reason.sentence())
        }
        Event::VoidRequested { reason, .. } => {
            format!("The held money is to be let go: {}", void_words(*reason))
        }
        Event::VoidFailed { reason, .. } => {
            format!("The held money could not be let go. {}", reason.sentence())
        }
        Event::PaymentVoided { .. } => "The held money was let go; nothing was charged".to_owned(),
        Event::PaymentDeclined { reason, .. } => {
            format!("The payment was declined. {}", reason.sentence())
        }
        Event::Paid { .. } => "The money was taken: the session is paid".to_owned(),
        Event::PaidLate { .. } => {
            "Money was taken after the session was over; it goes back".to_owned()
        }
        Event::CaptureMismatched { .. } => {
            "Another amount was taken than was asked for; a person must settle it".to_owned()
        }
        Event::Failed { .. } => "The session failed: the last attempt was declined".to_owned(),
        Event::Cancelled { reason, .. } => format!("The session {}", cancel_words(*reason)),
        Event::Expired { .. } => "The session’s time ran out, unpaid".to_owned(),
        Event::RefundRequested { cause, .. } => {
            format!("A refund was asked for {}", cause_words(*cause))
        }
        Event::Refunded { .. } => "The money was given back".to_owned(),
        Event::RefundFailed { reason, .. } => {
            format!("The refund failed. {}", reason.sentence())
        }
        Event::RefundCancelled { .. } => {
            "The refund was called off before it was paid out".to_owned()
        }
    }
}

/// With what a player pays.
pub(super) fn method_words(method: PaymentMethod) -> &'static str {
    match method {
        PaymentMethod::Card => "card",
        PaymentMethod::TokenizedCard => "stored card",
        PaymentMethod::ApplePay => "Apple Pay",
        PaymentMethod::GooglePay => "Google Pay",
        PaymentMethod::Paypal => "PayPal",
        PaymentMethod::Paylater => "pay later",
        PaymentMethod::Venmo => "Venmo",
        PaymentMethod::ToffeeWallet => "Toffee wallet",
    }
}

/// When authorized money is captured.
pub(super) fn capture_words(mode: CaptureMode) -> &'static str {
    match mode {
        CaptureMode::Automatic => "at once",
        CaptureMode::Manual => "when the game calls CompletePayment",
    }
}

/// Who asked for a refund.
pub(super) fn cause_words(cause: RefundCause) -> &'static str {
    match cause {
        RefundCause::Game => "by the game",
        RefundCause::PaidLate => "because the money came after the session was over",
        RefundCause::Operator => "by ToffeePay’s support",
    }
}

fn cancel_words(reason: CancelReason) -> &'static str {
    match reason {
        CancelReason::Game => "was cancelled by the game",
        CancelReason::Player => "was cancelled by the player",
        CancelReason::AttemptsVoided => "was cancelled after three attempts were let go",
    }
}

fn void_words(reason: VoidReason) -> &'static str {
    match reason {
        VoidReason::Game => "the game called CancelPayment",
        VoidReason::SessionCancelled => "the session was cancelled",
        VoidReason::NotCapturedInTime => "nobody captured it in time",
        VoidReason::CaptureFailed => "it could not be captured",
        VoidReason::AuthorizedLate => "it was authorized after the attempt had been given up",
        VoidReason::PaidOtherwise => "another attempt had paid meanwhile",
    }
}

/// Who did something: in plain words, and by which name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Actor {
    pub(super) who: &'static str,
    /// What people called them; as untrusted as any name.
    pub(super) name: Option<String>,
}

/// Those whose names are known.
#[derive(Clone, Copy)]
pub(super) struct Known<'a> {
    /// The game's keys.
    pub(super) keys: &'a [Key],
    /// What people of the studio are called, by their ids.
    pub(super) people: &'a BTreeMap<String, String>,
}

/// Reads the log's word for who gave a command. A key's name is told as long as the game has it.
pub(super) fn actor(text: &str, known: Known<'_>) -> Actor {
    let named = |who, name: &str| Actor { who, name: Some(name.to_owned()) };
    match text.split_once(':') {
        None if text == "player" => Actor { who: "The player", name: None },
        Some(("key", id)) => {
            let key = known.keys.iter().find(|it| it.key_id.as_str() == id);
            named("The game’s server, key", key.map_or(id, |it| it.name.as_str()))
        }
        Some(("provider", name)) => named("The payment provider", name),
        Some(("process", "clock")) => Actor { who: "ToffeePay, by the clock", name: None },
        Some(("process", _)) => Actor { who: "ToffeePay", name: None },
        // Who of us it was stands in the log, and is no studio's business.
        Some(("operator", _)) => Actor { who: "ToffeePay’s support", name: None },
        Some(("person", id)) => match known.people.get(id) {
            Some(name) => named("In the dashboard,", name),
            None => Actor { who: "In the dashboard, somebody whose data was erased", name: None },
        },
        _ => named("Somebody else", text),
    }
}

/// The same in one line.
pub(in crate::dashboard) fn actor_words(
    place: &Place,
    text: &str,
    people: &BTreeMap<String, String>,
) -> Markup {
    let known = Known { keys: &place.game.keys.0, people };
    let Actor { who, name } = actor(text, known);
    html! { (who) @if let Some(name) = name { " " (untrusted(&name)) } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_actor_of_the_log_is_told_in_plain_words() {
        let people = BTreeMap::from([("per_1".to_owned(), "Ada".to_owned())]);
        for (text, who, name) in [
            ("player", "The player", None),
            ("key:key_1", "The game’s server, key", Some("key_1")),
            ("provider:sandbox", "The payment provider", Some("sandbox")),
            ("process:clock", "ToffeePay, by the clock", None),
            ("process:webhooks", "ToffeePay", None),
            ("operator:ada", "ToffeePay’s support", None),
            ("person:per_1", "In the dashboard,", Some("Ada")),
            ("person:per_2", "In the dashboard, somebody whose data was erased", None),
            ("<b>", "Somebody else", Some("<b>")),
        ] {
            let known = Known { keys: &[], people: &people };
            assert_eq!(actor(text, known), Actor { who, name: name.map(str::to_owned) });
        }
    }
}

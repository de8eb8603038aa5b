//! What came of attempts, in plain words, and what to do about it.

use maud::{Markup, html};

use super::endpoint::Known;
use crate::{
    dashboard::views::{Badge, Tone, moment},
    domain::Timestamp,
    webhooks::MessageState,
};

/// Where a message stands.
pub(in crate::dashboard) fn message_badge(state: MessageState, was_tried: bool) -> Badge {
    match state {
        MessageState::Delivered => Badge { tone: Tone::Good, word: "Delivered" },
        MessageState::Dead => Badge { tone: Tone::Bad, word: "Given up" },
        MessageState::Due if was_tried => Badge { tone: Tone::Waiting, word: "To be sent again" },
        MessageState::Due => Badge { tone: Tone::Waiting, word: "To be sent" },
    }
}

/// When a message that is due is sent, at the earliest. A time that is over means at once.
pub(in crate::dashboard) fn next_attempt(next_at: Timestamp, now: Timestamp) -> Markup {
    html! { @if next_at <= now { "at once" } @else { (moment(next_at)) } }
}

/// The same, with what is known of its endpoint.
pub(super) fn next_attempt_to(known: &Known<'_>, next_at: Timestamp) -> Markup {
    let rests_until = known.health.failing.and_then(|it| it.rests_until);
    html! {
        @if known.endpoint.disabled.is_some() { "once the endpoint is enabled" }
        @else { (next_attempt(rests_until.map_or(next_at, |it| it.max(next_at)), known.as_of)) }
    }
}

/// What came of an attempt to deliver a webhook.
pub(in crate::dashboard) fn outcome_words(outcome: &str) -> &str {
    match outcome {
        "delivered" => "Delivered",
        "refused" => "Refused by the receiver",
        "timeout" => "No whole answer in time",
        "broken" => "The answer broke off",
        "connect" => "No connection could be made",
        "tls" => "The TLS handshake failed",
        "resolve" => "The host’s name has no address",
        "blocked" => "Not sent: the address may not be called",
        "blocked_port" => "Not sent: the port may not be called",
        "unsigned" => "Not sent: there is no secret to sign with",
        "unreadable" => "Not sent: the message cannot be read",
        other => other,
    }
}

/// What to do about an attempt that was not taken; `None`, if it was.
pub(super) fn advice(outcome: &str, http_status: Option<i16>) -> Option<&'static str> {
    let advice = match (outcome, http_status.unwrap_or_default()) {
        ("refused", status) => of_status(status),
        ("timeout", _) => {
            "The receiver has 10 seconds for its whole answer. Keep the message, answer at once, and do the \
             work after that. It may have taken the message all the same."
        }
        ("broken", _) => {
            "The receiver closed the connection, or what it sent is no HTTP. It may have taken the message all \
             the same: by webhook-id it can tell that it had it."
        }
        ("connect", _) => "Nobody listens at this address and port, or a firewall keeps us out.",
        ("tls", _) => {
            "The certificate is not valid for this host, has expired, or is sent without its chain."
        }
        ("resolve", _) => "Check the host in the endpoint’s address, and its DNS.",
        ("blocked", _) => {
            "Only addresses of the public internet are called. Check to which address the host’s name leads."
        }
        ("blocked_port", _) => "Give the endpoint an address with another port.",
        ("unsigned", _) => "Rotate the endpoint’s secret.",
        ("unreadable", _) => "This is a fault of ours. Tell ToffeePay’s support the message’s id.",
        _ => return None,
    };
    Some(advice)
}

/// No wildcard says nothing: a status that we do not know still has a first figure.
fn of_status(status: i16) -> &'static str {
    match status {
        301 | 302 | 303 | 307 | 308 => {
            "A redirect is not followed. Give the endpoint the address to which it leads."
        }
        401 | 403 => {
            "The receiver did not take it for ours. It must have the endpoint’s current secret, and check the \
             body’s bytes before anything parses them."
        }
        404 => "There is nothing at this path. Check the endpoint’s address.",
        405 => "The receiver does not take POST at this path.",
        408 | 504 => {
            "The receiver took too long. Keep the message, answer at once, do the work after that."
        }
        410 => {
            "410 says that there is no receiver any more, and the endpoint was paused. Enable it once there is \
             one."
        }
        413 => "The receiver, or a proxy before it, takes no body of this size.",
        415 => "The receiver must take application/json.",
        429 => {
            "The receiver is asked too often. Give the endpoint a limit, or the receiver more room."
        }
        502 | 503 => "A proxy could not reach the receiver, or it is too busy.",
        500..=599 => "The receiver failed. Look into its log at this time.",
        400..=499 => {
            "The receiver refused this message. Its answer, or its log at this time, says why."
        }
        _ => "The receiver must answer with a status from 200 to 299.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_was_not_delivered_comes_with_advice() {
        for outcome in [
            "refused",
            "timeout",
            "broken",
            "connect",
            "tls",
            "resolve",
            "blocked",
            "blocked_port",
            "unsigned",
            "unreadable",
        ] {
            assert!(advice(outcome, None).is_some(), "{outcome}");
            assert_ne!(outcome_words(outcome), outcome);
        }
        assert_eq!(advice("delivered", Some(200)), None);
        assert_ne!(advice("refused", Some(401)), advice("refused", Some(500)));
    }

    #[test]
    fn what_is_due_in_the_past_goes_at_once() {
        let now = Timestamp::UNIX_EPOCH + chrono::TimeDelta::days(1);
        assert_eq!(next_attempt(Timestamp::UNIX_EPOCH, now).into_string(), "at once");
        assert!(
            next_attempt(now + chrono::TimeDelta::seconds(1), now).into_string().contains("2 Jan")
        );
    }
}

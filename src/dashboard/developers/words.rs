//! What the vocabulary of keys and endpoints means, as people read it.

use std::num::{NonZeroU16, NonZeroU32};

use maud::{Markup, html};

use crate::{
    dashboard::views::{Badge, Tone},
    domain::{
        game::{
            DeliveryLimits, Disabled, DisabledBy, Key, KeyScope, PayloadShape, RateLimit,
            WebhookType,
        },
        world::World,
    },
    webhooks::AT_ONCE_USUAL,
};

/// What somebody may do with a key that has a scope: its name, and what that is.
pub(super) fn scope_words(scope: KeyScope) -> (&'static str, &'static str) {
    match scope {
        KeyScope::Read => ("Read", "Get and list sessions, payments and refunds."),
        KeyScope::Write => ("Write", "Create and cancel sessions; capture and void payments."),
        KeyScope::Refund => ("Refund", "Give money back to players."),
        KeyScope::Webhooks => (
            "Webhooks",
            "Say where webhooks go, and see what was sent. For tools, never for a game server: whoever \
             has such a key can have every webhook sent to themselves.",
        ),
    }
}

/// What a key's scopes are called, in one line.
pub(super) fn scopes_line(scopes: &[KeyScope]) -> String {
    scopes.iter().map(|it| scope_words(*it).0).collect::<Vec<_>>().join(", ")
}

/// How often a key may be used.
pub(super) fn limit_line(limit: RateLimit, world: World) -> String {
    match limit.per_second(world) {
        Some(per_second) => format!("{per_second} a second"),
        None => "No limit".to_owned(),
    }
}

/// The most that a key of `world` may be used without an operator's word, in requests a second.
pub(super) fn usual_per_second(world: World) -> NonZeroU32 {
    RateLimit::ByWorld.per_second(world).unwrap_or(NonZeroU32::MIN)
}

/// Where a key stands, where that is worth a word.
pub(super) fn key_badge(key: &Key, is_over: bool) -> Option<Badge> {
    match (is_over, &key.rotated_to) {
        (true, _) => Some(Badge { tone: Tone::Quiet, word: "Expired" }),
        (false, Some(_)) => Some(Badge { tone: Tone::Waiting, word: "Being replaced" }),
        (false, None) => None,
    }
}

/// How a body is laid out: a name, and what that means.
pub(super) fn shape_words(shape: PayloadShape) -> (&'static str, &'static str) {
    match shape {
        PayloadShape::Flat => {
            ("Flat", "the session’s fields at the top, as the getting-started guide prints them")
        }
        PayloadShape::Envelope => {
            ("Envelope", "the whole object under data, as the SDKs expect it")
        }
    }
}

/// The same where there is little room.
pub(super) fn shape_line(shape: PayloadShape) -> &'static str {
    match shape {
        PayloadShape::Flat => "Flat, as the guide prints it",
        PayloadShape::Envelope => "Envelope, as the SDKs expect it",
    }
}

/// What a type of webhook tells.
pub(super) fn type_words(webhook_type: WebhookType) -> &'static str {
    use WebhookType as T;
    match webhook_type {
        T::SessionCreated => "A session began.",
        T::SessionPaid => "The session is paid: give the player what they bought.",
        T::SessionFailed => "The last allowed attempt to pay was declined.",
        T::SessionExpired => "The time to pay ran out.",
        T::SessionCancelled => "The session was cancelled.",
        T::PaymentCreated => "An attempt to pay began.",
        T::PaymentAuthorized => "The money is held.",
        T::PaymentSucceeded => "The money was taken.",
        T::PaymentFailed => "An attempt to pay was declined.",
        T::PaymentCancelled => "Held money was let go.",
        T::RefundCreated => "A refund was asked for.",
        T::RefundSucceeded => "The money is back with the player.",
        T::RefundFailed => "The refund was refused.",
        T::RefundCancelled => "The refund was called off.",
        T::DepositSucceeded => "A deposit to a wallet came in. Not sent yet: there are no wallets.",
        T::DepositFailed => "A deposit to a wallet was refused. Not sent yet.",
    }
}

/// Whether something is sent to an endpoint.
pub(super) fn endpoint_badge(disabled: Option<Disabled>) -> Badge {
    match disabled.map(|it| it.by) {
        None => Badge { tone: Tone::Good, word: "Enabled" },
        Some(DisabledBy::Person) => Badge { tone: Tone::Quiet, word: "Paused" },
        Some(DisabledBy::Gone) => Badge { tone: Tone::Alert, word: "Stopped: it is gone" },
        Some(DisabledBy::Failing) => Badge { tone: Tone::Alert, word: "Stopped: it kept failing" },
    }
}

/// Why nothing is sent to an endpoint, and what becomes of what was to be sent.
pub(super) fn disabled_words(by: DisabledBy) -> &'static str {
    match by {
        DisabledBy::Person => "Somebody paused it. What is to be sent is kept until it is resumed.",
        DisabledBy::Gone => {
            "It answered 410 Gone, which means: never again. What is to be sent is kept until it is resumed."
        }
        DisabledBy::Failing => {
            "For too long nothing could be delivered. What is to be sent is kept until it is resumed."
        }
    }
}

/// How much an endpoint is sent at most.
pub(super) fn limits_words(limits: DeliveryLimits) -> Markup {
    html! {
        (limits.at_once.map_or(AT_ONCE_USUAL, NonZeroU16::get)) " at once"
        @if let Some(it) = limits.per_second { ", " (it) " a second" }
    }
}

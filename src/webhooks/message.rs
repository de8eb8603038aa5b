//! Which messages an event causes, and what each is called.
//!
//! Knows no endpoint: which of the messages an endpoint takes is its own settings' business.

use std::fmt;

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use crate::domain::{
    game::WebhookType,
    id::EventId,
    session::{PaymentStatus, SessionEvent as Event, SessionState},
};

/// What a message's id begins with.
const ID_PREFIX: &str = "msg_";

/// Bytes of the hash in an id: enough that no two messages ever share one.
const ID_HASH_BYTES: usize = 16;

/// The messages that an event may cause, in the order in which they are sent.
///
/// No wildcard arm: whoever adds an event chooses what it tells.
pub fn types_of(event: &Event) -> &'static [WebhookType] {
    match event {
        Event::Created { .. } => &[WebhookType::SessionCreated],
        Event::PaymentStarted { .. } => &[WebhookType::PaymentCreated],
        Event::PaymentAuthorized { .. } => &[WebhookType::PaymentAuthorized],
        Event::PaymentVoided { .. } => &[WebhookType::PaymentCancelled],
        Event::PaymentDeclined { .. } => &[WebhookType::PaymentFailed],
        Event::Paid { .. } => &[WebhookType::PaymentSucceeded, WebhookType::SessionPaid],
        Event::PaidLate { .. } => &[WebhookType::PaymentSucceeded],
        Event::Failed { .. } => &[WebhookType::SessionFailed],
        Event::Cancelled { .. } => &[WebhookType::SessionCancelled],
        Event::Expired { .. } => &[WebhookType::SessionExpired],
        Event::RefundRequested { .. } => &[WebhookType::RefundCreated],
        Event::Refunded { .. } => &[WebhookType::RefundSucceeded],
        Event::RefundFailed { .. } => &[WebhookType::RefundFailed],
        Event::RefundCancelled { .. } => &[WebhookType::RefundCancelled],
        // These change no status that a game server sees.
        Event::PageOpened { .. }
        | Event::CaptureRequested { .. }
        | Event::CaptureFailed { .. }
        | Event::VoidRequested { .. }
        | Event::VoidFailed { .. }
        | Event::CaptureMismatched { .. } => &[],
    }
}

/// The messages that an event causes, given the session right after it.
///
/// Like [`types_of`], except that what happens to an attempt already given up (authorized late,
/// then voided) is told only if its status changed: it failed or was cancelled before.
pub fn news_of(event: &Event, after: &SessionState) -> &'static [WebhookType] {
    let is_news = match event {
        Event::PaymentAuthorized { payment_id, .. } => after
            .attempt(payment_id)
            .is_some_and(|attempt| attempt.status() == PaymentStatus::Authorized),
        Event::PaymentVoided { payment_id, voided_at, .. } => after
            .attempt(payment_id)
            .is_some_and(|attempt| attempt.cancelled_at == Some(*voided_at)),
        _ => true,
    };
    if is_news { types_of(event) } else { &[] }
}

/// A message's name: the same through every retry and every endpoint.
///
/// Derived from the event's id and the type, because one event can cause two messages.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageId(String);

impl MessageId {
    /// The name of the message of one type that an event causes.
    pub fn of(event_id: &EventId, webhook_type: WebhookType) -> Self {
        let hash = Sha256::digest(format!("{event_id} {webhook_type}"));
        Self(format!("{ID_PREFIX}{}", HEXLOWER.encode(&hash[..ID_HASH_BYTES])))
    }

    /// Reads what [`MessageId::as_str`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        let hash = HEXLOWER.decode(text.strip_prefix(ID_PREFIX)?.as_bytes()).ok()?;
        (hash.len() == ID_HASH_BYTES).then(|| Self(text.to_owned()))
    }

    /// The id as receivers see it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests;

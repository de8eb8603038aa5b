//! The body of a message, in the two shapes that an endpoint can choose.
//!
//! Made once and stored: every attempt signs and sends these same bytes. It shows the session as
//! it was right after the event, whatever has happened since.

use serde::Serialize;

pub use super::objects::{IMAGE_FOLDER, PublicUrls};
use super::{
    message::MessageId,
    objects::{ItemObject, PaymentObject, RefundObject, SessionObject, rfc3339, user_id},
};
use crate::domain::{
    game::{PayloadShape, WebhookType},
    id::{EventId, PaymentId, RefundId, SessionId},
    session::{SessionEvent as Event, SessionState},
};

/// What a message tells.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    /// Of which session.
    pub session_id: &'a SessionId,
    /// The event that caused it.
    pub event_id: &'a EventId,
    /// What happened.
    pub event: &'a Event,
    /// Which of the event's types (see [`super::message::types_of`]) this message is.
    pub webhook_type: WebhookType,
    /// The event's place in the session's own stream, from 1.
    pub version: i64,
    /// The session right after the event.
    pub after: &'a SessionState,
}

/// Why a message has no body.
#[derive(Debug, thiserror::Error)]
pub enum BodyError {
    /// The flat shape only tells of sessions.
    #[error("{0} has no flat shape")]
    NotFlat(WebhookType),
    /// The event does not cause this type, or the state is not the one after it.
    #[error("the event and the session's state do not make a {0}")]
    Mismatch(WebhookType),
    /// Ours cannot fail to serialise; but the types don't say so.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
}

#[derive(Serialize)]
struct Flat<'a> {
    session_id: &'a str,
    user_id: &'a str,
    game_id: &'a str,
    status: &'static str,
    item: ItemObject<'a>,
    id: &'a str,
    #[serde(rename = "type")]
    webhook_type: &'static str,
    timestamp: String,
    sequence: i64,
}

#[derive(Serialize)]
struct Envelope<'a> {
    id: &'a str,
    #[serde(rename = "type")]
    webhook_type: &'static str,
    /// The type once more, under the name that the SDKs read.
    event: &'static str,
    timestamp: String,
    sequence: i64,
    data: Data<'a>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Data<'a> {
    Session(SessionObject<'a>),
    Payment(PaymentObject<'a>),
    Refund(RefundObject<'a>),
}

/// Writes a message's body, in the shape that its endpoint chose.
///
/// # Errors
///
/// [`BodyError`], if the message is of no use to the endpoint or makes no sense.
pub fn write(
    shape: PayloadShape,
    message: &Message<'_>,
    urls: &PublicUrls,
) -> Result<Vec<u8>, BodyError> {
    match shape {
        PayloadShape::Flat => write_flat(message),
        PayloadShape::Envelope => write_envelope(message, urls),
    }
}

fn write_flat(message: &Message<'_>) -> Result<Vec<u8>, BodyError> {
    if !message.webhook_type.is_of_session() {
        return Err(BodyError::NotFlat(message.webhook_type));
    }
    let Message { session_id, after, .. } = *message;
    Ok(serde_json::to_vec(&Flat {
        session_id: session_id.as_str(),
        user_id: user_id(after),
        game_id: after.game_id.as_str(),
        status: after.status.as_str(),
        item: ItemObject::brief(&after.item),
        id: MessageId::of(message.event_id, message.webhook_type).as_str(),
        webhook_type: message.webhook_type.as_str(),
        timestamp: rfc3339(message.event.occurred_at()),
        sequence: message.version,
    })?)
}

fn write_envelope(message: &Message<'_>, urls: &PublicUrls) -> Result<Vec<u8>, BodyError> {
    let mismatch = || BodyError::Mismatch(message.webhook_type);
    Ok(serde_json::to_vec(&Envelope {
        id: MessageId::of(message.event_id, message.webhook_type).as_str(),
        webhook_type: message.webhook_type.as_str(),
        event: message.webhook_type.as_str(),
        timestamp: rfc3339(message.event.occurred_at()),
        sequence: message.version,
        data: data(message, urls).ok_or_else(mismatch)?,
    })?)
}

/// The object that the type is about.
fn data<'a>(message: &Message<'a>, urls: &PublicUrls) -> Option<Data<'a>> {
    let Message { session_id, event, after, .. } = *message;
    match message.webhook_type {
        WebhookType::SessionCreated
        | WebhookType::SessionPaid
        | WebhookType::SessionFailed
        | WebhookType::SessionExpired
        | WebhookType::SessionCancelled => {
            Some(Data::Session(SessionObject::of(session_id, after, urls)))
        }
        WebhookType::PaymentCreated
        | WebhookType::PaymentAuthorized
        | WebhookType::PaymentSucceeded
        | WebhookType::PaymentFailed
        | WebhookType::PaymentCancelled => {
            let attempt = after.attempt(payment_of(event)?)?;
            Some(Data::Payment(PaymentObject::of(session_id, attempt)))
        }
        WebhookType::RefundCreated
        | WebhookType::RefundSucceeded
        | WebhookType::RefundFailed
        | WebhookType::RefundCancelled => {
            Some(Data::Refund(RefundObject::of(after.refund(refund_of(event)?)?)))
        }
        // No event of a session tells of a wallet.
        WebhookType::DepositSucceeded | WebhookType::DepositFailed => None,
    }
}

fn payment_of(event: &Event) -> Option<&PaymentId> {
    match event {
        Event::PaymentStarted { payment_id, .. }
        | Event::PaymentAuthorized { payment_id, .. }
        | Event::PaymentVoided { payment_id, .. }
        | Event::PaymentDeclined { payment_id, .. }
        | Event::Paid { payment_id, .. }
        | Event::PaidLate { payment_id, .. } => Some(payment_id),
        _ => None,
    }
}

fn refund_of(event: &Event) -> Option<&RefundId> {
    match event {
        Event::RefundRequested { refund_id, .. }
        | Event::Refunded { refund_id, .. }
        | Event::RefundFailed { refund_id, .. }
        | Event::RefundCancelled { refund_id, .. } => Some(refund_id),
        _ => None,
    }
}

#[cfg(test)]
mod tests;

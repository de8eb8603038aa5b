//! Which messages each event of a session's life causes.

use super::*;
use crate::domain::id::id_bytes;
use crate::webhooks::fixtures::{Story, histories};

fn event_id(number: u8) -> EventId {
    EventId::from_bytes(id_bytes(0, 0, [number; 16]))
}

#[test]
fn a_message_keeps_its_id_and_the_two_of_one_event_have_their_own() {
    let paid = MessageId::of(&event_id(1), WebhookType::SessionPaid);
    assert_eq!(paid, MessageId::of(&event_id(1), WebhookType::SessionPaid));
    assert_ne!(paid, MessageId::of(&event_id(1), WebhookType::PaymentSucceeded));
    assert_ne!(paid, MessageId::of(&event_id(2), WebhookType::SessionPaid));
}

/// A commitment: a message redelivered by a newer version must keep its id. Computed elsewhere:
/// `printf 'evt_… session.paid' | sha256sum | cut -c 1-32`.
#[test]
fn a_messages_id_is_the_hash_of_the_events_id_and_the_type() {
    assert_eq!(event_id(1).as_str(), "evt_0000000000000081040g2081040g2081040g208");
    assert_eq!(
        MessageId::of(&event_id(1), WebhookType::SessionPaid).as_str(),
        "msg_7968e8d4bd98ef22641b3a2506441958"
    );
}

#[test]
fn a_stored_id_is_read_back_and_anything_else_is_not() {
    let id = MessageId::of(&event_id(1), WebhookType::SessionPaid);
    assert_eq!(MessageId::parse(id.as_str()), Some(id.clone()));
    let short = &id.as_str()[..id.as_str().len() - 2];
    let upper = id.as_str().to_uppercase();
    for text in [short, upper.as_str(), "", "msg_", "evt_00"] {
        assert_eq!(MessageId::parse(text), None, "{text}");
    }
}

/// The types that the last event of a history is told as.
fn told(story: &Story) -> Vec<&'static str> {
    news_of(story.event(), &story.after()).iter().map(|it| it.as_str()).collect()
}

#[test]
fn every_status_change_is_told() {
    for (types, story) in histories() {
        assert_eq!(told(&story).join(" "), types, "{:?}", story.event());
    }
}

#[test]
fn what_happens_to_an_attempt_already_given_up_is_told_only_when_its_status_changes() {
    let declined = Story::new().started(1).declined(1);
    assert!(told(&declined.clone().authorized(1)).is_empty());
    assert!(told(&declined.clone().authorized(1).void_requested().voided(1)).is_empty());
    assert_eq!(told(&declined.expired().paid_late(1)), ["payment.succeeded"]);
    let voided = Story::new().started(1).voided(1);
    assert!(told(&voided.authorized(1).void_requested().voided(1)).is_empty());
}

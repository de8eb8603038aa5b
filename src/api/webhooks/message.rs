//! Endpoints and deliveries as the contract's messages.

use buffa::MessageField;

use crate::{
    api::message::{moment, some_moment},
    domain::game::RegisteredEndpoint,
    proto::webhooks::v1 as proto,
    webhooks::{AttemptRow, Heard, MessageId, MessageRow, Recovery},
};

/// An endpoint as its owner sees it.
pub(super) fn endpoint(game_id: &str, it: &RegisteredEndpoint) -> proto::Endpoint {
    let settings = &it.endpoint;
    proto::Endpoint {
        id: it.endpoint_id.to_string(),
        game_id: game_id.to_owned(),
        world: settings.world.to_string(),
        url: settings.url.to_string(),
        shape: settings.shape.to_string(),
        types: settings.types.iter().map(ToString::to_string).collect(),
        description: settings.description.clone().map(String::from),
        enabled: it.disabled.is_none(),
        disabled_by: it.disabled.map(|it| it.by.to_string()),
        disabled_at: some_moment(it.disabled.map(|it| it.at)),
        at_once: settings.limits.at_once.map(|it| i32::from(it.get())),
        per_second: settings.limits.per_second.and_then(|it| it.get().try_into().ok()),
        created_at: MessageField::some(moment(it.added_at)),
        ..proto::Endpoint::default()
    }
}

/// A message for an endpoint, and where it stands.
pub(super) fn delivery(row: MessageRow) -> proto::Delivery {
    proto::Delivery {
        id: row.message_id,
        r#type: row.webhook_type,
        session_id: row.session_id,
        state: row.state.as_str().to_owned(),
        created_at: MessageField::some(moment(row.noted_at)),
        attempts: row.attempts,
        next_attempt_at: some_moment(row.next_at),
        given_up_at: some_moment(row.died_at),
        ..proto::Delivery::default()
    }
}

/// An attempt to deliver a message.
pub(super) fn attempt(id: &MessageId, row: &AttemptRow) -> proto::Attempt {
    let header = |(name, value): (&str, String)| {
        let name = name.to_owned();
        proto::Header { name, value, ..proto::Header::default() }
    };
    proto::Attempt {
        at: MessageField::some(moment(row.at)),
        number: row.number,
        outcome: row.outcome.clone(),
        http_status: row.http_status.map(i32::from),
        elapsed_ms: i32::try_from(row.elapsed_ms).unwrap_or(i32::MAX),
        answer: row.answer.as_ref().map(|it| String::from_utf8_lossy(it).into_owned()),
        headers: row.headers(id).into_iter().map(header).collect(),
        ..proto::Attempt::default()
    }
}

/// How far a recovery is. Counts are int32 in the contract: a larger one is told as the largest.
pub(super) fn recovery(it: Recovery) -> proto::Recovery {
    let count = |it: i64| i32::try_from(it).unwrap_or(i32::MAX);
    proto::Recovery {
        id: it.recovery_id,
        total: count(it.total),
        handed_in: count(it.handed_in),
        started_at: MessageField::some(moment(it.started_at)),
        finished_at: some_moment(it.finished_at),
        ..proto::Recovery::default()
    }
}

/// An event that a listener has kept.
pub(super) fn event(it: Heard) -> proto::Event {
    proto::Event {
        cursor: it.number.to_string(),
        id: it.message_id,
        r#type: it.webhook_type,
        body: String::from_utf8_lossy(&it.body).into_owned(),
        ..proto::Event::default()
    }
}

//! An event that never was, sent to an endpoint of the test world.

use axum::{
    extract::{Path, State},
    response::Response,
};

use super::{
    super::{endpoint_of, paths, refused::not_here},
    Which,
    page::{answered, refuse},
};
use crate::{
    dashboard::{
        Dashboard, Place,
        access::Act,
        answer::{see_other, went_wrong},
    },
    domain::{
        game::{Endpoint, WebhookType},
        id::EventId,
        world::World,
    },
    ids::NewId as _,
    webhooks::{InventError, TestEventError, is_ever_sent, read_test_type},
};

const TEST_ONLY: &str = "Test events go to endpoints of the test world only: a game server might grant what nobody \
                         paid for.";
const PAUSED: &str = "Nothing is sent to this endpoint now. Resume it first.";
const TOO_NEW: &str =
    "The endpoint is too new for anything to be sent there. Try again in a moment.";

/// The types of an endpoint's that something can be invented of.
pub(super) fn test_types(endpoint: &Endpoint) -> impl Iterator<Item = WebhookType> {
    endpoint.types.iter().copied().filter(|it| is_ever_sent(*it))
}

/// `POST …/endpoints/{endpoint_id}/test`: sent twice, it sends one event.
pub(super) async fn send_test_event(
    State(desk): State<Dashboard>,
    place: Place,
    Path(Which { endpoint_id }): Path<Which>,
    act: Act,
) -> Response {
    let Some(it) = endpoint_of(&place, &endpoint_id) else { return not_here(&place) };
    if place.world != World::Test {
        return refuse(&desk, &place, it, TEST_ONLY).await;
    }
    if it.disabled.is_some() {
        return refuse(&desk, &place, it, PAUSED).await;
    }
    let webhook_type = match read_test_type(&it.endpoint, Some(act.fields.text("type"))) {
        Ok(webhook_type) => webhook_type,
        Err(violation) => {
            return refuse(&desk, &place, it, &format!("Type {violation}.")).await;
        }
    };
    let noted = act.admin(&desk).note_test(&place.game_id, &it.endpoint_id, webhook_type).await;
    if let Err(error) = noted {
        return answered(&desk, &place, it, Err(error)).await;
    }
    let (context, now) = (act.context(&desk), desk.clock.now());
    let event_id = EventId::of_command(context.command_id);
    let sent =
        desk.test_events.send_when_followed(&place.game_id, it, webhook_type, &event_id, now);
    match sent.await {
        Ok(Some(message_id)) => {
            let page = paths::endpoint(&place, it.endpoint_id.as_str());
            see_other(&format!("{page}?done=tested&message={message_id}"))
        }
        Ok(None) => refuse(&desk, &place, it, TOO_NEW).await,
        Err(TestEventError::Invent(InventError::NeverSent(never))) => {
            let why = format!("Type {never} is not sent yet.");
            refuse(&desk, &place, it, &why).await
        }
        Err(error) => went_wrong(&error),
    }
}

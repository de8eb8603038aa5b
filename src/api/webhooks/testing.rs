//! For developers: events that never were, and events for a machine that nothing can be sent to.

use std::time::Duration;

use connectrpc::{RequestContext, Response};
use tokio::time::{Instant, sleep};

use super::{fields, message};
use crate::{
    api::{Api, ApiError, caller::Caller, idempotency::Mutation},
    domain::{
        Timestamp,
        game::{Game, GameCommand, KeyScope, RegisteredEndpoint, WebhookType},
        id::{EndpointId, EventId, GameId},
        violation::Violation,
        world::World,
    },
    proto::webhooks::v1::{
        OpenListenerRequest, OpenListenerResponse, ReceiveEventsRequest, ReceiveEventsResponse,
        SendTestEventRequest, SendTestEventResponse,
    },
    webhooks::{InventError, ListenError, MessageId, TestEventError, read_test_type},
};

/// How long whoever listens waits for the next event. Well below the time of a call.
const HEARD_WITHIN: Duration = Duration::from_secs(15);

/// How often it is looked for.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// With the same `Idempotency-Key` it is sent once.
pub(in crate::api) async fn send_test_event(
    api: &Api,
    ctx: &RequestContext,
    caller: &Caller,
    request: SendTestEventRequest,
) -> Result<Response<SendTestEventResponse>, ApiError> {
    caller.require_scope(KeyScope::Webhooks)?;
    let now = api.clock.now();
    let mutation = Mutation::begin(ctx, caller, &request, now).await?;
    if let Some(answer) = mutation.answered(&api.store).await? {
        return Ok(answer);
    }
    let endpoint = caller.endpoint(&api.pool, request.id).await?;
    require_test(caller)?;
    let webhook_type = read_test_type(&endpoint.endpoint, request.r#type.as_deref());
    let webhook_type =
        webhook_type.map_err(|it| ApiError::field("type", "invalid_argument", it))?;
    if endpoint.disabled.is_some() {
        return Err(ApiError::EndpointDisabled);
    }
    let event_id = mutation.new_id(now);
    let id = send(api, caller, &endpoint, webhook_type, &event_id, now).await?;
    let respond = |_: &Game| SendTestEventResponse {
        delivery_id: id.to_string(),
        ..SendTestEventResponse::default()
    };
    mutation.execute(&api.store, &caller.game.id, GameCommand::Touch, respond).await
}

async fn send(
    api: &Api,
    caller: &Caller,
    to: &RegisteredEndpoint,
    webhook_type: WebhookType,
    event_id: &EventId,
    now: Timestamp,
) -> Result<MessageId, ApiError> {
    let game_id = GameId::parse(caller.game.id.as_str()).map_err(ApiError::internal)?;
    let events = &api.webhooks.test_events;
    match events.send_when_followed(&game_id, to, webhook_type, event_id, now).await {
        Ok(Some(id)) => Ok(id),
        Ok(None) => Err(ApiError::Unavailable),
        Err(TestEventError::Invent(InventError::NeverSent(never))) => {
            let rule = "must be a type that is sent already";
            let violation = Violation::new(rule, never.as_str());
            Err(ApiError::field("type", "invalid_argument", violation))
        }
        Err(error) => Err(ApiError::internal(error)),
    }
}

/// With the same `Idempotency-Key` one is opened.
pub(in crate::api) async fn open_listener(
    api: &Api,
    ctx: &RequestContext,
    caller: &Caller,
    request: OpenListenerRequest,
) -> Result<Response<OpenListenerResponse>, ApiError> {
    caller.require_scope(KeyScope::Webhooks)?;
    let now = api.clock.now();
    let mutation = Mutation::begin(ctx, caller, &request, now).await?;
    if let Some(answer) = mutation.answered(&api.store).await? {
        return Ok(answer);
    }
    caller.require_game(&request.game_id)?;
    require_test(caller)?;
    let shape = fields::shape(request.shape.as_deref())?;
    let id: EndpointId = mutation.new_id(now);
    let opened = api.webhooks.listeners.open(&id, &caller.game.id, shape).await;
    opened.map_err(about_listeners)?;
    let respond =
        |_: &Game| OpenListenerResponse { id: id.to_string(), ..OpenListenerResponse::default() };
    mutation.execute(&api.store, &caller.game.id, GameCommand::Touch, respond).await
}

/// Waits for the next events. Safe to repeat: what is not named by `after` comes again.
pub(in crate::api) async fn receive_events(
    api: &Api,
    caller: &Caller,
    request: ReceiveEventsRequest,
) -> Result<ReceiveEventsResponse, ApiError> {
    caller.require_scope(KeyScope::Webhooks)?;
    require_test(caller)?;
    let after = request.after.as_deref().map_or(Ok(0), read_cursor)?;
    let id = EndpointId::parse(request.id).map_err(|_| ApiError::ListenerNotFound)?;
    let listeners = &api.webhooks.listeners;
    listeners.acknowledge(&id, &caller.game.id, after).await.map_err(about_listeners)?;
    let until = Instant::now() + HEARD_WITHIN;
    loop {
        let heard = listeners.heard(&id, after).await.map_err(about_listeners)?;
        let is_over = until <= Instant::now() || api.webhooks.stopping.is_cancelled();
        if !heard.is_empty() || is_over {
            let events = heard.into_iter().map(message::event).collect();
            return Ok(ReceiveEventsResponse { events, ..ReceiveEventsResponse::default() });
        }
        sleep(LOOK_EVERY).await;
    }
}

/// A game server might grant what nobody paid for.
fn require_test(caller: &Caller) -> Result<(), ApiError> {
    if caller.world == World::Test { Ok(()) } else { Err(ApiError::TestOnly) }
}

fn read_cursor(text: &str) -> Result<i64, ApiError> {
    text.parse().ok().filter(|it| 0 <= *it).ok_or_else(|| {
        let violation = Violation::new("must be the cursor of an event", text);
        ApiError::field("after", "invalid_argument", violation)
    })
}

fn about_listeners(error: ListenError) -> ApiError {
    match error {
        ListenError::TooMany => ApiError::TooManyListeners,
        ListenError::NotFound => ApiError::ListenerNotFound,
        error @ (ListenError::Vault(_) | ListenError::Database(_)) => ApiError::internal(error),
    }
}

//! Endpoints: added, seen, changed, disabled, enabled and removed.

use buffa::{Inline, Message, MessageField};
use connectrpc::{RequestContext, Response};
use secrecy::ExposeSecret;

use super::{
    fields::{self, about_fields},
    message,
};
use crate::{
    api::{Api, ApiError, caller::Caller, idempotency::Mutation},
    domain::{
        Timestamp,
        game::{DisabledBy, Game, GameCommand, KeyScope},
        id::EndpointId,
    },
    ids::NewId as _,
    proto::webhooks::v1::{
        ChangeEndpointRequest, ChangeEndpointResponse, CreateEndpointRequest,
        CreateEndpointResponse, DisableEndpointRequest, DisableEndpointResponse,
        EnableEndpointRequest, EnableEndpointResponse, Endpoint, GetEndpointRequest,
        GetEndpointResponse, ListEndpointsRequest, ListEndpointsResponse, RemoveEndpointRequest,
        RemoveEndpointResponse,
    },
    webhooks::WebhookSecret,
};

/// Answers with the secret, which a repeat within 24 hours gets again. Safe to repeat with the same
/// `Idempotency-Key`.
pub(in crate::api) async fn create_endpoint(
    api: &Api,
    ctx: &RequestContext,
    caller: &Caller,
    request: CreateEndpointRequest,
) -> Result<Response<CreateEndpointResponse>, ApiError> {
    caller.require_scope(KeyScope::Webhooks)?;
    let now = api.clock.now();
    let mutation = Mutation::begin(ctx, caller, &request, now).await?;
    if let Some(answer) = mutation.answered(&api.store).await? {
        return Ok(answer);
    }
    caller.require_game(&request.game_id)?;
    let endpoint = fields::endpoint(caller.world, &api.webhooks.targets, request)?;
    let (endpoint_id, secret) = (EndpointId::new(now), WebhookSecret::generate());
    // The secret goes first: an endpoint in the log without one could never be signed for.
    let secrets = &api.webhooks.secrets;
    secrets.keep_first(&api.pool, &endpoint_id, &secret, now).await?;
    let add = GameCommand::AddEndpoint { endpoint_id: endpoint_id.clone(), endpoint, at: now };
    let respond = |game: &Game| CreateEndpointResponse {
        endpoint: endpoint_of(game, &caller.game.id, &endpoint_id),
        secret: secret.as_text().expose_secret().to_owned(),
        ..CreateEndpointResponse::default()
    };
    let executed = mutation.execute(&api.store, &caller.game.id, add, respond).await;
    let is_of_no_endpoint = match &executed {
        Ok(answer) => answer.body.secret != *secret.as_text().expose_secret(),
        // After any other error the log may have it.
        Err(error) => matches!(
            error,
            ApiError::Game(_)
                | ApiError::IdempotencyConflict
                | ApiError::Conflict
                | ApiError::Unavailable
        ),
    };
    if is_of_no_endpoint {
        secrets.forget(&api.pool, &endpoint_id).await?;
    }
    executed.map_err(about_fields)
}

/// Right immediately after every change, on every process.
pub(in crate::api) async fn get_endpoint(
    api: &Api,
    caller: &Caller,
    request: GetEndpointRequest,
) -> Result<GetEndpointResponse, ApiError> {
    caller.require_scope(KeyScope::Webhooks)?;
    let found = caller.endpoint(&api.pool, request.id).await?;
    let endpoint = MessageField::some(message::endpoint(&caller.game.id, &found));
    Ok(GetEndpointResponse { endpoint, ..GetEndpointResponse::default() })
}

/// All of them: there are few.
pub(in crate::api) async fn list_endpoints(
    api: &Api,
    caller: &Caller,
    request: ListEndpointsRequest,
) -> Result<ListEndpointsResponse, ApiError> {
    caller.require_scope(KeyScope::Webhooks)?;
    caller.require_game(&request.game_id)?;
    let found = caller.endpoints(&api.pool).await?;
    let endpoints = found.iter().map(|it| message::endpoint(&caller.game.id, it)).collect();
    Ok(ListEndpointsResponse { endpoints, ..ListEndpointsResponse::default() })
}

/// Safe to repeat with the same `Idempotency-Key`.
pub(in crate::api) async fn change_endpoint(
    api: &Api,
    ctx: &RequestContext,
    caller: &Caller,
    request: ChangeEndpointRequest,
) -> Result<Response<ChangeEndpointResponse>, ApiError> {
    caller.require_scope(KeyScope::Webhooks)?;
    let now = api.clock.now();
    let mutation = Mutation::begin(ctx, caller, &request, now).await?;
    if let Some(answer) = mutation.answered(&api.store).await? {
        return Ok(answer);
    }
    let endpoint_id = caller.endpoint(&api.pool, request.id.as_str()).await?.endpoint_id;
    let change = Box::new(fields::change(&api.webhooks.targets, request)?);
    let change = GameCommand::ChangeEndpoint { endpoint_id: endpoint_id.clone(), change, at: now };
    let respond = |game: &Game| ChangeEndpointResponse {
        endpoint: endpoint_of(game, &caller.game.id, &endpoint_id),
        ..ChangeEndpointResponse::default()
    };
    let executed = mutation.execute(&api.store, &caller.game.id, change, respond).await;
    executed.map_err(about_fields)
}

/// Safe to repeat, with the same `Idempotency-Key` and without.
pub(in crate::api) async fn disable_endpoint(
    api: &Api,
    ctx: &RequestContext,
    caller: &Caller,
    request: DisableEndpointRequest,
) -> Result<Response<DisableEndpointResponse>, ApiError> {
    let disable = |endpoint_id, at| {
        let by = DisabledBy::Person;
        GameCommand::DisableEndpoint { endpoint_id, by, at }
    };
    switch(api, ctx, caller, (&request, &request.id), disable, |endpoint| DisableEndpointResponse {
        endpoint,
        ..DisableEndpointResponse::default()
    })
    .await
}

/// Safe to repeat, with the same `Idempotency-Key` and without.
pub(in crate::api) async fn enable_endpoint(
    api: &Api,
    ctx: &RequestContext,
    caller: &Caller,
    request: EnableEndpointRequest,
) -> Result<Response<EnableEndpointResponse>, ApiError> {
    let enable = |endpoint_id, at| GameCommand::EnableEndpoint { endpoint_id, at };
    switch(api, ctx, caller, (&request, &request.id), enable, |endpoint| EnableEndpointResponse {
        endpoint,
        ..EnableEndpointResponse::default()
    })
    .await
}

/// Gives the command for the endpoint whose id stands beside the request, and answers with what the
/// endpoint is then.
async fn switch<M: Message>(
    api: &Api,
    ctx: &RequestContext,
    caller: &Caller,
    (request, id): (&impl Message, &str),
    command: impl FnOnce(EndpointId, Timestamp) -> GameCommand,
    respond: impl Fn(MessageField<Endpoint, Inline<Endpoint>>) -> M + Send + Sync,
) -> Result<Response<M>, ApiError> {
    caller.require_scope(KeyScope::Webhooks)?;
    let now = api.clock.now();
    let mutation = Mutation::begin(ctx, caller, request, now).await?;
    if let Some(answer) = mutation.answered(&api.store).await? {
        return Ok(answer);
    }
    let id = caller.endpoint(&api.pool, id).await?.endpoint_id;
    let respond = |game: &Game| respond(endpoint_of(game, &caller.game.id, &id));
    mutation.execute(&api.store, &caller.game.id, command(id.clone(), now), respond).await
}

/// Safe to repeat with the same `Idempotency-Key`.
pub(in crate::api) async fn remove_endpoint(
    api: &Api,
    ctx: &RequestContext,
    caller: &Caller,
    request: RemoveEndpointRequest,
) -> Result<Response<RemoveEndpointResponse>, ApiError> {
    caller.require_scope(KeyScope::Webhooks)?;
    let at = api.clock.now();
    let mutation = Mutation::begin(ctx, caller, &request, at).await?;
    if let Some(answer) = mutation.answered(&api.store).await? {
        // The first may have died before it could.
        if let Ok(endpoint_id) = EndpointId::parse(request.id) {
            api.webhooks.secrets.forget(&api.pool, &endpoint_id).await?;
        }
        return Ok(answer);
    }
    let endpoint_id = caller.endpoint(&api.pool, request.id).await?.endpoint_id;
    let remove = GameCommand::RemoveEndpoint { endpoint_id: endpoint_id.clone(), at };
    let respond = |_: &Game| RemoveEndpointResponse::default();
    let answer = mutation.execute(&api.store, &caller.game.id, remove, respond).await?;
    api.webhooks.secrets.forget(&api.pool, &endpoint_id).await?;
    Ok(answer)
}

/// An endpoint of a game after a command; none, if it is not there.
fn endpoint_of(
    game: &Game,
    game_id: &str,
    id: &EndpointId,
) -> MessageField<Endpoint, Inline<Endpoint>> {
    let state = game.present().ok();
    let found = state.and_then(|it| it.endpoints.iter().find(|it| it.endpoint_id == *id));
    found.map_or_else(MessageField::none, |it| MessageField::some(message::endpoint(game_id, it)))
}

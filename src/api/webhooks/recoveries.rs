//! Having all handed in again that an endpoint did not take.

use buffa::MessageField;
use connectrpc::{RequestContext, Response};

use super::message;
use crate::{
    api::{Api, ApiError, caller::Caller, idempotency::Mutation, message::timestamp},
    domain::{
        Timestamp,
        game::{Game, GameCommand, KeyScope},
        id::RecoveryId,
    },
    proto::webhooks::v1::{
        GetRecoveryRequest, GetRecoveryResponse, StartRecoveryRequest, StartRecoveryResponse,
    },
    webhooks::{find_recovery, start_recovery as start_job},
};

/// Answers at once; workers do it. With the same `Idempotency-Key` it is started once.
pub(in crate::api) async fn start_recovery(
    api: &Api,
    ctx: &RequestContext,
    caller: &Caller,
    request: StartRecoveryRequest,
) -> Result<Response<StartRecoveryResponse>, ApiError> {
    caller.require_scope(KeyScope::Webhooks)?;
    let now = api.clock.now();
    let mutation = Mutation::begin(ctx, caller, &request, now).await?;
    if let Some(answer) = mutation.answered(&api.store).await? {
        return Ok(answer);
    }
    let since = request.since.as_option().and_then(timestamp).unwrap_or(Timestamp::UNIX_EPOCH);
    let endpoint_id = caller.endpoint(&api.pool, request.endpoint_id).await?.endpoint_id;
    let id: RecoveryId = mutation.new_id(now);
    let started = start_job(&api.pool, &id, &endpoint_id, since).await?;
    let respond = |_: &Game| StartRecoveryResponse {
        recovery: MessageField::some(message::recovery(started.clone())),
        ..StartRecoveryResponse::default()
    };
    mutation.execute(&api.store, &caller.game.id, GameCommand::Touch, respond).await
}

/// How far it is.
pub(in crate::api) async fn get_recovery(
    api: &Api,
    caller: &Caller,
    request: GetRecoveryRequest,
) -> Result<GetRecoveryResponse, ApiError> {
    caller.require_scope(KeyScope::Webhooks)?;
    let endpoint_id = caller.endpoint(&api.pool, request.endpoint_id).await?.endpoint_id;
    let id = RecoveryId::parse(request.id).map_err(|_| ApiError::RecoveryNotFound)?;
    let found = find_recovery(&api.pool, id.as_str()).await?;
    let found = found.filter(|it| it.endpoint_id == endpoint_id.as_str());
    let found = found.ok_or(ApiError::RecoveryNotFound)?;
    let recovery = MessageField::some(message::recovery(found));
    Ok(GetRecoveryResponse { recovery, ..GetRecoveryResponse::default() })
}

//! What was sent to an endpoint, what came of it, and having it sent again.

use buffa::MessageField;
use connectrpc::{RequestContext, Response};

use super::message;
use crate::{
    api::{
        Api, ApiError, caller::Caller, idempotency::Mutation, lists::read_limit, problems::Problems,
    },
    domain::{
        game::{Game, GameCommand, KeyScope},
        id::EndpointId,
        violation::Violation,
    },
    proto::webhooks::v1::{
        GetDeliveryRequest, GetDeliveryResponse, ListDeliveriesRequest, ListDeliveriesResponse,
        ResendDeliveryRequest, ResendDeliveryResponse,
    },
    webhooks::{MessageDetail, MessageId, MessageState, Which, list_messages, resend_message},
};

/// Newest first.
pub(in crate::api) async fn list_deliveries(
    api: &Api,
    caller: &Caller,
    request: ListDeliveriesRequest,
) -> Result<ListDeliveriesResponse, ApiError> {
    caller.require_scope(KeyScope::Webhooks)?;
    let ListDeliveriesRequest { endpoint_id, state, limit, before_id, .. } = request;
    let mut problems = Problems::default();
    let limit = problems.check("limit", "invalid_argument", read_limit(limit));
    let state = problems.check("state", "invalid_argument", state.map(read_state).transpose());
    problems.none()?;
    let id = caller.endpoint(&api.pool, endpoint_id).await?.endpoint_id;
    let before = match before_id {
        Some(before_id) => {
            let row = find(api, &id, &before_id).await?.1.row;
            Some((row.noted_at, row.message_id))
        }
        None => None,
    };
    let which = Which { state: state.flatten(), since: None, before };
    let limit = limit.unwrap_or_default();
    // One more than asked for, to know whether there is more.
    let mut rows = list_messages(&api.pool, &id, &which, limit + 1).await?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let has_more = limit < rows.len();
    rows.truncate(limit);
    let deliveries = rows.into_iter().map(message::delivery).collect();
    Ok(ListDeliveriesResponse { deliveries, has_more, ..ListDeliveriesResponse::default() })
}

/// With its body and its attempts.
pub(in crate::api) async fn get_delivery(
    api: &Api,
    caller: &Caller,
    request: GetDeliveryRequest,
) -> Result<GetDeliveryResponse, ApiError> {
    caller.require_scope(KeyScope::Webhooks)?;
    let endpoint_id = caller.endpoint(&api.pool, request.endpoint_id).await?.endpoint_id;
    let (id, found) = find(api, &endpoint_id, &request.id).await?;
    let MessageDetail { row, body, attempts } = found;
    let body = body.map(|it| String::from_utf8_lossy(&it).into_owned());
    Ok(GetDeliveryResponse {
        delivery: MessageField::some(message::delivery(row)),
        body: body.unwrap_or_default(),
        attempts: attempts.iter().map(|it| message::attempt(&id, it)).collect(),
        ..GetDeliveryResponse::default()
    })
}

/// Asked for twice, it may be sent twice: if whoever was asked first dies before its answer is kept.
pub(in crate::api) async fn resend_delivery(
    api: &Api,
    ctx: &RequestContext,
    caller: &Caller,
    request: ResendDeliveryRequest,
) -> Result<Response<ResendDeliveryResponse>, ApiError> {
    caller.require_scope(KeyScope::Webhooks)?;
    let mutation = Mutation::begin(ctx, caller, &request, api.clock.now()).await?;
    if let Some(answer) = mutation.answered(&api.store).await? {
        return Ok(answer);
    }
    let endpoint_id = caller.endpoint(&api.pool, request.endpoint_id).await?.endpoint_id;
    let id = MessageId::parse(&request.id).ok_or(ApiError::DeliveryNotFound)?;
    if !resend_message(&api.pool, &endpoint_id, &id).await? {
        return Err(ApiError::DeliveryNotFound);
    }
    let respond = |_: &Game| ResendDeliveryResponse::default();
    mutation.execute(&api.store, &caller.game.id, GameCommand::Touch, respond).await
}

async fn find(
    api: &Api,
    endpoint_id: &EndpointId,
    id: &str,
) -> Result<(MessageId, MessageDetail), ApiError> {
    let id = MessageId::parse(id).ok_or(ApiError::DeliveryNotFound)?;
    let found = api.webhooks.history.find(endpoint_id, &id).await?;
    Ok((id, found.ok_or(ApiError::DeliveryNotFound)?))
}

fn read_state(text: String) -> Result<MessageState, Violation> {
    let rule = "must be due, delivered or dead";
    MessageState::parse(&text).ok_or_else(|| Violation::new(rule, text))
}

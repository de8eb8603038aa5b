//! `pay.v1.RefundService/CreateRefund` and `/GetRefund`: a payment's money, given back.

use buffa::MessageField;
use connectrpc::{RequestContext, Response};

use super::{Api, ApiError, caller::Caller, idempotency::Mutation, message};
use crate::{
    domain::{
        game::KeyScope,
        id::{PaymentId, RefundId},
        session::{RefundCause, Session, SessionCommand},
        text::RefundReason,
    },
    ids::NewId,
    projections::refund::RefundRow,
    proto::pay::v1::{
        CreateRefundRequest, CreateRefundResponse, GetRefundRequest, GetRefundResponse,
    },
};

/// Answers once the request is in the log. Safe to repeat with the same `Idempotency-Key`.
pub(super) async fn create_refund(
    api: &Api,
    ctx: &RequestContext,
    caller: &Caller,
    request: CreateRefundRequest,
) -> Result<Response<CreateRefundResponse>, ApiError> {
    caller.require_scope(KeyScope::Refund)?;
    let now = api.clock.now();
    let mutation = Mutation::begin(ctx, caller, &request, now).await?;
    if let Some(answer) = mutation.answered(&api.store).await? {
        return Ok(answer);
    }
    let reason = read_reason(request.reason)?;
    let row = caller.payment(&api.pool, request.payment_id).await?;
    let refund_id = RefundId::new(now);
    let command = SessionCommand::RequestRefund {
        refund_id: refund_id.clone(),
        payment_id: PaymentId::parse(row.id).map_err(ApiError::internal)?,
        cause: RefundCause::Game,
        reason,
        at: now,
    };
    let respond = |session: &Session| response(session, &refund_id, &row.session_id);
    mutation.execute(&api.store, &row.session_id, command, respond).await
}

/// An empty one is none.
pub(super) fn read_reason(reason: Option<String>) -> Result<Option<RefundReason>, ApiError> {
    let reason = reason.filter(|it| !it.is_empty()).map(RefundReason::parse).transpose();
    reason.map_err(|it| ApiError::field("reason", "invalid_argument", it))
}

fn response(session: &Session, id: &RefundId, session_id: &str) -> CreateRefundResponse {
    let row = session.present().ok().and_then(|state| {
        // Which version it is at does not show.
        state.refund(id).map(|it| RefundRow::of(state, it, session_id, 0))
    });
    let refund = row.map_or_else(MessageField::none, |it| MessageField::some(message::refund(it)));
    CreateRefundResponse { id: id.to_string(), refund, ..CreateRefundResponse::default() }
}

/// Right immediately after every change, on every process: its row is written with the event.
pub(super) async fn get_refund(
    api: &Api,
    caller: &Caller,
    request: GetRefundRequest,
) -> Result<GetRefundResponse, ApiError> {
    caller.require_scope(KeyScope::Read)?;
    let row = caller.refund(&api.pool, request.id).await?;
    let refund = MessageField::some(message::refund(row));
    Ok(GetRefundResponse { refund, ..GetRefundResponse::default() })
}

//! `pay.v1.PaymentService/CompletePayment` and `/CancelPayment`: take held money, or let it go.
//!
//! Each answers once the request is in the log. What the provider makes of it follows by webhook.

use buffa::Message;
use connectrpc::{RequestContext, Response};

use super::{Api, ApiError, caller::Caller, idempotency::Mutation};
use crate::{
    domain::{
        Timestamp,
        game::KeyScope,
        id::PaymentId,
        session::{Session, SessionCommand},
    },
    proto::pay::v1::{
        CancelPaymentRequest, CancelPaymentResponse, CompletePaymentRequest,
        CompletePaymentResponse,
    },
};

/// Safe to repeat, with or without an `Idempotency-Key`.
pub(super) async fn complete_payment(
    api: &Api,
    ctx: &RequestContext,
    caller: &Caller,
    request: CompletePaymentRequest,
) -> Result<Response<CompletePaymentResponse>, ApiError> {
    let command = |payment_id, at| SessionCommand::RequestCapture { payment_id, at };
    ask(api, ctx, caller, &request, &request.id, command).await
}

/// Safe to repeat, with or without an `Idempotency-Key`.
pub(super) async fn cancel_payment(
    api: &Api,
    ctx: &RequestContext,
    caller: &Caller,
    request: CancelPaymentRequest,
) -> Result<Response<CancelPaymentResponse>, ApiError> {
    let command = |payment_id, at| SessionCommand::RequestVoid { payment_id, at };
    ask(api, ctx, caller, &request, &request.id, command).await
}

async fn ask<M: Message + Default>(
    api: &Api,
    ctx: &RequestContext,
    caller: &Caller,
    request: &impl Message,
    payment_id: &str,
    command: impl FnOnce(PaymentId, Timestamp) -> SessionCommand,
) -> Result<Response<M>, ApiError> {
    caller.require_scope(KeyScope::Write)?;
    let now = api.clock.now();
    let mutation = Mutation::begin(ctx, caller, request, now).await?;
    if let Some(answer) = mutation.answered(&api.store).await? {
        return Ok(answer);
    }
    let row = caller.payment(&api.pool, payment_id).await?;
    let payment_id = PaymentId::parse(row.id).map_err(ApiError::internal)?;
    let command = command(payment_id, now);
    mutation.execute(&api.store, &row.session_id, command, |_: &Session| M::default()).await
}

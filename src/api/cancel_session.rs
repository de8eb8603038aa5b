//! `pay.v1.PaymentService/CancelSession`: ends a session unpaid.

use connectrpc::{RequestContext, Response};

use super::{Api, ApiError, caller::Caller, idempotency::Mutation};
use crate::{
    domain::{
        game::KeyScope,
        session::{CancelledBy, Session, SessionCommand},
    },
    proto::pay::v1::{CancelSessionRequest, CancelSessionResponse},
};

/// Safe to repeat with the same `Idempotency-Key`.
pub(super) async fn cancel_session(
    api: &Api,
    ctx: &RequestContext,
    caller: &Caller,
    request: CancelSessionRequest,
) -> Result<Response<CancelSessionResponse>, ApiError> {
    caller.require_scope(KeyScope::Write)?;
    let now = api.clock.now();
    let mutation = Mutation::begin(ctx, caller, &request, now).await?;
    if let Some(answer) = mutation.answered(&api.store).await? {
        return Ok(answer);
    }
    let id = caller.session(&api.pool, request.id).await?.id;
    let command = SessionCommand::Cancel { by: CancelledBy::Game, at: now };
    mutation.execute(&api.store, &id, command, |_: &Session| CancelSessionResponse::default()).await
}

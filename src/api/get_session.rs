//! `pay.v1.PaymentService/GetSession`: all that is known of a session.

use buffa::MessageField;

use super::{Api, ApiError, caller::Caller, message};
use crate::{
    domain::game::KeyScope,
    proto::pay::v1::{GetSessionRequest, GetSessionResponse},
};

/// Right immediately after every change, on every process: its row is written with the event.
pub(super) async fn get_session(
    api: &Api,
    caller: &Caller,
    request: GetSessionRequest,
) -> Result<GetSessionResponse, ApiError> {
    caller.require_scope(KeyScope::Read)?;
    let row = caller.session(&api.pool, request.id).await?;
    let session = MessageField::some(message::session(row, &api.pay_base_url));
    Ok(GetSessionResponse { session, ..GetSessionResponse::default() })
}

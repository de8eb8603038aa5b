//! `pay.v1.PaymentService/GetSessionStatus`: where a session stands.

use super::{Api, ApiError, caller::Caller};
use crate::{
    domain::{game::KeyScope, violation::Violation},
    proto::pay::v1::{GetSessionStatusRequest, GetSessionStatusResponse},
};

/// Right immediately after every change, on every process: its row is written with the event.
pub(super) async fn get_session_status(
    api: &Api,
    caller: &Caller,
    request: GetSessionStatusRequest,
) -> Result<GetSessionStatusResponse, ApiError> {
    caller.require_scope(KeyScope::Read)?;
    let id = one_of("session_id", request.session_id, request.id)?;
    let row = caller.status(&api.statuses, id).await?;
    Ok(GetSessionStatusResponse {
        id: row.id.clone(),
        status: row.status.clone(),
        session_id: row.id.clone(),
        ..GetSessionStatusResponse::default()
    })
}

/// The value of a field that has two names: either may be given, and both if they agree.
pub(super) fn one_of(field: &'static str, ours: String, sdk: String) -> Result<String, ApiError> {
    let problem = |rule, received: &str| {
        Err(ApiError::field(field, "invalid_argument", Violation::new(rule, received)))
    };
    match (ours.is_empty(), sdk.is_empty()) {
        (true, true) => problem("must be given", ""),
        (false, false) if ours != sdk => {
            problem("must be the same as id where both are given", &ours)
        }
        (false, _) => Ok(ours),
        (true, false) => Ok(sdk),
    }
}

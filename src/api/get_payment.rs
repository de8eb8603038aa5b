//! `pay.v1.PaymentService/GetPayment`: what became of one attempt to pay.

use buffa::MessageField;

use super::{Api, ApiError, caller::Caller, message};
use crate::{
    domain::game::KeyScope,
    proto::pay::v1::{GetPaymentRequest, GetPaymentResponse},
};

/// Right immediately after every change. `with_extra_data` asks for what only a wallet has.
pub(super) async fn get_payment(
    api: &Api,
    caller: &Caller,
    request: GetPaymentRequest,
) -> Result<GetPaymentResponse, ApiError> {
    caller.require_scope(KeyScope::Read)?;
    let row = caller.payment(&api.pool, request.id).await?;
    let payment = MessageField::some(message::payment(row));
    Ok(GetPaymentResponse { payment, ..GetPaymentResponse::default() })
}

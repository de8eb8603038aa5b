//! The Connect services, mounted by their paths: JSON and binary, Connect, gRPC and gRPC-Web.

mod accounts;
mod payments;
mod refunds;

use std::sync::Arc;

use axum::Router;
use connectrpc::{ConnectRpcService, Limits, RequestContext, Router as ConnectRouter};

use super::{Api, ApiError, REQUEST_BYTES_MAX, caller::Caller, frame::framed, interceptor::Gate};
use crate::proto::{
    pay::v1::{
        PAYMENT_SERVICE_SERVICE_NAME, PaymentServiceExt, REFUND_SERVICE_SERVICE_NAME,
        RefundServiceExt,
    },
    wallet::v1::{ACCOUNT_SERVICE_SERVICE_NAME, AccountServiceExt},
};

/// The services that game servers call.
pub(super) const SERVICES: [&str; 3] =
    [PAYMENT_SERVICE_SERVICE_NAME, REFUND_SERVICE_SERVICE_NAME, ACCOUNT_SERVICE_SERVICE_NAME];

/// Mounted by path, so that an unknown path is not answered in Connect's JSON.
pub(super) fn routes(api: &Api) -> Router {
    let limits = Limits::default()
        .with_max_request_body_size(REQUEST_BYTES_MAX)
        .with_max_message_size(REQUEST_BYTES_MAX);
    let service = ConnectRpcService::new(methods(api))
        .with_limits(limits)
        .with_interceptor(Gate(api.clone()));
    Router::new()
        .route_service("/pay.v1.PaymentService/{method}", service.clone())
        .route_service("/pay.v1.RefundService/{method}", service.clone())
        .route_service("/wallet.v1.AccountService/{method}", service)
        .route_layer(axum::middleware::from_fn(framed))
}

/// Every method there is. Whatever is added here comes through the gate.
pub(super) fn methods(api: &Api) -> ConnectRouter {
    let connect = Arc::new(payments::Payments(api.clone())).register(ConnectRouter::new());
    let connect = Arc::new(refunds::Refunds(api.clone())).register(connect);
    Arc::new(accounts::Accounts).register(connect)
}

/// The caller that [`Gate`] left; without one nobody came through it.
fn caller(ctx: &RequestContext) -> Result<&Caller, ApiError> {
    ctx.extensions().get::<Caller>().ok_or(ApiError::Unauthorized)
}

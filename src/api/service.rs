//! The Connect services, mounted by their paths: JSON and binary, Connect, gRPC and gRPC-Web.

mod accounts;
mod payments;
mod refunds;

use std::{
    convert::Infallible,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use axum::{body::Body, extract::Request, response::Response};
use connectrpc::{
    ConnectRpcBody, ConnectRpcService, Limits, RequestContext, Router as ConnectRouter,
};
use tower::Service;

use super::{
    Api, ApiError, REQUEST_BYTES_MAX,
    caller::Caller,
    frame::{CALL_WITHIN, within},
    interceptor::Gate,
};
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

/// Answers the calls of game servers, each within its time.
#[derive(Clone)]
pub struct Calls(ConnectRpcService);

impl Calls {
    pub(super) fn of(api: &Api) -> Self {
        let limits = Limits::default()
            .with_max_request_body_size(REQUEST_BYTES_MAX)
            .with_max_message_size(REQUEST_BYTES_MAX);
        let service = ConnectRpcService::new(methods(api)).with_limits(limits);
        Self(service.with_interceptor(Gate(api.clone())))
    }

    /// Whether a path is one of these services'. No other is to be answered in Connect's JSON.
    pub fn takes(path: &str) -> bool {
        let names = path.strip_prefix('/').and_then(|it| it.split_once('/'));
        let is_method = |it: &str| !it.is_empty() && !it.contains('/');
        names.is_some_and(|(service, method)| SERVICES.contains(&service) && is_method(method))
    }
}

impl Service<Request> for Calls {
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Service::<Request>::poll_ready(&mut self.0, cx)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let answering = self.0.call(request);
        let answering = async move {
            let Ok(answer) = answering.await;
            answer.map(|it| match it {
                // Told apart, since only so its length is known: the others come in chunks.
                ConnectRpcBody::Full(whole) => Body::new(whole),
                other => Body::new(other),
            })
        };
        Box::pin(async move { Ok(within(CALL_WITHIN, answering).await) })
    }
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

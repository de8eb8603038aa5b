//! The Connect services, mounted by their paths: JSON and binary, Connect, gRPC and gRPC-Web.

mod accounts;
mod payments;
mod refunds;
mod webhooks;

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
    webhooks::v1::{WEBHOOK_SERVICE_SERVICE_NAME, WebhookServiceExt},
};

/// The services that game servers call.
pub(super) const SERVICES: [&str; 4] = [
    PAYMENT_SERVICE_SERVICE_NAME,
    REFUND_SERVICE_SERVICE_NAME,
    ACCOUNT_SERVICE_SERVICE_NAME,
    WEBHOOK_SERVICE_SERVICE_NAME,
];

/// The longest name of a method that is logged, in bytes; ours are shorter by half.
const METHOD_BYTES_MAX: usize = 40;

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

    /// Whether a path is a route by itself, fit for the log: a call, and nothing in place of the method's
    /// name that a client made up.
    pub fn is_route(path: &str) -> bool {
        let is_name = |it: &str| {
            it.len() <= METHOD_BYTES_MAX && it.bytes().all(|it| it.is_ascii_alphabetic())
        };
        Self::takes(path) && path.rsplit('/').next().is_some_and(is_name)
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
    let connect = Arc::new(accounts::Accounts).register(connect);
    Arc::new(webhooks::Webhooks(api.clone())).register(connect)
}

/// The caller that [`Gate`] left; without one nobody came through it.
fn caller(ctx: &RequestContext) -> Result<&Caller, ApiError> {
    ctx.extensions().get::<Caller>().ok_or(ApiError::Unauthorized)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_id_in_place_of_a_method_is_a_call_but_no_route() {
        let path = |method: &str| format!("/{PAYMENT_SERVICE_SERVICE_NAME}/{method}");
        assert!(Calls::is_route(&path("GetSessionStatus")));
        for method in ["sess_06h0e1act8000zkq61whgvn43ckt27xrh62db18", "%2e", &"a".repeat(41)] {
            assert!(Calls::takes(&path(method)) && !Calls::is_route(&path(method)), "{method}");
        }
        assert!(!Calls::is_route("/sess_06h0e1act8000zkq61whgvn43ckt27xrh62db18"));
    }
}

//! The Connect services, mounted by their paths: JSON and binary, Connect, gRPC and gRPC-Web.

use std::sync::Arc;

use axum::Router;
use connectrpc::{
    ConnectRpcService, Encodable, Limits, RequestContext, Response, Router as ConnectRouter,
    ServiceRequest, ServiceResult,
};

use super::{
    Api, ApiError, REQUEST_BYTES_MAX,
    caller::Caller,
    cancel_session::cancel_session,
    create_session::create_session,
    frame::framed,
    get_payment::get_payment,
    get_session::get_session,
    held_payment::{cancel_payment, complete_payment},
    interceptor::Gate,
    refunds::{create_refund, get_refund},
    session_status::get_session_status,
};
use crate::proto::pay::v1::{
    CancelPaymentRequest, CancelPaymentResponse, CancelSessionRequest, CancelSessionResponse,
    CompletePaymentRequest, CompletePaymentResponse, CreateRefundRequest, CreateRefundResponse,
    CreateSessionRequest, CreateSessionResponse, GetPaymentRequest, GetPaymentResponse,
    GetRefundRequest, GetRefundResponse, GetSessionRequest, GetSessionResponse,
    GetSessionStatusRequest, GetSessionStatusResponse, PaymentService, PaymentServiceExt,
    RefundService, RefundServiceExt,
};

/// Mounted by path, so that an unknown path is not answered in Connect's JSON.
pub(super) fn routes(api: &Api) -> Router {
    let connect = Arc::new(Payments(api.clone())).register(ConnectRouter::new());
    let connect = Arc::new(Refunds(api.clone())).register(connect);
    let limits = Limits::default()
        .with_max_request_body_size(REQUEST_BYTES_MAX)
        .with_max_message_size(REQUEST_BYTES_MAX);
    let service =
        ConnectRpcService::new(connect).with_limits(limits).with_interceptor(Gate(api.clone()));
    Router::new()
        .route_service("/pay.v1.PaymentService/{method}", service.clone())
        .route_service("/pay.v1.RefundService/{method}", service)
        .route_layer(axum::middleware::from_fn(framed))
}

struct Payments(Api);

impl PaymentService for Payments {
    async fn create_session<'a>(
        &'a self,
        ctx: RequestContext,
        request: ServiceRequest<'_, CreateSessionRequest>,
    ) -> ServiceResult<impl Encodable<CreateSessionResponse> + Send + use<'a>> {
        let response =
            create_session(&self.0, &ctx, caller(&ctx)?, request.to_owned_message()).await;
        Ok(response?)
    }

    async fn cancel_session<'a>(
        &'a self,
        ctx: RequestContext,
        request: ServiceRequest<'_, CancelSessionRequest>,
    ) -> ServiceResult<impl Encodable<CancelSessionResponse> + Send + use<'a>> {
        let response =
            cancel_session(&self.0, &ctx, caller(&ctx)?, request.to_owned_message()).await;
        Ok(response?)
    }

    async fn get_session<'a>(
        &'a self,
        ctx: RequestContext,
        request: ServiceRequest<'_, GetSessionRequest>,
    ) -> ServiceResult<impl Encodable<GetSessionResponse> + Send + use<'a>> {
        let response = get_session(&self.0, caller(&ctx)?, request.to_owned_message()).await;
        Response::ok(response?)
    }

    async fn get_session_status<'a>(
        &'a self,
        ctx: RequestContext,
        request: ServiceRequest<'_, GetSessionStatusRequest>,
    ) -> ServiceResult<impl Encodable<GetSessionStatusResponse> + Send + use<'a>> {
        let response = get_session_status(&self.0, caller(&ctx)?, request.to_owned_message()).await;
        Response::ok(response?)
    }

    async fn get_payment<'a>(
        &'a self,
        ctx: RequestContext,
        request: ServiceRequest<'_, GetPaymentRequest>,
    ) -> ServiceResult<impl Encodable<GetPaymentResponse> + Send + use<'a>> {
        let response = get_payment(&self.0, caller(&ctx)?, request.to_owned_message()).await;
        Response::ok(response?)
    }

    async fn complete_payment<'a>(
        &'a self,
        ctx: RequestContext,
        request: ServiceRequest<'_, CompletePaymentRequest>,
    ) -> ServiceResult<impl Encodable<CompletePaymentResponse> + Send + use<'a>> {
        let response =
            complete_payment(&self.0, &ctx, caller(&ctx)?, request.to_owned_message()).await;
        Ok(response?)
    }

    async fn cancel_payment<'a>(
        &'a self,
        ctx: RequestContext,
        request: ServiceRequest<'_, CancelPaymentRequest>,
    ) -> ServiceResult<impl Encodable<CancelPaymentResponse> + Send + use<'a>> {
        let response =
            cancel_payment(&self.0, &ctx, caller(&ctx)?, request.to_owned_message()).await;
        Ok(response?)
    }
}

struct Refunds(Api);

impl RefundService for Refunds {
    async fn create_refund<'a>(
        &'a self,
        ctx: RequestContext,
        request: ServiceRequest<'_, CreateRefundRequest>,
    ) -> ServiceResult<impl Encodable<CreateRefundResponse> + Send + use<'a>> {
        let response =
            create_refund(&self.0, &ctx, caller(&ctx)?, request.to_owned_message()).await;
        Ok(response?)
    }

    async fn get_refund<'a>(
        &'a self,
        ctx: RequestContext,
        request: ServiceRequest<'_, GetRefundRequest>,
    ) -> ServiceResult<impl Encodable<GetRefundResponse> + Send + use<'a>> {
        let response = get_refund(&self.0, caller(&ctx)?, request.to_owned_message()).await;
        Response::ok(response?)
    }
}

/// The caller that [`Gate`] left; without one nobody came through it.
fn caller(ctx: &RequestContext) -> Result<&Caller, ApiError> {
    ctx.extensions().get::<Caller>().ok_or(ApiError::Unauthorized)
}

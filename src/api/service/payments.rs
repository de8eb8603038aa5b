//! `pay.v1.PaymentService`: who calls, and which handler answers.

use connectrpc::{Encodable, RequestContext, Response, ServiceRequest, ServiceResult};

use super::caller;
use crate::{
    api::{
        Api,
        cancel_session::cancel_session,
        create_session::create_session,
        get_payment::get_payment,
        get_session::get_session,
        held_payment::{cancel_payment, complete_payment},
        lists::{list_payments, list_sessions},
        session_status::get_session_status,
    },
    proto::pay::v1::{
        CancelPaymentRequest, CancelPaymentResponse, CancelSessionRequest, CancelSessionResponse,
        CompletePaymentRequest, CompletePaymentResponse, CreateSessionRequest,
        CreateSessionResponse, GetPaymentRequest, GetPaymentResponse, GetSessionRequest,
        GetSessionResponse, GetSessionStatusRequest, GetSessionStatusResponse, ListPaymentsRequest,
        ListPaymentsResponse, ListSessionsRequest, ListSessionsResponse, PaymentService,
    },
};

/// One method after the other; each handler has its own file.
pub(super) struct Payments(pub(super) Api);

impl PaymentService for Payments {
    async fn create_session<'a>(
        &'a self,
        ctx: RequestContext,
        request: ServiceRequest<'_, CreateSessionRequest>,
    ) -> ServiceResult<impl Encodable<CreateSessionResponse> + Send + use<'a>> {
        let response =
            Box::pin(create_session(&self.0, &ctx, caller(&ctx)?, request.to_owned_message()))
                .await;
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

    async fn list_sessions<'a>(
        &'a self,
        ctx: RequestContext,
        request: ServiceRequest<'_, ListSessionsRequest>,
    ) -> ServiceResult<impl Encodable<ListSessionsResponse> + Send + use<'a>> {
        let response = list_sessions(&self.0, caller(&ctx)?, request.to_owned_message()).await;
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

    async fn list_payments<'a>(
        &'a self,
        ctx: RequestContext,
        request: ServiceRequest<'_, ListPaymentsRequest>,
    ) -> ServiceResult<impl Encodable<ListPaymentsResponse> + Send + use<'a>> {
        let response = list_payments(&self.0, caller(&ctx)?, request.to_owned_message()).await;
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

//! `webhooks.v1.WebhookService`: who calls, and which handler answers.

use connectrpc::{Encodable, RequestContext, Response, ServiceRequest, ServiceResult};

use super::caller;
use crate::{
    api::{
        Api,
        webhooks::{deliveries, endpoints, recoveries, secrets, testing},
    },
    proto::webhooks::v1::{
        ChangeEndpointRequest, ChangeEndpointResponse, CreateEndpointRequest,
        CreateEndpointResponse, DisableEndpointRequest, DisableEndpointResponse,
        EnableEndpointRequest, EnableEndpointResponse, ExpireOldSecretsRequest,
        ExpireOldSecretsResponse, GetDeliveryRequest, GetDeliveryResponse, GetEndpointRequest,
        GetEndpointResponse, GetRecoveryRequest, GetRecoveryResponse, ListDeliveriesRequest,
        ListDeliveriesResponse, ListEndpointsRequest, ListEndpointsResponse, OpenListenerRequest,
        OpenListenerResponse, ReceiveEventsRequest, ReceiveEventsResponse, RemoveEndpointRequest,
        RemoveEndpointResponse, ResendDeliveryRequest, ResendDeliveryResponse, RotateSecretRequest,
        RotateSecretResponse, SendTestEventRequest, SendTestEventResponse, StartRecoveryRequest,
        StartRecoveryResponse, WebhookService,
    },
};

/// One method after the other; the handlers are in files by what they are about.
pub(super) struct Webhooks(pub(super) Api);

impl WebhookService for Webhooks {
    async fn create_endpoint<'a>(
        &'a self,
        ctx: RequestContext,
        request: ServiceRequest<'_, CreateEndpointRequest>,
    ) -> ServiceResult<impl Encodable<CreateEndpointResponse> + Send + use<'a>> {
        let response =
            endpoints::create_endpoint(&self.0, &ctx, caller(&ctx)?, request.to_owned_message())
                .await;
        Ok(response?)
    }

    async fn get_endpoint<'a>(
        &'a self,
        ctx: RequestContext,
        request: ServiceRequest<'_, GetEndpointRequest>,
    ) -> ServiceResult<impl Encodable<GetEndpointResponse> + Send + use<'a>> {
        let response =
            endpoints::get_endpoint(&self.0, caller(&ctx)?, request.to_owned_message()).await;
        Response::ok(response?)
    }

    async fn list_endpoints<'a>(
        &'a self,
        ctx: RequestContext,
        request: ServiceRequest<'_, ListEndpointsRequest>,
    ) -> ServiceResult<impl Encodable<ListEndpointsResponse> + Send + use<'a>> {
        let response =
            endpoints::list_endpoints(&self.0, caller(&ctx)?, request.to_owned_message()).await;
        Response::ok(response?)
    }

    async fn change_endpoint<'a>(
        &'a self,
        ctx: RequestContext,
        request: ServiceRequest<'_, ChangeEndpointRequest>,
    ) -> ServiceResult<impl Encodable<ChangeEndpointResponse> + Send + use<'a>> {
        let response =
            endpoints::change_endpoint(&self.0, &ctx, caller(&ctx)?, request.to_owned_message())
                .await;
        Ok(response?)
    }

    async fn disable_endpoint<'a>(
        &'a self,
        ctx: RequestContext,
        request: ServiceRequest<'_, DisableEndpointRequest>,
    ) -> ServiceResult<impl Encodable<DisableEndpointResponse> + Send + use<'a>> {
        let response =
            endpoints::disable_endpoint(&self.0, &ctx, caller(&ctx)?, request.to_owned_message())
                .await;
        Ok(response?)
    }

    async fn enable_endpoint<'a>(
        &'a self,
        ctx: RequestContext,
        request: ServiceRequest<'_, EnableEndpointRequest>,
    ) -> ServiceResult<impl Encodable<EnableEndpointResponse> + Send + use<'a>> {
        let response =
            endpoints::enable_endpoint(&self.0, &ctx, caller(&ctx)?, request.to_owned_message())
                .await;
        Ok(response?)
    }

    async fn remove_endpoint<'a>(
        &'a self,
        ctx: RequestContext,
        request: ServiceRequest<'_, RemoveEndpointRequest>,
    ) -> ServiceResult<impl Encodable<RemoveEndpointResponse> + Send + use<'a>> {
        let response =
            endpoints::remove_endpoint(&self.0, &ctx, caller(&ctx)?, request.to_owned_message())
                .await;
        Ok(response?)
    }

    async fn rotate_secret<'a>(
        &'a self,
        ctx: RequestContext,
        request: ServiceRequest<'_, RotateSecretRequest>,
    ) -> ServiceResult<impl Encodable<RotateSecretResponse> + Send + use<'a>> {
        let response =
            secrets::rotate_secret(&self.0, &ctx, caller(&ctx)?, request.to_owned_message()).await;
        Ok(response?)
    }

    async fn expire_old_secrets<'a>(
        &'a self,
        ctx: RequestContext,
        request: ServiceRequest<'_, ExpireOldSecretsRequest>,
    ) -> ServiceResult<impl Encodable<ExpireOldSecretsResponse> + Send + use<'a>> {
        let response =
            secrets::expire_old_secrets(&self.0, &ctx, caller(&ctx)?, request.to_owned_message())
                .await;
        Ok(response?)
    }

    async fn send_test_event<'a>(
        &'a self,
        ctx: RequestContext,
        request: ServiceRequest<'_, SendTestEventRequest>,
    ) -> ServiceResult<impl Encodable<SendTestEventResponse> + Send + use<'a>> {
        let response =
            testing::send_test_event(&self.0, &ctx, caller(&ctx)?, request.to_owned_message())
                .await;
        Ok(response?)
    }

    async fn list_deliveries<'a>(
        &'a self,
        ctx: RequestContext,
        request: ServiceRequest<'_, ListDeliveriesRequest>,
    ) -> ServiceResult<impl Encodable<ListDeliveriesResponse> + Send + use<'a>> {
        let response =
            deliveries::list_deliveries(&self.0, caller(&ctx)?, request.to_owned_message()).await;
        Response::ok(response?)
    }

    async fn get_delivery<'a>(
        &'a self,
        ctx: RequestContext,
        request: ServiceRequest<'_, GetDeliveryRequest>,
    ) -> ServiceResult<impl Encodable<GetDeliveryResponse> + Send + use<'a>> {
        let response =
            deliveries::get_delivery(&self.0, caller(&ctx)?, request.to_owned_message()).await;
        Response::ok(response?)
    }

    async fn resend_delivery<'a>(
        &'a self,
        ctx: RequestContext,
        request: ServiceRequest<'_, ResendDeliveryRequest>,
    ) -> ServiceResult<impl Encodable<ResendDeliveryResponse> + Send + use<'a>> {
        let response =
            deliveries::resend_delivery(&self.0, &ctx, caller(&ctx)?, request.to_owned_message())
                .await;
        Ok(response?)
    }

    async fn start_recovery<'a>(
        &'a self,
        ctx: RequestContext,
        request: ServiceRequest<'_, StartRecoveryRequest>,
    ) -> ServiceResult<impl Encodable<StartRecoveryResponse> + Send + use<'a>> {
        let response =
            recoveries::start_recovery(&self.0, &ctx, caller(&ctx)?, request.to_owned_message())
                .await;
        Ok(response?)
    }

    async fn get_recovery<'a>(
        &'a self,
        ctx: RequestContext,
        request: ServiceRequest<'_, GetRecoveryRequest>,
    ) -> ServiceResult<impl Encodable<GetRecoveryResponse> + Send + use<'a>> {
        let response =
            recoveries::get_recovery(&self.0, caller(&ctx)?, request.to_owned_message()).await;
        Response::ok(response?)
    }

    async fn open_listener<'a>(
        &'a self,
        ctx: RequestContext,
        request: ServiceRequest<'_, OpenListenerRequest>,
    ) -> ServiceResult<impl Encodable<OpenListenerResponse> + Send + use<'a>> {
        let response =
            testing::open_listener(&self.0, &ctx, caller(&ctx)?, request.to_owned_message()).await;
        Ok(response?)
    }

    async fn receive_events<'a>(
        &'a self,
        ctx: RequestContext,
        request: ServiceRequest<'_, ReceiveEventsRequest>,
    ) -> ServiceResult<impl Encodable<ReceiveEventsResponse> + Send + use<'a>> {
        let response =
            testing::receive_events(&self.0, caller(&ctx)?, request.to_owned_message()).await;
        Response::ok(response?)
    }
}

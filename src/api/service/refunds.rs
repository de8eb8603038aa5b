//! `pay.v1.RefundService`: who calls, and which handler answers.

use connectrpc::{Encodable, RequestContext, Response, ServiceRequest, ServiceResult};

use super::caller;
use crate::{
    api::{
        Api,
        lists::list_refunds,
        refunds::{create_refund, get_refund},
    },
    proto::pay::v1::{
        CreateRefundRequest, CreateRefundResponse, GetRefundRequest, GetRefundResponse,
        ListRefundsRequest, ListRefundsResponse, RefundService,
    },
};

/// One method after the other; each handler has its own file.
pub(super) struct Refunds(pub(super) Api);

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

    async fn list_refunds<'a>(
        &'a self,
        ctx: RequestContext,
        request: ServiceRequest<'_, ListRefundsRequest>,
    ) -> ServiceResult<impl Encodable<ListRefundsResponse> + Send + use<'a>> {
        let response = list_refunds(&self.0, caller(&ctx)?, request.to_owned_message()).await;
        Response::ok(response?)
    }
}

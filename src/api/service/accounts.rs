//! `wallet.v1.AccountService`: wallets are not offered, and every method says so.

use connectrpc::{Encodable, RequestContext, ServiceRequest, ServiceResult};

use crate::{
    api::ApiError,
    proto::wallet::v1::{
        AccountService, GetAccountRequest, GetAccountResponse, GetDepositRequest,
        GetDepositResponse, ListAccountsRequest, ListAccountsResponse, ListDepositsRequest,
        ListDepositsResponse,
    },
};

/// Nothing is behind it.
pub(super) struct Accounts;

impl AccountService for Accounts {
    async fn get_account<'a>(
        &'a self,
        _ctx: RequestContext,
        _request: ServiceRequest<'_, GetAccountRequest>,
    ) -> ServiceResult<impl Encodable<GetAccountResponse> + Send + use<'a>> {
        not_offered::<GetAccountResponse>()
    }

    async fn list_accounts<'a>(
        &'a self,
        _ctx: RequestContext,
        _request: ServiceRequest<'_, ListAccountsRequest>,
    ) -> ServiceResult<impl Encodable<ListAccountsResponse> + Send + use<'a>> {
        not_offered::<ListAccountsResponse>()
    }

    async fn get_deposit<'a>(
        &'a self,
        _ctx: RequestContext,
        _request: ServiceRequest<'_, GetDepositRequest>,
    ) -> ServiceResult<impl Encodable<GetDepositResponse> + Send + use<'a>> {
        not_offered::<GetDepositResponse>()
    }

    async fn list_deposits<'a>(
        &'a self,
        _ctx: RequestContext,
        _request: ServiceRequest<'_, ListDepositsRequest>,
    ) -> ServiceResult<impl Encodable<ListDepositsResponse> + Send + use<'a>> {
        not_offered::<ListDepositsResponse>()
    }
}

fn not_offered<M>() -> ServiceResult<M> {
    Err(ApiError::NotOffered.into())
}

//! A provider that takes payments as far as a link's form asks: nobody pays in these tests.

use async_trait::async_trait;
use toffeepay::{
    domain::{
        Timestamp,
        id::{PaymentId, RefundId, SessionId},
        money::Money,
        session::{ProviderName, Reference},
    },
    providers::{
        Charge, ChargeAnswer, Instrument, Notification, NotificationError, Provider, ProviderError,
        RefundAnswer, RequestKey, TokenizeError,
    },
};

pub(crate) struct Taker;

#[async_trait]
impl Provider for Taker {
    fn name(&self) -> ProviderName {
        ProviderName::parse("sandbox").unwrap()
    }

    async fn tokenize(&self, _: Instrument) -> Result<Reference, TokenizeError> {
        unreachable!("nobody pays")
    }

    async fn charge(&self, _: Charge) -> Result<ChargeAnswer, ProviderError> {
        unreachable!("nobody pays")
    }

    async fn capture(&self, _: &RequestKey, _: Money) -> Result<ChargeAnswer, ProviderError> {
        unreachable!("nobody pays")
    }

    async fn void(&self, _: &RequestKey) -> Result<ChargeAnswer, ProviderError> {
        unreachable!("nobody pays")
    }

    async fn refund(
        &self,
        _: &SessionId,
        _: &RefundId,
        _: &PaymentId,
        _: Money,
    ) -> Result<RefundAnswer, ProviderError> {
        unreachable!("nobody pays")
    }

    async fn look_up(&self, _: &PaymentId) -> Result<Option<ChargeAnswer>, ProviderError> {
        unreachable!("nobody pays")
    }

    async fn look_up_refund(&self, _: &RefundId) -> Result<Option<RefundAnswer>, ProviderError> {
        unreachable!("nobody pays")
    }

    fn read_notification(
        &self,
        _: &axum::http::HeaderMap,
        _: &[u8],
        _: Timestamp,
    ) -> Result<Notification, NotificationError> {
        unreachable!("nobody pays")
    }
}

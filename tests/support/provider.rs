//! A provider whom nobody asks to move money: it has a name, and may have something to tell.

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

pub struct QuietProvider {
    /// What it is called.
    pub name: &'static str,
    /// What its notifications say, if it sends any.
    pub tells: Option<Notification>,
}

#[async_trait]
impl Provider for QuietProvider {
    fn name(&self) -> ProviderName {
        ProviderName::parse(self.name).unwrap()
    }

    async fn tokenize(&self, _: Instrument) -> Result<Reference, TokenizeError> {
        unreachable!("nobody is asked")
    }

    async fn charge(&self, _: Charge) -> Result<ChargeAnswer, ProviderError> {
        unreachable!("nobody is asked")
    }

    async fn capture(&self, _: &RequestKey, _: Money) -> Result<ChargeAnswer, ProviderError> {
        unreachable!("nobody is asked")
    }

    async fn void(&self, _: &RequestKey) -> Result<ChargeAnswer, ProviderError> {
        unreachable!("nobody is asked")
    }

    async fn refund(
        &self,
        _: &SessionId,
        _: &RefundId,
        _: &PaymentId,
        _: Money,
    ) -> Result<RefundAnswer, ProviderError> {
        unreachable!("nobody is asked")
    }

    async fn look_up(&self, _: &PaymentId) -> Result<Option<ChargeAnswer>, ProviderError> {
        unreachable!("nobody is asked")
    }

    async fn look_up_refund(&self, _: &RefundId) -> Result<Option<RefundAnswer>, ProviderError> {
        unreachable!("nobody is asked")
    }

    fn read_notification(
        &self,
        _: &axum::http::HeaderMap,
        _: &[u8],
        _: Timestamp,
    ) -> Result<Notification, NotificationError> {
        Ok(self.tells.clone().expect("nobody notifies in its name"))
    }
}

//! The bank behind the trait that every provider stands behind.

use async_trait::async_trait;

use super::{
    SIGNATURE_HEADER, SandboxBank,
    books::{BookedCharge, ChargeStatus},
    instruments, message, signature,
};
use crate::{
    crash_points,
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

#[async_trait]
impl Provider for SandboxBank {
    fn name(&self) -> ProviderName {
        self.name.clone()
    }

    async fn tokenize(&self, instrument: Instrument) -> Result<Reference, TokenizeError> {
        let now = self.clock.now();
        let known = instruments::recognize(&instrument, now)?;
        let token = self.books.issue_token(known, now).await.map_err(ProviderError::from)?;
        Ok(Reference::parse(token).map_err(|it| ProviderError(it.to_string()))?)
    }

    async fn charge(&self, charge: Charge) -> Result<ChargeAnswer, ProviderError> {
        let (booked, is_new) = self.books.charge(&charge, self.clock.now()).await?;
        crash_points::reach("after_bank_booked");
        self.has_news.notify_one();
        if is_new && self.faults.timeout_after_charge {
            return Err(ProviderError("the bank was told to fall silent after charging".into()));
        }
        Ok(self.answer(&booked))
    }

    async fn capture(
        &self,
        key: &RequestKey,
        amount: Money,
    ) -> Result<ChargeAnswer, ProviderError> {
        let outcome = self.books.capture(key, amount, self.clock.now()).await?;
        self.has_news.notify_one();
        Ok(ChargeAnswer::Outcome(outcome))
    }

    async fn void(&self, key: &RequestKey) -> Result<ChargeAnswer, ProviderError> {
        let outcome = self.books.void(key, self.clock.now()).await?;
        self.has_news.notify_one();
        Ok(ChargeAnswer::Outcome(outcome))
    }

    async fn refund(
        &self,
        session_id: &SessionId,
        refund_id: &RefundId,
        payment_id: &PaymentId,
        amount: Money,
    ) -> Result<RefundAnswer, ProviderError> {
        let now = self.clock.now();
        let outcome = self.books.refund(session_id, refund_id, payment_id, amount, now).await?;
        self.has_news.notify_one();
        Ok(RefundAnswer::Outcome(outcome))
    }

    async fn look_up(&self, payment_id: &PaymentId) -> Result<Option<ChargeAnswer>, ProviderError> {
        let booked = self.books.look_up(payment_id).await?;
        Ok(booked.map(|it| self.answer(&it)))
    }

    async fn look_up_refund(
        &self,
        refund_id: &RefundId,
    ) -> Result<Option<RefundAnswer>, ProviderError> {
        Ok(self.books.look_up_refund(refund_id).await?.map(RefundAnswer::Outcome))
    }

    fn read_notification(
        &self,
        headers: &http::HeaderMap,
        body: &[u8],
        now: Timestamp,
    ) -> Result<Notification, NotificationError> {
        let mut signatures = headers.get_all(SIGNATURE_HEADER).iter();
        let (Some(signature), None) = (signatures.next(), signatures.next()) else {
            return Err(NotificationError::Signature);
        };
        let signature = signature.to_str().map_err(|_| NotificationError::Signature)?;
        if !signature::is_valid(&self.signing_secret, signature, body, now) {
            return Err(NotificationError::Signature);
        }
        message::read(body)
    }
}

impl SandboxBank {
    fn answer(&self, booked: &BookedCharge) -> ChargeAnswer {
        match (&booked.status, booked.outcome()) {
            (_, Some(outcome)) => ChargeAnswer::Outcome(outcome),
            (ChargeStatus::ActionRequired { challenge_id }, None) => {
                ChargeAnswer::ActionRequired { url: self.challenge_url(challenge_id) }
            }
            (_, None) => ChargeAnswer::Pending,
        }
    }
}

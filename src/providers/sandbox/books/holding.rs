//! What becomes of held money: it is taken, or let go.

use super::{Books, BooksError, ChargeStatus, charge as charges};
use crate::{
    domain::{
        Timestamp,
        id::PaymentId,
        money::Money,
        session::{DeclineReason, PaymentOutcome},
    },
    providers::sandbox::refusal,
};

impl Books {
    /// Takes held money.
    ///
    /// A refusal changes nothing in the books, and asked again the bank thinks again.
    pub(in super::super) async fn capture(
        &self,
        payment_id: &PaymentId,
        amount: Money,
        now: Timestamp,
    ) -> Result<PaymentOutcome, BooksError> {
        let mut transaction = self.pool.begin().await?;
        let no = |reason, text| Ok(PaymentOutcome::CaptureFailed(refusal(reason, text)?));
        let Some(mut booked) = charges::lock(&mut transaction, payment_id.as_str()).await? else {
            return no(DeclineReason::ProviderRefused, "The bank knows no such charge.");
        };
        match &booked.status {
            ChargeStatus::Captured => {}
            ChargeStatus::Authorized if self.faults.refuse_captures => {
                return no(DeclineReason::ProviderRefused, "The bank was told to refuse captures.");
            }
            ChargeStatus::Authorized if booked.amount != amount => {
                return no(DeclineReason::ProviderRefused, "Another amount is held.");
            }
            ChargeStatus::Authorized => {
                self.change(&mut transaction, &mut booked, ChargeStatus::Captured, now).await?;
            }
            ChargeStatus::Voided => {
                return no(DeclineReason::AuthorizationExpired, "The money is no longer held.");
            }
            ChargeStatus::Pending
            | ChargeStatus::ActionRequired { .. }
            | ChargeStatus::Declined(_) => {
                return no(DeclineReason::ProviderRefused, "No money is held.");
            }
        }
        transaction.commit().await?;
        booked.outcome().ok_or(BooksError::Corrupt("status"))
    }

    /// Lets held money go. A refusal changes nothing, as with [`Self::capture`].
    pub(in super::super) async fn void(
        &self,
        payment_id: &PaymentId,
        now: Timestamp,
    ) -> Result<PaymentOutcome, BooksError> {
        let mut transaction = self.pool.begin().await?;
        let no = |text| {
            let refusal = refusal(DeclineReason::ProviderRefused, text)?;
            Ok(PaymentOutcome::VoidFailed(refusal))
        };
        let Some(mut booked) = charges::lock(&mut transaction, payment_id.as_str()).await? else {
            return no("The bank knows no such charge.");
        };
        match &booked.status {
            ChargeStatus::Voided => {}
            ChargeStatus::Authorized if self.faults.refuse_voids => {
                return no("The bank was told not to let money go.");
            }
            ChargeStatus::Authorized => {
                self.change(&mut transaction, &mut booked, ChargeStatus::Voided, now).await?;
            }
            ChargeStatus::Captured => return no("The money has been taken."),
            ChargeStatus::Pending
            | ChargeStatus::ActionRequired { .. }
            | ChargeStatus::Declined(_) => return no("No money is held."),
        }
        transaction.commit().await?;
        Ok(PaymentOutcome::Voided)
    }
}

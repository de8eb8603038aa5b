//! What becomes of held money: it is taken, or let go.

use super::{BookedCharge, Books, BooksError, ChargeStatus, Transaction, charge as charges};
use crate::{
    domain::{
        Timestamp,
        money::Money,
        session::{DeclineReason, PaymentOutcome, Refusal},
    },
    providers::{RequestKey, sandbox::refusal},
};

impl Books {
    /// Takes held money.
    ///
    /// A refusal stands for its request: under another key the bank thinks again.
    pub(in super::super) async fn capture(
        &self,
        key: &RequestKey,
        amount: Money,
        now: Timestamp,
    ) -> Result<PaymentOutcome, BooksError> {
        let mut transaction = self.pool.begin().await?;
        let booked = charges::lock(&mut transaction, key.payment_id.as_str()).await?;
        let refused = match refused_before(&mut transaction, key).await? {
            None => self.refuses_capture(booked.as_ref(), amount)?,
            before => before,
        };
        if let Some(refusal) = refused {
            refuse(transaction, key, &refusal, now).await?;
            return Ok(PaymentOutcome::CaptureFailed(refusal));
        }
        let mut booked = booked.ok_or(BooksError::Corrupt("charge"))?;
        if booked.status == ChargeStatus::Authorized {
            self.change(&mut transaction, &mut booked, ChargeStatus::Captured, now).await?;
        }
        transaction.commit().await?;
        booked.outcome().ok_or(BooksError::Corrupt("status"))
    }

    /// Lets held money go. A refusal stands for its request, as with [`Self::capture`].
    pub(in super::super) async fn void(
        &self,
        key: &RequestKey,
        now: Timestamp,
    ) -> Result<PaymentOutcome, BooksError> {
        let mut transaction = self.pool.begin().await?;
        let booked = charges::lock(&mut transaction, key.payment_id.as_str()).await?;
        let refused = match refused_before(&mut transaction, key).await? {
            None => self.refuses_void(booked.as_ref())?,
            before => before,
        };
        if let Some(refusal) = refused {
            refuse(transaction, key, &refusal, now).await?;
            return Ok(PaymentOutcome::VoidFailed(refusal));
        }
        let mut booked = booked.ok_or(BooksError::Corrupt("charge"))?;
        if booked.status == ChargeStatus::Authorized {
            self.change(&mut transaction, &mut booked, ChargeStatus::Voided, now).await?;
        }
        transaction.commit().await?;
        Ok(PaymentOutcome::Voided)
    }

    /// Why a capture that was not asked for before is refused. `None`: it is not.
    fn refuses_capture(
        &self,
        booked: Option<&BookedCharge>,
        amount: Money,
    ) -> Result<Option<Refusal>, BooksError> {
        let no = |reason, text| Ok(Some(refusal(reason, text)?));
        let Some(booked) = booked else {
            return no(DeclineReason::ProviderRefused, "The bank knows no such charge.");
        };
        match &booked.status {
            ChargeStatus::Authorized if self.faults.refuse_captures => {
                no(DeclineReason::ProviderRefused, "The bank was told to refuse captures.")
            }
            ChargeStatus::Authorized if booked.amount != amount => {
                no(DeclineReason::ProviderRefused, "Another amount is held.")
            }
            ChargeStatus::Authorized | ChargeStatus::Captured => Ok(None),
            ChargeStatus::Voided => {
                no(DeclineReason::AuthorizationExpired, "The money is no longer held.")
            }
            ChargeStatus::Pending
            | ChargeStatus::ActionRequired { .. }
            | ChargeStatus::Declined(_) => no(DeclineReason::ProviderRefused, "No money is held."),
        }
    }

    /// Why a void that was not asked for before is refused. `None`: it is not.
    fn refuses_void(&self, booked: Option<&BookedCharge>) -> Result<Option<Refusal>, BooksError> {
        let no = |text| Ok(Some(refusal(DeclineReason::ProviderRefused, text)?));
        let Some(booked) = booked else { return no("The bank knows no such charge.") };
        match &booked.status {
            ChargeStatus::Authorized if self.faults.refuse_voids => {
                no("The bank was told not to let money go.")
            }
            ChargeStatus::Authorized | ChargeStatus::Voided => Ok(None),
            ChargeStatus::Captured => no("The money has been taken."),
            ChargeStatus::Pending
            | ChargeStatus::ActionRequired { .. }
            | ChargeStatus::Declined(_) => no("No money is held."),
        }
    }
}

/// How the same request was refused before, if it was. Right only under the charge's lock.
async fn refused_before(
    transaction: &mut Transaction<'_>,
    key: &RequestKey,
) -> Result<Option<Refusal>, BooksError> {
    let found: Option<(String, String)> = sqlx::query_as(
        "SELECT refusal_reason, refusal_text FROM sandbox_bank.refused_request WHERE key = $1",
    )
    .bind(key.to_string())
    .fetch_optional(&mut **transaction)
    .await?;
    found.map(|(reason, text)| charges::read_refusal(Some(reason), Some(text))).transpose()
}

/// Writes a refusal down, so that a repeat of the request gets it again.
async fn refuse(
    mut transaction: Transaction<'_>,
    key: &RequestKey,
    refusal: &Refusal,
    now: Timestamp,
) -> Result<(), BooksError> {
    sqlx::query(
        "INSERT INTO sandbox_bank.refused_request VALUES ($1, $2, $3, $4)
         ON CONFLICT (key) DO NOTHING",
    )
    .bind(key.to_string())
    .bind(refusal.reason.as_str())
    .bind(refusal.text.as_str())
    .bind(now)
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await?;
    Ok(())
}

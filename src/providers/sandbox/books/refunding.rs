//! Giving money back, once for each refund id and never more than was taken.

use sqlx::FromRow;

use super::{
    Books, BooksError, ChargeStatus, Transaction,
    charge::{self, read_refusal},
    movements, new_name, outbox,
};
use crate::{
    domain::{
        Timestamp,
        id::{PaymentId, RefundId, SessionId},
        money::Money,
        session::{DeclineReason, Reference, RefundOutcome, Refusal},
    },
    providers::{NotificationSubject, sandbox::refusal},
};

#[derive(FromRow)]
struct Row {
    status: String,
    refusal_reason: Option<String>,
    refusal_text: Option<String>,
    reference: String,
}

impl Books {
    /// Gives money back. A refusal stands for good: asked again by the same id, it is repeated.
    pub(in super::super) async fn refund(
        &self,
        session_id: &SessionId,
        refund_id: &RefundId,
        payment_id: &PaymentId,
        amount: Money,
        now: Timestamp,
    ) -> Result<RefundOutcome, BooksError> {
        let mut transaction = self.pool.begin().await?;
        // The charge's lock makes concurrent refunds of it wait for each other.
        let refusal = self.judge(&mut transaction, payment_id, amount).await?;
        let is_new = sqlx::query(
            "INSERT INTO sandbox_bank.refund VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
             ON CONFLICT (refund_id) DO NOTHING",
        )
        .bind(refund_id.as_str())
        .bind(payment_id.as_str())
        .bind(session_id.as_str())
        .bind(amount.minor_units())
        .bind(amount.currency().code())
        .bind(if refusal.is_none() { "succeeded" } else { "failed" })
        .bind(refusal.as_ref().map(|it| it.reason.as_str()))
        .bind(refusal.as_ref().map(|it| it.text.as_str()))
        .bind(new_name("refund"))
        .bind(now)
        .execute(&mut *transaction)
        .await?
        .rows_affected()
            == 1;
        let booked = find(&mut transaction, refund_id).await?;
        let outcome = booked.ok_or(BooksError::Corrupt("refund"))?;
        if is_new {
            if matches!(outcome, RefundOutcome::Succeeded { .. }) {
                movements::write_refunded(&mut transaction, refund_id, payment_id, amount, now)
                    .await?;
            }
            let news = NotificationSubject::Refund(refund_id.clone(), outcome.clone());
            outbox::add(&mut transaction, session_id, news, self.notify_at(now), now).await?;
        }
        transaction.commit().await?;
        Ok(outcome)
    }

    /// What became of a refund.
    pub(in super::super) async fn look_up_refund(
        &self,
        refund_id: &RefundId,
    ) -> Result<Option<RefundOutcome>, BooksError> {
        let mut transaction = self.pool.begin().await?;
        find(&mut transaction, refund_id).await
    }

    /// What the bank would answer to a new refund. `None`: yes.
    async fn judge(
        &self,
        transaction: &mut Transaction<'_>,
        payment_id: &PaymentId,
        amount: Money,
    ) -> Result<Option<Refusal>, BooksError> {
        let no = |text| Ok(Some(refusal(DeclineReason::ProviderRefused, text)?));
        let charge = charge::lock(transaction, payment_id.as_str()).await?;
        match charge.filter(|it| it.status == ChargeStatus::Captured) {
            None => no("No money was taken."),
            Some(_) if self.faults.refuse_refunds => no("The bank was told to refuse refunds."),
            Some(charge) => {
                let left = movements::left_of(transaction, &charge).await?;
                if left.covers(amount) { Ok(None) } else { no("Not so much money was taken.") }
            }
        }
    }
}

async fn find(
    transaction: &mut Transaction<'_>,
    refund_id: &RefundId,
) -> Result<Option<RefundOutcome>, BooksError> {
    let row: Option<Row> = sqlx::query_as("SELECT * FROM sandbox_bank.refund WHERE refund_id = $1")
        .bind(refund_id.as_str())
        .fetch_optional(&mut **transaction)
        .await?;
    row.map(|row| match row.status.as_str() {
        "succeeded" => Ok(RefundOutcome::Succeeded { reference: Reference::parse(row.reference)? }),
        "failed" => Ok(RefundOutcome::Failed(read_refusal(row.refusal_reason, row.refusal_text)?)),
        _ => Err(BooksError::Corrupt("status")),
    })
    .transpose()
}

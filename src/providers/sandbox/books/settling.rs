//! What the bank decides by itself once its time has come.

use super::{Books, BooksError, ChargeStatus, challenges, charge};
use crate::domain::Timestamp;

impl Books {
    /// Settles one charge that is due: a pending one is agreed to, an unanswered 3-D Secure step
    /// declines. Says whether there was one.
    pub(in super::super) async fn settle_next(&self, now: Timestamp) -> Result<bool, BooksError> {
        let mut transaction = self.pool.begin().await?;
        let due: Option<String> = sqlx::query_scalar(
            "SELECT payment_id FROM sandbox_bank.charge WHERE due_at <= $1
             ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED",
        )
        .bind(now)
        .fetch_optional(&mut *transaction)
        .await?;
        let Some(payment_id) = due else {
            return Ok(false);
        };
        let booked = charge::lock(&mut transaction, &payment_id).await?;
        let mut booked = booked.ok_or(BooksError::Corrupt("charge"))?;
        let status = match &booked.status {
            ChargeStatus::Pending => ChargeStatus::agreed(booked.capture_mode),
            ChargeStatus::ActionRequired { .. } => {
                challenges::close(&mut transaction, &booked.payment_id, false, now).await?;
                challenges::not_passed("The player did not answer the bank in time.")?
            }
            _ => return Err(BooksError::Corrupt("due date")),
        };
        self.change(&mut transaction, &mut booked, status, now).await?;
        transaction.commit().await?;
        Ok(true)
    }
}

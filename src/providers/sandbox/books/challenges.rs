//! The 3-D Secure step: a question to the player that is answered once.

use std::time::Duration;

use super::{BookedCharge, Books, BooksError, ChargeStatus, Transaction, charge, new_name};
use crate::{
    domain::{Timestamp, id::PaymentId, session::DeclineReason},
    providers::sandbox::refusal,
};

/// How long a player may take. Then the bank declines, so that no attempt stays open for ever.
pub(super) const CHALLENGE_LIFETIME: Duration = Duration::from_secs(15 * 60);

/// A step as the player's page shows it.
#[derive(Debug)]
pub(in super::super) struct Challenge {
    pub(in super::super) charge: BookedCharge,
    pub(in super::super) is_open: bool,
}

impl Books {
    /// Finds a step by its unguessable id.
    pub(in super::super) async fn challenge(
        &self,
        id: &str,
    ) -> Result<Option<Challenge>, BooksError> {
        let mut transaction = self.pool.begin().await?;
        find(&mut transaction, id).await
    }

    /// Writes the player's answer down and settles the charge by it. A later answer changes
    /// nothing, and neither does one that comes after the bank has given up.
    pub(in super::super) async fn decide(
        &self,
        id: &str,
        is_passed: bool,
        now: Timestamp,
    ) -> Result<Option<Challenge>, BooksError> {
        let mut transaction = self.pool.begin().await?;
        let Some(mut challenge) = find(&mut transaction, id).await? else {
            return Ok(None);
        };
        if challenge.is_open {
            let status = match is_passed {
                true => ChargeStatus::agreed(challenge.charge.capture_mode),
                false => not_passed("The player did not pass the bank's check.")?,
            };
            close(&mut transaction, &challenge.charge.payment_id, is_passed, now).await?;
            self.change(&mut transaction, &mut challenge.charge, status, now).await?;
            challenge.is_open = false;
        }
        transaction.commit().await?;
        Ok(Some(challenge))
    }
}

/// Asks the player of a new charge.
pub(super) async fn ask(
    transaction: &mut Transaction<'_>,
    payment_id: &PaymentId,
    now: Timestamp,
) -> Result<ChargeStatus, BooksError> {
    let challenge_id = new_name("challenge");
    sqlx::query(
        "INSERT INTO sandbox_bank.challenge (id, payment_id, asked_at) VALUES ($1, $2, $3)",
    )
    .bind(&challenge_id)
    .bind(payment_id.as_str())
    .bind(now)
    .execute(&mut **transaction)
    .await?;
    Ok(ChargeStatus::ActionRequired { challenge_id })
}

/// Marks a step as answered.
pub(super) async fn close(
    transaction: &mut Transaction<'_>,
    payment_id: &PaymentId,
    is_passed: bool,
    now: Timestamp,
) -> Result<(), BooksError> {
    sqlx::query(
        "UPDATE sandbox_bank.challenge SET is_passed = $2, decided_at = $3 WHERE payment_id = $1",
    )
    .bind(payment_id.as_str())
    .bind(is_passed)
    .bind(now)
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

/// The status of a charge whose player did not pass.
pub(super) fn not_passed(text: &str) -> Result<ChargeStatus, BooksError> {
    Ok(ChargeStatus::Declined(refusal(DeclineReason::AuthenticationFailed, text)?))
}

async fn find(
    transaction: &mut Transaction<'_>,
    id: &str,
) -> Result<Option<Challenge>, BooksError> {
    let payment_id: Option<String> =
        sqlx::query_scalar("SELECT payment_id FROM sandbox_bank.challenge WHERE id = $1")
            .bind(id)
            .fetch_optional(&mut **transaction)
            .await?;
    let Some(payment_id) = payment_id else {
        return Ok(None);
    };
    let charge = charge::lock(transaction, &payment_id).await?;
    let charge = charge.ok_or(BooksError::Corrupt("challenge"))?;
    let is_open = matches!(charge.status, ChargeStatus::ActionRequired { .. });
    Ok(Some(Challenge { charge, is_open }))
}

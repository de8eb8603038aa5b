//! Every movement of money, each written down once: what the log must agree with.

use super::{BookedCharge, Books, BooksError, Transaction, charge::read_money};
use crate::domain::{
    Timestamp,
    id::{PaymentId, RefundId},
    money::Money,
};

/// Money that moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Movement {
    /// For which attempt.
    pub payment_id: PaymentId,
    /// Which way.
    pub kind: MovementKind,
    /// How much.
    pub amount: Money,
}

/// Which way money moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MovementKind {
    /// From the player.
    Captured,
    /// Back to the player.
    Refunded,
}

impl Books {
    /// All movements, the earliest first.
    pub(in super::super) async fn movements(&self) -> Result<Vec<Movement>, BooksError> {
        let rows: Vec<(String, String, i64, String)> = sqlx::query_as(
            "SELECT payment_id, kind, minor_units, currency
             FROM sandbox_bank.movement ORDER BY number",
        )
        .fetch_all(&self.pool)
        .await?;
        let read = |(payment_id, kind, minor_units, currency): (String, String, i64, String)| {
            Ok(Movement {
                payment_id: PaymentId::parse(payment_id)?,
                kind: match kind.as_str() {
                    "captured" => MovementKind::Captured,
                    "refunded" => MovementKind::Refunded,
                    _ => return Err(BooksError::Corrupt("movement")),
                },
                amount: read_money(minor_units, currency)?,
            })
        };
        rows.into_iter().map(read).collect()
    }
}

/// Writes down that a charge's money was taken.
pub(super) async fn write_captured(
    transaction: &mut Transaction<'_>,
    charge: &BookedCharge,
    now: Timestamp,
) -> Result<(), BooksError> {
    sqlx::query(
        "INSERT INTO sandbox_bank.movement (kind, payment_id, minor_units, currency, moved_at)
         VALUES ('captured', $1, $2, $3, $4)",
    )
    .bind(charge.payment_id.as_str())
    .bind(charge.amount.minor_units())
    .bind(charge.amount.currency().code())
    .bind(now)
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

/// Writes down that money went back.
pub(super) async fn write_refunded(
    transaction: &mut Transaction<'_>,
    refund_id: &RefundId,
    payment_id: &PaymentId,
    amount: Money,
    now: Timestamp,
) -> Result<(), BooksError> {
    sqlx::query(
        "INSERT INTO sandbox_bank.movement
             (kind, payment_id, refund_id, minor_units, currency, moved_at)
         VALUES ('refunded', $1, $2, $3, $4, $5)",
    )
    .bind(payment_id.as_str())
    .bind(refund_id.as_str())
    .bind(amount.minor_units())
    .bind(amount.currency().code())
    .bind(now)
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

/// What of a captured charge has not gone back. Right only under the charge's lock.
pub(super) async fn left_of(
    transaction: &mut Transaction<'_>,
    charge: &BookedCharge,
) -> Result<Money, BooksError> {
    let refunded: i64 = sqlx::query_scalar(
        "SELECT coalesce(sum(minor_units), 0)::bigint FROM sandbox_bank.movement
         WHERE payment_id = $1 AND kind = 'refunded'",
    )
    .bind(charge.payment_id.as_str())
    .fetch_one(&mut **transaction)
    .await?;
    let refunded = read_money(refunded, charge.amount.currency().code().to_owned())?;
    charge.amount.checked_sub(refunded).map_err(|_| BooksError::Corrupt("movement"))
}

//! What the bank has yet to tell. Written in the transaction that it tells of, so that a crash
//! loses neither without the other.

use std::time::Duration;

use sqlx::FromRow;

use super::{Books, BooksError, Transaction, new_name};
use crate::{
    domain::{Timestamp, id::SessionId},
    providers::{Notification, NotificationSubject, sandbox::message},
};

/// How long notifications are held back so that several gather and can be put out of order.
const REORDER_WINDOW: Duration = Duration::from_secs(2);

/// How many notifications one claim takes at most.
pub(in super::super) const CLAIM_MAX: i64 = 64;

/// The longest wait between two attempts, in seconds. The first is one second, and it doubles.
const RETRY_WAIT_MAX_S: i32 = 60;

/// A notification that is due.
#[derive(Debug, FromRow)]
pub(in super::super) struct Waiting {
    pub(in super::super) number: i64,
    pub(in super::super) id: String,
    pub(in super::super) body: String,
    /// This attempt's number, from 1.
    pub(in super::super) attempts: i32,
}

impl Books {
    /// When a notification written now may first go out.
    pub(super) fn notify_at(&self, now: Timestamp) -> Timestamp {
        if self.faults.reorder { now + REORDER_WINDOW } else { now }
    }

    /// Takes what is due, in the order in which it shall go out. Each is due again after a wait,
    /// unless [`Self::mark_delivered`] comes first: a claim that dies with its process is lost
    /// for no longer than that.
    pub(in super::super) async fn claim_due(
        &self,
        now: Timestamp,
    ) -> Result<Vec<Waiting>, BooksError> {
        // Out of order, whatever is still held back goes together with the first that is due.
        let held_back = if self.faults.reorder { REORDER_WINDOW } else { Duration::ZERO };
        let mut claimed: Vec<Waiting> = sqlx::query_as(
            "UPDATE sandbox_bank.notification SET attempts = attempts + 1,
                 due_at = $1 + make_interval(secs => least($3, 1 << least(attempts, 16)))
             WHERE number IN (
                 SELECT number FROM sandbox_bank.notification
                 WHERE delivered_at IS NULL AND due_at <= $2 AND EXISTS (
                     SELECT FROM sandbox_bank.notification
                     WHERE delivered_at IS NULL AND due_at <= $1)
                 ORDER BY number LIMIT $4 FOR UPDATE SKIP LOCKED)
             RETURNING number, id, body, attempts",
        )
        .bind(now)
        .bind(now + held_back)
        .bind(RETRY_WAIT_MAX_S)
        .bind(CLAIM_MAX)
        .fetch_all(&self.pool)
        .await?;
        claimed.sort_by_key(|it| it.number);
        if self.faults.reorder {
            claimed.reverse();
        }
        Ok(claimed)
    }

    /// Ends the attempts at a notification.
    pub(in super::super) async fn mark_delivered(
        &self,
        number: i64,
        now: Timestamp,
    ) -> Result<(), BooksError> {
        sqlx::query("UPDATE sandbox_bank.notification SET delivered_at = $2 WHERE number = $1")
            .bind(number)
            .bind(now)
            .execute(&self.pool)
            .await?;
        Ok(())
    }
}

/// Writes down what shall be told.
pub(super) async fn add(
    transaction: &mut Transaction<'_>,
    session_id: &SessionId,
    subject: NotificationSubject,
    due_at: Timestamp,
    now: Timestamp,
) -> Result<(), BooksError> {
    let id = new_name("notification");
    let notification = Notification { id, session_id: session_id.clone(), subject };
    sqlx::query(
        "INSERT INTO sandbox_bank.notification (id, body, created_at, due_at)
         VALUES ($1, $2, $3, $4)",
    )
    .bind(&notification.id)
    .bind(message::write(&notification)?)
    .bind(now)
    .bind(due_at)
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

//! The clock's commands: sessions whose time is over, money that nobody captured, house-keeping.

use std::{sync::Arc, time::Duration};

use sqlx::PgPool;
use tokio_util::sync::CancellationToken;

use crate::{
    clock::Clock,
    domain::{
        Timestamp,
        id::PaymentId,
        session::{Session, SessionCommand, SessionError},
    },
    event_store::{CommandContext, EventStore, ExecuteError},
};

/// How often it looks.
const TICK_EVERY: Duration = Duration::from_secs(1);
/// The most sessions of one page.
const DUE_MAX: i64 = 256;
/// The most expired command ids forgotten in one statement.
const FORGOTTEN_MAX: i32 = 1_000;
/// Empty partitions that are always kept ahead of the log.
const PARTITIONS_AHEAD: i64 = 2;

/// Gives the clock's commands. Any number may run: the aggregate takes each once.
pub struct Timer {
    pool: PgPool,
    store: EventStore,
    clock: Arc<dyn Clock>,
}

impl Timer {
    /// A timer, not running yet.
    pub fn new(pool: PgPool, store: EventStore, clock: Arc<dyn Clock>) -> Self {
        Self { pool, store, clock }
    }

    /// Ticks until shut down.
    pub async fn run(self, shutdown: CancellationToken) {
        let mut ticks = tokio::time::interval(TICK_EVERY);
        loop {
            tokio::select! {
                () = shutdown.cancelled() => return,
                _ = ticks.tick() => {}
            }
            if let Err(error) = self.tick().await {
                tracing::warn!(%error, "the clock's commands could not all be given");
            }
        }
    }

    /// Gives all commands that are due now; how many.
    ///
    /// # Errors
    ///
    /// If the database does not answer.
    pub async fn tick(&self) -> Result<usize, sqlx::Error> {
        let now = self.clock.now();
        let expired = self.expire(now).await?;
        let voided = self.void_uncaptured(now).await?;
        while self.forget().await? == i64::from(FORGOTTEN_MAX) {}
        // Asked first, since the function lets one worker at a time do it.
        let keep = "SELECT keep_event_partitions_ahead($1) WHERE event_partitions_ahead() < $1";
        sqlx::query(keep).bind(PARTITIONS_AHEAD).execute(&self.pool).await?;
        Ok(expired + voided)
    }

    /// How many expired command ids were forgotten.
    async fn forget(&self) -> Result<i64, sqlx::Error> {
        let forget = sqlx::query_scalar("SELECT forget_expired_commands($1)");
        forget.bind(FORGOTTEN_MAX).fetch_one(&self.pool).await
    }

    /// Page by page, so that one that cannot be expired holds up no other.
    async fn expire(&self, now: Timestamp) -> Result<usize, sqlx::Error> {
        let (mut count, mut after) = (0, (Timestamp::UNIX_EPOCH, String::new()));
        loop {
            let due: Vec<(Timestamp, String)> = sqlx::query_as(
                "SELECT expires_at, id FROM session
                 WHERE status = 'pending' AND NOT is_paying AND expires_at <= $1
                   AND ($2, $3) < (expires_at, id)
                 ORDER BY expires_at, id LIMIT $4",
            )
            .bind(now)
            .bind(after.0)
            .bind(&after.1)
            .bind(DUE_MAX)
            .fetch_all(&self.pool)
            .await?;
            for (_, session_id) in &due {
                self.command(session_id, SessionCommand::Expire { at: now }, now).await;
            }
            count += due.len();
            let Some(last) = due.into_iter().last() else { return Ok(count) };
            after = last;
        }
    }

    /// Each is due only until it was asked for, and after a refusal later and later. Page by page,
    /// as [`Self::expire`].
    async fn void_uncaptured(&self, now: Timestamp) -> Result<usize, sqlx::Error> {
        let (mut count, mut after) = (0, (Timestamp::UNIX_EPOCH, String::new()));
        loop {
            let due: Vec<(Timestamp, String, String)> = sqlx::query_as(
                "SELECT void_due_at, id, session_id FROM payment
                 WHERE void_due_at <= $1 AND ($2, $3) < (void_due_at, id)
                 ORDER BY void_due_at, id LIMIT $4",
            )
            .bind(now)
            .bind(after.0)
            .bind(&after.1)
            .bind(DUE_MAX)
            .fetch_all(&self.pool)
            .await?;
            for (_, payment_id, session_id) in &due {
                if let Ok(payment_id) = PaymentId::parse(payment_id) {
                    let command = SessionCommand::VoidUncaptured { payment_id, at: now };
                    self.command(session_id, command, now).await;
                }
            }
            count += due.len();
            let Some((due_at, payment_id, _)) = due.into_iter().last() else { return Ok(count) };
            after = (due_at, payment_id);
        }
    }

    async fn command(&self, session_id: &str, command: SessionCommand, now: Timestamp) {
        let context = CommandContext::new("process:clock", session_id, now);
        match self.store.execute::<Session>(session_id, command, &context).await {
            // An attempt began meanwhile: its outcome decides, and the clock asks again.
            Ok(_) | Err(ExecuteError::Refused(SessionError::PaymentInProgress)) => {}
            Err(error) => {
                tracing::warn!(%error, session_id, "a command of the clock's came to nothing")
            }
        }
    }
}

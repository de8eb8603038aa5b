//! Writes down what came of attempts, all that wait at once: one statement, one commit.
//!
//! A delivery counts whoever holds the lane by now: the receiver has it. A failure counts only
//! under the lane's current fence, and once: a worker that was taken over postpones nothing.

use std::sync::{Mutex, PoisonError};

use sqlx::PgPool;
use tokio::sync::{Mutex as Turn, oneshot};

use super::breaker::Breaker;
use crate::domain::Timestamp;

/// The most attempts that one statement writes.
const AT_ONCE_MAX: usize = 128;

/// One attempt as it is written down, and what it means for its message.
#[derive(Clone, Debug)]
pub(super) struct Settled {
    pub(super) endpoint_id: String,
    pub(super) fence: i64,
    pub(super) due_id: i64,
    pub(super) message_id: String,
    pub(super) session_id: String,
    /// Which attempt of its message: 1, 2, 3.
    pub(super) number: i32,
    pub(super) verdict: Verdict,
    pub(super) at: Timestamp,
    pub(super) outcome: &'static str,
    pub(super) http_status: Option<i16>,
    pub(super) elapsed_ms: i64,
    /// Sealed: it may echo a player.
    pub(super) answer: Option<Vec<u8>>,
}

/// What an attempt means for its message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is done with.
    Delivered,
    /// It is due again later.
    Postponed { next_at: Timestamp },
    /// It is given up, at the time that the database has.
    Dead,
}

/// An attempt that could not be written down. Its message stays due, as if never sent.
#[derive(Clone, Debug, thiserror::Error)]
#[error("an attempt could not be written down: {0}")]
pub struct Unwritten(String);

/// Where attempts are written down. Cheap to share.
pub(super) struct Attempts {
    pool: PgPool,
    waiting: Mutex<Vec<Waiting>>,
    /// Whoever has it writes for all that wait.
    turn: Turn<()>,
}

struct Waiting {
    settled: Settled,
    /// The lane's breaker as the attempt left it, if it changed.
    breaker: Option<Breaker>,
    written: oneshot::Sender<Result<(), Unwritten>>,
}

impl Attempts {
    pub(super) fn new(pool: PgPool) -> Self {
        Self { pool, waiting: Mutex::default(), turn: Turn::default() }
    }

    /// Writes an attempt down, all or nothing. Harmless to repeat, except that the attempt is
    /// listed twice.
    pub(super) async fn write(
        &self,
        settled: Settled,
        breaker: Option<Breaker>,
    ) -> Result<(), Unwritten> {
        let (written, mut mine) = oneshot::channel();
        self.waiting().push(Waiting { settled, breaker, written });
        let turn = self.turn.lock().await;
        loop {
            match mine.try_recv() {
                Ok(result) => return result,
                Err(oneshot::error::TryRecvError::Empty) => self.write_waiting().await,
                Err(oneshot::error::TryRecvError::Closed) => break,
            }
        }
        drop(turn);
        Err(Unwritten("whoever wrote it was stopped".to_owned()))
    }

    async fn write_waiting(&self) {
        let batch: Vec<Waiting> = {
            let mut waiting = self.waiting();
            let most = waiting.len().min(AT_ONCE_MAX);
            waiting.drain(..most).collect()
        };
        match write(&self.pool, &batch).await {
            Ok(()) => batch.into_iter().for_each(|it| it.tell(Ok(()))),
            // One of them is to blame, and the others must not suffer for it.
            Err(error) if 1 < batch.len() && error.as_database_error().is_some() => {
                for it in batch {
                    let result = write(&self.pool, std::slice::from_ref(&it)).await;
                    it.tell(result.map_err(|it| Unwritten(it.to_string())));
                }
            }
            Err(error) => {
                let unwritten = Unwritten(error.to_string());
                batch.into_iter().for_each(|it| it.tell(Err(unwritten.clone())));
            }
        }
    }

    fn waiting(&self) -> std::sync::MutexGuard<'_, Vec<Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    fn tell(self, result: Result<(), Unwritten>) {
        // Whoever asked may be gone; then nobody wants to know.
        let _ = self.written.send(result);
    }
}

impl Verdict {
    fn word(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Postponed { .. } => "postponed",
            Self::Dead => "dead",
        }
    }

    fn then(self) -> Option<Timestamp> {
        match self {
            Self::Delivered | Self::Dead => None,
            Self::Postponed { next_at } => Some(next_at),
        }
    }
}

/// `due_id`, `number` and the fence tell an attempt that counts from one that is late. What was
/// delivered is also no longer given up, should the lane's next holder have done so. What is done
/// with releases the later messages of its session that were held for it.
const WRITE: &str = "WITH it AS MATERIALIZED (
    SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::text[], $5::int[],
                         $6::text[], $7::timestamptz[], $8::timestamptz[], $19::text[])
        AS it (endpoint_id, fence, due_id, message_id, number, verdict, then_at, at, session_id)
), delivered AS (
    DELETE FROM webhook_due due USING it
    WHERE due.id = it.due_id AND it.verdict = 'delivered'
), revived AS (
    DELETE FROM webhook_dead dead USING it
    WHERE dead.endpoint_id = it.endpoint_id AND dead.message_id = it.message_id
      AND it.verdict = 'delivered'
), postponed AS (
    UPDATE webhook_due due SET attempts = it.number, next_at = it.then_at
    FROM it JOIN webhook_lane lane USING (endpoint_id, fence)
    WHERE due.id = it.due_id AND it.verdict = 'postponed' AND due.attempts = it.number - 1
), gone AS (
    DELETE FROM webhook_due due USING it JOIN webhook_lane lane USING (endpoint_id, fence)
    WHERE due.id = it.due_id AND it.verdict = 'dead' AND due.attempts = it.number - 1
    RETURNING due.*, it.number
), dead AS (
    INSERT INTO webhook_dead
        (endpoint_id, noted_at, message_id, session_id, sequence, ordinal, attempts, died_at)
    SELECT endpoint_id, noted_at, message_id, session_id, sequence, ordinal, number,
           clock_timestamp()
    FROM gone
    ON CONFLICT (endpoint_id, message_id)
    DO UPDATE SET attempts = excluded.attempts, died_at = excluded.died_at
), released AS (
    UPDATE webhook_due due SET next_at = it.at FROM it
    WHERE due.endpoint_id = it.endpoint_id AND due.session_id = it.session_id
      AND due.attempts = 0 AND it.at < due.next_at AND it.verdict IN ('delivered', 'dead')
), breaker AS (
    UPDATE webhook_lane lane
    SET failures = it.failures, failing_since = it.failing_since, trips = it.trips,
        open_until = it.open_until
    FROM unnest($13::text[], $14::bigint[], $15::int[], $16::timestamptz[], $17::int[],
                $18::timestamptz[])
        AS it (endpoint_id, fence, failures, failing_since, trips, open_until)
    WHERE lane.endpoint_id = it.endpoint_id AND lane.fence = it.fence
)
INSERT INTO webhook_attempt
    (endpoint_id, fence, message_id, number, at, outcome, http_status, elapsed_ms, excerpt)
SELECT * FROM unnest($1::text[], $2::bigint[], $4::text[], $5::int[], $8::timestamptz[],
                     $9::text[], $10::smallint[], $11::bigint[], $12::bytea[])";

async fn write(pool: &PgPool, batch: &[Waiting]) -> Result<(), sqlx::Error> {
    let each = || batch.iter().map(|it| &it.settled);
    let breakers = last_breakers(batch);
    sqlx::query(WRITE)
        .bind(each().map(|it| it.endpoint_id.as_str()).collect::<Vec<_>>())
        .bind(each().map(|it| it.fence).collect::<Vec<_>>())
        .bind(each().map(|it| it.due_id).collect::<Vec<_>>())
        .bind(each().map(|it| it.message_id.as_str()).collect::<Vec<_>>())
        .bind(each().map(|it| it.number).collect::<Vec<_>>())
        .bind(each().map(|it| it.verdict.word()).collect::<Vec<_>>())
        .bind(each().map(|it| it.verdict.then()).collect::<Vec<_>>())
        .bind(each().map(|it| it.at).collect::<Vec<_>>())
        .bind(each().map(|it| it.outcome).collect::<Vec<_>>())
        .bind(each().map(|it| it.http_status).collect::<Vec<_>>())
        .bind(each().map(|it| it.elapsed_ms).collect::<Vec<_>>())
        .bind(each().map(|it| it.answer.as_deref()).collect::<Vec<_>>())
        .bind(breakers.iter().map(|(it, _)| it.endpoint_id.as_str()).collect::<Vec<_>>())
        .bind(breakers.iter().map(|(it, _)| it.fence).collect::<Vec<_>>())
        .bind(breakers.iter().map(|(_, it)| it.failures).collect::<Vec<_>>())
        .bind(breakers.iter().map(|(_, it)| it.failing_since).collect::<Vec<_>>())
        .bind(breakers.iter().map(|(_, it)| it.trips).collect::<Vec<_>>())
        .bind(breakers.iter().map(|(_, it)| it.open_until).collect::<Vec<_>>())
        .bind(each().map(|it| it.session_id.as_str()).collect::<Vec<_>>())
        .execute(pool)
        .await?;
    Ok(())
}

/// Of each lane the breaker as the last attempt left it: a row can be updated once in a statement.
fn last_breakers(batch: &[Waiting]) -> Vec<(&Settled, Breaker)> {
    let mut last: Vec<(&Settled, Breaker)> = vec![];
    for it in batch.iter().rev() {
        let Some(breaker) = it.breaker else { continue };
        let is_of_its_lane = |other: &&Settled| {
            (other.fence, &other.endpoint_id) == (it.settled.fence, &it.settled.endpoint_id)
        };
        if !last.iter().any(|(other, _)| is_of_its_lane(other)) {
            last.push((&it.settled, breaker));
        }
    }
    last
}

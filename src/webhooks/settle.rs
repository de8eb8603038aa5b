//! Writes down what came of an attempt: the message is done with, due again later, or dead.
//!
//! A delivery counts whoever holds the lane by now: the receiver has it. A failure counts only
//! under the lane's current fence, and once: a worker that was taken over postpones nothing.

use chrono::TimeDelta;
use metrics::counter;

use super::{attempt::Attempt, backoff::retry_after, due::Due, lane::Engine, lease::Lease};
use crate::{domain::Timestamp, ids::random_bytes};

/// How much of a refusal's body is kept, in bytes: enough for its owner to see what it is.
const EXCERPT_BYTES_MAX: usize = 1024;

/// Every statement here ends with it: the attempt was made, whatever it counts for.
const NOTE: &str = "INSERT INTO webhook_attempt
    (at, endpoint_id, message_id, number, outcome, http_status, elapsed_ms, excerpt, fence)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";

/// Also if it was given up meanwhile, by whoever has the lane now.
const DELIVERED: &str = "WITH delivered AS (DELETE FROM webhook_due WHERE id = $10),
    revived AS (DELETE FROM webhook_dead WHERE endpoint_id = $2 AND message_id = $3)";

const POSTPONED: &str = "WITH postponed AS (
    UPDATE webhook_due due SET attempts = $4, next_at = $11
    FROM webhook_lane lane
    WHERE due.id = $10 AND due.attempts = $4 - 1
      AND lane.endpoint_id = due.endpoint_id AND lane.fence = $9)";

const DEAD: &str = "WITH gone AS (
    DELETE FROM webhook_due due USING webhook_lane lane
    WHERE due.id = $10 AND due.attempts = $4 - 1
      AND lane.endpoint_id = due.endpoint_id AND lane.fence = $9
    RETURNING due.*
), dead AS (
    INSERT INTO webhook_dead
        (endpoint_id, message_id, session_id, sequence, ordinal, attempts, died_at)
    SELECT endpoint_id, message_id, session_id, sequence, ordinal, $4, $11 FROM gone
    ON CONFLICT (endpoint_id, message_id)
    DO UPDATE SET attempts = excluded.attempts, died_at = excluded.died_at)";

/// What an attempt means for its message.
enum Verdict {
    Delivered,
    Postponed { next_at: Timestamp },
    Dead { died_at: Timestamp },
}

/// Writes an attempt down, all or nothing. Harmless to repeat, except that the attempt is listed
/// twice.
pub(super) async fn settle(
    engine: &Engine,
    lease: &Lease,
    due: &Due,
    attempt: &Attempt,
) -> Result<(), sqlx::Error> {
    let number = due.attempts.saturating_add(1);
    let verdict = Verdict::of(attempt, number, engine.clock.now());
    let excerpt = attempt.excerpt(EXCERPT_BYTES_MAX);
    // Without it the attempt is still worth writing down.
    let sealed_excerpt = excerpt.and_then(|it| engine.bodies.seal(&due.message_id, it).ok());
    let (effect, at) = match verdict {
        Verdict::Delivered => (DELIVERED, None),
        Verdict::Postponed { next_at } => (POSTPONED, Some(next_at)),
        Verdict::Dead { died_at } => (DEAD, Some(died_at)),
    };
    let statement = format!("{effect} {NOTE}");
    let query = sqlx::query(&statement)
        .bind(attempt.at)
        .bind(&lease.endpoint_id)
        .bind(due.message_id.as_str())
        .bind(number)
        .bind(attempt.word())
        .bind(attempt.http_status())
        .bind(attempt.elapsed_ms())
        .bind(sealed_excerpt)
        .bind(lease.fence)
        .bind(due.id);
    let query = match at {
        Some(at) => query.bind(at),
        None => query,
    };
    query.execute(&engine.pool).await?;
    tell(lease, due, attempt, &verdict);
    Ok(())
}

impl Verdict {
    fn of(attempt: &Attempt, number: i32, now: Timestamp) -> Self {
        if attempt.is_delivered() {
            return Self::Delivered;
        }
        let jitter = u16::from_be_bytes(random_bytes());
        let wait = u32::try_from(number).ok().and_then(|it| retry_after(it, jitter));
        match wait.and_then(|it| TimeDelta::from_std(it).ok()) {
            Some(wait) => Self::Postponed { next_at: now + wait },
            None => Self::Dead { died_at: now },
        }
    }
}

fn tell(lease: &Lease, due: &Due, attempt: &Attempt, verdict: &Verdict) {
    let outcome = attempt.word();
    counter!("toffeepay_webhook_attempts_total", "outcome" => outcome).increment(1);
    let (endpoint_id, message_id) = (&lease.endpoint_id, due.message_id.as_str());
    let http_status = attempt.http_status();
    match verdict {
        Verdict::Delivered => {}
        Verdict::Postponed { next_at } => {
            let what = "a webhook was not delivered; it is tried again";
            tracing::info!(endpoint_id, message_id, outcome, http_status, %next_at, "{what}");
        }
        Verdict::Dead { .. } => {
            counter!("toffeepay_webhook_dead_total").increment(1);
            let what = "a webhook was given up";
            tracing::warn!(endpoint_id, message_id, outcome, http_status, "{what}");
        }
    }
}

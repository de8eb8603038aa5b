//! Judges an attempt: what it means for its message, for the endpoint's breaker, and for the
//! endpoint itself.

use chrono::TimeDelta;
use http::StatusCode;
use metrics::counter;

use super::{
    attempt::Attempt,
    attempts::{Settled, Unwritten, Verdict},
    backoff::{RETRY_AFTER_MAX, retry_after},
    breaker::Breaker,
    lane::{Delivery, Lane},
};
use crate::{
    domain::{Timestamp, game::DisabledBy},
    ids::random_bytes,
};

/// A judged attempt, to be written down as often as it takes.
pub(super) struct Judged {
    settled: Settled,
    has_breaker_changed: bool,
    disable: Option<DisabledBy>,
}

/// Judges an attempt and has the lane's breaker know of it, once.
pub(super) fn judge(lane: &Lane, delivery: &Delivery, attempt: &Attempt) -> Judged {
    let (engine, due) = (&lane.engine, &delivery.due);
    let now = engine.clock.now();
    let number = due.attempts.saturating_add(1);
    let asked = attempt.answer().and_then(|it| it.retry_after).map(|it| it.wait(now));
    let verdict = verdict(attempt, number, now, asked);
    // Without the answer the attempt is still worth writing down.
    let answer = attempt.answer().filter(|it| !it.body.is_empty());
    let answer = answer.and_then(|it| engine.bodies.seal(&due.message_id, &it.body).ok());
    let settled = Settled {
        endpoint_id: lane.endpoint_id().to_owned(),
        fence: lane.lease.fence,
        due_id: due.id,
        message_id: due.message_id.as_str().to_owned(),
        session_id: due.session_id.clone(),
        number,
        verdict,
        at: attempt.at,
        outcome: attempt.word(),
        http_status: attempt.http_status(),
        elapsed_ms: attempt.elapsed_ms(),
        answer,
    };
    let (before, after) = lane.tell_breaker(|it| step(it, attempt, now, asked));
    tell(&settled, before, after);
    let disable = reason_to_disable(attempt, after, now);
    Judged { settled, has_breaker_changed: before != after, disable }
}

impl Judged {
    /// Whether its message is due no longer.
    pub(super) fn is_done_with(&self) -> bool {
        !matches!(self.settled.verdict, Verdict::Postponed { .. })
    }
}

/// Writes down what was judged, and disables the endpoint if that is due.
pub(super) async fn write(lane: &Lane, judged: &Judged, game_id: &str) -> Result<(), Unwritten> {
    let breaker = judged.has_breaker_changed.then(|| lane.breaker());
    lane.engine.attempts.write(judged.settled.clone(), breaker).await?;
    if let Some(by) = judged.disable {
        lane.engine.disable(game_id, lane.endpoint_id(), by).await;
    }
    Ok(())
}

fn verdict(attempt: &Attempt, number: i32, now: Timestamp, asked: Option<TimeDelta>) -> Verdict {
    if attempt.is_delivered() {
        return Verdict::Delivered;
    }
    let jitter = u16::from_be_bytes(random_bytes());
    let asked = asked.and_then(|it| it.to_std().ok());
    let wait = u32::try_from(number).ok().and_then(|it| retry_after(it, jitter, asked));
    match wait.and_then(|it| TimeDelta::from_std(it).ok()) {
        Some(wait) => Verdict::Postponed { next_at: now + wait },
        None => Verdict::Dead,
    }
}

fn step(breaker: &mut Breaker, attempt: &Attempt, now: Timestamp, asked: Option<TimeDelta>) {
    if attempt.is_delivered() {
        breaker.delivered();
    } else if is_gone(attempt) {
        breaker.gone(now);
    } else if attempt.tells_of_the_endpoint() {
        let longest = TimeDelta::from_std(RETRY_AFTER_MAX).unwrap_or_default();
        let hold = asked.filter(|_| is_about_all(attempt)).map(|it| it.min(longest));
        breaker.failed(now, hold);
    }
}

fn reason_to_disable(attempt: &Attempt, after: Breaker, now: Timestamp) -> Option<DisabledBy> {
    if is_gone(attempt) {
        return Some(DisabledBy::Gone);
    }
    after.is_hopeless(now).then_some(DisabledBy::Failing)
}

fn is_gone(attempt: &Attempt) -> bool {
    attempt.answer().is_some_and(|it| it.status == StatusCode::GONE)
}

/// Whether the receiver speaks of all that it is sent, and not of this message alone.
///
/// Source: RFC 6585, section 4 (429), and RFC 9110, section 15.6.4 (503).
fn is_about_all(attempt: &Attempt) -> bool {
    let all = [StatusCode::TOO_MANY_REQUESTS, StatusCode::SERVICE_UNAVAILABLE];
    attempt.answer().is_some_and(|it| all.contains(&it.status))
}

fn tell(it: &Settled, before: Breaker, after: Breaker) {
    let Settled { endpoint_id, message_id, outcome, http_status, .. } = it;
    counter!("toffeepay_webhook_attempts_total", "outcome" => *outcome).increment(1);
    match it.verdict {
        Verdict::Delivered => {}
        Verdict::Postponed { next_at } => {
            let what = "a webhook was not delivered; it is tried again";
            tracing::info!(endpoint_id, message_id, outcome, http_status, %next_at, "{what}");
        }
        Verdict::Dead => {
            counter!("toffeepay_webhook_dead_total").increment(1);
            let what = "a webhook was given up";
            tracing::warn!(endpoint_id, message_id, outcome, http_status, "{what}");
        }
    }
    if before.trips < after.trips {
        counter!("toffeepay_webhook_breaker_opened_total").increment(1);
        let open_until = after.open_until.map(|it| it.to_rfc3339());
        let failures = after.failures;
        let what = "a webhook endpoint keeps failing and is left alone for a while";
        tracing::warn!(endpoint_id, failures, open_until, "{what}");
    }
}

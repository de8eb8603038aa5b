//! A lane at work by itself: several deliveries at once, one of each session, until nothing has
//! been due for a while.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::Notify,
    time::{Instant, MissedTickBehavior, interval, interval_at, sleep},
};
use tokio_util::sync::CancellationToken;

use super::{
    lane::Lane,
    lease::{self, RENEW_EVERY},
    work::{Pause, Work},
};

/// How long a lane is kept when nothing is due. A message that comes meanwhile need not wait until
/// somebody has taken the lane.
pub(super) const LINGER: Duration = Duration::from_secs(2);

/// How often a lane looks without having been called: for what is due by its time.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// How long a lane goes on while others may be waiting for its place.
const TURN: Duration = Duration::from_secs(3);

/// The longest that a lane sleeps without anything to do.
const LONGEST_SLEEP: Duration = Duration::from_secs(1);

/// Delivers until nothing has been due for as long as `linger`, another worker has the lane, the
/// endpoint is to be left alone, or the time is over; then finishes what is under way and gives the
/// lane back. How many attempts were made.
///
/// `called` says that something may be due.
pub(super) async fn run(
    lane: Lane,
    called: Arc<Notify>,
    linger: Duration,
    shutdown: CancellationToken,
) -> usize {
    let started = Instant::now();
    let mut renewals = interval_at(started + RENEW_EVERY, RENEW_EVERY);
    let mut looks = interval(LOOK_EVERY);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut work = Work::new(lane);
    let mut is_over = false;
    loop {
        let has_had_its_turn = TURN <= started.elapsed() && work.lane.is_crowded();
        is_over = is_over || has_had_its_turn || shutdown.is_cancelled();
        let pause = if is_over { Pause::Full } else { work.begin().await };
        is_over = is_over || matches!(pause, Pause::Gone);
        is_over = is_over || work.is_to_be_left_alone() || work.has_rested(&pause, linger);
        if is_over && work.is_idle() {
            break;
        }
        let (needs_place, wait) = match pause {
            Pause::Full | Pause::Gone => (false, LONGEST_SLEEP),
            Pause::NoPlace => (true, LONGEST_SLEEP),
            Pause::TooFast(wait) => (false, wait),
        };
        let places = Arc::clone(&work.lane.engine.places);
        tokio::select! {
            Some(done) = work.tasks.join_next() => work.note(done).await,
            _ = renewals.tick() => is_over = !renew(&mut work).await || is_over,
            _ = looks.tick(), if !is_over => work.may_be_more = true,
            () = called.notified(), if !is_over => work.may_be_more = true,
            place = places.acquire_owned(), if needs_place => work.place = place.ok(),
            () = sleep(wait), if !is_over => {}
            () = shutdown.cancelled(), if !is_over => is_over = true,
        }
    }
    if let Err(error) = work.lane.release_read(work.settled_to()).await {
        // It ends by itself.
        tracing::debug!(%error, endpoint_id = work.lane.endpoint_id(), "a lane was not given back");
    }
    work.attempts
}

/// Whether the lane is still ours, as far as we can know: the fence guards what we cannot.
async fn renew(work: &mut Work) -> bool {
    let now = Instant::now();
    match lease::renew(&work.lane.engine.pool, &work.lane.lease).await {
        Ok(true) => {
            work.renewed_at = now;
            true
        }
        Ok(false) => false,
        Err(_) => true,
    }
}

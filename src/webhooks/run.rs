//! A lane at work by itself: several deliveries at once, until nothing is due.

use std::{sync::Arc, time::Duration};

use tokio::{
    task::{JoinError, JoinSet},
    time::{Instant, interval_at, sleep},
};
use tokio_util::sync::CancellationToken;

use super::{
    lane::{Delivery, Lane},
    lease::{self, RENEW_EVERY},
};
use crate::crash_points;

/// How many deliveries to one endpoint are under way at the same time.
pub(super) const DELIVERIES_AT_ONCE: usize = 8;

/// How often a lane with nothing to send, and a worker with room for lanes, looks again.
pub(super) const LOOK_EVERY: Duration = Duration::from_millis(200);

/// How long a lane goes on while others may be waiting for its place.
const TURN: Duration = Duration::from_secs(3);

/// How often an attempt is written down at most. A message whose attempt cannot be is sent again,
/// so these tries are also what keeps us from sending it in a tight loop.
const SETTLE_TRIES: u32 = 5;
/// The wait between two of them.
const SETTLE_AGAIN_AFTER: Duration = Duration::from_secs(1);

/// Deliveries that are being made, by the ids of their rows.
#[derive(Default)]
struct UnderWay {
    tasks: JoinSet<i64>,
    ids: Vec<i64>,
}

/// Delivers until nothing is due, another worker has the lane, or the time is over; then finishes
/// what is under way and gives the lane back.
pub(super) async fn run(lane: Lane, shutdown: CancellationToken) {
    let lane = Arc::new(lane);
    let mut under_way = UnderWay::default();
    let started = Instant::now();
    let mut renewals = interval_at(started + RENEW_EVERY, RENEW_EVERY);
    let mut is_over = false;
    loop {
        let has_had_its_turn = TURN <= started.elapsed() && lane.is_crowded();
        is_over = is_over || has_had_its_turn || shutdown.is_cancelled();
        if !is_over {
            is_over = fill(&lane, &mut under_way).await;
        }
        if is_over && under_way.tasks.is_empty() {
            break;
        }
        let has_room = !is_over && under_way.has_room();
        tokio::select! {
            Some(done) = under_way.tasks.join_next() => under_way.note(done),
            _ = renewals.tick() => is_over = !renew(&lane).await || is_over,
            () = sleep(LOOK_EVERY), if has_room => {}
            () = shutdown.cancelled(), if !is_over => is_over = true,
        }
    }
    if let Err(error) = lane.release().await {
        // It ends by itself.
        tracing::debug!(%error, endpoint_id = lane.endpoint_id(), "a lane was not given back");
    }
}

/// Begins as many deliveries as there is room for; whether the lane has nothing more to do.
async fn fill(lane: &Arc<Lane>, under_way: &mut UnderWay) -> bool {
    if !under_way.has_room() {
        return false;
    }
    let filled = async {
        let room = DELIVERIES_AT_ONCE - under_way.tasks.len();
        for delivery in lane.claim(room, &under_way.ids).await? {
            under_way.ids.push(delivery.id());
            under_way.tasks.spawn(deliver(Arc::clone(lane), delivery));
        }
        Ok(under_way.tasks.is_empty() && !lane.is_anything_due(&under_way.ids).await?)
    };
    filled.await.unwrap_or_else(|error: sqlx::Error| {
        tracing::warn!(%error, endpoint_id = lane.endpoint_id(), "due webhooks could not be read");
        true
    })
}

/// Makes one attempt and sees that it is written down; the id of its row.
async fn deliver(lane: Arc<Lane>, delivery: Delivery) -> i64 {
    let attempt = lane.send(&delivery).await;
    crash_points::reach("after_webhook_sent");
    for tries_left in (0..SETTLE_TRIES).rev() {
        match lane.settle(&delivery, &attempt).await {
            Ok(()) => break,
            Err(_) if 0 < tries_left => sleep(SETTLE_AGAIN_AFTER).await,
            Err(error) => {
                let endpoint_id = lane.endpoint_id();
                tracing::warn!(%error, endpoint_id, "an attempt could not be written down");
            }
        }
    }
    delivery.id()
}

/// Whether the lane is still ours, as far as we can know: the fence guards what we cannot.
async fn renew(lane: &Lane) -> bool {
    lease::renew(&lane.engine.pool, &lane.lease).await.unwrap_or(true)
}

impl UnderWay {
    fn has_room(&self) -> bool {
        self.tasks.len() < DELIVERIES_AT_ONCE
    }

    /// Takes note of one that is done, and of all others that are.
    fn note(&mut self, mut done: Result<i64, JoinError>) {
        loop {
            match done {
                Ok(id) => self.ids.retain(|it| *it != id),
                // Its row is left alone until the lane is taken anew.
                Err(error) => tracing::error!(%error, "a delivery panicked"),
            }
            let Some(next) = self.tasks.try_join_next() else { return };
            done = next;
        }
    }
}

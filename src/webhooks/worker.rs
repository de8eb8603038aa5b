//! Finds endpoints to which something is due and has their lanes work, each for itself.
//!
//! No endpoint waits for another: a slow one holds up its own lane only.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures::future::{join_all, try_join_all};
use metrics::gauge;
use sqlx::{PgPool, postgres::PgPoolOptions};
use tokio::{
    task::JoinSet,
    time::{Instant, sleep},
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{
    bodies::Bodies,
    due,
    lane::{Delivery, Engine, Lane},
    lease,
    run::{DELIVERIES_AT_ONCE, LOOK_EVERY, run},
    secrets::EndpointSecrets,
    sender::{Sender, SenderError},
    target::TargetPolicy,
};
use crate::{clock::Clock, vault::Key};

/// How many lanes one worker has at work, each with [`DELIVERIES_AT_ONCE`] connections at most.
/// When all are taken, they take turns.
const LANES_MAX: usize = 128;

/// The most connections of one worker. Its own: a lease that waits behind requests for one lapses,
/// and what is under way is then sent twice.
const CONNECTIONS_MAX: u32 = 8;

/// How long to wait before looking again when the database did not answer.
const PAUSE: Duration = Duration::from_secs(1);

/// How often all that is due is counted.
const COUNT_EVERY: Duration = Duration::from_secs(10);

/// Delivers webhooks. Any number may run, in any number of processes.
pub struct DeliveryWorker {
    engine: Arc<Engine>,
    owner: Uuid,
}

impl DeliveryWorker {
    /// A worker, not running yet, that connects to where `pool` does, by itself. What it opens is
    /// sealed under keys derived from the master key.
    ///
    /// # Errors
    ///
    /// [`SenderError`], if the system has no root certificates.
    pub fn new(
        pool: &PgPool,
        master: &Key,
        policy: TargetPolicy,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, SenderError> {
        let options = PgPool::connect_options(pool).as_ref().clone();
        let pool = PgPoolOptions::new().max_connections(CONNECTIONS_MAX).test_before_acquire(false);
        let engine = Engine {
            pool: pool.connect_lazy_with(options),
            secrets: EndpointSecrets::new(master),
            bodies: Bodies::new(master),
            sender: Sender::new(policy)?,
            clock,
            is_crowded: AtomicBool::new(false),
        };
        Ok(Self { engine: Arc::new(engine), owner: Uuid::new_v4() })
    }

    /// Works until shut down; deliveries under way are finished.
    pub async fn run(self, shutdown: CancellationToken) {
        let mut lanes = JoinSet::new();
        let mut count_at = Instant::now();
        let mut has_failed = false;
        while !shutdown.is_cancelled() {
            while let Some(ended) = lanes.try_join_next() {
                if let Err(error) = ended {
                    tracing::error!(%error, "a lane panicked");
                }
            }
            let taken = self.take(LANES_MAX - lanes.len()).await;
            if let (Err(error), false) = (&taken, has_failed) {
                tracing::warn!(%error, "due webhooks cannot be read");
            }
            has_failed = taken.is_err();
            for lane in taken.unwrap_or_default() {
                lanes.spawn(run(lane, shutdown.clone()));
            }
            self.engine.is_crowded.store(LANES_MAX <= lanes.len(), Ordering::Relaxed);
            if count_at <= Instant::now() {
                count_at = Instant::now() + COUNT_EVERY;
                self.count().await;
            }
            tokio::select! {
                () = shutdown.cancelled() => {}
                () = sleep(if has_failed { PAUSE } else { LOOK_EVERY }) => {}
            }
        }
        while lanes.join_next().await.is_some() {}
    }

    /// Makes all attempts that are due now, by hand; how many.
    ///
    /// # Errors
    ///
    /// If the database does not answer.
    pub async fn deliver_due(&self) -> Result<usize, sqlx::Error> {
        let lanes = self.take(LANES_MAX).await?;
        Ok(try_join_all(lanes.iter().map(deliver_all)).await?.into_iter().sum())
    }

    /// Takes at most `most` lanes in which something is due and that no worker holds.
    ///
    /// # Errors
    ///
    /// If the database does not answer.
    pub async fn take(&self, most: usize) -> Result<Vec<Lane>, sqlx::Error> {
        if most == 0 {
            return Ok(vec![]);
        }
        let Engine { pool, clock, .. } = &*self.engine;
        let leases = lease::take(pool, self.owner, clock.now(), most).await?;
        let lane = |lease| Lane { engine: Arc::clone(&self.engine), lease };
        Ok(leases.into_iter().map(lane).collect())
    }

    async fn count(&self) {
        // The worker's own look has said already if the database does not answer.
        if let Ok(count) = due::count(&self.engine.pool).await {
            // Exact up to 2⁵³, which no count reaches.
            gauge!("toffeepay_webhooks_due").set(count as f64);
        }
    }
}

/// Claims, sends and settles until nothing more may be sent, then gives the lane back.
async fn deliver_all(lane: &Lane) -> Result<usize, sqlx::Error> {
    let mut count = 0;
    loop {
        let claimed = lane.claim(DELIVERIES_AT_ONCE, &[]).await?;
        if claimed.is_empty() {
            break;
        }
        count += claimed.len();
        let settled = join_all(claimed.iter().map(|it| deliver(lane, it))).await;
        settled.into_iter().collect::<Result<(), _>>()?;
    }
    lane.release().await?;
    Ok(count)
}

async fn deliver(lane: &Lane, delivery: &Delivery) -> Result<(), sqlx::Error> {
    let attempt = lane.send(delivery).await;
    lane.settle(delivery, &attempt).await
}

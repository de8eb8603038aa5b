//! Finds endpoints to which something is due and has their lanes work, each for itself.
//!
//! No endpoint waits for another: a slow one holds up its own lane only.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures::future::{join_all, pending};
use metrics::gauge;
use sqlx::{PgPool, postgres::PgPoolOptions};
use tokio::{
    sync::{Notify, Semaphore, mpsc},
    task::JoinSet,
    time::{Instant, sleep, sleep_until},
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{
    attempts::Attempts,
    bodies::Bodies,
    due,
    engine::Engine,
    lane::Lane,
    lease::{self, Lease},
    run::{LINGER, run},
    secrets::{EndpointSecrets, SecretKeys},
    sender::{Sender, SenderError},
    target::TargetPolicy,
    upkeep,
    wake::{self, HEARD_MAX},
};
use crate::{
    clock::Clock,
    event_store::EventStore,
    rate_limits::{Burst, RateLimits},
    vault::Key,
};

/// How many lanes one worker has at work. When all are taken, they take turns.
const LANES_MAX: usize = 128;

/// How many attempts one worker has under way, whoever is called.
const ATTEMPTS_AT_ONCE_MAX: usize = 512;

/// The most connections of one worker. Its own: a lease that waits behind requests for one lapses,
/// and what is under way is then sent twice.
const CONNECTIONS_MAX: u32 = 8;

/// How often a worker looks without having been woken: for what is due by its time, and for lanes
/// that others have left.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// The least time between two looks: under load one look serves many messages.
const LOOK_GAP: Duration = Duration::from_millis(2);

/// How long to wait before looking again when the database did not answer.
const PAUSE: Duration = Duration::from_secs(1);

/// How often all that is due is counted. Rarely: it is all read for it, and that may be much.
const COUNT_EVERY: Duration = Duration::from_secs(60);

/// Delivers webhooks. Any number may run, in any number of processes.
pub struct DeliveryWorker {
    engine: Arc<Engine>,
    owner: Uuid,
}

/// The lanes that are at work.
#[derive(Default)]
struct Lanes {
    tasks: JoinSet<()>,
    /// By the endpoint's id, what tells a lane that something may be due. The lane has the other hand
    /// on it for as long as it is at work.
    called: HashMap<String, Arc<Notify>>,
}

impl DeliveryWorker {
    /// A worker, not running yet, that connects to where `pool` does, by itself. What it opens is
    /// sealed under keys derived from the master key, and `secrets`. The endpoints that it gives up are disabled
    /// in the log, through `store`.
    ///
    /// # Errors
    ///
    /// [`SenderError`].
    pub fn new(
        pool: &PgPool,
        store: EventStore,
        master: &Key,
        secrets: SecretKeys,
        policy: TargetPolicy,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, SenderError> {
        let options = pool.connect_options().as_ref().clone();
        let new = PgPoolOptions::new().max_connections(CONNECTIONS_MAX).test_before_acquire(false);
        let pool = new.connect_lazy_with(options);
        let engine = Engine {
            attempts: Attempts::new(pool.clone()),
            pool,
            store,
            secrets: EndpointSecrets::new(secrets),
            bodies: Bodies::new(master),
            sender: Sender::new(policy)?,
            clock,
            places: Arc::new(Semaphore::new(ATTEMPTS_AT_ONCE_MAX)),
            rates: RateLimits::new(Burst::One),
            is_crowded: AtomicBool::new(false),
        };
        Ok(Self { engine: Arc::new(engine), owner: Uuid::new_v4() })
    }

    /// Works until shut down; deliveries under way are finished.
    pub async fn run(self, shutdown: CancellationToken) {
        let (heard, mut announced) = mpsc::channel(HEARD_MAX);
        let pool = self.engine.pool.clone();
        let mut lanes = Lanes::default();
        let mut count_at = Instant::now();
        let mut has_failed = false;
        let beside = [
            tokio::spawn(wake::listen(pool, heard, shutdown.clone())),
            tokio::spawn(upkeep::run(Arc::clone(&self.engine), shutdown.clone())),
        ];
        while !shutdown.is_cancelled() {
            lanes.forget_ended();
            let taken = self.take(LANES_MAX - lanes.tasks.len()).await;
            if let (Err(error), false) = (&taken, has_failed) {
                tracing::warn!(%error, "due webhooks cannot be read");
            }
            has_failed = taken.is_err();
            for lane in taken.unwrap_or_default() {
                lanes.begin(lane, &shutdown);
            }
            self.engine.is_crowded.store(LANES_MAX <= lanes.tasks.len(), Ordering::Relaxed);
            if count_at <= Instant::now() {
                count_at = Instant::now() + COUNT_EVERY;
                self.engine.rates.forget_rested();
                self.count().await;
            }
            let until = Instant::now() + if has_failed { PAUSE } else { LOOK_EVERY };
            tokio::select! {
                () = shutdown.cancelled() => {}
                () = lanes.call_announced(&mut announced), if !has_failed => sleep(LOOK_GAP).await,
                () = sleep_until(until) => {}
            }
        }
        while lanes.tasks.join_next().await.is_some() {}
        for ended in join_all(beside).await {
            if let Err(error) = ended {
                tracing::error!(%error, "what is done beside deliveries panicked");
            }
        }
    }

    /// Makes all attempts that are due now, by hand; how many.
    ///
    /// # Errors
    ///
    /// If the database does not answer.
    pub async fn deliver_due(&self) -> Result<usize, sqlx::Error> {
        let by_hand = |lane| run(lane, Arc::default(), Duration::ZERO, CancellationToken::new());
        let lanes = self.take(LANES_MAX).await?;
        Ok(join_all(lanes.into_iter().map(by_hand)).await.into_iter().sum())
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
        let asked_at = Instant::now();
        let leases = lease::take(pool, self.owner, clock.now(), most).await?;
        let lane = |lease: Lease| Lane::new(Arc::clone(&self.engine), lease, asked_at);
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

impl Lanes {
    fn begin(&mut self, lane: Lane, shutdown: &CancellationToken) {
        let called = self.call(lane.endpoint_id());
        let work = run(lane, called, LINGER, shutdown.clone());
        self.tasks.spawn(async move {
            work.await;
        });
    }

    /// What a lane that begins now is called by.
    fn call(&mut self, endpoint_id: &str) -> Arc<Notify> {
        let called = Arc::new(Notify::new());
        self.called.insert(endpoint_id.to_owned(), Arc::clone(&called));
        called
    }

    /// Calls the lanes for which something is announced; returns once there is something for one
    /// that is not at work here.
    async fn call_announced(&self, announced: &mut mpsc::Receiver<String>) {
        loop {
            let Some(endpoint_id) = announced.recv().await else { return pending().await };
            match self.called.get(&endpoint_id) {
                Some(called) => called.notify_one(),
                None => return,
            }
        }
    }

    fn forget_ended(&mut self) {
        while let Some(ended) = self.tasks.try_join_next() {
            if let Err(error) = ended {
                tracing::error!(%error, "a lane panicked");
            }
        }
        // Not by their names: the lane may have been taken again meanwhile, and be called anew.
        self.called.retain(|_, called| 1 < Arc::strong_count(called));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lane_taken_again_is_called_also_after_its_former_turn_was_forgotten() {
        let mut lanes = Lanes::default();
        let former = lanes.call("ep_a");
        let again = lanes.call("ep_a");
        drop(former);
        lanes.forget_ended();
        assert!(lanes.called.get("ep_a").is_some_and(|it| Arc::ptr_eq(it, &again)));
        drop(again);
        lanes.forget_ended();
        assert!(lanes.called.is_empty());
    }
}

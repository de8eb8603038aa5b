//! What is done beside deliveries: recoveries, partitions that come and go with the days, and an end to
//! listeners that nobody asks.

use std::{sync::Arc, time::Duration};

use sqlx::PgPool;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::{engine::Engine, health, listeners, recovery};

/// How often partitions are looked after: far more often than a day, since a process that keeps
/// them may die.
const PARTITIONS_EVERY: Duration = Duration::from_secs(3_600);

/// When they could not be.
const PARTITIONS_AGAIN_AFTER: Duration = Duration::from_secs(10);

/// How often listeners that nobody asks are closed.
const LISTENERS_EVERY: Duration = Duration::from_secs(60);

/// How often a recovery is looked for.
const RECOVERIES_EVERY: Duration = Duration::from_secs(1);

/// Goes on until asked to stop.
pub(super) async fn run(engine: Arc<Engine>, shutdown: CancellationToken) {
    let (mut partitions_at, mut listeners_at) = (Instant::now(), Instant::now());
    while !shutdown.is_cancelled() {
        if partitions_at <= Instant::now() {
            partitions_at = Instant::now() + PARTITIONS_EVERY;
            if let Err(error) = keep_partitions(&engine.pool).await {
                partitions_at = Instant::now() + PARTITIONS_AGAIN_AFTER;
                tracing::warn!(%error, "partitions of webhooks could not be kept");
            }
            if let Err(error) = health::forget_old_hours(&engine.pool).await {
                tracing::warn!(%error, "old counts of webhooks could not be forgotten");
            }
        }
        if listeners_at <= Instant::now() {
            listeners_at = Instant::now() + LISTENERS_EVERY;
            if let Err(error) = listeners::close_forgotten(&engine.pool).await {
                tracing::warn!(%error, "listeners that nobody asks could not be closed");
            }
        }
        let wait = match recovery::step(&engine.pool).await {
            Ok(Some(_)) => continue,
            Ok(None) => RECOVERIES_EVERY,
            Err(error) => {
                tracing::debug!(%error, "webhooks could not be recovered");
                RECOVERIES_EVERY
            }
        };
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = sleep(wait) => {}
        }
    }
}

/// Has a partition for each of the last thirty days and the next two, and drops those before.
///
/// # Errors
///
/// If the database does not answer, or somebody is in the way: the next call tries again.
pub async fn keep_partitions(pool: &PgPool) -> Result<(), sqlx::Error> {
    sqlx::query("SELECT keep_webhook_partitions()").execute(pool).await.map(drop)
}

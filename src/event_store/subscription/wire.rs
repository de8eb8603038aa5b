//! Waking readers in other processes, by NOTIFY after the commit.
//!
//! Never inside an append: a NOTIFY there makes all committers wait for each other (measured:
//! 5,000 appends a second became 700). What gets lost is made up for by the followers' poll.

use std::time::Duration;

use sqlx::PgPool;
use sqlx::postgres::{PgListener, PgPoolOptions};
use tokio_util::sync::CancellationToken;

use super::backoff;
use super::wake::Wake;

/// The one channel. Without a payload, so that Postgres may fold several into one.
const CHANNEL: &str = "toffeepay_events";

/// The least time between two announcements: under load one speaks for many appends.
const ANNOUNCE_GAP: Duration = Duration::from_millis(2);

/// Tells other processes of what this one appended, until asked to stop.
pub async fn announce(pool: PgPool, wake: Wake, shutdown: CancellationToken) {
    let own = own_connection(&pool);
    let mut appended = wake.announcer();
    let mut failures: u32 = 0;
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = appended.woken() => {}
        }
        let sent = sqlx::query("SELECT pg_notify($1, '')").bind(CHANNEL).execute(&own).await;
        if let Err(error) = sent {
            if failures == 0 {
                tracing::warn!(%error, "other processes cannot be woken; they poll meanwhile");
            }
            failures = failures.saturating_add(1);
            backoff::pause(backoff::after(failures), &shutdown).await;
        } else {
            failures = 0;
            backoff::pause(ANNOUNCE_GAP, &shutdown).await;
        }
    }
}

/// Wakes this process's readers when another announces something, until asked to stop. Also wakes
/// them each time it begins to listen, for what was announced before.
pub async fn listen(pool: PgPool, wake: Wake, shutdown: CancellationToken) {
    let own = own_connection(&pool);
    let mut failures: u32 = 0;
    while !shutdown.is_cancelled() {
        tokio::select! {
            () = shutdown.cancelled() => return,
            result = listen_until_lost(&own, &wake, &mut failures) => {
                if let (Err(error), 0) = (result, failures) {
                    tracing::warn!(%error, "wake-ups of other processes are not heard; polling");
                }
            }
        }
        failures = failures.saturating_add(1);
        backoff::pause(backoff::after(failures), &shutdown).await;
    }
}

async fn listen_until_lost(
    own: &PgPool,
    wake: &Wake,
    failures: &mut u32,
) -> Result<(), sqlx::Error> {
    let mut listener = PgListener::connect_with(own).await?;
    listener.listen(CHANNEL).await?;
    *failures = 0;
    wake.notify_readers();
    while listener.try_recv().await?.is_some() {
        wake.notify_readers();
    }
    Ok(())
}

/// A connection outside the service's pool, which must neither wait for it nor lack it.
fn own_connection(pool: &PgPool) -> PgPool {
    PgPoolOptions::new()
        .max_connections(1)
        .idle_timeout(None)
        .max_lifetime(None)
        .connect_lazy_with(pool.connect_options().as_ref().clone())
}

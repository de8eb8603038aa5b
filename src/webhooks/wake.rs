//! Who is told that something is due: the worker that holds the endpoint's lane, or else any.
//!
//! Whoever makes something due says so in its own transaction (`wake_webhooks` in the schema): a
//! row that workers read, and a NOTIFY that those hear who listen just then.

use std::time::Duration;

use sqlx::{
    PgConnection, PgPool,
    postgres::{PgListener, PgPoolOptions},
};
use tokio::{sync::mpsc, time::sleep};
use tokio_util::sync::CancellationToken;

use super::lease::Lease;

/// Where it is announced for which endpoint something is due; the endpoint's id is the payload.
const CHANNEL: &str = "toffeepay_webhooks";

/// How many announcements wait to be heard at most. What is dropped is found by the next look.
pub(super) const HEARD_MAX: usize = 1_024;

/// How long a transaction that holds others up may stand still before the database ends it, in
/// milliseconds: a process stopped in the middle of one must not keep its locks.
pub(super) const STANDSTILL_MAX_MS: &str = "5000";

/// How long to wait before listening again when the connection was lost.
const LISTEN_AGAIN_AFTER: Duration = Duration::from_secs(1);

/// Passes on for which endpoints something is due, until asked to stop.
pub(super) async fn listen(pool: PgPool, heard: mpsc::Sender<String>, shutdown: CancellationToken) {
    // A connection outside the worker's pool, which must neither wait for it nor lack it.
    let own = PgPoolOptions::new()
        .max_connections(1)
        .idle_timeout(None)
        .max_lifetime(None)
        .connect_lazy_with(pool.connect_options().as_ref().clone());
    let listening = async {
        loop {
            if let Err(error) = listen_until_lost(&own, &heard).await {
                tracing::debug!(%error, "due webhooks are not announced; workers look by themselves");
            }
            sleep(LISTEN_AGAIN_AFTER).await;
        }
    };
    shutdown.run_until_cancelled(listening).await;
}

async fn listen_until_lost(own: &PgPool, heard: &mpsc::Sender<String>) -> Result<(), sqlx::Error> {
    let mut listener = PgListener::connect_with(own).await?;
    listener.listen(CHANNEL).await?;
    while let Some(announced) = listener.try_recv().await? {
        // If it is full, the next look finds it.
        let _ = heard.try_send(announced.payload().to_owned());
    }
    Ok(())
}

/// Notes when something will be due next to an endpoint, for when nobody holds its lane. Does nothing
/// for a lease that another has taken over.
///
/// All first attempts up to the number `read_to` are done with or put off: they are not looked at
/// again, since what was delivered stays in the index for as long as some old transaction may want to
/// see it, and the fan-out waits for this.
///
/// Takes two statements of one transaction: whoever has made something due, and has not committed,
/// is waited for by the first, and seen by the second.
pub(super) async fn note_next(
    transaction: &mut PgConnection,
    lease: &Lease,
    read_to: i64,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "SELECT FROM webhook_wake, set_config('idle_in_transaction_session_timeout', $2, true)
         WHERE endpoint_id = $1 FOR UPDATE OF webhook_wake",
    )
    .bind(&lease.endpoint_id)
    .bind(STANDSTILL_MAX_MS)
    .execute(&mut *transaction)
    .await?;
    sqlx::query(
        "UPDATE webhook_wake SET due_at = least(
             (SELECT timestamptz 'epoch' WHERE EXISTS (
                 SELECT FROM webhook_due
                 WHERE endpoint_id = $1 AND next_at = 'epoch' AND $3 < id)),
             (SELECT min(next_at) FROM webhook_due WHERE endpoint_id = $1 AND 'epoch' < next_at))
         WHERE endpoint_id = $1
           AND EXISTS (SELECT FROM webhook_lane WHERE endpoint_id = $1 AND fence = $2)",
    )
    .bind(&lease.endpoint_id)
    .bind(lease.fence)
    .bind(read_to)
    .execute(transaction)
    .await?;
    Ok(())
}

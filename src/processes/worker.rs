//! Makes the calls that are due: load, call, tell the aggregate, and again until it knows.

use std::{sync::Arc, time::Duration};

use sqlx::{FromRow, PgPool};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::call::{Call, CallKind};
use crate::{
    clock::Clock,
    crash_points,
    domain::{
        id::{PaymentId, RefundId, SessionId},
        session::{Session, SessionError},
    },
    event_store::{CommandContext, EventStore, ExecuteError, StoreError},
    providers::Registry,
};

/// How many calls one worker makes at the same time.
const CALLS_AT_ONCE: usize = 32;
/// How long a worker owns a call. Longer than [`CALL_TIMEOUT`], so that two rarely make the same;
/// if they do, the call's key keeps it from counting twice.
const LEASE_S: f64 = 30.0;
/// How long a provider may take to answer before its answer is not known.
const CALL_TIMEOUT: Duration = Duration::from_secs(20);
/// How often a worker without work looks for some.
const POLL_EVERY: Duration = Duration::from_millis(100);
/// The wait after the first try, doubled after each further one.
const RETRY_FIRST_S: i32 = 1;
const _: () = assert!(CALL_TIMEOUT.as_secs() < 30);

/// Makes calls to providers. Any number may run, in any number of processes.
pub struct CallWorker {
    pool: PgPool,
    store: EventStore,
    providers: Registry,
    clock: Arc<dyn Clock>,
    owner: Uuid,
}

#[derive(FromRow)]
struct Row {
    event_id: String,
    correlation: String,
    kind: String,
    session_id: String,
    payment_id: String,
    refund_id: Option<String>,
    request: Option<i64>,
    attempts: i32,
}

/// Why a call has to be tried again.
#[derive(Debug, thiserror::Error)]
enum CallError {
    #[error("the provider did not answer in time")]
    Timeout,
    #[error(transparent)]
    Provider(#[from] crate::providers::ProviderError),
    #[error("the provider {0} is not set up here")]
    UnknownProvider(String),
    #[error(transparent)]
    Session(#[from] SessionError),
    #[error(transparent)]
    Execute(#[from] ExecuteError<SessionError>),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

impl CallWorker {
    /// A worker, not running yet.
    pub fn new(
        pool: PgPool,
        store: EventStore,
        providers: Registry,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { pool, store, providers, clock, owner: Uuid::new_v4() }
    }

    /// Works until shut down; calls under way are finished. A slow provider holds up its own
    /// calls only.
    pub async fn run(self, shutdown: CancellationToken) {
        let worker = Arc::new(self);
        let mut under_way = JoinSet::new();
        while !shutdown.is_cancelled() {
            let free = CALLS_AT_ONCE - under_way.len();
            let calls = worker.lease(free).await.unwrap_or_else(|error| {
                tracing::warn!(%error, "due provider calls could not be read");
                vec![]
            });
            for call in calls {
                let worker = Arc::clone(&worker);
                under_way.spawn(async move { worker.settle(call).await });
            }
            tokio::select! {
                () = shutdown.cancelled() => {}
                () = tokio::time::sleep(POLL_EVERY) => {}
                Some(_) = under_way.join_next() => {}
            }
            while under_way.try_join_next().is_some() {}
        }
        while under_way.join_next().await.is_some() {}
    }

    /// Makes what is due now; how many calls that were.
    ///
    /// # Errors
    ///
    /// If the database does not answer.
    pub async fn make_due(&self) -> Result<usize, sqlx::Error> {
        let calls = self.lease(CALLS_AT_ONCE).await?;
        let count = calls.len();
        futures::future::join_all(calls.into_iter().map(|call| self.settle(call))).await;
        Ok(count)
    }

    async fn lease(&self, most: usize) -> Result<Vec<Call>, sqlx::Error> {
        let rows: Vec<Row> = sqlx::query_as(
            "UPDATE provider_call SET owner = $1, attempts = attempts + 1,
                    leased_until = now() + make_interval(secs => $2)
             WHERE event_id IN (
                 SELECT event_id FROM provider_call WHERE next_at <= now() AND leased_until < now()
                 ORDER BY next_at LIMIT $3 FOR UPDATE SKIP LOCKED)
             RETURNING event_id, correlation, kind, session_id, payment_id, refund_id, request,
                       attempts",
        )
        .bind(self.owner)
        .bind(LEASE_S)
        .bind(i64::try_from(most).unwrap_or(i64::MAX))
        .fetch_all(&self.pool)
        .await?;
        // Rows that the schema and the subscription cannot have written are left alone.
        Ok(rows.into_iter().filter_map(Row::read).collect())
    }

    /// Makes one call; afterwards it is gone, or due again later.
    async fn settle(&self, call: Call) {
        let outcome = self.attempt(&call).await;
        let is_settled = match &outcome {
            Ok(is_settled) => *is_settled,
            Err(error) => {
                let (kind, session_id) = (call.kind.as_str(), call.session_id.as_str());
                tracing::warn!(%error, kind, session_id, attempts = call.attempts, "a provider call will be tried again");
                false
            }
        };
        let stored = if is_settled { self.remove(&call).await } else { self.postpone(&call).await };
        if let Err(error) = stored {
            // Its lease runs out, and it is made again.
            tracing::warn!(%error, event_id = call.event_id, "a provider call could not be noted");
        }
    }

    /// Whether the aggregate now knows the outcome.
    async fn attempt(&self, call: &Call) -> Result<bool, CallError> {
        let session_id = call.session_id.as_str();
        let session = self.store.load::<Session>(session_id, None).await?.aggregate;
        let state = session.present()?;
        if !call.is_needed(state) {
            return Ok(true);
        }
        let name =
            state.attempt(&call.payment_id).map(|it| it.provider.as_str()).unwrap_or_default();
        let provider = self.providers.named(name);
        let provider = provider.ok_or_else(|| CallError::UnknownProvider(name.to_owned()))?;
        let now = self.clock.now();
        crash_points::reach("before_provider_call");
        let answer = tokio::time::timeout(CALL_TIMEOUT, call.make(provider.as_ref(), state, now));
        let command = answer.await.map_err(|_| CallError::Timeout)??;
        crash_points::reach("after_provider_call");
        let Some(command) = command else { return Ok(false) };
        let actor = format!("provider:{name}");
        let context = CommandContext::new(actor, &call.correlation, now).because_of(&call.event_id);
        let executed = self.store.execute::<Session>(session_id, command, &context).await?;
        crash_points::reach("after_provider_answer");
        Ok(!call.is_needed(executed.aggregate.present()?))
    }

    async fn remove(&self, call: &Call) -> Result<(), sqlx::Error> {
        let query = sqlx::query("DELETE FROM provider_call WHERE event_id = $1");
        query.bind(&call.event_id).execute(&self.pool).await?;
        Ok(())
    }

    async fn postpone(&self, call: &Call) -> Result<(), sqlx::Error> {
        let doublings = call.attempts.clamp(1, 16) - 1;
        let wait_s = RETRY_FIRST_S.saturating_mul(1 << doublings).min(call.retry_longest_s());
        sqlx::query(
            "UPDATE provider_call SET leased_until = '-infinity',
                    next_at = now() + make_interval(secs => $3)
             WHERE event_id = $1 AND owner = $2",
        )
        .bind(&call.event_id)
        .bind(self.owner)
        .bind(f64::from(wait_s))
        .execute(&self.pool)
        .await?;
        Ok(())
    }
}

impl Row {
    fn read(self) -> Option<Call> {
        Some(Call {
            kind: CallKind::parse(&self.kind)?,
            session_id: SessionId::parse(self.session_id).ok()?,
            payment_id: PaymentId::parse(self.payment_id).ok()?,
            refund_id: self.refund_id.map(RefundId::parse).transpose().ok()?,
            request: u32::try_from(self.request.unwrap_or_default()).ok()?,
            event_id: self.event_id,
            correlation: self.correlation,
            attempts: self.attempts,
        })
    }
}

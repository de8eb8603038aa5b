//! Whether the process lives, whether it can serve, and its metrics.

use std::sync::Arc;
use std::time::Duration;

use axum::{Json, Router, extract::State, http::StatusCode, routing::get};
use metrics_exporter_prometheus::PrometheusHandle;
use serde_json::{Value, json};
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;

/// How long the database may take to say that it is there.
const READY_WITHIN: Duration = Duration::from_secs(2);
/// Empty partitions that are always kept ahead of the log.
const PARTITIONS_AHEAD_MIN: i64 = 2;

/// What the health endpoints look at.
#[derive(Clone)]
pub struct Health {
    /// The log's database.
    pub pool: PgPool,
    /// Renders the metrics.
    pub metrics: Option<Arc<PrometheusHandle>>,
    /// Cancelled once the process was told to end.
    pub stopping: CancellationToken,
}

/// Whether the process can serve.
pub(super) enum Readiness {
    /// It can. How many empty partitions are ahead of the log.
    Ready { partitions_ahead: i64 },
    /// The database does not answer.
    NoDatabase,
    /// It is on its way down.
    Stopping,
}

impl Health {
    /// Asks the database.
    pub(super) async fn readiness(&self) -> Readiness {
        if self.stopping.is_cancelled() {
            return Readiness::Stopping;
        }
        let ahead = sqlx::query_scalar("SELECT event_partitions_ahead()");
        match tokio::time::timeout(READY_WITHIN, ahead.fetch_one(&self.pool)).await {
            Ok(Ok(partitions_ahead)) => Readiness::Ready { partitions_ahead },
            Ok(Err(_)) | Err(_) => Readiness::NoDatabase,
        }
    }
}

/// `/livez` (no database), `/readyz`, `/metrics` (Prometheus text format 0.0.4).
pub fn routes(health: Health) -> Router {
    Router::new()
        .route("/livez", get(|| async { "live\n" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .with_state(health)
}

async fn ready(State(health): State<Health>) -> (StatusCode, Json<Value>) {
    let not_ready =
        |why| (StatusCode::SERVICE_UNAVAILABLE, Json(json!({ "ready": false, "why": why })));
    match health.readiness().await {
        Readiness::Ready { partitions_ahead: ahead } => {
            let mut warnings = vec![];
            if ahead < PARTITIONS_AHEAD_MIN {
                warnings.push(format!("{ahead} empty partitions ahead of the log; 2 are expected"));
            }
            (StatusCode::OK, Json(json!({ "ready": true, "warnings": warnings })))
        }
        Readiness::NoDatabase => not_ready("the database does not answer"),
        Readiness::Stopping => not_ready("the process is stopping"),
    }
}

async fn metrics(State(health): State<Health>) -> String {
    health.metrics.map(|it| it.render()).unwrap_or_default()
}

//! Whether the process lives, whether it can serve, and its metrics.

use std::sync::Arc;
use std::time::Duration;

use axum::{Json, Router, extract::State, http::StatusCode, routing::get};
use metrics_exporter_prometheus::PrometheusHandle;
use serde_json::{Value, json};
use sqlx::PgPool;

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
    let ahead = sqlx::query_scalar::<_, i64>("SELECT event_partitions_ahead()");
    let answer = tokio::time::timeout(READY_WITHIN, ahead.fetch_one(&health.pool)).await;
    match answer {
        Ok(Ok(ahead)) => {
            let mut warnings = vec![];
            if ahead < PARTITIONS_AHEAD_MIN {
                warnings.push(format!("{ahead} empty partitions ahead of the log; 2 are expected"));
            }
            (StatusCode::OK, Json(json!({ "ready": true, "warnings": warnings })))
        }
        Ok(Err(_)) | Err(_) => {
            let why = json!({ "ready": false, "why": "the database does not answer" });
            (StatusCode::SERVICE_UNAVAILABLE, Json(why))
        }
    }
}

async fn metrics(State(health): State<Health>) -> String {
    health.metrics.map(|it| it.render()).unwrap_or_default()
}

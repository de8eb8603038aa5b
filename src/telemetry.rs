//! Logs, metrics and request ids. No secret, no card number and no body is ever logged.

use std::{
    io::IsTerminal,
    sync::{Arc, OnceLock},
    time::Duration,
};

use axum::{
    Json, Router,
    extract::MatchedPath,
    response::{IntoResponse, Response},
};
use clap::ValueEnum;
use http::{HeaderName, HeaderValue, Request, StatusCode};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use serde_json::json;
use tower_http::{
    catch_panic::CatchPanicLayer,
    request_id::{MakeRequestId, PropagateRequestIdLayer, RequestId, SetRequestIdLayer},
    timeout::TimeoutLayer,
    trace::TraceLayer,
};
use tracing_subscriber::{EnvFilter, fmt};
use uuid::Uuid;

/// What joins a request, its log lines and the events it caused.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The longest request id that we take from a client, in bytes.
const REQUEST_ID_BYTES_MAX: usize = 64;

/// How long a request may take, its body included: a client that dribbles is answered 408.
const REQUEST_WITHIN: Duration = Duration::from_secs(30);

/// What is logged unless `RUST_LOG` says otherwise.
const DEFAULT_FILTER: &str = "info,sqlx=warn,hyper=warn";

/// How log lines look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people at a terminal.
    #[default]
    Pretty,
    /// One JSON object a line, for machines.
    Json,
}

/// Starts logging to standard error; the second call in a process changes nothing.
pub fn start_logging(format: LogFormat) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| DEFAULT_FILTER.into());
    // Once nobody reads standard error, a complaint about that would itself panic, in any task.
    let builder = fmt().log_internal_errors(false);
    let builder = builder.with_env_filter(filter).with_writer(std::io::stderr);
    let started = match format {
        LogFormat::Pretty => {
            // In a file, or before another program, colours are noise.
            builder.with_target(false).with_ansi(std::io::stderr().is_terminal()).try_init()
        }
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    };
    // Only a test that starts two services in one process comes here twice.
    drop(started);
}

/// Starts collecting metrics; the same collection for every call in a process.
pub fn start_metrics() -> Option<Arc<PrometheusHandle>> {
    static HANDLE: OnceLock<Option<Arc<PrometheusHandle>>> = OnceLock::new();
    HANDLE.get_or_init(|| PrometheusBuilder::new().install_recorder().ok().map(Arc::new)).clone()
}

/// Gives every request an id, a span in the log and an answer even to a panic.
pub fn observed(router: Router) -> Router {
    let span = |request: &Request<axum::body::Body>| {
        let id = request.headers().get(&REQUEST_ID).and_then(|it| it.to_str().ok());
        // The route, not the path: a session's address is a secret of its player's.
        let route = request.extensions().get::<MatchedPath>().map_or("none", |it| it.as_str());
        tracing::info_span!(
            "request",
            id = id.unwrap_or_default(),
            method = %request.method(),
            route,
        )
    };
    router
        .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, REQUEST_WITHIN))
        .layer(CatchPanicLayer::custom(answer_to_a_panic))
        .layer(TraceLayer::new_for_http().make_span_with(span))
        .layer(PropagateRequestIdLayer::new(REQUEST_ID))
        .layer(SetRequestIdLayer::new(REQUEST_ID, NewRequestId))
        .layer(axum::middleware::map_request(without_odd_request_id))
}

/// In the shape of every other error; what panicked stands in the log.
fn answer_to_a_panic(_: Box<dyn std::any::Any + Send>) -> Response {
    let error = json!({ "code": "internal", "message": "internal: internal error" });
    (StatusCode::INTERNAL_SERVER_ERROR, Json(error)).into_response()
}

#[derive(Clone, Copy)]
struct NewRequestId;

impl MakeRequestId for NewRequestId {
    fn make_request_id<B>(&mut self, _request: &Request<B>) -> Option<RequestId> {
        let id = format!("req_{}", Uuid::now_v7().simple());
        HeaderValue::from_str(&id).ok().map(RequestId::new)
    }
}

/// A client may bring a request id of its own if it is short and printable.
async fn without_odd_request_id<B>(mut request: Request<B>) -> Request<B> {
    let is_odd = |value: &HeaderValue| {
        let bytes = value.as_bytes();
        REQUEST_ID_BYTES_MAX < bytes.len() || !bytes.iter().all(u8::is_ascii_graphic)
    };
    if request.headers().get(&REQUEST_ID).is_some_and(is_odd) {
        request.headers_mut().remove(&REQUEST_ID);
    }
    request
}

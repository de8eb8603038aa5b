//! Around every request: an id, and a span of the log that joins all that is said of it.
//!
//! One service around all others, by hand, and not layers of libraries in the router, which clones and
//! boxes each of them for every request (decision 19).

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use axum::{
    Json, Router,
    extract::{MatchedPath, Request},
    middleware,
    response::{IntoResponse, Response},
};
use http::{HeaderName, HeaderValue, StatusCode};
use serde_json::json;
use tower::{Service, ServiceBuilder};
use tower_http::{catch_panic::CatchPanicLayer, timeout::TimeoutLayer};
use tracing::{Instrument, Span};
use uuid::Uuid;

use crate::{ids::REQUEST_ID_HEADER, server::Answers};

const REQUEST_ID: HeaderName = HeaderName::from_static(REQUEST_ID_HEADER);

/// The longest request id that we take from a client, in bytes.
const REQUEST_ID_BYTES_MAX: usize = 64;

/// How long a request may take, its body included: a client that dribbles is answered 408. The
/// last resort, behind the shorter limits of the API and the page, which have better answers.
const REQUEST_WITHIN: Duration = Duration::from_secs(30);

/// The field of a request's span that says what was asked for: the route, not the path, since
/// whoever has a session's id can open its page.
const ROUTE: &str = "route";

/// A service whose requests have an id, which their answers bear too, and a span.
#[derive(Clone)]
pub struct Observed<S> {
    service: S,
    is_route: fn(&str) -> bool,
}

/// Gives every request an id and a span. `is_route` knows paths that are routes themselves; the
/// others are recorded by [`guarded`], which costs more.
pub fn observed<S: Answers>(service: S, is_route: fn(&str) -> bool) -> Observed<S> {
    Observed { service, is_route }
}

impl<S: Answers> Service<Request> for Observed<S> {
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.service.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        let began = Instant::now();
        let id = request_id(&mut request);
        let route = Some(request.uri().path()).filter(|it| (self.is_route)(it));
        let span = tracing::info_span!(
            "request",
            id = id.to_str().unwrap_or_default(),
            method = request.method().as_str(),
            { ROUTE } = route,
        );
        let answering = span.in_scope(|| self.service.call(request));
        let observed = async move {
            let mut response = answering.await?;
            if response.status().is_server_error() {
                let (status, latency) = (response.status().as_u16(), began.elapsed());
                tracing::error!(status, ?latency, "the request failed");
            }
            response.headers_mut().insert(REQUEST_ID, id);
            Ok(response)
        };
        Box::pin(observed.instrument(span))
    }
}

/// The request's id, which is in its head from here on. A client may bring one of its own if it is
/// short and printable.
fn request_id(request: &mut Request) -> HeaderValue {
    let is_fine = |it: &&HeaderValue| {
        it.len() <= REQUEST_ID_BYTES_MAX && it.as_bytes().iter().all(u8::is_ascii_graphic)
    };
    if let Some(id) = request.headers().get(&REQUEST_ID).filter(is_fine) {
        return id.clone();
    }
    let mut id = *b"req_00000000000000000000000000000000";
    Uuid::now_v7().simple().encode_lower(&mut id[4..]);
    let id = HeaderValue::from_bytes(&id).unwrap_or_else(|_| HeaderValue::from_static(""));
    request.headers_mut().insert(REQUEST_ID, id.clone());
    id
}

/// Gives a router an answer to a panic and to what takes too long, and its routes to the spans.
pub fn guarded(router: Router) -> Router {
    // As one layer, the outermost first: a router boxes each that it is given, for every request.
    router.layer(
        ServiceBuilder::new()
            .layer(middleware::map_request(with_route))
            .layer(CatchPanicLayer::custom(answer_to_a_panic))
            .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, REQUEST_WITHIN)),
    )
}

async fn with_route(request: Request) -> Request {
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str);
    Span::current().record(ROUTE, route);
    request
}

/// The last resort, behind those of the API and the page. What panicked stands in the log.
fn answer_to_a_panic(_: Box<dyn std::any::Any + Send>) -> Response {
    let error = json!({ "code": "internal", "message": "internal: internal error" });
    (StatusCode::INTERNAL_SERVER_ERROR, Json(error)).into_response()
}

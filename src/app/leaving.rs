//! The end of a process, announced: load balancers send nothing more before it stops listening.
//!
//! A request that reaches a socket just as it is closed is lost, and a POST is not repeated. So a
//! process that was told to end goes on answering for a while: it says that it is not ready, and
//! asks each client to make its next connection elsewhere.

use std::time::Duration;

use axum::{Router, extract::Request, middleware, response::Response};
use http::{HeaderValue, Version, header::CONNECTION};
use tokio_util::sync::CancellationToken;

/// Announces the end on each answer once `leaving` is cancelled. HTTP/2 has its own way to say so
/// (GOAWAY), which the server takes when it stops listening.
pub(super) fn announced(router: Router, leaving: CancellationToken) -> Router {
    router.layer(middleware::from_fn(move |request: Request, next: middleware::Next| {
        let leaving = leaving.clone();
        async move {
            let is_old = request.version() <= Version::HTTP_11;
            let mut response: Response = next.run(request).await;
            if is_old && leaving.is_cancelled() {
                response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            }
            response
        }
    }))
}

/// A token that is cancelled `notice` after `leaving` is.
pub(super) fn after_notice(leaving: &CancellationToken, notice: Duration) -> CancellationToken {
    let closing = CancellationToken::new();
    let (leaving, closes) = (leaving.clone(), closing.clone());
    tokio::spawn(async move {
        leaving.cancelled().await;
        tokio::time::sleep(notice).await;
        closes.cancel();
    });
    closing
}

#[cfg(test)]
mod tests {
    use axum::{body::Body, routing::get};
    use tower::ServiceExt;

    use super::*;

    async fn connection_header(router: &Router, version: Version) -> Option<HeaderValue> {
        let request = Request::builder().uri("/").version(version).body(Body::empty()).unwrap();
        let response = router.clone().oneshot(request).await.unwrap();
        response.headers().get(CONNECTION).cloned()
    }

    #[tokio::test]
    async fn answers_ask_for_the_connections_end_once_the_process_is_leaving() {
        let leaving = CancellationToken::new();
        let router = Router::new().route("/", get(|| async { "served" }));
        let router = announced(router, leaving.clone());
        assert_eq!(connection_header(&router, Version::HTTP_11).await, None);
        leaving.cancel();
        let close = HeaderValue::from_static("close");
        assert_eq!(connection_header(&router, Version::HTTP_11).await, Some(close));
        assert_eq!(connection_header(&router, Version::HTTP_2).await, None);
    }

    #[tokio::test(start_paused = true)]
    async fn the_server_closes_once_the_notice_is_over() {
        let leaving = CancellationToken::new();
        let closing = after_notice(&leaving, Duration::from_secs(5));
        leaving.cancel();
        let begun = tokio::time::Instant::now();
        closing.cancelled().await;
        assert_eq!(begun.elapsed(), Duration::from_secs(5));
    }
}

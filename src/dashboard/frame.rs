//! Around every handler: how long it may take, and the page for when there is none, with the request's id.

use std::{panic::AssertUnwindSafe, time::Duration};

use axum::{extract::Request, http::StatusCode, middleware::Next, response::Response};
use futures::FutureExt;
use tokio::time::timeout;

use super::{
    answer::{Failed, page},
    desk::request_id,
    views::{Problem, failed_page},
};

/// How long an answer may take to begin. Shorter than the server's own limit, whose answer is no page.
const ANSWER_WITHIN: Duration = Duration::from_secs(25);

pub(super) async fn framed(request: Request, next: Next) -> Response {
    let request_id = request_id(request.headers()).to_owned();
    within(ANSWER_WITHIN, &request_id, next.run(request)).await
}

async fn within(
    limit: Duration,
    request_id: &str,
    answering: impl Future<Output = Response>,
) -> Response {
    match timeout(limit, AssertUnwindSafe(answering).catch_unwind()).await {
        Ok(Ok(response)) if response.status() == StatusCode::PAYLOAD_TOO_LARGE => {
            return page(StatusCode::PAYLOAD_TOO_LARGE, |nonce| {
                failed_page(Problem::TooLarge, request_id, nonce)
            });
        }
        Ok(Ok(response)) if response.extensions().get::<Failed>().is_none() => return response,
        // Why stands in the log, of a panic too.
        Ok(_) => {}
        Err(_) => tracing::error!("a page of the dashboard took too long"),
    }
    page(StatusCode::INTERNAL_SERVER_ERROR, |nonce| {
        failed_page(Problem::WentWrong, request_id, nonce)
    })
}

#[cfg(test)]
mod tests {
    use axum::response::IntoResponse;

    use super::{super::answer::went_wrong, *};

    async fn answered(answering: impl Future<Output = Response>) -> (u16, String) {
        let response = within(Duration::from_millis(20), "req_1", answering).await;
        let status = response.status().as_u16();
        let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn whatever_goes_wrong_there_is_a_page_with_a_reference_and_no_reason() {
        let error = std::io::Error::other("postgres://secret");
        let large = StatusCode::PAYLOAD_TOO_LARGE.into_response();
        for ((status, text), expected) in [
            (answered(async { went_wrong(&error) }).await, 500),
            (answered(async { panic!("as a test") }).await, 500),
            (answered(std::future::pending()).await, 500),
            (answered(async { large }).await, 413),
        ] {
            assert_eq!(status, expected);
            assert!(text.contains("req_1") && !text.contains("postgres:"), "{text}");
        }
    }

    #[tokio::test]
    async fn an_answer_passes_as_it_is() {
        let bare = StatusCode::NO_CONTENT.into_response();
        assert_eq!(answered(async { bare }).await, (204, String::new()));
    }
}

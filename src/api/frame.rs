//! Around the Connect services: how long a call may take, and a reason for errors that no handler
//! of ours made. gRPC's own errors are left as they are: its codes are all that its clients read.

use std::{panic::AssertUnwindSafe, time::Duration};

use axum::{
    body::{Body, to_bytes},
    extract::Request,
    middleware::Next,
    response::{IntoResponse, Response},
};
use connectrpc::{ConnectError, ErrorCode};
use futures::FutureExt;
use http::{HeaderValue, header};
use tokio::time::timeout;

use super::{ApiError, error::with_reason};
use crate::domain::violation::Violation;

/// How long a call may take, its body included. Shorter than the server's own limit, whose answer
/// has no reason.
pub(super) const CALL_WITHIN: Duration = Duration::from_secs(25);

/// The largest error that is looked at, in bytes. All are far smaller.
const ERROR_BYTES_MAX: usize = 64 * 1024;

const JSON: HeaderValue = HeaderValue::from_static("application/json");

pub(super) async fn framed(request: Request, next: Next) -> Response {
    within(CALL_WITHIN, next.run(request)).await
}

pub(super) async fn within(limit: Duration, answering: impl Future<Output = Response>) -> Response {
    match timeout(limit, AssertUnwindSafe(answering).catch_unwind()).await {
        Ok(Ok(response)) => explained(response).await,
        // What panicked stands in the log.
        Ok(Err(_)) => refusal(&explain(ConnectError::internal("internal error"))),
        // What was cut off may still come to be.
        Err(_) => {
            tracing::warn!(limit_s = limit.as_secs(), "a call took too long and was cut off");
            refusal(&ApiError::Unknown.into())
        }
    }
}

/// The same answer, with a reason if it is an error that has none.
async fn explained(response: Response) -> Response {
    let is_error = response.status().is_client_error() || response.status().is_server_error();
    if !is_error || response.headers().get(header::CONTENT_TYPE) != Some(&JSON) {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let Ok(bytes) = to_bytes(body, ERROR_BYTES_MAX).await else {
        return refusal(&explain(ConnectError::internal("internal error")));
    };
    match serde_json::from_slice::<ConnectError>(&bytes) {
        Ok(error) if error.details.is_empty() => {
            let code = error.code;
            let error = explain(error);
            if error.code != code {
                return refusal(&error);
            }
            parts.headers.remove(header::CONTENT_LENGTH);
            Response::from_parts(parts, Body::from(error.to_json()))
        }
        _ => Response::from_parts(parts, Body::from(bytes)),
    }
}

/// The reason of an error of the frame's is its code; but for a request that is too large, which
/// would read as if it came too often. One that does come too often has its reason already.
fn explain(error: ConnectError) -> ConnectError {
    if error.code == ErrorCode::ResourceExhausted {
        let violation = Violation::of_number("must have at most 2 MiB", "more");
        return ApiError::field("body", "invalid_argument", violation).into();
    }
    let message = error.message.unwrap_or_else(|| "the call cannot be answered".to_owned());
    with_reason(error.code, error.code.as_str(), message)
}

pub(super) fn refusal(error: &ConnectError) -> Response {
    (error.http_status(), [(header::CONTENT_TYPE, JSON)], error.to_json()).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn answer(answering: impl Future<Output = Response>) -> (u16, ConnectError) {
        let response = within(Duration::from_millis(20), answering).await;
        let status = response.status().as_u16();
        let bytes = to_bytes(response.into_body(), ERROR_BYTES_MAX).await.unwrap();
        (status, serde_json::from_slice(&bytes).unwrap())
    }

    fn assert_says(error: &ConnectError, code: ErrorCode, reason: &str) {
        assert_eq!(error.code, code);
        let message = error.message.as_deref().unwrap();
        assert!(message.starts_with(&format!("{reason}: ")), "{message}");
        assert_eq!(error.details[0].type_url, "pay.v1.Error");
    }

    #[tokio::test]
    async fn a_call_that_takes_too_long_may_have_been_done() {
        let (status, error) = answer(std::future::pending()).await;
        assert_eq!(status, 503);
        assert_says(&error, ErrorCode::Unavailable, "outcome_unknown");
    }

    #[tokio::test]
    async fn a_panic_is_an_internal_error_with_a_reason() {
        let (status, error) = answer(async { panic!("as a test") }).await;
        assert_eq!(status, 500);
        assert_says(&error, ErrorCode::Internal, "internal");
    }

    #[tokio::test]
    async fn an_error_without_a_reason_gets_its_code_for_one() {
        let bare = refusal(&ConnectError::unimplemented("no such method"));
        let (status, error) = answer(async { bare }).await;
        assert_eq!(status, ConnectError::unimplemented("").http_status().as_u16());
        assert_says(&error, ErrorCode::Unimplemented, "unimplemented");
    }

    #[tokio::test]
    async fn an_error_with_a_reason_and_an_answer_pass_as_they_are() {
        let ours: ConnectError = ApiError::SessionNotFound.into();
        let (status, error) = answer(async { refusal(&ours) }).await;
        assert_eq!((status, error.message, error.details.len()), (404, ours.message.clone(), 1));
        let fine = within(CALL_WITHIN, async { (JSON_TYPE, "{}").into_response() }).await;
        assert_eq!(to_bytes(fine.into_body(), ERROR_BYTES_MAX).await.unwrap(), "{}");
    }

    const JSON_TYPE: [(header::HeaderName, HeaderValue); 1] = [(header::CONTENT_TYPE, JSON)];
}

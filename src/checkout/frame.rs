//! Around every handler of the page: how long it may take, the page for when there is none, and
//! headers on whatever else is answered.

use std::{panic::AssertUnwindSafe, time::Duration};

use axum::{
    extract::Request,
    http::StatusCode,
    middleware::Next,
    response::{IntoResponse, Response},
};
use futures::FutureExt;
use tokio::time::timeout;

use super::{
    desk::request_id,
    page_response,
    views::{Problem, problem_page},
};
use crate::page_headers::plain_headers;

/// How long an answer may take. Shorter than the server's own limit, whose answer is no page.
const ANSWER_WITHIN: Duration = Duration::from_secs(25);

/// A page that says why there is none. It is drawn in [`framed`], which knows the request's id.
pub(super) fn problem(problem: Problem) -> Response {
    let mut response = problem.status().into_response();
    response.extensions_mut().insert(problem);
    response
}

pub(super) async fn framed(request: Request, next: Next) -> Response {
    let request_id = request_id(request.headers()).to_owned();
    within(ANSWER_WITHIN, &request_id, next.run(request)).await
}

async fn within(
    limit: Duration,
    request_id: &str,
    answering: impl Future<Output = Response>,
) -> Response {
    let problem = match timeout(limit, AssertUnwindSafe(answering).catch_unwind()).await {
        Ok(Ok(response)) => match problem_of(&response) {
            Some(problem) => problem,
            None => return with_headers(response),
        },
        // What panicked stands in the log.
        Ok(Err(_)) => Problem::WentWrong,
        Err(_) => {
            tracing::error!("the payment page took too long");
            Problem::WentWrong
        }
    };
    page_response(problem.status(), |nonce| problem_page(problem, Some(request_id), nonce))
}

fn problem_of(response: &Response) -> Option<Problem> {
    let is_too_large = response.status() == StatusCode::PAYLOAD_TOO_LARGE;
    let problem = response.extensions().get::<Problem>().copied();
    problem.or(is_too_large.then_some(Problem::Unreadable))
}

fn with_headers(mut response: Response) -> Response {
    for (name, value) in plain_headers() {
        if let Some(name) = name {
            response.headers_mut().entry(name).or_insert(value);
        }
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn page(answering: impl Future<Output = Response>) -> (u16, String) {
        let response = within(Duration::from_millis(20), "req_1", answering).await;
        assert_eq!(response.headers()["cache-control"], "no-store");
        let status = response.status().as_u16();
        let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn a_player_gets_a_page_whatever_goes_wrong_with_a_reference_for_support() {
        let too_large = StatusCode::PAYLOAD_TOO_LARGE.into_response();
        for (got, status, heading) in [
            (page(std::future::pending()).await, 500, "Something went wrong"),
            (page(async { panic!("as a test") }).await, 500, "Something went wrong"),
            (page(async { problem(Problem::NotFound) }).await, 404, "Page not found"),
            (page(async { too_large }).await, 400, "We couldn’t take this form"),
        ] {
            assert_eq!(got.0, status);
            assert!(got.1.contains(heading) && got.1.contains("<code>req_1</code>"), "{}", got.1);
        }
    }

    #[tokio::test]
    async fn what_is_no_page_passes_with_the_headers_of_one() {
        let bare = StatusCode::NOT_FOUND.into_response();
        assert_eq!(page(async { bare }).await, (404, String::new()));
    }
}

//! Runs before each call: who calls, how often, and how deep the JSON is.
//!
//! Here and not in front of the body: an answer before the body is read breaks clients that are
//! still sending it over HTTP/1.1.

use connectrpc::{
    ConnectError, Interceptor, Next,
    interceptor::{UnaryRequest, UnaryResponse},
};

use super::{Api, ApiError, json_shape, undecodable::Received};
use crate::domain::violation::Violation;

/// Lets only callers with a key through, as often as it may be used, and leaves the [`Caller`](super::caller::Caller) for
/// the handler.
pub(super) struct Gate(pub(super) Api);

#[connectrpc::async_trait]
impl Interceptor for Gate {
    async fn intercept_unary(
        &self,
        mut request: UnaryRequest,
        next: Next<'_>,
    ) -> Result<UnaryResponse, ConnectError> {
        let caller = self.0.admit(request.ctx.headers()).await?;
        if json_shape::is_no_object(&request.payload) {
            let violation = Violation::of_number("must be a JSON object", "something else");
            return Err(ApiError::field("body", "invalid_argument", violation).into());
        }
        if json_shape::exceeds_limit(&request.payload) {
            let violation = Violation::of_number("must nest at most 32 levels deep", "more");
            return Err(ApiError::field("body", "invalid_argument", violation).into());
        }
        request.ctx.extensions_mut().insert(caller);
        let received = Received::of(&request.payload);
        next.run(request).await.map_err(|error| received.explain(error))
    }
}

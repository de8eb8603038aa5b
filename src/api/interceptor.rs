//! Runs before each call: how deep its JSON may be, and who calls.
//!
//! Here and not in front of the body: an answer before the body is read breaks clients that are
//! still sending it over HTTP/1.1.

use connectrpc::{
    ConnectError, Interceptor, Next,
    interceptor::{UnaryRequest, UnaryResponse},
};

use super::{Api, ApiError, caller::Caller, json_shape, undecodable::Received};
use crate::domain::violation::Violation;

/// Lets only callers with a key through, and leaves the [`Caller`] for the handler.
pub(super) struct Gate(pub(super) Api);

#[connectrpc::async_trait]
impl Interceptor for Gate {
    async fn intercept_unary(
        &self,
        mut request: UnaryRequest,
        next: Next<'_>,
    ) -> Result<UnaryResponse, ConnectError> {
        let Api { pool, key_hasher, clock, .. } = &self.0;
        let caller = Caller::identify(pool, key_hasher, request.ctx.headers(), clock.now()).await?;
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

//! What is no request of the API at all, refused in the shape of every other error.

use axum::response::{IntoResponse, Response};
use connectrpc::ErrorCode;
use http::StatusCode;

use crate::api::{error::with_reason, frame::refusal};

/// Below `/v1`, and nothing is there.
pub(super) async fn no_such_path() -> Response {
    let words = "there is no such path; /docs has those that there are";
    refusal(&with_reason(ErrorCode::NotFound, "not_found", words.to_owned()))
}

/// The path is there, for another verb: `Allow` says which.
pub(super) async fn no_such_verb() -> Response {
    let words = "this path takes another method: see the Allow header";
    let error = with_reason(ErrorCode::Unimplemented, "method_not_allowed", words.to_owned());
    (StatusCode::METHOD_NOT_ALLOWED, refusal(&error)).into_response()
}

/// A body that says it is something else, or is packed in a way that we do not unpack.
pub(super) fn no_json() -> Response {
    let words = "Content-Type must be application/json, and Content-Encoding gzip or none";
    let error = with_reason(ErrorCode::InvalidArgument, "unsupported_media_type", words.to_owned());
    (StatusCode::UNSUPPORTED_MEDIA_TYPE, refusal(&error)).into_response()
}

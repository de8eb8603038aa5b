//! The answer of a method as an answer over plain HTTP: the part of it that was asked for.

use std::collections::HashMap;

use axum::{
    body::{Body, to_bytes},
    response::Response,
};
use connectrpc::ConnectError;
use http::{HeaderName, HeaderValue, header};
use serde_json::value::RawValue;

use crate::api::{
    ApiError,
    description::{Method, message},
    frame::refusal,
};

/// The largest answer, in bytes: far more than a page of 250 sessions has.
const ANSWER_BYTES_MAX: usize = 16 * 1024 * 1024;

/// What a list says beside its rows: the field, the header, and a zero value, which JSON leaves out.
const BESIDE: [(&str, HeaderName, &str); 2] = [
    ("total", HeaderName::from_static("x-total-count"), "0"),
    ("has_more", HeaderName::from_static("x-has-more"), "false"),
];

/// Errors, and methods whose answer is all of the response, stay as they are.
pub(super) async fn translate(method: &Method, response: Response) -> Response {
    if !response.status().is_success() || method.response_body.is_empty() {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let fields = match to_bytes(body, ANSWER_BYTES_MAX).await {
        Ok(bytes) => serde_json::from_slice::<HashMap<String, Box<RawValue>>>(&bytes),
        Err(error) => return refusal(&ConnectError::from(ApiError::internal(error))),
    };
    let mut fields = match fields {
        Ok(fields) => fields,
        Err(error) => return refusal(&ConnectError::from(ApiError::internal(error))),
    };
    let described = message(method.response);
    for (name, header, zero) in BESIDE {
        if described.is_some_and(|it| it.field(name).is_some()) {
            let value = fields.get(name).map_or(zero, |it| it.get());
            if let Ok(value) = HeaderValue::from_str(value) {
                parts.headers.insert(header, value);
            }
        }
    }
    let is_list =
        described.and_then(|it| it.field(method.response_body)).is_some_and(|it| it.repeated);
    // An empty list is left out of JSON.
    let empty = if is_list { "[]" } else { "{}" };
    let part = fields.remove(method.response_body);
    let part = part.map_or_else(|| empty.to_owned(), |it| it.get().to_owned());
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(part))
}

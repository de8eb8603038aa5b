//! Explains a request that could not even be decoded, in the shape of every other refusal.

use connectrpc::{CodecFormat, ConnectError, ErrorCode, Payload};
use serde_json::Value;

use super::ApiError;
use crate::domain::violation::Violation;

/// The request's bytes, kept until it is known whether they could be decoded.
pub(super) struct Received {
    format: CodecFormat,
    bytes: bytes::Bytes,
}

impl Received {
    pub(super) fn of(payload: &Payload) -> Self {
        Self { format: payload.format(), bytes: payload.bytes().clone() }
    }

    /// What the caller is told. The decoder's own errors are the only ones without a detail.
    pub(super) fn explain(&self, error: ConnectError) -> ConnectError {
        let is_decoders = error.code == ErrorCode::InvalidArgument && error.details.is_empty();
        if !is_decoders {
            return error;
        }
        if let Some(price) = self.price().filter(|it| !is_int32(it)) {
            let rule = "must be a whole number, 1 to 99,999,999, in the currency's minor unit";
            let violation = Violation::new(rule, price.to_string());
            return ApiError::field("item.price", "invalid_price", violation).into();
        }
        let words = error.message.unwrap_or_default();
        let words = words.rsplit_once("decode JSON: ").map_or(words.as_str(), |(_, it)| it);
        let violation = Violation::new("must be the message that this method takes", words);
        ApiError::field("body", "invalid_argument", violation).into()
    }

    fn price(&self) -> Option<Value> {
        if self.format != CodecFormat::Json {
            return None;
        }
        let mut request: Value = serde_json::from_slice(&self.bytes).ok()?;
        Some(request.get_mut("item")?.get_mut("price")?.take())
    }
}

/// Proto3 JSON also takes a number as a string; null is the same as none.
fn is_int32(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.parse::<i32>().is_ok(),
        value => value.as_i64().is_some_and(|it| i32::try_from(it).is_ok()),
    }
}

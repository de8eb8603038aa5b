//! What a field may hold, as JSON Schema says it: from the constants that the rules themselves have.

use serde_json::{Map, Value, json};

use crate::{
    api::{
        description::{Field, Kind},
        lists::{LIMIT_DEFAULT, LIMIT_MAX, LIMIT_MIN},
    },
    domain::{
        game::{
            AT_ONCE_MAX, DisabledBy, GRACE_HOURS_DEFAULT, GRACE_HOURS_MAX, PER_SECOND_MAX,
            PayloadShape, WebhookType,
        },
        money::PRICE_MINOR_UNITS_MAX,
        return_url::RETURN_URL_BYTES_MAX,
        session::{PaymentMethod, PaymentStatus, RefundStatus, SessionStatus},
        text::{DisplayName, ItemTitle, RefundReason, UserId},
        world::World,
    },
    webhooks::{ENDPOINT_URL_BYTES_MAX, MessageState},
};

/// Text without control characters.
const PRINTABLE: &str = r"^[^\u0000-\u001f\u007f-\u009f]*$";

/// The schema of one value of a field of `message`.
pub(super) fn schema(message: &str, field: &Field) -> Value {
    let mut schema = match field.kind {
        Kind::Text => json!({ "type": "string" }),
        Kind::Int32 => json!({ "type": "integer", "format": "int32" }),
        Kind::Bool => json!({ "type": "boolean" }),
        Kind::Moment => json!({ "type": "string", "format": "date-time" }),
        Kind::Message(name) => json!({ "$ref": format!("#/components/schemas/{}", short(name)) }),
    };
    if let Some(schema) = schema.as_object_mut() {
        schema.extend(limits(short(message), field.name));
    }
    schema
}

/// A message's name without its package.
pub(super) fn short(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

/// Fields that each value of the message has. All others may be left out.
pub(super) fn required(message: &str) -> &'static [&'static str] {
    match short(message) {
        "CreateSessionRequest" => &["game_id", "user_id", "item", "return_url"],
        "CreateRefundRequest" => &["payment_id"],
        "ListSessionsRequest"
        | "ListPaymentsRequest"
        | "ListEndpointsRequest"
        | "OpenListenerRequest" => &["game_id"],
        "CreateEndpointRequest" => &["game_id", "url"],
        "CreateEndpointResponse" => &["endpoint", "secret"],
        "Endpoint" => &["id", "game_id", "world", "url", "shape", "types", "created_at"],
        "RotateSecretResponse" => &["secret", "previous_expires_at", "rotated_at"],
        "SendTestEventResponse" => &["delivery_id"],
        "Delivery" => &["id", "type", "session_id", "state", "created_at"],
        "GetDeliveryResponse" => &["delivery", "body"],
        "Attempt" => &["at", "number", "outcome"],
        "Header" => &["name", "value"],
        "Recovery" => &["id", "started_at"],
        "OpenListenerResponse" => &["id"],
        "Event" => &["cursor", "id", "type", "body"],
        "Item" => &["title", "price", "currency"],
        "Session" => &["id", "url", "status", "game_id", "item", "created_at"],
        "GetSessionStatusResponse" => &["id", "session_id", "status"],
        "Payment" => &["id", "session_id", "status", "amount", "currency", "method", "created_at"],
        "Refund" => &["id", "payment_id", "status", "created_at"],
        "Error" => &["code", "message"],
        _ => &[],
    }
}

fn limits(message: &str, field: &str) -> Map<String, Value> {
    let limits = match (message, field) {
        (_, "game_id") => json!({ "pattern": "^[a-z0-9_-]{1,64}$" }),
        (_, "currency") => json!({ "pattern": "^[A-Z]{3}$" }),
        ("Session", "user_id") => json!({}),
        (_, "user_id") => {
            json!({ "minLength": 1, "maxLength": UserId::LENGTH_MAX, "pattern": PRINTABLE })
        }
        ("Item", "title") => {
            json!({ "minLength": 1, "maxLength": ItemTitle::LENGTH_MAX, "pattern": PRINTABLE })
        }
        ("Item", "price") => json!({ "minimum": 1, "maximum": PRICE_MINOR_UNITS_MAX }),
        ("Item", "country") => json!({ "pattern": "^([A-Z]{2})?$" }),
        (_, "return_url") => json!({ "minLength": 1, "maxLength": RETURN_URL_BYTES_MAX }),
        ("CreateRefundRequest", "reason") => json!({ "maxLength": RefundReason::LENGTH_MAX }),
        (_, "limit") => {
            json!({ "minimum": LIMIT_MIN, "maximum": LIMIT_MAX, "default": LIMIT_DEFAULT })
        }
        (_, "offset") => json!({ "minimum": 0, "default": 0 }),
        ("Session" | "ListSessionsRequest" | "GetSessionStatusResponse", "status") => {
            json!({ "enum": words(SessionStatus::ALL, SessionStatus::as_str) })
        }
        ("Payment", "status") => {
            json!({ "enum": words(PaymentStatus::ALL, PaymentStatus::as_str) })
        }
        ("Refund" | "ListRefundsRequest", "status") => {
            json!({ "enum": words(RefundStatus::ALL, RefundStatus::as_str) })
        }
        ("Payment", "method") => {
            json!({ "enum": words(PaymentMethod::ALL, PaymentMethod::as_str) })
        }
        _ => webhooks(message, field),
    };
    match limits {
        Value::Object(limits) => limits,
        _ => Map::new(),
    }
}

/// Those of endpoints and of what is sent there.
fn webhooks(message: &str, field: &str) -> Value {
    match (message, field) {
        (_, "shape") => json!({ "enum": words(PayloadShape::ALL, PayloadShape::as_str) }),
        (_, "world") => json!({ "enum": words(&[World::Test, World::Live], World::as_str) }),
        (_, "disabled_by") => json!({ "enum": words(DisabledBy::ALL, DisabledBy::as_str) }),
        (_, "types" | "type") => json!({ "enum": words(WebhookType::ALL, WebhookType::as_str) }),
        (_, "state") => json!({ "enum": words(&MessageState::ALL, MessageState::as_str) }),
        ("CreateEndpointRequest" | "ChangeEndpointRequest", "url") => {
            json!({ "minLength": 1, "maxLength": ENDPOINT_URL_BYTES_MAX, "format": "uri" })
        }
        ("CreateEndpointRequest" | "ChangeEndpointRequest", "description") => {
            json!({ "maxLength": DisplayName::LENGTH_MAX, "pattern": PRINTABLE })
        }
        ("CreateEndpointRequest", "at_once") => json!({ "minimum": 1, "maximum": AT_ONCE_MAX }),
        ("ChangeEndpointRequest", "at_once") => json!({ "minimum": 0, "maximum": AT_ONCE_MAX }),
        ("CreateEndpointRequest", "per_second") => {
            json!({ "minimum": 1, "maximum": PER_SECOND_MAX })
        }
        ("ChangeEndpointRequest", "per_second") => {
            json!({ "minimum": 0, "maximum": PER_SECOND_MAX })
        }
        (_, "grace_hours") => {
            json!({ "minimum": 0, "maximum": GRACE_HOURS_MAX, "default": GRACE_HOURS_DEFAULT })
        }
        _ => json!({}),
    }
}

fn words<T: Copy>(all: &[T], word: fn(T) -> &'static str) -> Vec<&'static str> {
    all.iter().map(|it| word(*it)).collect()
}

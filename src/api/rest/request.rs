//! A request over plain HTTP as the request of its method, in JSON.

use axum::{
    body::Body,
    extract::{RawPathParams, Request},
};
use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use http::{HeaderName, HeaderValue, Method as HttpMethod, Uri, header};
use serde_json::{Map, Value};
use url::form_urlencoded;

use crate::{
    api::{
        ApiError, REQUEST_BYTES_MAX,
        description::{Field, Kind, Message, Method, Service, message},
    },
    domain::violation::Violation,
};

const JSON: &str = "application/json";

/// A packing that is none (RFC 9110, section 12.5.3).
const UNPACKED: &[u8] = b"identity";

/// What a client says of its own body and of the answer's packing, which the method's are not.
const NOT_OURS: [HeaderName; 4] = [
    header::ACCEPT_ENCODING,
    header::CONTENT_ENCODING,
    header::CONTENT_LENGTH,
    header::TRANSFER_ENCODING,
];

/// Whether the body says that it is something else than JSON, or is still packed: what can be
/// unpacked was.
pub(super) fn is_of_other_type(method: &Method, request: &Request) -> bool {
    let packing = request.headers().get(header::CONTENT_ENCODING).filter(|_| method.has_body);
    if packing.is_some_and(|it| !it.as_bytes().eq_ignore_ascii_case(UNPACKED)) {
        return true;
    }
    let given = request.headers().get(header::CONTENT_TYPE).filter(|_| method.has_body);
    let kind = given.map(|it| it.to_str().unwrap_or_default().split(';').next());
    kind.is_some_and(|it| !it.unwrap_or_default().trim().eq_ignore_ascii_case(JSON))
}

/// The same request, as the service that answers Connect takes it.
///
/// # Errors
///
/// [`ApiError::InvalidFields`] for what cannot be said in JSON.
pub(super) async fn translate(
    service: &Service,
    method: &Method,
    path: &RawPathParams,
    request: Request,
) -> Result<Request, ApiError> {
    let (mut parts, body) = request.into_parts();
    let mut given = from_path(method, path);
    let body = if !method.has_body {
        from_query(method, parts.uri.query().unwrap_or_default(), &mut given)?;
        Value::Object(given).to_string().into()
    } else {
        with_path(method, whole(body).await?, given)?
    };
    parts.method = HttpMethod::POST;
    let uri = format!("/{}/{}", service.name, method.name).parse::<Uri>();
    parts.uri = uri.map_err(ApiError::internal)?;
    for name in NOT_OURS {
        parts.headers.remove(name);
    }
    parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(JSON));
    Ok(Request::from_parts(parts, body))
}

fn from_path(method: &Method, path: &RawPathParams) -> Map<String, Value> {
    let values = path.iter().filter(|(name, _)| method.variables().any(|it| it == *name));
    values.map(|(name, value)| (name.to_owned(), value.into())).collect()
}

/// Adds what the query gives. What is no field of the request is ignored, as in JSON.
fn from_query(
    method: &Method,
    query: &str,
    given: &mut Map<String, Value>,
) -> Result<(), ApiError> {
    let Some(request) = message(method.request) else { return Ok(()) };
    for (name, text) in form_urlencoded::parse(query.as_bytes()) {
        let Some(field) = request.field(&name) else { continue };
        let Some(value) = read(field, &text)? else { continue };
        agree(field, given.get(field.name), &value)?;
        given.insert(field.name.to_owned(), value);
    }
    Ok(())
}

/// The value of a field that a query can have.
fn read(field: &Field, text: &str) -> Result<Option<Value>, ApiError> {
    let refused = |rule| Err(refused(field, Violation::new(rule, text)));
    match field.kind {
        Kind::Text => Ok(Some(text.into())),
        Kind::Int32 => match text.parse::<i32>() {
            Ok(number) => Ok(Some(number.into())),
            Err(_) => refused("must be a whole number, -2147483648 to 2147483647"),
        },
        Kind::Bool => match text {
            "true" => Ok(Some(true.into())),
            "false" => Ok(Some(false.into())),
            _ => refused("must be true or false"),
        },
        Kind::Moment | Kind::Message(_) => Ok(None),
    }
}

/// All of a body. The service would take one that cannot be unpacked for a failure of its own.
pub(super) async fn whole(body: Body) -> Result<Bytes, ApiError> {
    let refused = |rule, received| {
        let violation = Violation::of_number(rule, received);
        ApiError::field("body", "invalid_argument", violation)
    };
    let mut bytes = BytesMut::new();
    let mut parts = body.into_data_stream();
    while let Some(part) = parts.next().await {
        let part =
            part.map_err(|_| refused("must be as its Content-Encoding says", "something else"))?;
        bytes.extend_from_slice(&part);
        if REQUEST_BYTES_MAX < bytes.len() {
            return Err(refused("must have at most 2 MiB", "more"));
        }
    }
    Ok(bytes.freeze())
}

/// The body with what the path says. One that cannot be read is for the service to explain.
fn with_path(method: &Method, bytes: Bytes, given: Map<String, Value>) -> Result<Body, ApiError> {
    if given.is_empty() {
        return Ok(bytes.into());
    }
    let mut whole = match serde_json::from_slice(&bytes) {
        Ok(Value::Object(fields)) => fields,
        Err(_) if bytes.is_empty() => Map::new(),
        Ok(_) | Err(_) => return Ok(bytes.into()),
    };
    let request = message(method.request);
    for (name, value) in given {
        let field = request.and_then(|it: &Message| it.field(&name));
        if let Some(field) = field {
            agree(field, whole.remove(field.camel).as_ref(), &value)?;
            agree(field, whole.get(field.name), &value)?;
        }
        whole.insert(name, value);
    }
    Ok(Value::Object(whole).to_string().into())
}

/// # Errors
///
/// A refusal if the same field was given twice with different values.
fn agree(field: &Field, before: Option<&Value>, value: &Value) -> Result<(), ApiError> {
    let Some(before) = before.filter(|it| *it != value && !it.is_null()) else { return Ok(()) };
    let received = before.as_str().map_or_else(|| before.to_string(), str::to_owned);
    let rule = "must be the same wherever it is given";
    Err(refused(field, Violation::new(rule, received)))
}

fn refused(field: &Field, violation: Violation) -> ApiError {
    ApiError::field(field.name, "invalid_argument", violation)
}

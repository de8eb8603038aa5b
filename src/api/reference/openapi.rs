//! The reference for machines: OpenAPI 3.1 (<https://spec.openapis.org/oas/v3.1.0>).

use serde_json::{Map, Value, json};

use super::{
    examples::{self, Example},
    limits, offered, refusals, summary,
};
use crate::api::{
    description::{Field, Kind, Message, Method, Service, Verb, message},
    idempotency::KEY_BYTES_MAX,
};

const ABOUT: &str = "Payment sessions for games: a game server creates one and sends the player to \
    its URL. The same methods, errors and repeats as over Connect and gRPC. Amounts are whole numbers \
    in the currency's minor unit. Fields are spelled in snake_case; requests may use lowerCamelCase \
    too, and unknown fields are ignored. Zero values are left out of answers. The routes of wallets \
    (`/v1/accounts`, `/v1/deposits`) are not offered yet and answer 501.";

/// The whole document.
pub(super) fn document() -> Value {
    let mut paths: Map<String, Value> = Map::new();
    for (service, method) in offered() {
        let path = paths.entry(method.path).or_insert_with(|| json!({}));
        let verb = match method.verb {
            Verb::Get => "get",
            Verb::Post => "post",
        };
        path[verb] = operation(service, method);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "ToffeePay",
            "version": env!("CARGO_PKG_VERSION"),
            "description": ABOUT,
        },
        "servers": [{ "url": "/" }],
        "security": [{ "key": [] }],
        "tags": tags(),
        "paths": paths,
        "components": {
            "securitySchemes": { "key": {
                "type": "http",
                "scheme": "bearer",
                "description": "An API key of the game's: `tp_test_…` or `tp_live_…`.",
            } },
            "schemas": schemas(),
            "responses": refusals(),
        },
    })
}

fn tags() -> Vec<Value> {
    let mut tags: Vec<Value> = vec![];
    for (service, _) in offered() {
        let tag = json!({ "name": limits::short(service.name), "description": service.about });
        if tags.last() != Some(&tag) {
            tags.push(tag);
        }
    }
    tags
}

fn operation(service: &Service, method: &Method) -> Value {
    let example = examples::of(method.name);
    let mut operation = json!({
        "operationId": method.name,
        "summary": summary(method.about),
        "description": method.about,
        "tags": [limits::short(service.name)],
        "parameters": parameters(method, example.as_ref()),
        "responses": responses(method, example.as_ref()),
    });
    if method.has_body {
        let mut content = json!({ "schema": body(method) });
        if let Some(example) = example.and_then(|it| it.body) {
            content["example"] = example;
        }
        let needed =
            message(method.request).is_some_and(|it| !limits::required(it.name).is_empty());
        operation["requestBody"] =
            json!({ "required": needed, "content": { "application/json": content } });
    }
    operation
}

fn parameters(method: &Method, example: Option<&Example>) -> Vec<Value> {
    let Some(request) = message(method.request) else { return vec![] };
    let mut parameters = vec![];
    for (index, name) in method.variables().enumerate() {
        let about = request.field(name).map(|it| it.about);
        let mut parameter = json!({
            "name": name, "in": "path", "required": true, "description": about,
            "schema": { "type": "string", "minLength": 1, "maxLength": 64 },
        });
        if let Some(id) = example.and_then(|it| it.path.get(index)) {
            parameter["example"] = (*id).into();
        }
        parameters.push(parameter);
    }
    for field in method.fields_beside_path().filter(|_| !method.has_body) {
        let mut parameter = json!({
            "name": field.name, "in": "query", "description": field.about,
            "required": limits::required(request.name).contains(&field.name),
            "schema": limits::schema(request.name, field),
        });
        let shown = example.and_then(|it| it.query.iter().find(|(name, _)| *name == field.name));
        if let Some((_, text)) = shown {
            let number = text.parse::<i32>().ok().filter(|_| field.kind == Kind::Int32);
            parameter["example"] = number.map_or_else(|| (*text).into(), Value::from);
        }
        parameters.push(parameter);
    }
    if !method.reads {
        parameters.push(json!({
            "name": "Idempotency-Key", "in": "header", "required": false,
            "description": "Makes the request safe to repeat for 24 hours: a repeat gets the first \
                            answer, with `Idempotent-Replayed: true`.",
            "schema": {
                "type": "string", "minLength": 1, "maxLength": KEY_BYTES_MAX, "pattern": "^[ -~]*$",
            },
        }));
    }
    parameters
}

/// All fields of the request that the path does not have.
fn body(method: &Method) -> Value {
    let Some(request) = message(method.request) else { return json!({ "type": "object" }) };
    if method.variables().next().is_none() {
        return json!({ "$ref": reference(request.name) });
    }
    // What is in the path may be said again, and must agree with that.
    object(request, method.fields_beside_path())
}

fn responses(method: &Method, example: Option<&Example>) -> Value {
    let response = message(method.response);
    let part = response.and_then(|it| it.field(method.response_body));
    let schema = match (response, part) {
        (Some(response), Some(field)) => field_schema(response, field),
        (Some(response), None) => json!({ "$ref": reference(response.name) }),
        (None, _) => json!({ "type": "object" }),
    };
    let mut content = json!({ "schema": schema });
    if let Some(example) = example {
        content["example"] = example.answer.clone();
    }
    let mut headers = json!({ "X-Request-Id": header("string", "Names the request in our logs.") });
    let tells = |name| part.is_some() && response.is_some_and(|it| it.field(name).is_some());
    if tells("total") {
        headers["X-Total-Count"] = header("integer", "How many there are in all.");
    }
    if tells("has_more") {
        headers["X-Has-More"] = header("boolean", "Whether there are more after these.");
    }
    let mut responses = json!({ "200": {
        "description": "Done.", "headers": headers, "content": { "application/json": content },
    } });
    for (status, name, _) in refusals::of(method) {
        let name = format!("#/components/responses/{name}");
        responses[status.to_string()] = json!({ "$ref": name });
    }
    responses
}

fn header(kind: &str, about: &str) -> Value {
    json!({ "description": about, "schema": { "type": kind } })
}

fn refusals() -> Map<String, Value> {
    let answer = |(status, name, about): refusals::Refusal| {
        let schema = json!({ "$ref": "#/components/schemas/Refusal" });
        let mut answer = json!({ "description": about, "content": { "application/json": { "schema": schema } } });
        if matches!(status, 409 | 429) {
            let wait = header("integer", "After how many seconds to repeat the request.");
            answer["headers"] = json!({ "Retry-After": wait });
        }
        (name.to_owned(), answer)
    };
    refusals::ALL.into_iter().map(answer).collect()
}

/// Every message that a request or an answer has, and the one of refusals.
fn schemas() -> Map<String, Value> {
    let mut schemas = Map::new();
    for (_, method) in offered() {
        if method.has_body && method.variables().next().is_none() {
            add(method.request, &mut schemas);
        }
        let part = message(method.response).and_then(|it| it.field(method.response_body));
        match part.map(|it| it.kind) {
            Some(Kind::Message(name)) => add(name, &mut schemas),
            _ => add(method.response, &mut schemas),
        }
    }
    schemas.insert("Refusal".to_owned(), refusal());
    schemas
}

fn add(name: &str, schemas: &mut Map<String, Value>) {
    let Some(message) = message(name).filter(|it| !schemas.contains_key(limits::short(it.name)))
    else {
        return;
    };
    schemas.insert(limits::short(message.name).to_owned(), object(message, message.fields.iter()));
    for field in message.fields {
        if let Kind::Message(name) = field.kind {
            add(name, schemas);
        }
    }
}

/// A message with some of its fields.
fn object(message: &Message, fields: impl Iterator<Item = &'static Field>) -> Value {
    let mut properties = Map::new();
    for field in fields {
        let mut schema = field_schema(message, field);
        schema["description"] = field.about.into();
        properties.insert(field.name.to_owned(), schema);
    }
    let is_there = |it: &&&str| properties.contains_key(**it);
    let required: Vec<_> = limits::required(message.name).iter().filter(is_there).collect();
    let mut schema = json!({ "type": "object", "description": message.about });
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    schema["properties"] = properties.into();
    schema
}

fn field_schema(message: &Message, field: &Field) -> Value {
    let one = limits::schema(message.name, field);
    if field.repeated { json!({ "type": "array", "items": one }) } else { one }
}

fn refusal() -> Value {
    json!({
        "type": "object",
        "description": "Why a request came to nothing. Decide by the reason: it stands at the start \
                        of `message`, before the colon, and in the detail `pay.v1.Error`.",
        "required": ["code", "message"],
        "properties": {
            "code": { "type": "string", "description": "Connect's code: `invalid_argument`." },
            "message": { "type": "string", "description": "The reason, and a sentence about it." },
            "details": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["type", "value"],
                    "properties": {
                        "type": { "type": "string", "description": "A message's name." },
                        "value": { "type": "string", "description": "The message, in base64." },
                    },
                },
            },
        },
    })
}

fn reference(name: &str) -> String {
    format!("#/components/schemas/{}", limits::short(name))
}

//! The reference for people: one page, without a script, that a browser can keep and print.

use axum::response::{Html, IntoResponse};
use bytes::Bytes;
use http::{
    HeaderName,
    header::{
        CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY,
        X_CONTENT_TYPE_OPTIONS,
    },
};
use maud::{DOCTYPE, Markup, html};
use serde_json::Value;
use url::Url;

use super::{
    CACHE_BRIEFLY,
    examples::{self, Example},
    json_text,
    limits::{self, short},
    offered, refusals,
};
use crate::api::description::{Field, Kind, MESSAGES, Message, Method, SERVICES, Verb, message};

/// Our own style, and nothing from anywhere.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; \
    form-action 'none'; frame-ancestors 'none'";
const STYLE: &str = include_str!("page.css");

/// A toffee in its wrapper, so that browsers do not ask for `/favicon.ico`.
const FAVICON: &str = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' \
    viewBox='0 0 32 32'%3E%3Cpath d='M1 10l8 4v4l-8 4zM31 10l-8 4v4l8 4z' fill='%23d98b4a'/%3E\
    %3Crect x='7' y='8' width='18' height='16' rx='5' fill='%23a6470a'/%3E%3C/svg%3E";

/// What the answers of this page say to the browser.
const HEADERS: [(HeaderName, &str); 4] = [
    (CACHE_CONTROL, CACHE_BRIEFLY),
    (CONTENT_SECURITY_POLICY, POLICY),
    (REFERRER_POLICY, "no-referrer"),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
];

pub(super) async fn style() -> impl IntoResponse {
    (HEADERS, [(CONTENT_TYPE, "text/css; charset=utf-8")], STYLE)
}

/// The page as it was drawn at the start.
pub(super) fn answer(page: Bytes) -> impl IntoResponse {
    (HEADERS, Html(page))
}

/// Draws the page for a service that is found at `base_url`.
pub(super) fn draw(base_url: &Url) -> Markup {
    let base = base_url.as_str().trim_end_matches('/');
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { "ToffeePay API" }
                link rel="icon" href=(FAVICON);
                link rel="stylesheet" href="/docs/page.css";
            }
            body {
                a class="skip" href="#content" { "Skip to the content" }
                (contents())
                main id="content" {
                    (introduction(base))
                    @for (_, method) in offered() { (operation(method, base)) }
                    h2 id="objects" { "Objects" }
                    @for message in objects() { (object(message)) }
                    (errors())
                }
            }
        }
    }
}

fn contents() -> Markup {
    let services = SERVICES.iter().filter(|it| offered().any(|(own, _)| own.name == it.name));
    html! {
        nav aria-label="Contents" {
            p class="brand" { "ToffeePay " span { "API" } }
            ul { li { a href="#content" { "Calling" } } }
            @for service in services {
                p class="group" { (short(service.name)) }
                ul {
                    @for method in service.methods {
                        li { a href={ "#" (method.name) } { (method.name) } }
                    }
                }
            }
            p class="group" { "Reference" }
            ul {
                li { a href="#objects" { "Objects" } }
                li { a href="#errors" { "Errors" } }
                li { a href="/openapi.json" { "openapi.json" } }
            }
        }
    }
}

fn introduction(base: &str) -> Markup {
    html! {
        h1 { "The API over plain HTTP" }
        p class="lead" {
            "A game server begins a session, sends the player to its URL, and is told by webhook \
             what became of it. Every route below is also a method of Connect, gRPC and gRPC-Web, \
             with the same answers, refusals and repeats."
        }
        dl class="facts" {
            dt { "Address" } dd { code { (base) } }
            dt { "Key" }
            dd { (rich("`Authorization: Bearer tp_test_…`, on servers only. A key is of one game and one world.")) }
            dt { "Amounts" }
            dd { "Whole numbers in the currency's minor unit: 499 is USD 4.99, but JPY 499." }
            dt { "Fields" }
            dd { (rich("`snake_case`; requests may use `lowerCamelCase` too. Unknown ones are ignored, zero values are left out of answers.")) }
            dt { "Repeats" }
            dd { (rich("With an `Idempotency-Key`, whatever changes something is safe to repeat for 24 hours: a repeat gets the first answer and `Idempotent-Replayed: true`.")) }
            dt { "Lists" }
            dd { (rich("Newest first, but endpoints in the order in which they were added. Where they come in pages, `X-Has-More` says whether there are more after these, and `X-Total-Count`, where it is counted, how many there are.")) }
        }
    }
}

fn operation(method: &Method, base: &str) -> Markup {
    let example = examples::of(method.name);
    html! {
        section id=(method.name) {
            h2 { (method.name) }
            p class="route" { (verb(method)) code { (method.path) } }
            @for paragraph in method.about.split("\n\n") { p { (rich(paragraph)) } }
            div class="columns" {
                div { (parameters(method)) (answers(method)) }
                @if let Some(example) = &example {
                    div class="example" {
                        h3 { "Request" }
                        pre tabindex="0" { code { (curl(method, example, base)) } }
                        h3 { "Answer" }
                        pre tabindex="0" { code { (answer_text(method, &example.answer)) } }
                    }
                }
            }
        }
    }
}

fn verb(method: &Method) -> Markup {
    match method.verb {
        Verb::Get => html! { span class="verb get" { "GET" } " " },
        Verb::Post => html! { span class="verb post" { "POST" } " " },
    }
}

fn parameters(method: &Method) -> Markup {
    let Some(request) = message(method.request) else { return html! {} };
    let mut rows = vec![];
    for field in request.fields {
        let is_in_path = method.variables().any(|it| it == field.name);
        let place = match (is_in_path, method.has_body) {
            (true, _) => "path",
            (false, true) => "body",
            (false, false) => "query",
        };
        let needed = is_in_path || limits::required(request.name).contains(&field.name);
        rows.push((field.name.to_owned(), field, place, needed));
        if let Kind::Message(name) = field.kind
            && let Some(inner) = message(name)
        {
            let needed = |it: &Field| limits::required(inner.name).contains(&it.name);
            let nested =
                |it: &'static Field| (format!("{}.{}", field.name, it.name), it, place, needed(it));
            rows.extend(inner.fields.iter().map(nested));
        }
    }
    html! {
        @if !rows.is_empty() {
            h3 { "Fields" }
            dl class="fields" {
                @for (name, field, place, needed) in rows {
                    (described(&name, field, Some(place), needed))
                }
            }
        }
    }
}

fn described(name: &str, field: &Field, place: Option<&str>, needed: bool) -> Markup {
    html! {
        dt {
            code { (name) } " " span class="kind" { (kind(field)) }
            @if let Some(place) = place { " " span class="place" { (place) } }
            @if needed { " " span class="needed" { "required" } }
        }
        dd { (rich(field.about)) }
    }
}

fn kind(field: &Field) -> Markup {
    let one = match field.kind {
        Kind::Text => html! { "string" },
        Kind::Int32 => html! { "int32" },
        Kind::Bool => html! { "bool" },
        Kind::Moment => html! { "time" },
        Kind::Message(name) => html! { a href={ "#object-" (short(name)) } { (short(name)) } },
    };
    if field.repeated {
        html! { "list of " (one) }
    } else {
        one
    }
}

fn answers(method: &Method) -> Markup {
    let response = message(method.response);
    let part = response.and_then(|it| it.field(method.response_body));
    html! {
        h3 { "Answers" }
        dl class="answers" {
            dt { "200" }
            dd {
                @match (part, response) {
                    (Some(field), _) => { "The " (kind(field)) "." }
                    (None, Some(it)) if it.fields.is_empty() => { code { "{}" } }
                    (None, Some(it)) => {
                        a href={ "#object-" (short(it.name)) } { (short(it.name)) } "."
                    }
                    (None, None) => {}
                }
            }
            dt { @for (status, ..) in refusals::of(method) { (status) " " } }
            dd { a href="#errors" { "Errors" } "." }
        }
    }
}

/// Every message that answers are made of.
fn objects() -> impl Iterator<Item = &'static Message> {
    let mut wanted: Vec<&str> = vec![];
    let mut add: Vec<&str> = offered().map(|(_, method)| method.response).collect();
    while let Some(name) = add.pop() {
        if !wanted.contains(&name) {
            wanted.push(name);
            let fields = message(name).into_iter().flat_map(|it| it.fields);
            add.extend(fields.filter_map(|it| match it.kind {
                Kind::Message(inner) => Some(inner),
                _ => None,
            }));
        }
    }
    let is_object =
        |it: &&Message| !it.name.ends_with("Response") || it.name.ends_with("StatusResponse");
    MESSAGES.iter().filter(move |it| wanted.contains(&it.name)).filter(is_object)
}

fn object(message: &Message) -> Markup {
    html! {
        section id={ "object-" (short(message.name)) } class="object" {
            h3 { (short(message.name)) }
            p { (rich(message.about)) }
            dl class="fields" {
                @for field in message.fields { (described(field.name, field, None, false)) }
            }
        }
    }
}

fn errors() -> Markup {
    html! {
        section id="errors" {
            h2 { "Errors" }
            p {
                (rich("A refusal is `{\"code\", \"message\", \"details\"}`. Decide by the reason, which stands at the start of `message` before the colon, and in the detail `pay.v1.Error`. `google.rpc.BadRequest` names every field that breaks a rule."))
            }
            dl class="answers" {
                @for (status, _, about) in refusals::ALL { dt { (status) } dd { (rich(about)) } }
            }
        }
    }
}

/// The request as it can be pasted into a terminal.
fn curl(method: &Method, example: &Example, base: &str) -> String {
    let fill =
        |path: String, (name, value): (&str, &&str)| path.replace(&format!("{{{name}}}"), value);
    let path = method.variables().zip(example.path).fold(method.path.to_owned(), fill);
    let query: Vec<String> =
        example.query.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let query = if query.is_empty() { String::new() } else { format!("?{}", query.join("&")) };
    let mut lines = vec![
        format!("curl '{base}{path}{query}'"),
        "  -H 'Authorization: Bearer <your_api_key>'".to_owned(),
    ];
    if let Some(body) = &example.body {
        lines.push("  -H 'Content-Type: application/json'".to_owned());
        lines.push(format!("  -d '{}'", json_text::pretty(body, message(method.request))));
    }
    lines.join(" \\\n")
}

fn answer_text(method: &Method, answer: &Value) -> String {
    let response = message(method.response);
    let part = response.and_then(|it| it.field(method.response_body)).map(|it| it.kind);
    match part {
        Some(Kind::Message(name)) => json_text::pretty(answer, message(name)),
        _ => json_text::pretty(answer, response),
    }
}

/// A description's text, with what stands in backticks as code.
fn rich(text: &str) -> Markup {
    html! {
        @for (number, part) in text.split('`').enumerate() {
            @if number % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}

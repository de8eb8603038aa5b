//! A session's events in the order of the log: when, what, by whom, and the data.

use maud::{Markup, html};
use serde::Serialize;
use serde_json::{Map, Value};

use super::words::{Actor, Known, actor, happened};
use crate::{
    dashboard::views::{copyable, moment_ms, shown_money, shown_reason, untrusted},
    domain::{money::Money, private::MARK, session::SessionEvent},
    event_store::LoadedEvent,
};

/// Fields that are between us and the provider: a token to charge a card with, and its own words,
/// which may name a person.
const KEPT_BACK: [&str; 2] = ["instrument", "provider_text"];

/// All events, the first one first.
pub(super) fn events(events: &[LoadedEvent<SessionEvent>], known: Known<'_>) -> Markup {
    html! {
        section aria-labelledby="events" {
            h2 #events { "What happened" }
            ol class="story" { @for it in events { (event(it, known)) } }
        }
    }
}

fn event(it: &LoadedEvent<SessionEvent>, known: Known<'_>) -> Markup {
    let Actor { who, name } = actor(&it.envelope.actor, known);
    html! {
        // Other sections of the page lead to it.
        li id=(it.envelope.event_id) {
            p class="what" { (happened(&it.event)) }
            p class="who" {
                (moment_ms(it.envelope.occurred_at)) " · " (who)
                @if let Some(name) = name { " " (untrusted(&name)) }
            }
            @if let Some(reason) = &it.reason { p class="why" { "Why: " (shown_reason(reason)) } }
            details {
                summary { "Data of " code { (it.event.name()) } }
                dl class="data" {
                    (event_data(&it.event))
                    div { dt { code { "event_id" } } dd { (copyable(it.envelope.event_id.as_str())) } }
                    div { dt { code { "request_id" } } dd { code { (untrusted(&it.envelope.correlation)) } } }
                }
            }
        }
    }
}

/// The data of an event, for a list of facts: all but what is between us and the provider.
pub(in crate::dashboard) fn event_data<E: Serialize>(event: &E) -> Markup {
    html! {
        @for (name, value) in fields(event) {
            div { dt { code { (name) } } dd { (field(&name, &value)) } }
        }
    }
}

/// The event's own fields.
fn fields<E: Serialize>(event: &E) -> Map<String, Value> {
    match serde_json::to_value(event) {
        Ok(Value::Object(outer)) => match outer.into_iter().next() {
            Some((_, Value::Object(fields))) => fields,
            _ => Map::new(),
        },
        _ => Map::new(),
    }
}

/// A field of an event. Only what is private can be null there: it was erased.
fn field(name: &str, it: &Value) -> Markup {
    html! {
        @if it.is_null() { span class="erased" { "erased" } }
        @else if KEPT_BACK.contains(&name) { span class="hint" { "not shown" } }
        @else { (value(it)) }
    }
}

fn value(it: &Value) -> Markup {
    html! {
        @match it {
            Value::Null => "none",
            Value::Bool(it) => (if *it { "yes" } else { "no" }),
            Value::Number(it) => (it),
            Value::String(it) => (untrusted(it)),
            Value::Array(items) => ul { @for it in items { li { (value(it)) } } },
            Value::Object(object) => (object_value(object, it)),
        }
    }
}

fn object_value(object: &Map<String, Value>, whole: &Value) -> Markup {
    if let Some(known) = object.get(MARK).filter(|_| object.len() == 1) {
        return value(known);
    }
    if let Ok(money) = serde_json::from_value::<Money>(whole.clone()) {
        return shown_money(money);
    }
    html! {
        dl class="data" {
            @for (name, it) in object { div { dt { code { (name) } } dd { (value(it)) } } }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn money_is_shown_exactly_and_what_was_erased_is_said_to_be() {
        let price = json!({ "minor_units": 499, "currency": "USD", "exponent": 2 });
        assert!(field("price", &price).into_string().contains("$4.99"));
        assert!(field("user_id", &Value::Null).into_string().contains("erased"));
        assert!(field("reason", &json!({ "private": null })).into_string().contains("none"));
    }

    #[test]
    fn a_text_of_others_is_escaped_and_isolated() {
        let shown = field("user_id", &json!({ "private": "<script>\u{202e}" })).into_string();
        assert_eq!(shown, "<bdi>&lt;script&gt;\u{202e}</bdi>");
    }

    #[test]
    fn a_provider_s_token_and_words_are_kept_back_and_yet_said_to_be_erased() {
        for name in KEPT_BACK {
            let shown = field(name, &json!({ "private": "tok_secret" })).into_string();
            assert!(!shown.contains("tok_secret") && shown.contains("not shown"), "{shown}");
            assert!(field(name, &Value::Null).into_string().contains("erased"));
        }
    }
}

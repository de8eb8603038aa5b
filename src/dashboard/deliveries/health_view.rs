//! How an endpoint does, at the top of its pages.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::{
    chart::chart,
    deliveries_path,
    endpoint::{Known, PausedBy},
    recoveries_path,
};
use crate::{
    dashboard::{
        sessions::actor_words,
        views::{Badge, Tone, badge, counted, moment, share, shown_reason, untrusted},
    },
    domain::game::DisabledBy,
    webhooks::{COUNTED_MAX, Counted, HEALTH_DAY, HEALTH_DAYS, Hour},
};

/// Where one is, with where the endpoint is, and whether anything is sent there.
pub(super) fn heading(known: &Known<'_>, title: &str) -> Markup {
    let id = known.endpoint.endpoint_id.as_str();
    let settings = &known.endpoint.endpoint;
    let links = [
        ("Deliveries", deliveries_path(known.place, id)),
        ("Recoveries", recoveries_path(known.place, id)),
    ];
    let of_endpoint = known.place.path(&format!("endpoints/{id}"));
    html! {
        nav class="crumbs" aria-label="Breadcrumb" { a href=(of_endpoint) { "Endpoint" } }
        div class="title" {
            h1 { (title) }
            p class="badges" { (badge(state(known))) }
        }
        p class="endpoint" {
            @if let Some(name) = &settings.description { strong { (untrusted(name.as_str())) } " " }
            code { (untrusted(settings.url.as_str())) }
        }
        nav class="tabs" aria-label="Endpoint" {
            @for (name, path) in links {
                a href=(path) aria-current=[(name == title).then_some("page")] { (name) }
            }
        }
        (standing(known))
    }
}

fn state(known: &Known<'_>) -> Badge {
    if known.endpoint.disabled.is_some() {
        return Badge { tone: Tone::Quiet, word: "Paused" };
    }
    match known.health.failing {
        Some(it) if it.rests_until.is_some() => Badge { tone: Tone::Alert, word: "Resting" },
        Some(it) if 0 < it.failures => Badge { tone: Tone::Alert, word: "Failing" },
        _ => Badge { tone: Tone::Good, word: "Delivering" },
    }
}

/// What the badge leaves open, and what follows from it.
fn standing(known: &Known<'_>) -> Markup {
    if let Some(disabled) = known.endpoint.disabled {
        return html! {
            p class="advice" {
                @match disabled.by {
                    DisabledBy::Person => {
                        "Paused by "
                        @match known.paused.as_ref().map(|it| &it.by) {
                            Some(PausedBy::Person(Some(name))) => (untrusted(name)),
                            Some(PausedBy::Person(None)) => "somebody whose data was erased",
                            Some(PausedBy::Actor(text)) => (actor_words(known.place, text, &BTreeMap::new())),
                            None => "somebody",
                        }
                    }
                    DisabledBy::Gone => "Paused because the receiver answered 410 Gone",
                    DisabledBy::Failing => "Paused because nothing was delivered for 4 days",
                }
                " on " (moment(disabled.at)) ". What happens meanwhile waits, and is sent once the endpoint is \
                 enabled; what is 30 days old is dropped."
                @if let Some(why) = known.paused.as_ref().and_then(|it| it.why.as_ref()) {
                    " Why: " (shown_reason(why))
                }
            }
        };
    }
    let Some(failing) = known.health.failing else { return html! {} };
    html! {
        p class="advice" {
            (counted(failing.failures.into(), "attempt has", "attempts have")) " failed in a row"
            @if let Some(since) = failing.since { ", since " (moment(since)) }
            ". "
            @match failing.rests_until {
                Some(until) => {
                    "The endpoint is left alone until " (moment(until)) "; then one message probes it. To have one \
                     sent sooner, open it and send it again."
                }
                None => { "Each message that was not taken is sent again, ever more slowly, for more than 3 days." }
            }
        }
    }
}

/// The numbers, and the bars.
pub(super) fn health(known: &Known<'_>) -> Markup {
    let (hours, now) = (&known.health.hours, known.as_of);
    let week = Hour::sum(hours);
    let day = Hour::sum(hours.iter().filter(|it| now - HEALTH_DAY < it.hour));
    let list = deliveries_path(known.place, known.endpoint.endpoint_id.as_str());
    let (waiting, given_up) = (known.health.waiting, known.health.given_up);
    html! {
        section class="health" aria-labelledby="health" {
            h2 #health class="visually-hidden" { "How the endpoint does" }
            dl class="tiles" {
                (tile("Taken at the first attempt", &html! { (taken(&day)) }, &html! {
                    "last 24 hours, " (of(&day)) br; (taken(&week)) " in " (HEALTH_DAYS) " days, " (of(&week))
                }))
                (tile("Time to answer", &html! { (within(&day, 50)) }, &html! {
                    "half of them, last 24 hours" br; "95 of 100: " (within(&day, 95))
                }))
                (tile("Waiting", &number(waiting), &html! {
                    @match waiting.oldest {
                        Some(at) => {
                            "oldest" @if waiting.is_more { " of those counted" } ": " (moment(at)) br;
                            a href={ (list) "?status=waiting" } { "Show them" }
                        }
                        None => "nothing is late",
                    }
                }))
                (tile("Given up", &number(given_up), &html! {
                    @if given_up.count == 0 { "in the last 30 days" } @else {
                        "after 13 attempts" br; a href={ (list) "?status=failed" } { "Show them" }
                    }
                }))
            }
            (chart(hours, now))
            p class="note" {
                "Attempts are counted by the hour when they are made, and a message that is sent again begins with \
                 a first attempt anew. Times to answer are told by the limits that held: 10, 25, 50, 100, 250, 500 ms, \
                 1, 2.5, 5 and 10 s. What waits and what was given up is counted up to "
                (counted(COUNTED_MAX, "message", "messages")) "."
            }
        }
    }
}

fn tile(name: &str, value: &Markup, hint: &Markup) -> Markup {
    html! {
        div { dt { (name) } dd { span class="value" { (value) } span class="hint" { (hint) } } }
    }
}

fn number(it: Counted) -> Markup {
    let digits = counted(it.count, "", "");
    html! { @if it.is_more { "over " } (digits.trim_end()) }
}

fn of(sum: &Hour) -> String {
    format!("{} of {}", sum.first_delivered, sum.first_attempts)
}

fn taken(sum: &Hour) -> String {
    let (taken, all) = (sum.first_delivered.into(), sum.first_attempts.into());
    share(taken, all).unwrap_or_else(|| "no attempt".to_owned())
}

fn within(sum: &Hour, percent: i64) -> String {
    match sum.within_ms(percent) {
        Some(ms) if ms < 1_000 => format!("within {ms} ms"),
        Some(2_500) => "within 2.5 s".to_owned(),
        Some(ms) => format!("within {} s", ms / 1_000),
        None => "no answer".to_owned(),
    }
}

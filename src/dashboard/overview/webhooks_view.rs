//! Draws how well webhooks arrive, endpoint by endpoint.

use maud::{Markup, html};

use super::{
    beside::{number, share},
    choice::Hours,
    view::tile,
};
use crate::{
    dashboard::views::{Badge, Column, Tone, badge, day_text, empty, table, untrusted},
    domain::Timestamp,
    webhooks::{EndpointHealth, FIRST_ATTEMPTS_MAX, MESSAGES_COUNTED_MAX},
};

const COLUMNS: [Column; 5] = [
    Column::plain("Endpoint"),
    Column::text("State"),
    Column::number("At first attempt"),
    Column::number("Waiting"),
    Column::number("Given up"),
];

/// Draws it.
pub(super) fn webhooks_section(endpoints: &[EndpointHealth], hours: &Hours) -> Markup {
    html! {
        section aria-labelledby="webhooks" {
            h2 #webhooks { "Webhooks" }
            @if endpoints.is_empty() {
                (empty("No endpoint", &html! {
                    p { "Webhooks tell the game’s server of payments as they happen. Developers add an endpoint for them." }
                }))
            } @else { (of_endpoints(endpoints, hours)) }
        }
    }
}

fn of_endpoints(endpoints: &[EndpointHealth], hours: &Hours) -> Markup {
    let now = hours.now;
    let sum = |of: &dyn Fn(&EndpointHealth) -> i64| -> i128 {
        endpoints.iter().map(|it| i128::from(of(it))).sum()
    };
    let (tried, taken) = (sum(&|it| it.tried), sum(&|it| it.taken_at_first));
    let resting = endpoints.iter().filter(|it| it.is_resting(now)).count();
    let disabled = endpoints.iter().filter(|it| !it.is_enabled).count();
    let state = |it: &EndpointHealth| html! { (badge(state(it, now))) @if it.is_resting(now) { (until(it)) } };
    let rows = endpoints.iter().map(|it| {
        vec![
            html! { (untrusted(it.endpoint.url.as_str())) @if let Some(called) = &it.endpoint.description { " " span class="hint" { (untrusted(&called.to_string())) } } },
            state(it),
            first_attempts(it.taken_at_first.into(), it.tried.into()),
            html! { (at_most(it.waiting)) },
            html! { (at_most(it.dead)) },
        ]
    });
    html! {
        dl class="tiles" {
            (tile("Taken at first attempt", &share(taken, tried).unwrap_or_else(|| "–".to_owned()), &html! {
                (number(taken)) " of the newest " (number(tried)) " messages " (hours.choice.this())
            }))
            (tile("Waiting", &all_of(endpoints, &|it| it.waiting), &html! { "to be sent, or sent again" }))
            (tile("Given up", &all_of(endpoints, &|it| it.dead), &html! { "of all times; can be handed in again" }))
            (tile("Resting endpoints", &resting.to_string(), &html! {
                "of " (endpoints.len()) @if 0 < disabled { "; " (disabled) " disabled" }
            }))
        }
        (table("Endpoints and how well webhooks arrive there", &COLUMNS, rows))
        p class="hint" {
            "As of " (day_text(now)) ". First attempts are those of the newest " (FIRST_ATTEMPTS_MAX)
            " messages to each endpoint, of events " (hours.choice.this()) "."
        }
    }
}

fn state(it: &EndpointHealth, now: Timestamp) -> Badge {
    match (it.is_enabled, it.is_resting(now)) {
        (false, _) => Badge { tone: Tone::Quiet, word: "Disabled" },
        (true, true) => Badge { tone: Tone::Alert, word: "Resting" },
        (true, false) => Badge { tone: Tone::Good, word: "Enabled" },
    }
}

fn until(it: &EndpointHealth) -> Markup {
    html! {
        @if let Some(until) = it.open_until { p class="hint why" { "until " (until.format("%H:%M:%S UTC").to_string()) } }
    }
}

fn first_attempts(taken: i128, tried: i128) -> Markup {
    html! {
        @match share(taken, tried) {
            Some(share) => { (share) " " span class="hint" { "(" (number(taken)) " of " (number(tried)) ")" } }
            None => { span class="none" { "none sent" } }
        }
    }
}

/// A count that stops at a number, and says so.
fn at_most(count: i64) -> String {
    if MESSAGES_COUNTED_MAX < count {
        return format!("over {}", number(MESSAGES_COUNTED_MAX.into()));
    }
    number(count.into())
}

/// All together; of what was not counted to its end, that there are more.
fn all_of(endpoints: &[EndpointHealth], of: &dyn Fn(&EndpointHealth) -> i64) -> String {
    let is_more = endpoints.iter().any(|it| MESSAGES_COUNTED_MAX < of(it));
    let sum: i128 = endpoints.iter().map(|it| i128::from(of(it).min(MESSAGES_COUNTED_MAX))).sum();
    if is_more { format!("over {}", number(sum)) } else { number(sum) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_is_exact_up_to_its_limit_and_says_when_it_is_more() {
        let told = [0, 1_000, 1_001].map(at_most);
        assert_eq!(told, ["0", "1,000", "over 1,000"]);
    }
}

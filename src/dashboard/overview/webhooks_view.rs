//! Draws how well webhooks arrive, endpoint by endpoint.

use maud::{Markup, html};

use super::{beside::number, view::tile};
use crate::{
    dashboard::views::{Badge, Column, Tone, badge, empty, moment, share, table, untrusted},
    domain::Timestamp,
    webhooks::{EndpointHealth, HEALTH_DAYS, MESSAGES_COUNTED_MAX},
};

const COLUMNS: [Column; 6] = [
    Column::plain("Endpoint"),
    Column::text("State"),
    Column::number("At first, 24 hours"),
    Column::number("At first, 7 days"),
    Column::number("Waiting"),
    Column::number("Given up"),
];

/// Draws it: as it is `now`, whatever the span.
pub(super) fn webhooks_section(endpoints: &[EndpointHealth], now: Timestamp) -> Markup {
    html! {
        section aria-labelledby="webhooks" {
            h2 #webhooks { "Webhooks" }
            @if endpoints.is_empty() {
                (empty("No endpoint", &html! {
                    p { "Webhooks tell the game’s server of payments as they happen. Developers add an endpoint for them." }
                }))
            } @else { (of_endpoints(endpoints, now)) }
        }
    }
}

fn of_endpoints(endpoints: &[EndpointHealth], now: Timestamp) -> Markup {
    let sum = |of: &dyn Fn(&EndpointHealth) -> i64| -> i128 {
        endpoints.iter().map(|it| i128::from(of(it))).sum()
    };
    let day = (sum(&|it| it.day_first_delivered), sum(&|it| it.day_first_attempts));
    let week = (sum(&|it| it.week_first_delivered), sum(&|it| it.week_first_attempts));
    let resting = endpoints.iter().filter(|it| it.is_resting(now)).count();
    let disabled = endpoints.iter().filter(|it| !it.is_enabled).count();
    let state = |it: &EndpointHealth| html! { (badge(state(it, now))) @if it.is_resting(now) { (until(it)) } };
    let rows = endpoints.iter().map(|it| {
        vec![
            html! { (untrusted(it.endpoint.url.as_str())) @if let Some(called) = &it.endpoint.description { " " span class="hint" { (untrusted(&called.to_string())) } } },
            state(it),
            first_attempts(it.day_first_delivered.into(), it.day_first_attempts.into()),
            first_attempts(it.week_first_delivered.into(), it.week_first_attempts.into()),
            html! { (at_most(it.waiting)) },
            html! { (at_most(it.dead)) },
        ]
    });
    html! {
        dl class="tiles joined" {
            (tile("Taken at the first attempt", &taken(day), &html! {
                "last 24 hours, " (number(day.0)) " of " (number(day.1)) br;
                (taken(week)) " in " (HEALTH_DAYS) " days, " (number(week.0)) " of " (number(week.1))
            }))
            (tile("Waiting", &all_of(endpoints, &|it| it.waiting), &html! { "to be sent, or sent again" }))
            (tile("Given up", &all_of(endpoints, &|it| it.dead), &html! { "of all times; can be handed in again" }))
            (tile("Resting endpoints", &resting.to_string(), &html! {
                "of " (endpoints.len()) @if 0 < disabled { "; " (disabled) " disabled" }
            }))
        }
        (table("Endpoints and how well webhooks arrive there", &COLUMNS, rows))
        p class="hint" {
            "As of " (moment(now)) ", whatever the span. First attempts are counted by the hour, as on the endpoint’s own page."
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
            None => { span class="none" { "no attempt" } }
        }
    }
}

fn taken((taken, all): (i128, i128)) -> String {
    share(taken, all).unwrap_or_else(|| "no attempt".to_owned())
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

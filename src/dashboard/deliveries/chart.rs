//! Attempts by the hour as bars, drawn on the server: readable without colour, and as a table.

use chrono::{DurationRound, TimeDelta};
use maud::{Markup, html};

use crate::{
    dashboard::views::{Column, counted, table},
    domain::Timestamp,
    webhooks::Hour,
};

/// How many hours have a bar.
const BARS: i32 = 24;

/// In units of the drawing.
const STEP: i64 = 20;
const BAR_WIDTH: i64 = 14;
const HEIGHT: i64 = 80;
/// The lowest bar of something.
const HEIGHT_MIN: i64 = 3;

const COLUMNS: [Column; 4] = [
    Column::whole("Hour (UTC)"),
    Column::number("Attempts"),
    Column::number("Taken"),
    Column::number("Not taken"),
];

/// The bars of the last hours, the running one among them.
pub(super) fn chart(hours: &[Hour], now: Timestamp) -> Markup {
    let bars = last_hours(hours, now);
    let most = bars.iter().map(|it| it.attempts).max().unwrap_or_default();
    let sum = Hour::sum(&bars);
    let missed = sum.attempts - sum.delivered;
    html! {
        figure class="hours" {
            figcaption {
                "Attempts by the hour, last 24 hours"
                span class="legend" {
                    span { (swatch("taken")) "taken " (sum.delivered) }
                    span { (swatch("missed")) "not taken " (missed) }
                }
            }
            (drawing(&bars, most, &format!(
                "Attempts in each of the last 24 hours: {} taken, {missed} not taken. The table has the numbers.",
                sum.delivered,
            )))
            p class="axis" aria-hidden="true" {
                @if let Some(first) = bars.first() { span { (first.hour.format("%H:%M")) } }
                span { "highest " (counted(most, "attempt", "attempts")) }
                span { (now.format("%H:%M")) " UTC" }
            }
            details {
                summary { "The same as a table" }
                (table("Attempts by the hour, newest first", &COLUMNS, bars.iter().rev().map(row)))
            }
        }
    }
}

/// One for each hour, also where nothing happened.
fn last_hours(hours: &[Hour], now: Timestamp) -> Vec<Hour> {
    let current = now.duration_trunc(TimeDelta::hours(1)).unwrap_or(now);
    let begins = (0..BARS).rev().map(|ago| current - TimeDelta::hours(ago.into()));
    begins
        .map(|begin| {
            let known = hours.iter().find(|it| it.hour == begin).cloned();
            known.unwrap_or_else(|| Hour { hour: begin, ..Hour::default() })
        })
        .collect()
}

fn drawing(bars: &[Hour], most: i64, words: &str) -> Markup {
    let width = STEP * i64::from(BARS);
    html! {
        svg viewBox={ "0 0 " (width) " " (HEIGHT) } preserveAspectRatio="none" role="img" aria-label=(words) {
            defs {
                pattern id="missed" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)" {
                    rect class="missed-ground" width="5" height="5" {}
                    rect class="missed-line" width="2" height="5" {}
                }
            }
            @for (place, it) in (0_i64..).zip(bars) { (bar(place, it, most)) }
            rect class="base" x="0" y=(HEIGHT - 1) width=(width) height="1" {}
        }
    }
}

/// What was not taken stands on top, hatched.
fn bar(place: i64, it: &Hour, most: i64) -> Markup {
    let x = STEP * place + (STEP - BAR_WIDTH) / 2;
    let taken = height(it.delivered, most);
    let missed = height(it.attempts - it.delivered, most).min(HEIGHT - taken);
    html! {
        g {
            title { (it.hour.format("%H:%M")) " UTC: " (it.delivered) " taken, " (it.attempts - it.delivered) " not" }
            rect class="taken" x=(x) y=(HEIGHT - taken) width=(BAR_WIDTH) height=(taken) {}
            rect class="missed" fill="url(#missed)" x=(x) y=(HEIGHT - taken - missed) width=(BAR_WIDTH) height=(missed) {}
        }
    }
}

fn height(count: i64, most: i64) -> i64 {
    let height = (count * (HEIGHT - HEIGHT_MIN)).checked_div(most).unwrap_or_default();
    if count == 0 { 0 } else { height.max(HEIGHT_MIN) }
}

fn swatch(class: &str) -> Markup {
    html! {
        svg class="swatch" viewBox="0 0 10 10" aria-hidden="true" focusable="false" {
            rect class=(class) fill=[(class == "missed").then_some("url(#missed)")] width="10" height="10" {}
        }
    }
}

fn row(it: &Hour) -> Vec<Markup> {
    vec![
        html! { (it.hour.format("%-d %b, %H:%M")) },
        html! { (it.attempts) },
        html! { (it.delivered) },
        html! { (it.attempts - it.delivered) },
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_hour_has_a_bar_and_the_running_one_is_the_last() {
        let now: Timestamp = "2026-11-28T15:20:00Z".parse().unwrap();
        let hour =
            Hour { hour: "2026-11-28T15:00:00Z".parse().unwrap(), attempts: 3, ..Hour::default() };
        let bars = last_hours(&[hour], now);
        assert_eq!(bars.len(), 24);
        assert_eq!(
            bars.first().unwrap().hour,
            "2026-11-27T16:00:00Z".parse::<Timestamp>().unwrap()
        );
        assert_eq!(bars.last().unwrap().attempts, 3);
    }

    #[test]
    fn whatever_happened_can_be_seen_and_no_bar_is_higher_than_the_drawing() {
        assert_eq!((height(0, 1_000_000), height(1, 1_000_000)), (0, HEIGHT_MIN));
        assert!(height(999_999, 1_000_000) + height(1, 1_000_000) <= HEIGHT);
        assert_eq!(height(0, 0), 0);
    }
}

//! Draws the page: of which moment its numbers are, then the numbers, then what they are made of.

use chrono::TimeDelta;
use maud::{Markup, html};

use super::{
    beside::{Beside, Way, change, number, share},
    choice::{Choice, FIELD, Hours},
    meaning_view::meanings,
    steps_view::{methods_section, reasons_section, steps_section},
    summary::Summary,
    volume_view::volume_section,
    webhooks_view::webhooks_section,
};
use crate::{
    dashboard::{
        Place,
        views::{
            FieldProblem, Frame, Section, document, empty, moment, problem_list, sessions_path,
        },
    },
    domain::{Timestamp, studio::Permission, world::World},
    figures::{Counted, Progress},
    page_headers::Nonce,
    webhooks::EndpointHealth,
};

/// Counting that lies further behind than this is said to.
const BEHIND_MAX: TimeDelta = TimeDelta::minutes(1);

/// What the page shows.
pub(super) struct Overview {
    pub(super) place: Place,
    pub(super) hours: Hours,
    pub(super) progress: Progress,
    pub(super) summary: Summary,
    /// Whether anything was ever counted of the game's world.
    pub(super) has_past: bool,
    pub(super) endpoints: Vec<EndpointHealth>,
    pub(super) problems: Vec<FieldProblem>,
}

/// Draws it.
pub(super) fn overview_page(it: &Overview, nonce: &Nonce) -> Markup {
    let (place, now) = (&it.place, it.hours.now);
    let frame = Frame { place, section: Section::Overview, title: "Overview", as_of: Some(now) };
    let main = html! {
        div class="overview-head" {
            h1 { "Overview" }
            (choices(it))
        }
        (problem_list("This span is none of ours", &it.problems))
        (of_when(it))
        @if it.progress.counted != Counted::Nothing {
            @if it.has_past { (numbers(it)) } @else { (nothing_yet(place)) }
        }
        (webhooks_section(&it.endpoints, &it.hours))
        (meanings())
    };
    document(&frame, &main, nonce)
}

fn choices(it: &Overview) -> Markup {
    let path = Section::Overview.path(&it.place);
    html! {
        nav class="spans" id=(FIELD) aria-label="Span" {
            @for choice in Choice::ALL {
                @let is_here = choice == it.hours.choice;
                a href={ (path) "?" (FIELD) "=" (choice.word()) } aria-current=[is_here.then_some("true")] { (choice.name()) }
            }
        }
    }
}

/// Which hours, beside which, and how far they are counted: before any number.
fn of_when(it: &Overview) -> Markup {
    let hours = &it.hours;
    let (this, before) = hours.days_text();
    html! {
        div class="of-when" {
            p { strong { (this) } ", beside " (before) ". Days and hours are UTC." }
            p class="hint" {
                (counted_to(it.progress.counted, hours.now)) " "
                @if hours.is_first_hour() { "Spans are compared by whole hours; none of today is over yet." }
                @else { "Spans are compared by whole hours: both up to " (hours.split_text()) " UTC." }
            }
        }
        @match it.progress.counted {
            Counted::Nothing => {
                p class="notice" role="status" {
                    "Nothing is counted yet: no worker of this service follows the log, or what it has to read is gone. The numbers are not zero, they are unknown."
                }
            }
            Counted::Before(at) if at < hours.now - BEHIND_MAX => {
                p class="notice" role="status" {
                    "Counting lies behind. What happened after " (moment(at)) " is missing from these numbers until it is counted."
                }
            }
            Counted::Everything | Counted::Before(_) => {}
        }
        @if it.progress.has_parked {
            p class="notice" role="status" {
                "Some events of this game could not be counted, so these numbers are too small. Whoever runs ToffeePay finds them with "
                code { "toffeepay dead-letters list" } "."
            }
        }
    }
}

fn counted_to(counted: Counted, now: Timestamp) -> Markup {
    html! {
        @match counted {
            Counted::Everything => { "Counted up to " (moment(now)) ": all that is in the log." }
            Counted::Before(at) => { "Counted up to " (moment(at)) "." }
            Counted::Nothing => {}
        }
    }
}

fn nothing_yet(place: &Place) -> Markup {
    let advice = html! {
        p {
            "A session begins when the game’s server calls CreateSession with a key of the " (place.world)
            " world. Sessions, payments and refunds are counted here from the first one on."
        }
        @if place.world == World::Test {
            p { "Try it: create a session, open its URL and pay with the sandbox’s card " code { "4242 4242 4242 4242" } "." }
        }
    };
    empty("No sessions yet", &advice)
}

fn numbers(it: &Overview) -> Markup {
    let (summary, hours) = (&it.summary, &it.hours);
    html! {
        (tiles(summary, hours))
        @if summary.is_empty() { (quiet(it)) }
        @if !summary.volumes.is_empty() {
            div class=(volumes_class(summary.volumes.len())) {
                @for (index, volume) in summary.volumes.iter().enumerate() { (volume_section(volume, index, hours)) }
            }
        }
        @if !summary.is_empty() {
            div class="panels" {
                div class="stack" {
                    (steps_section(&summary.steps, hours))
                    @if it.place.may(Permission::SeeSessions) {
                        p { a href={ (sessions_path(&it.place)) "?from=" (hours.this.from.format("%Y-%m-%d")) } { "See the sessions created " (hours.choice.this()) } }
                    }
                }
                div class="stack" {
                    (reasons_section(summary, hours))
                    (methods_section(summary, hours))
                }
            }
        }
    }
}

/// Side by side where there is room, and no row with a hole in it if that can be.
fn volumes_class(count: usize) -> &'static str {
    match count {
        0 | 1 => "volumes",
        2 | 4 => "volumes two",
        _ => "volumes three",
    }
}

/// Nothing in both spans, though there was something once.
fn quiet(it: &Overview) -> Markup {
    let advice = html! {
        p { "No session was created, nothing was paid and nothing was given back, " (it.hours.choice.this()) " or " (it.hours.choice.before()) "." }
        @if it.hours.choice != Choice::FourWeeks {
            p { a href={ (Section::Overview.path(&it.place)) "?" (FIELD) "=" (Choice::FourWeeks.word()) } { "Look at 28 days" } }
        }
    };
    empty("A quiet time", &advice)
}

fn tiles(summary: &Summary, hours: &Hours) -> Markup {
    let steps = &summary.steps;
    let of_created = |paid, created| share(paid, created).unwrap_or_else(|| "–".to_owned());
    html! {
        dl class="tiles" {
            (tile("Payments", &number(summary.paid.all), &compared(summary.paid, hours, &number)))
            (tile("Sessions created", &number(steps.created.all), &compared(steps.created, hours, &number)))
            (tile("Conversion", &of_created(steps.paid.all, steps.created.all), &html! {
                (number(steps.paid.all)) " of " (number(steps.created.all)) " sessions paid"
                @if let Some(before) = share(steps.paid.before, steps.created.before) { "; " (before) " " (hours.choice.before()) }
            }))
            (tile("Declined attempts", &number(summary.declined.all), &compared(summary.declined, hours, &number)))
        }
    }
}

/// A number with its name and what it is beside.
pub(super) fn tile(name: &str, value: &str, beside: &Markup) -> Markup {
    html! {
        div { dt { (name) } dd { strong { (value) } span class="beside" { (beside) } } }
    }
}

/// A number beside the one of the span before: by whole hours, both told.
pub(super) fn compared(it: Beside, hours: &Hours, written: &dyn Fn(i128) -> String) -> Markup {
    if hours.is_first_hour() {
        return html! { "so far, in the first hour" };
    }
    if it.upto == 0 && it.before == 0 {
        return html! { "none by " (hours.split_text()) ", as " (hours.choice.before()) };
    }
    let (way, words) = change(it.upto, it.before);
    let arrow = match way {
        Way::Up => "▲ ",
        Way::Down => "▼ ",
        Way::Same => "",
    };
    html! {
        span class="way" { span aria-hidden="true" { (arrow) } (words) }
        " · " (written(it.upto)) " by " (hours.split_text()) ", " (written(it.before)) " " (hours.choice.before())
    }
}

//! Draws the page: of which moment its numbers are, then the numbers, then what they are made of.

use chrono::NaiveDate;
use maud::{Markup, html};

use super::{
    beside::{Beside, Way, change, number},
    choice::{Choice, FIELD},
    hours::{Compared, Hours, last_day},
    meaning_view::meanings,
    spans_view::{choices, months},
    steps_view::{methods_section, reasons_section, steps_section},
    summary::Summary,
    totals_view::totals_section,
    volume_view::volume_section,
    webhooks_view::webhooks_section,
};
use crate::{
    dashboard::{
        Place,
        views::{
            FieldProblem, Frame, Section, document, empty, moment, problem_list, sessions_path,
            share,
        },
    },
    domain::{Timestamp, studio::Permission, world::World},
    event_store::subscription::Followed,
    figures::{Progress, Span},
    page_headers::Nonce,
    webhooks::EndpointHealth,
};

/// What the page shows.
pub(super) struct Overview {
    pub(super) place: Place,
    pub(super) hours: Hours,
    pub(super) progress: Progress,
    pub(super) summary: Summary,
    /// The first of which anything was counted of the game's world.
    pub(super) first_day: Option<NaiveDate>,
    /// How its endpoints do now, where that is shown.
    pub(super) endpoints: Option<Vec<EndpointHealth>>,
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
        @if it.progress.counted != Followed::Nothing {
            @if it.first_day.is_some() { (numbers(it)) } @else { (nothing_yet(place)) }
        }
        @if let Some(endpoints) = &it.endpoints { (webhooks_section(endpoints, now)) }
        (meanings())
    };
    document(&frame, &main, nonce)
}

/// Which hours, beside which, and how far they are counted: before any number.
fn of_when(it: &Overview) -> Markup {
    let hours = &it.hours;
    let (this, before) = hours.days_text();
    html! {
        div class="of-when" {
            div {
                p { strong { (this) } ", beside " (before) ". Days and hours are UTC." }
                p class="hint" { (counted_to(it.progress.counted, hours.now)) " " (compared_to(hours)) }
            }
            (months(it))
        }
        @if it.progress.counted == Followed::Nothing {
            p class="notice" role="status" {
                "Nothing is counted yet: no worker of this service follows the log, or what it has to read is gone. The numbers are not zero, they are unknown."
            }
        }
        @if let Some(at) = it.progress.counted.lies_behind(hours.now) {
            p class="notice" role="status" {
                "Counting lies behind. What happened after " (moment(at)) " is missing from these numbers until it is counted."
            }
        }
        @if it.progress.has_parked {
            p class="notice" role="status" {
                "Some events of this game could not be counted, so these numbers are too small. Whoever runs ToffeePay finds them with "
                code { "toffeepay dead-letters list" } "."
            }
        }
    }
}

fn counted_to(counted: Followed, now: Timestamp) -> Markup {
    html! {
        @match counted {
            Followed::Everything => { "Counted up to " (moment(now)) ": all that is in the log." }
            Followed::Before(at) => { "Counted up to " (moment(at)) "." }
            Followed::Nothing => {}
        }
    }
}

/// What of both spans is compared.
fn compared_to(hours: &Hours) -> String {
    let (this, before) = (&hours.this, &hours.before);
    let split = hours.up_to_text(this.split);
    match (hours.compared(), hours.choice.month()) {
        (Compared::Not, None) => {
            "Spans are compared by whole hours; none of today is over yet.".to_owned()
        }
        (Compared::Not, Some(_)) => {
            "Spans are compared by whole hours; none of this month is over yet.".to_owned()
        }
        (Compared::UpTo(_), None) => {
            format!("Spans are compared by whole hours: both up to {split} UTC.")
        }
        (Compared::UpTo(_), Some(month)) if before.until <= before.split => format!(
            "Up to {split} UTC it is compared with all of {}, which is shorter.",
            month.before().name()
        ),
        (Compared::UpTo(_), Some(_)) => format!(
            "Months are compared by whole hours: up to {split} UTC, and to {} UTC of the month before.",
            hours.up_to_text(before.split)
        ),
        (Compared::Whole, _) => {
            let days = |span: &Span| (span.until - span.from).num_days();
            format!("Both months are over: all {} days, beside all {}.", days(this), days(before))
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
        @if hours.choice.month().is_some() && !summary.volumes.is_empty() { (totals_section(it)) }
        (tiles(summary, hours))
        @if summary.is_empty() { (quiet(it)) }
        @if !summary.volumes.is_empty() {
            div class=(volumes_class(summary.volumes.len())) {
                @for (index, volume) in summary.volumes.iter().enumerate() { (volume_section(volume, index, hours)) }
            }
        }
        @if !summary.is_empty() {
            div class="panels" {
                div class="pile" {
                    (steps_section(&summary.steps, hours))
                    @if it.place.may(Permission::SeeSessions) {
                        p { a href={ (sessions_path(&it.place)) "?from=" (hours.this.from.format("%Y-%m-%d")) @if !hours.is_running() { "&to=" (last_day(&hours.this).format("%Y-%m-%d")) } } { "See the sessions created " (hours.choice.this()) } }
                    }
                }
                div class="pile" {
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
        @if matches!(it.hours.choice, Choice::Today | Choice::Week) {
            p { a href={ (Section::Overview.path(&it.place)) "?" (FIELD) "=" (Choice::FourWeeks.word()) } { "Look at 28 days" } }
        }
    };
    empty("A quiet time", &advice)
}

fn tiles(summary: &Summary, hours: &Hours) -> Markup {
    let steps = &summary.steps;
    let of_created = |paid, created| share(paid, created).unwrap_or_else(|| "–".to_owned());
    html! {
        dl class="tiles joined" {
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
    let by = match hours.compared() {
        Compared::Not => return html! { "so far, in the first hour" },
        Compared::UpTo(at) => Some(hours.up_to_text(at)),
        Compared::Whole => None,
    };
    let before = hours.choice.before();
    if it.upto == 0 && it.before == 0 {
        return html! { "none" @if let Some(by) = by { " by " (by) } ", as " (before) };
    }
    let (way, words) = change(it.upto, it.before);
    let arrow = match way {
        Way::Up => "▲ ",
        Way::Down => "▼ ",
        Way::Same => "",
    };
    html! {
        span class="way" { span aria-hidden="true" { (arrow) } (words) } " · "
        @if let Some(by) = by { (written(it.upto)) " by " (by) ", " }
        (written(it.before)) " " (before)
    }
}

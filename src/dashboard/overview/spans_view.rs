//! Draws the ways to other spans, and to the money of this one as a file.

use maud::{Markup, html};

use super::{
    choice::{Choice, FIELD},
    month::Month,
    view::Overview,
};
use crate::{dashboard::views::Section, event_store::subscription::Followed};

/// The spans that one may choose from.
pub(super) fn choices(it: &Overview) -> Markup {
    html! {
        nav class="spans" id=(FIELD) aria-label="Span" {
            @for (choice, word, name) in Choice::offered(it.hours.now) {
                a href=(path(it, &word)) aria-current=[(choice == it.hours.choice).then_some("true")] { (name) }
            }
        }
    }
}

/// The months before and after the one that is shown, as far as there is anything in them, and the file.
pub(super) fn months(it: &Overview) -> Markup {
    let month = it.hours.choice.month();
    let first = it.first_day.map(Month::of);
    let earlier = month.map(Month::before).filter(|it| first.is_some_and(|first| first <= *it));
    let later =
        month.map(Month::after).filter(|month| *month <= Month::of(it.hours.now.date_naive()));
    let has_file = it.progress.counted != Followed::Nothing && !it.summary.volumes.is_empty();
    html! {
        @if month.is_some() || has_file {
            nav class="months" aria-label="Months and file" {
                @if let Some(month) = earlier { a class="button" rel="prev" href=(path(it, &month.word())) { "← " (month.name()) } }
                @if let Some(month) = later { a class="button" rel="next" href=(path(it, &month.word())) { (month.name()) " →" } }
                @if has_file {
                    a class="button file" href=(file(it)) { "Download CSV" span class="visually-hidden" { " of the money of each day" } }
                }
            }
        }
    }
}

fn path(it: &Overview, word: &str) -> String {
    format!("{}?{FIELD}={word}", Section::Overview.path(&it.place))
}

fn file(it: &Overview) -> String {
    format!("{}/money.csv?{FIELD}={}", Section::Overview.path(&it.place), it.hours.choice.word())
}

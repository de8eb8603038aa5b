//! Tables that become cards on a phone, lists of facts, the way to other pages, and what stands where
//! there is nothing.

use maud::{Markup, html};

/// A column of a table.
#[derive(Clone, Copy, Debug)]
pub(in crate::dashboard) struct Column {
    /// Its heading, which stands before each value on a phone.
    pub(in crate::dashboard) name: &'static str,
    /// A class for all of its cells.
    pub(in crate::dashboard) class: &'static str,
}

impl Column {
    /// One of texts.
    pub(in crate::dashboard) const fn text(name: &'static str) -> Self {
        Self { name, class: "" }
    }

    /// One whose values say by themselves what they are: the heading of a card.
    pub(in crate::dashboard) const fn plain(name: &'static str) -> Self {
        Self { name, class: "plain" }
    }

    /// One whose values are never broken where there is room.
    pub(in crate::dashboard) const fn whole(name: &'static str) -> Self {
        Self { name, class: "whole" }
    }

    /// One of names that may be long.
    pub(in crate::dashboard) const fn roomy(name: &'static str) -> Self {
        Self { name, class: "roomy" }
    }

    /// One of numbers, which are compared by their digits.
    pub(in crate::dashboard) const fn number(name: &'static str) -> Self {
        Self { name, class: "number" }
    }
}

/// A table; each row has a cell for each column. The first cell of a row is its heading.
pub(in crate::dashboard) fn table(
    caption: &str,
    columns: &[Column],
    rows: impl IntoIterator<Item = Vec<Markup>>,
) -> Markup {
    html! {
        // The roles stay when the style makes cards of the rows.
        table role="table" {
            caption class="visually-hidden" { (caption) }
            thead role="rowgroup" {
                tr role="row" {
                    @for it in columns { th role="columnheader" scope="col" class=(it.class) { (it.name) } }
                }
            }
            tbody role="rowgroup" {
                @for cells in rows {
                    tr role="row" {
                        @for (index, (cell, column)) in cells.into_iter().zip(columns).enumerate() {
                            @if index == 0 {
                                th role="rowheader" scope="row" class=(column.class) data-label=(column.name) { div { (cell) } }
                            } @else {
                                td role="cell" class=(column.class) data-label=(column.name) { div { (cell) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Names and values.
pub(in crate::dashboard) fn facts(
    facts: impl IntoIterator<Item = (&'static str, Markup)>,
) -> Markup {
    html! {
        dl class="facts" {
            @for (name, value) in facts { div { dt { (name) } dd { (value) } } }
        }
    }
}

/// What stands where there is nothing to show, and what to do about it.
pub(in crate::dashboard) fn empty(title: &str, advice: &Markup) -> Markup {
    html! { div class="empty" { p { strong { (title) } } (advice) } }
}

/// The ways from one page of a list to others; none, where there is no such page.
#[derive(Clone, Debug, Default)]
pub(in crate::dashboard) struct Pages {
    /// The first page, for whoever is not on it.
    pub(in crate::dashboard) newest: Option<String>,
    /// What began later.
    pub(in crate::dashboard) newer: Option<String>,
    /// What began before.
    pub(in crate::dashboard) older: Option<String>,
}

/// Draws them, if there are any.
pub(in crate::dashboard) fn pagination(pages: &Pages) -> Markup {
    let links = [
        ("Newest", "first", &pages.newest),
        ("Newer", "prev", &pages.newer),
        ("Older", "next", &pages.older),
    ];
    html! {
        @if links.iter().any(|(_, _, href)| href.is_some()) {
            nav class="pages" aria-label="Pages" {
                @for (name, rel, href) in links {
                    @if let Some(href) = href { a class="button" href=(href) rel=(rel) { (name) } }
                }
            }
        }
    }
}

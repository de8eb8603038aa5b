//! Small drawings, inline so that no page loads anything. All decorative: hidden from readers.

use maud::{Markup, html};

/// A drawing of one path, 24 × 24, in the colour of the text around it.
fn icon(class: &str, path: &str) -> Markup {
    html! {
        svg class={ "icon " (class) } viewBox="0 0 24 24" aria-hidden="true" focusable="false" {
            path d=(path) {}
        }
    }
}

/// A closed lock.
pub(super) fn lock() -> Markup {
    icon("small", "M7 11V8a5 5 0 0 1 10 0v3M6 11h12v9H6z")
}

/// A cut gem: stands where an item has no picture.
pub(super) fn gem() -> Markup {
    icon("large", "M7 4h10l4 5-9 11L3 9zM3 9h18M9 9l3 11 3-11M9 9l3-5 3 5")
}

/// An exclamation mark in a circle.
pub(super) fn alert() -> Markup {
    icon("", "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 8v5M12 16.2v.1")
}

/// A tick, drawn as one line so that the style can animate it.
pub(super) fn tick() -> Markup {
    icon("mark", "M5.5 12.5l4.2 4.2 8.8-9.4")
}

/// A cross.
pub(super) fn cross() -> Markup {
    icon("mark", "M7 7l10 10M17 7L7 17")
}

/// A clock.
pub(super) fn clock() -> Markup {
    icon("mark", "M12 4.5a7.5 7.5 0 1 0 0 15 7.5 7.5 0 0 0 0-15zM12 8v4.2l2.8 1.8")
}

/// A shield.
pub(super) fn shield() -> Markup {
    icon(
        "mark",
        "M12 3.5l7 2.6v5.2c0 4.3-2.8 7.6-7 9.2-4.2-1.6-7-4.9-7-9.2V6.1zM9 12l2.2 2.2L15.2 10",
    )
}

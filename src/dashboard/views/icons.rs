//! Small drawings, inline so that no page loads anything. All decorative: hidden from readers.

use maud::{Markup, html};

/// A drawing of one path, 24 × 24, in the colour of the text around it.
fn icon(path: &str) -> Markup {
    html! {
        svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false" { path d=(path) {} }
    }
}

/// A cut gem: an item without a picture, as the payment page shows it.
pub(in crate::dashboard) fn gem() -> Markup {
    icon("M7 4h10l4 5-9 11L3 9zM3 9h18M9 9l3 11 3-11M9 9l3-5 3 5")
}

/// A tick: it worked.
pub(super) fn tick() -> Markup {
    icon("M5 12.5l4.5 4.5L19 7.5")
}

/// A cross: it did not.
pub(super) fn cross() -> Markup {
    icon("M7 7l10 10M17 7L7 17")
}

/// A clock: it is still to come.
pub(super) fn clock() -> Markup {
    icon("M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16zM12 8v4.3l2.8 1.7")
}

/// A line: it ended with nothing.
pub(super) fn dash() -> Markup {
    icon("M6 12h12")
}

/// An arrow that turns back: it was given back.
pub(super) fn back() -> Markup {
    icon("M9 6L4.5 10.5 9 15M5 10.5h9a5 5 0 0 1 0 10h-3")
}

/// An exclamation mark: somebody should look.
pub(super) fn alert() -> Markup {
    icon("M12 5v8.5M12 17.8v.2")
}

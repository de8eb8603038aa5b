//! A bar that lies: how much of a whole, and how much it was before.

use maud::{Markup, html};

/// In pixels.
const HEIGHT: u32 = 14;

/// How long and where things are, in ten thousandths of the width.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bar {
    pub(super) length: u32,
    /// Where the mark of the span before stands, if there is one.
    pub(super) mark: Option<u32>,
}

/// Draws it. What it says stands beside it in words, so nobody is told of the drawing.
pub(super) fn bar(it: Bar) -> Markup {
    html! {
        svg class="lying" width="100%" height=(HEIGHT) aria-hidden="true" focusable="false" {
            rect class="track" width="100%" height=(HEIGHT) rx="3" {}
            @if 0 < it.length {
                rect class="bar" width=(percent(it.length)) height=(HEIGHT) rx="3" {}
            }
            @if let Some(mark) = it.mark {
                // Inside the drawing also at its end.
                line class="edge" x1=(percent(mark.min(MARK_MAX))) x2=(percent(mark.min(MARK_MAX))) y2=(HEIGHT) {}
                line class="mark" x1=(percent(mark.min(MARK_MAX))) x2=(percent(mark.min(MARK_MAX))) y2=(HEIGHT) {}
            }
        }
    }
}

const MARK_MAX: u32 = 9_960;

/// Ten thousandths as a percentage that SVG reads.
pub(super) fn percent(ten_thousandths: u32) -> String {
    format!("{}.{:02}%", ten_thousandths / 100, ten_thousandths % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_written_with_two_decimals() {
        assert_eq!([0, 5, 3_333, 10_000].map(percent), ["0.00%", "0.05%", "33.33%", "100.00%"]);
    }

    #[test]
    fn a_bar_of_nothing_has_only_its_track() {
        let drawn = bar(Bar { length: 0, mark: None }).into_string();
        assert!(drawn.contains("track") && !drawn.contains(r#"class="bar""#), "{drawn}");
    }
}

//! Bars that stand, one for each hour or day, with the level of the span before across each of them.
//!
//! Drawn in percents of the width and pixels of the height, so that it fits a phone and its letters keep their
//! size. What came in stands above zero, what went out hangs below. Nothing is told by colour alone: this
//! span is full bars, the bar under way is hatched, the span before is a dashed line.

use maud::{Markup, html};

use super::{bar::percent, scale::Scale};

/// Of bars and lines, in pixels.
const HEIGHT: i32 = 148;
/// Above them, for the letters of the highest line.
const TOP: i32 = 8;
/// Below them, for what the bars are called.
const BOTTOM: i32 = 20;
/// All of the width.
const WIDTH: usize = 10_000;
/// Of the place of a bar, how much stands free at each of its sides, in hundredths.
const GAP: usize = 16;
/// A label in the middle of a place that is not wider than this runs over the left edge.
const NARROW: usize = WIDTH / 12;
/// The most that a character at the side takes, in pixels, and what stands between it and the bars.
const CHARACTER: usize = 7;
const BESIDE: usize = 8;

/// One hour or day.
#[derive(Clone, Debug)]
pub(super) struct Standing {
    /// Of this span: what came in and what went out.
    pub(super) now: (i128, i128),
    /// What came in of the span before.
    pub(super) before: i128,
    /// All of it in words, for whoever points at it.
    pub(super) told: String,
    /// What stands below, if there is room.
    pub(super) mark: Option<String>,
    /// Whether it is under way.
    pub(super) is_running: bool,
}

/// What is drawn.
pub(super) struct Plot<'a> {
    /// Another one for each plot of a page.
    pub(super) id: &'a str,
    /// All of it in a sentence, for whoever cannot see it.
    pub(super) told: &'a str,
    pub(super) bars: &'a [Standing],
    /// Writes a value.
    pub(super) written: &'a dyn Fn(i128) -> String,
}

/// Draws it.
pub(super) fn plot(it: &Plot<'_>) -> Markup {
    let most = it.bars.iter().map(|bar| bar.now.0.max(bar.before)).max().unwrap_or_default();
    let least = it.bars.iter().map(|bar| bar.now.1).max().unwrap_or_default();
    let scale = Scale::new(most, least, HEIGHT);
    let pattern = format!("{}-running", it.id);
    let height = TOP + HEIGHT + BOTTOM;
    html! {
        div class="plot" {
            (side(&scale, height, it.written))
            (drawing(it, &scale, &pattern, height))
        }
    }
}

/// What the lines stand at. As wide as its longest text, since only the rest can be in percents.
fn side(scale: &Scale, height: i32, written: &dyn Fn(i128) -> String) -> Markup {
    let texts = scale.lines().into_iter().chain([0]).map(|value| (value, written(value)));
    let texts: Vec<(i128, String)> = texts.collect();
    let longest = texts.iter().map(|(_, text)| text.chars().count()).max().unwrap_or_default();
    let width = longest * CHARACTER + BESIDE;
    html! {
        svg width=(width) height=(height) aria-hidden="true" focusable="false" {
            @for (value, text) in texts {
                text x=(width - BESIDE) y=(TOP + scale.y(value) + 4) text-anchor="end" { (text) }
            }
        }
    }
}

fn drawing(it: &Plot<'_>, scale: &Scale, pattern: &str, height: i32) -> Markup {
    html! {
        svg width="100%" height=(height) role="img" aria-label=(it.told) {
            defs {
                pattern id=(pattern) width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)" {
                    rect class="under" width="5" height="5" {}
                    rect class="bar" width="2.5" height="5" {}
                }
            }
            @for value in scale.lines() {
                line class="grid" x2="100%" y1=(TOP + scale.y(value)) y2=(TOP + scale.y(value)) {}
            }
            line class="zero" x2="100%" y1=(TOP + scale.y(0)) y2=(TOP + scale.y(0)) {}
            @for (index, bar) in it.bars.iter().enumerate() {
                (standing(scale, Slot::of(index, it.bars.len()), bar, pattern))
            }
            (before(scale, it.bars))
            @for (index, bar) in it.bars.iter().enumerate() {
                @if let Some(mark) = &bar.mark { (label(Slot::of(index, it.bars.len()), mark)) }
            }
        }
    }
}

/// The place of a bar, in ten thousandths of the width.
#[derive(Clone, Copy)]
struct Slot {
    from: usize,
    until: usize,
}

impl Slot {
    fn of(index: usize, count: usize) -> Self {
        let at = |index: usize| index * WIDTH / count.max(1);
        Self { from: at(index), until: at(index + 1) }
    }

    fn width(self) -> usize {
        self.until - self.from
    }
}

fn x(place: usize) -> String {
    percent(u32::try_from(place).unwrap_or_default())
}

fn standing(scale: &Scale, slot: Slot, bar: &Standing, pattern: &str) -> Markup {
    let gap = slot.width() * GAP / 100;
    let (from, width) = (x(slot.from + gap), x(slot.width() - 2 * gap));
    let zero = scale.y(0);
    let (top, bottom) = (scale.y(bar.now.0), scale.y(-bar.now.1));
    let running = bar.is_running.then(|| format!("url(#{pattern})"));
    html! {
        g {
            title { (bar.told) }
            // All of the place answers to a pointer.
            rect class="place" x=(x(slot.from)) width=(x(slot.width())) height=(TOP + HEIGHT) {}
            @if 0 < bar.now.0 {
                // However little it was, it is seen.
                rect class=(if bar.is_running { "running" } else { "bar" }) x=(from) width=(width)
                    y=(TOP + top.min(zero - 1)) height=((zero - top).max(1)) rx="1.5" fill=[running] {}
            }
            @if 0 < bar.now.1 {
                rect class="out" x=(from) width=(width) y=(TOP + zero + 1) height=((bottom - zero).max(2)) rx="1.5" {}
            }
        }
    }
}

/// The level of the span before: a dashed line across each place where there was anything, joined by upright
/// ones.
fn before(scale: &Scale, bars: &[Standing]) -> Markup {
    let levels: Vec<i32> = bars.iter().map(|it| TOP + scale.y(it.before)).collect();
    let joints = levels.iter().zip(levels.iter().skip(1)).enumerate();
    html! {
        @if bars.iter().any(|it| 0 < it.before) {
            g class="before" {
                @for (index, level) in levels.iter().enumerate() {
                    @let slot = Slot::of(index, bars.len());
                    line class="level" x1=(x(slot.from)) x2=(x(slot.until)) y1=(level) y2=(level) {}
                }
                @for (index, (from, to)) in joints.filter(|(_, (from, to))| from != to) {
                    @let at = x(Slot::of(index, bars.len()).until);
                    line class="joint" x1=(at) x2=(at) y1=(from) y2=(to) {}
                }
            }
        }
    }
}

fn label(slot: Slot, mark: &str) -> Markup {
    let is_narrow = slot.width() <= NARROW;
    let (at, anchor) = match slot.from {
        0 if is_narrow => (slot.from, "start"),
        _ => (slot.from + slot.width() / 2, "middle"),
    };
    html! {
        text x=(x(at)) y=(TOP + HEIGHT + BOTTOM - 5) text-anchor=(anchor) { (mark) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bar(now: i128, out: i128, before: i128) -> Standing {
        let (told, mark) = (format!("{now}, {out}, {before}"), None);
        Standing { now: (now, out), before, told, mark, is_running: false }
    }

    fn drawn(bars: &[Standing]) -> String {
        plot(&Plot { id: "p", told: "all of it", bars, written: &|it| it.to_string() })
            .into_string()
    }

    #[test]
    fn a_bar_is_as_high_as_its_value_and_what_went_out_hangs_below_zero() {
        let drawn = drawn(&[bar(400, 0, 0), bar(0, 400, 0)]);
        // Half of the height each; the second begins below the line.
        assert!(
            drawn.contains(r#"class="bar" x="8.00%" width="34.00%" y="8" height="74""#),
            "{drawn}"
        );
        assert!(
            drawn.contains(r#"class="out" x="58.00%" width="34.00%" y="83" height="74""#),
            "{drawn}"
        );
        assert!(drawn.contains("<title>400, 0, 0</title>"), "{drawn}");
    }

    #[test]
    fn the_least_of_all_is_seen_and_nothing_is_not_drawn() {
        let little = drawn(&[bar(1, 0, 0), bar(1_000_000, 0, 0)]);
        assert!(little.contains(r#"y="155" height="1""#), "{little}");
        let nothing = drawn(&[bar(0, 0, 0)]);
        assert!(!nothing.contains(r#"class="bar" x"#) && !nothing.contains("before"), "{nothing}");
    }

    #[test]
    fn the_bar_under_way_is_hatched_and_the_span_before_a_line() {
        let running = Standing { is_running: true, ..bar(5, 0, 9) };
        let drawn = drawn(&[running]);
        assert!(drawn.contains(r#"fill="url(#p-running)""#), "{drawn}");
        assert!(drawn.contains(r#"class="level""#), "{drawn}");
    }
}

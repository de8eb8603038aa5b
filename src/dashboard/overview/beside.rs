//! A number beside the one of the span before, and how they are told: exactly, and without a float.

use std::cmp::Ordering;

use crate::dashboard::views::{percent, thousandths};

/// A shape's length.
const LONGEST: i128 = 10_000;

/// A number of a span, and what to compare.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Beside {
    /// Of the whole span, until now.
    pub(super) all: i128,
    /// Of the span's whole hours.
    pub(super) upto: i128,
    /// Of the same hours of the span before.
    pub(super) before: i128,
}

impl Beside {
    /// Both together.
    pub(super) fn plus(self, other: Self) -> Self {
        Self {
            all: self.all + other.all,
            upto: self.upto + other.upto,
            before: self.before + other.before,
        }
    }

    /// What is left when another is taken away.
    pub(super) fn less(self, other: Self) -> Self {
        Self {
            all: self.all - other.all,
            upto: self.upto - other.upto,
            before: self.before - other.before,
        }
    }

    /// Whether there is nothing in it at all.
    pub(super) fn is_nothing(self) -> bool {
        self == Self::default()
    }
}

/// A part of a whole in ten thousandths, for a shape: between nothing and all.
pub(super) fn ten_thousandths(part: i128, whole: i128) -> u32 {
    let length = part.clamp(0, whole.max(0)) * LONGEST / whole.max(1);
    u32::try_from(length).unwrap_or_default()
}

/// Which way a number went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Up,
    Down,
    Same,
}

/// How a number changed, in words: `up 12.2%`. From nothing or from below there is no percentage.
pub(super) fn change(now: i128, before: i128) -> (Way, String) {
    let (way, word) = match now.cmp(&before) {
        Ordering::Less => (Way::Down, "down"),
        Ordering::Equal => return (Way::Same, "the same".to_owned()),
        Ordering::Greater => (Way::Up, "up"),
    };
    if before <= 0 {
        return (way, word.to_owned());
    }
    let by = thousandths((now - before).abs(), before);
    let by = if by == 0 { "<0.1%".to_owned() } else { percent(by) };
    (way, format!("{word} {by}"))
}

/// A number with its thousands apart.
pub(super) fn number(number: i128) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = String::from(if number < 0 { "\u{2212}" } else { "" });
    for (index, digit) in digits.char_indices() {
        if 0 < index && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_told_as_a_percentage_only_where_there_was_something() {
        assert_eq!(change(110, 98), (Way::Up, "up 12.2%".to_owned()));
        assert_eq!(change(49, 98), (Way::Down, "down 50%".to_owned()));
        assert_eq!(change(100_001, 100_000), (Way::Up, "up <0.1%".to_owned()));
        assert_eq!(change(5, 5), (Way::Same, "the same".to_owned()));
        assert_eq!(change(5, 0), (Way::Up, "up".to_owned()));
        assert_eq!(change(-5, -7), (Way::Up, "up".to_owned()));
        assert_eq!(change(0, 5), (Way::Down, "down 100%".to_owned()));
    }

    #[test]
    fn a_shape_is_never_longer_than_all() {
        assert_eq!(ten_thousandths(1, 3), 3_333);
        assert_eq!(ten_thousandths(9, 3), 10_000);
        assert_eq!(ten_thousandths(-1, 3), 0);
        assert_eq!(ten_thousandths(1, 0), 0);
    }

    #[test]
    fn thousands_stand_apart() {
        let told = [0, 999, 1_000, -1_234_567].map(number);
        assert_eq!(told, ["0", "999", "1,000", "\u{2212}1,234,567"]);
    }
}

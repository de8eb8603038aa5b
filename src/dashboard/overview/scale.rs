//! The height of a plot: which values stand at its side, and how high any other is.

/// The most lines above zero.
const STEPS_MAX: i128 = 4;

/// From a value to its height, in whole pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Scale {
    /// Between two lines: 1, 2 or 5 with zeros behind it.
    pub(super) step: i128,
    /// The value at the top: a multiple of the step.
    top: i128,
    /// How far below zero it reaches.
    below: i128,
    height: i128,
}

impl Scale {
    /// For values up to `most`, and down to `least` below zero, in so many pixels.
    pub(super) fn new(most: i128, least: i128, height: i32) -> Self {
        let step = step(most.max(least));
        // All is drawn by whole lines, so that the same height is always the same amount.
        let whole = |value: i128| (value.max(0) + step - 1) / step * step;
        let (top, below) = (whole(most), least.max(0));
        Self { step, top: if top + below == 0 { step } else { top }, below, height: height.into() }
    }

    /// How many pixels from the top a value stands.
    pub(super) fn y(&self, value: i128) -> i32 {
        let range = (self.top + self.below).max(1);
        let from_top = (self.top - value).clamp(0, range);
        i32::try_from((from_top * self.height * 2 + range) / (range * 2)).unwrap_or_default()
    }

    /// The values of the lines but zero's, the highest first.
    pub(super) fn lines(&self) -> Vec<i128> {
        let lines = -(self.below / self.step)..=self.top / self.step;
        lines.rev().filter(|it| *it != 0).map(|it| it * self.step).collect()
    }
}

/// The smallest step of 1, 2 or 5 with zeros of which four reach the value.
fn step(value: i128) -> i128 {
    let mut ten = 1;
    loop {
        for step in [ten, ten * 2, ten * 5] {
            if value <= step * STEPS_MAX {
                return step;
            }
        }
        ten *= 10;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_stand_at_round_values_and_the_highest_is_above_all() {
        for (most, lines) in [
            (1, vec![1]),
            (3, vec![3, 2, 1]),
            (499, vec![600, 400, 200]),
            (1_000, vec![1_000, 500]),
            (99_999_999, vec![100_000_000, 50_000_000]),
        ] {
            assert_eq!(Scale::new(most, 0, 100).lines(), lines, "{most}");
        }
        assert!(!Scale::new(i128::from(i64::MAX), 0, 100).lines().is_empty());
    }

    #[test]
    fn the_top_is_at_zero_pixels_and_the_bottom_at_all_of_them() {
        let scale = Scale::new(400, 0, 150);
        assert_eq!([scale.y(400), scale.y(200), scale.y(0)], [0, 75, 150]);
        let both = Scale::new(400, 100, 150);
        assert_eq!([both.y(400), both.y(0), both.y(-100)], [0, 120, 150]);
        assert_eq!(Scale::new(0, 0, 150).y(0), 150);
        let out_only = Scale::new(0, 100, 150);
        assert_eq!([out_only.y(0), out_only.y(-100)], [0, 150]);
    }
}

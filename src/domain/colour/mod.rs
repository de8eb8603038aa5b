//! Colours, and whether text in one can be read on another.
//!
//! Source: WCAG 2.2, "relative luminance", "contrast ratio", and success criterion 1.4.3.

mod accent;
mod linear;

use serde::{Deserialize, Serialize};

pub use accent::{Accent, Shades};

use super::{
    violation::Violation,
    words::{StoredText, checked_text},
};
use linear::{WHOLE, linear};

/// What both sides of a contrast are raised by: 0.05 of the most light, in ten-thousandths of `WHOLE`.
const RAISED_BY: u64 = WHOLE * 500;

/// A colour of sRGB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rgb(pub [u8; 3]);

impl Rgb {
    /// Black.
    pub const BLACK: Self = Self([0, 0, 0]);
    /// White.
    pub const WHITE: Self = Self([255, 255, 255]);

    /// Reads `#rrggbb`, in either case.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#')?;
        let is_hex = digits.len() == 6 && digits.bytes().all(|it| it.is_ascii_hexdigit());
        let [_, r, g, b] = u32::from_str_radix(digits, 16).ok().filter(|_| is_hex)?.to_be_bytes();
        Some(Self([r, g, b]))
    }

    /// The light that it gives, raised as contrasts are, in ten-billionths.
    fn raised_light(self) -> u64 {
        let Self([r, g, b]) = self;
        2_126 * linear(r) + 7_152 * linear(g) + 722 * linear(b) + RAISED_BY
    }

    /// The contrast to another colour in hundredths, rounded down: 450 is 4.5:1.
    pub fn contrast_hundredths(self, other: Self) -> u64 {
        let (one, two) = (self.raised_light(), other.raised_light());
        one.max(two) * 100 / one.min(two)
    }

    /// As much nearer to another colour: `parts` of 256.
    pub fn towards(self, other: Self, parts: u16) -> Self {
        let parts = u32::from(parts.min(256));
        let mix = |from: u8, to: u8| {
            let sum = u32::from(from) * (256 - parts) + u32::from(to) * parts;
            u8::try_from((sum + 128) / 256).unwrap_or(u8::MAX)
        };
        let (Self([r, g, b]), Self([to_r, to_g, to_b])) = (self, other);
        Self([mix(r, to_r), mix(g, to_g), mix(b, to_b)])
    }
}

impl std::fmt::Display for Rgb {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self([r, g, b]) = self;
        write!(f, "#{r:02x}{g:02x}{b:02x}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rgb(text: &str) -> Rgb {
        Rgb::parse(text).unwrap()
    }

    #[test]
    fn a_colour_is_six_digits_behind_a_hash_and_nothing_else() {
        assert_eq!(rgb("#0aF9c0"), Rgb([0x0a, 0xf9, 0xc0]));
        assert_eq!(rgb("#0aF9c0").to_string(), "#0af9c0");
        for text in ["", "#", "#fff", "0af9c0", "#0af9c", "#0af9c00", "#+af9c0", "red", "#0af9c0;"]
        {
            assert_eq!(Rgb::parse(text), None, "{text}");
        }
    }

    /// As other calculators have it: WebAIM's, and the examples of WCAG's techniques.
    #[test]
    fn contrasts_are_those_of_wcag() {
        for (one, other, hundredths) in [
            ("#000000", "#ffffff", 2_100),
            ("#ffffff", "#ffffff", 100),
            ("#767676", "#ffffff", 454),
            ("#777777", "#ffffff", 447),
            ("#ff0000", "#ffffff", 399),
            ("#0000ff", "#ffffff", 859),
        ] {
            assert_eq!(rgb(one).contrast_hundredths(rgb(other)), hundredths, "{one} {other}");
            assert_eq!(rgb(other).contrast_hundredths(rgb(one)), hundredths);
        }
    }

    #[test]
    fn a_colour_goes_all_the_way_or_not_at_all() {
        assert_eq!(rgb("#123456").towards(Rgb::WHITE, 0), rgb("#123456"));
        assert_eq!(rgb("#123456").towards(Rgb::WHITE, 256), Rgb::WHITE);
        assert_eq!(rgb("#000000").towards(Rgb::WHITE, 128), rgb("#808080"));
    }
}

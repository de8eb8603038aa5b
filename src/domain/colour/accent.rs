//! The colour of a game on its pages for players: of its buttons, and of what can be pressed.
//!
//! One colour is chosen. In the light it is as it was chosen, in the dark as much lighter as it takes.

use super::{Deserialize, Rgb, Serialize, StoredText, Violation, checked_text};

/// The least contrast of text, in hundredths. Source: WCAG 2.2, success criterion 1.4.3.
const TEXT_CONTRAST_MIN: u64 = 450;

/// What stands around it on the page. `src/checkout` holds its style to these.
const SHEET_LIGHT: Rgb = Rgb([0xff, 0xfd, 0xfb]);
const SHEET_DARK: Rgb = Rgb([0x21, 0x1b, 0x17]);
/// What stands on it.
const ON_LIGHT: Rgb = Rgb::WHITE;
const ON_DARK: Rgb = Rgb([0x16, 0x12, 0x10]);

/// How much further it goes while it is pressed, in parts of 256.
const PRESSED: u16 = 48;

/// A colour on which white can be read, and that can be read on a page: `#rrggbb`, in lower case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "StoredText", into = "String")]
pub struct Accent(String);

checked_text!(Accent, read by length);

/// An accent on the pages of one theme.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shades {
    /// The accent.
    pub accent: Rgb,
    /// The accent while it is pressed.
    pub pressed: Rgb,
    /// What stands on either.
    pub on_accent: Rgb,
}

impl Accent {
    /// Takes a colour.
    ///
    /// # Errors
    ///
    /// A [`Violation`] if it is none, or too light for white text on it; it names the nearest that is not.
    pub fn parse(text: &str) -> Result<Self, Violation> {
        let rule = "must be a colour such as #a6470a: a # and six hexadecimal digits";
        let colour = Rgb::parse(text).ok_or_else(|| Violation::new(rule, text))?;
        if is_readable(colour, SHEET_LIGHT) {
            return Ok(Self(colour.to_string()));
        }
        let found = colour.contrast_hundredths(SHEET_LIGHT);
        let nearest = until_readable(colour, Rgb::BLACK, SHEET_LIGHT);
        let (whole, tenth) = (found / 100, found % 100 / 10);
        Err(Violation::of_number(
            "must be dark enough to read on the page, and white on it: a contrast of 4.5:1",
            format_args!("{colour} with {whole}.{tenth}:1; {nearest} would do"),
        ))
    }

    /// On a light page; `None` for what no rule of today would take.
    pub fn light(&self) -> Option<Shades> {
        let accent = Rgb::parse(self.as_str())?;
        Some(Shades { accent, pressed: accent.towards(Rgb::BLACK, PRESSED), on_accent: ON_LIGHT })
    }

    /// On a dark page.
    pub fn dark(&self) -> Option<Shades> {
        let accent = until_readable(Rgb::parse(self.as_str())?, Rgb::WHITE, SHEET_DARK);
        Some(Shades { accent, pressed: accent.towards(Rgb::WHITE, PRESSED), on_accent: ON_DARK })
    }
}

fn is_readable(colour: Rgb, on: Rgb) -> bool {
    TEXT_CONTRAST_MIN <= colour.contrast_hundredths(on)
}

/// The colour on its way to `end`, as soon as it can be read on `on`.
fn until_readable(colour: Rgb, end: Rgb, on: Rgb) -> Rgb {
    let mut way = (0..=256).map(|parts| colour.towards(end, parts));
    way.find(|it| is_readable(*it, on)).unwrap_or(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Some of all colours, evenly.
    fn colours() -> impl Iterator<Item = Rgb> {
        let steps = || (0..=u8::MAX).step_by(15);
        steps().flat_map(move |r| steps().flat_map(move |g| steps().map(move |b| Rgb([r, g, b]))))
    }

    #[test]
    fn every_accent_that_is_taken_can_be_read_in_both_themes_and_what_is_on_it_too() {
        let mut taken = 0;
        for colour in colours() {
            let Ok(accent) = Accent::parse(&colour.to_string()) else { continue };
            taken += 1;
            for (shades, sheet) in
                [(accent.light().unwrap(), SHEET_LIGHT), (accent.dark().unwrap(), SHEET_DARK)]
            {
                for shade in [shades.accent, shades.pressed] {
                    assert!(is_readable(shade, sheet), "{colour} {shades:?}");
                    assert!(is_readable(shade, shades.on_accent), "{colour} {shades:?}");
                }
            }
            assert_eq!(accent.light().unwrap().accent, colour, "as it was chosen");
        }
        assert!(1_000 < taken, "{taken}");
    }

    #[test]
    fn what_is_proposed_for_a_colour_that_is_too_light_is_taken() {
        for colour in colours() {
            let Err(refused) = Accent::parse(&colour.to_string()) else { continue };
            let (_, nearest) = refused.received.split_once("; ").unwrap();
            assert!(Accent::parse(&nearest[..7]).is_ok(), "{colour}: {refused}");
        }
    }

    #[test]
    fn an_accent_is_refused_with_its_contrast_and_the_nearest_that_would_do() {
        let refused = Accent::parse("#FFD700").unwrap_err().to_string();
        assert_eq!(
            refused,
            "must be dark enough to read on the page, and white on it: a contrast of 4.5:1; \
             received #ffd700 with 1.3:1; #897400 would do"
        );
        assert!(Accent::parse("gold").is_err());
        // Both sides of the limit.
        assert!(Accent::parse("#757575").is_ok());
        assert!(Accent::parse("#777777").is_err());
    }

    #[test]
    fn a_colour_that_can_be_read_in_the_dark_is_left_as_it_is_there() {
        let accent = Accent::parse("#a6470a").unwrap();
        assert_ne!(accent.dark().unwrap().accent, accent.light().unwrap().accent);
        assert_eq!(until_readable(Rgb::WHITE, Rgb::WHITE, SHEET_DARK), Rgb::WHITE);
    }
}

//! A game's own colour in place of ours.
//!
//! What is written here is made of numbers: no text of anybody comes into a style.

use crate::domain::colour::{Accent, Shades};

/// The style of a page that is in a game's colour, light or dark as the browser is.
pub fn accent_style(accent: &Accent) -> String {
    let (light, dark) = (rule(":root", accent.light()), rule(":root", accent.dark()));
    format!("{light}@media (prefers-color-scheme:dark){{{dark}}}")
}

/// The style of pictures of such a page, one of which is light and one dark, each with its class.
pub fn accent_style_of_both(accent: &Accent, light: &str, dark: &str) -> String {
    [rule(light, accent.light()), rule(dark, accent.dark())].concat()
}

fn rule(selector: &str, shades: Option<Shades>) -> String {
    let Some(Shades { accent, pressed, on_accent }) = shades else { return String::new() };
    format!("{selector}{{--accent:{accent};--accent-press:{pressed};--on-accent:{on_accent}}}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{design::COMMON, domain::colour::Rgb};

    #[test]
    fn a_style_holds_the_colours_of_both_themes_and_nothing_else() {
        let accent = Accent::parse("#1a4fd0").unwrap();
        let dark = accent.dark().unwrap();
        let style = accent_style(&accent);
        assert!(style.starts_with(":root{--accent:#1a4fd0;--accent-press:#"), "{style}");
        assert!(style.contains(&format!("dark){{:root{{--accent:{};", dark.accent)), "{style}");
        assert!(!style.contains('<'), "{style}");
    }

    /// Accents are judged on these: see `domain::colour`.
    #[test]
    fn the_sheets_are_those_on_which_accents_can_be_read() {
        let (light, dark) = COMMON.split_once("@media (prefers-color-scheme: dark)").unwrap();
        let sheet = |style: &str| {
            let (_, rest) = style.split_once("--sheet: ").unwrap();
            Rgb::parse(rest.split_once(';').unwrap().0).unwrap()
        };
        let accent = Accent::parse("#1a4fd0").unwrap();
        for (sheet, shades) in [(sheet(light), accent.light()), (sheet(dark), accent.dark())] {
            assert!(450 <= shades.unwrap().accent.contrast_hundredths(sheet), "{sheet}");
        }
        assert_eq!(sheet(light), Rgb([0xff, 0xfd, 0xfb]));
        assert_eq!(sheet(dark), Rgb([0x21, 0x1b, 0x17]));
    }
}

//! The page on which somebody chooses a password and a second factor.

use maud::{Markup, PreEscaped, html};
use qrcode::{QrCode, render::svg};

use super::{
    card::{card, problem, titled},
    field,
    sign_in::{code, password},
};
use crate::{
    dashboard::views::form_token_field, domain::text::DisplayName, page_headers::Nonce,
    people::PASSWORD_LENGTH_MIN,
};

/// How wide the picture is, in pixels.
const PICTURE_WIDTH: u32 = 200;

/// How many characters of a key stand together: people type it.
const GROUP: usize = 4;

/// What the page shows.
pub(in crate::dashboard::access) struct EnrollView<'a> {
    pub(in crate::dashboard::access) form_token: &'a str,
    /// By which they sign in.
    pub(in crate::dashboard::access) email: &'a str,
    /// What people call them, or what they typed.
    pub(in crate::dashboard::access) name: &'a str,
    /// What an authenticator is given, as people type it.
    pub(in crate::dashboard::access) totp_key: &'a str,
    /// The same, as an authenticator reads it from a picture.
    pub(in crate::dashboard::access) totp_url: Option<&'a str>,
    /// Whether there is anything else that they may see.
    pub(in crate::dashboard::access) may_leave: bool,
    /// Whether they have none yet.
    pub(in crate::dashboard::access) is_first: bool,
    /// What was wrong, and with which field; an empty one for none in particular.
    pub(in crate::dashboard::access) problem: Option<(&'a str, &'a str)>,
}

/// Draws the page.
pub(in crate::dashboard::access) fn enroll_page(view: &EnrollView<'_>, nonce: &Nonce) -> Markup {
    let told =
        |name: &str| problem(view.problem.filter(|(field, _)| *field == name).map(|it| it.1));
    let main = html! {
        h1 { @if view.is_first { "Your account" } @else { "New password and authenticator" } }
        p { "You sign in as " strong { bdi { (view.email) } } "." }
        (told(""))
        form method="post" action="/dashboard/enroll" {
            (form_token_field(view.form_token))
            input type="hidden" name=(field::TOTP_KEY) value=(view.totp_key);
            label for="name" { "Your name" }
            input id="name" name=(field::NAME) value=(view.name) required
                maxlength=(DisplayName::LENGTH_MAX) autocomplete="name";
            (told(field::NAME))
            (password("new-password"))
            p class="hint" { "At least " (PASSWORD_LENGTH_MIN) " characters. A few words are easy to remember." }
            (told(field::PASSWORD))
            fieldset {
                legend { "Your authenticator" }
                p { "Have an authenticator app read this picture, or give it the key." }
                @if let Some(picture) = view.totp_url.and_then(picture) { (picture) }
                p class="key" { code { (grouped(view.totp_key)) } }
                (code())
                (told(field::CODE))
            }
            button class="button primary" type="submit" { "Save" }
        }
        @if view.may_leave { p class="hint" { a href="/dashboard" { "Back to the dashboard" } } }
    };
    card(&titled("Your account", view.problem.map(|(_, text)| text)), nonce, &main)
}

/// Black on white in either theme: some cameras read nothing else.
fn picture(url: &str) -> Option<Markup> {
    let drawn = QrCode::new(url.as_bytes()).ok()?;
    let drawn =
        drawn.render::<svg::Color<'_>>().min_dimensions(PICTURE_WIDTH, PICTURE_WIDTH).build();
    // An image of its own cannot stand in a page with its declaration.
    let drawn = drawn.split_once("?>").map_or(drawn.as_str(), |(_, image)| image);
    Some(html! {
        div class="qr" role="img" aria-label="Picture for your authenticator" { (PreEscaped(drawn)) }
    })
}

fn grouped(key: &str) -> String {
    let letters: Vec<char> = key.chars().collect();
    let groups: Vec<String> = letters.chunks(GROUP).map(|it| it.iter().collect()).collect();
    groups.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_shown_in_groups_and_as_a_picture() {
        assert_eq!(grouped("ABCDEFGHIJ"), "ABCD EFGH IJ");
        let drawn = picture("otpauth://totp/ToffeePay:ada@x?secret=ABC").unwrap().into_string();
        assert!(drawn.contains("<svg") && !drawn.contains("<?xml"), "{drawn}");
    }
}

//! The frame of these pages: a card with one thing to do.

use maud::{Markup, html};

use crate::{
    dashboard::views::{brand, plain_page},
    page_headers::Nonce,
};

/// Draws a page.
pub(super) fn card(title: &str, nonce: &Nonce, main: &Markup) -> Markup {
    let body = html! {
        main class="card" id="main" tabindex="-1" { (brand()) (main) }
    };
    plain_page(title, &body, nonce)
}

/// The title of a page whose form was wrong, or was not: it is read out first.
pub(super) fn titled(title: &str, problem: Option<&str>) -> String {
    if problem.is_some() { format!("Error: {title}") } else { title.to_owned() }
}

/// What was wrong with a form, told to who cannot see it too.
pub(super) fn problem(text: Option<&str>) -> Markup {
    html! {
        @if let Some(text) = text { p class="notice" role="alert" { (sentence(text)) } }
    }
}

/// Errors begin small and end without a stop, so that they can stand in other sentences.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|it| it.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}

//! The frame of every page: head, our one style, and what stands above and below.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::field;
use crate::page_headers::Nonce;

const STYLE: &str = include_str!("../dashboard.css");

/// A toffee in its wrapper, so that browsers do not ask for `/favicon.ico`.
const FAVICON: &str = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' \
    viewBox='0 0 32 32'%3E%3Cpath d='M1 10l8 4v4l-8 4zM31 10l-8 4v4l8 4z' fill='%23d98b4a'/%3E\
    %3Crect x='7' y='8' width='18' height='16' rx='5' fill='%23a6470a'/%3E%3C/svg%3E";

/// A page with nothing but one thing to do, for who is not in yet.
pub(super) fn card(title: &str, nonce: &Nonce, main: &Markup) -> Markup {
    let body = html! {
        main class="card" id="content" {
            p class="brand" { (toffee()) "ToffeePay" }
            (main)
        }
    };
    document(title, nonce, &body)
}

/// A page of somebody who is in.
pub(super) fn room(
    title: &str,
    called: &str,
    form_token: &str,
    nonce: &Nonce,
    main: &Markup,
) -> Markup {
    let body = html! {
        a class="skip" href="#content" { "Skip to the content" }
        header class="bar" {
            a class="brand" href="/dashboard" { (toffee()) "ToffeePay" }
            nav aria-label="Account" {
                a href="/dashboard/enroll" { bdi { (called) } }
                form method="post" action="/dashboard/sign-out" {
                    (form_token_field(form_token))
                    button class="quiet" type="submit" { "Sign out" }
                }
            }
        }
        main id="content" { (main) }
    };
    document(title, nonce, &body)
}

/// What shows that a form is ours.
pub(super) fn form_token_field(form_token: &str) -> Markup {
    html! { input type="hidden" name=(field::FORM_TOKEN) value=(form_token); }
}

/// What was wrong with a form, told to who cannot see it too.
pub(super) fn problem(text: Option<&str>) -> Markup {
    html! {
        @if let Some(text) = text { p class="problem" role="alert" { (sentence(text)) } }
    }
}

/// Errors begin small and end without a stop, so that they can stand in other sentences.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|it| it.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}

fn toffee() -> Markup {
    html! {
        svg class="toffee" viewBox="0 0 32 32" aria-hidden="true" {
            path d="M1 10l8 4v4l-8 4zM31 10l-8 4v4l8 4z" {}
            rect x="7" y="8" width="18" height="16" rx="5" {}
        }
    }
}

fn document(title: &str, nonce: &Nonce, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " · ToffeePay" }
                link rel="icon" href=(FAVICON);
                style nonce=(nonce.as_str()) { (PreEscaped(STYLE)) }
            }
            body { (body) }
        }
    }
}

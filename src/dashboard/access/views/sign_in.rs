//! The pages on which somebody says who they are.

use maud::{Markup, html};

use super::{
    card::{card, problem, titled},
    field,
};
use crate::{dashboard::views::form_token_field, page_headers::Nonce, people::PASSWORD_BYTES_MAX};

/// The form for who comes in.
pub(in crate::dashboard::access) struct SignInView<'a> {
    /// Where they want to go.
    pub(in crate::dashboard::access) next: &'a str,
    /// What they typed before.
    pub(in crate::dashboard::access) email: &'a str,
    /// Why they did not get in.
    pub(in crate::dashboard::access) problem: Option<&'a str>,
}

/// The form for who is in and proves it once more.
pub(in crate::dashboard::access) struct ProveView<'a> {
    pub(in crate::dashboard::access) form_token: &'a str,
    /// Who they are.
    pub(in crate::dashboard::access) called: &'a str,
    /// Where they want to go.
    pub(in crate::dashboard::access) next: &'a str,
    /// Why that is not enough.
    pub(in crate::dashboard::access) problem: Option<&'a str>,
}

/// Draws the form for who comes in.
pub(in crate::dashboard::access) fn sign_in_page(view: &SignInView<'_>, nonce: &Nonce) -> Markup {
    let main = html! {
        h1 { "Sign in" }
        (problem(view.problem))
        form method="post" action="/dashboard/sign-in" {
            input type="hidden" name=(field::NEXT) value=(view.next);
            label for="email" { "E-mail" }
            input id="email" name=(field::EMAIL) type="email" value=(view.email) required
                autocomplete="username" autofocus[view.email.is_empty()];
            (password("current-password"))
            (code())
            button class="button primary" type="submit" { "Sign in" }
        }
        p class="hint" {
            "Lost your password or your authenticator? Ask whoever runs ToffeePay for a link: " code { "toffeepay people link E-MAIL" } "."
        }
    };
    card(&titled("Sign in", view.problem), nonce, &main)
}

/// Draws the form for who proves once more who they are.
pub(in crate::dashboard::access) fn prove_page(view: &ProveView<'_>, nonce: &Nonce) -> Markup {
    let main = html! {
        h1 { "Is it still you?" }
        p { "What you are about to do needs a fresh proof, " bdi { (view.called) } "." }
        (problem(view.problem))
        form method="post" action="/dashboard/prove" {
            (form_token_field(view.form_token))
            input type="hidden" name=(field::NEXT) value=(view.next);
            (password("current-password"))
            (code())
            button class="button primary" type="submit" { "Go on" }
        }
        p class="hint" { a href="/dashboard" { "Back to the dashboard" } }
    };
    card(&titled("Is it still you?", view.problem), nonce, &main)
}

/// Draws the page to which a link leads, with the button that uses it up.
pub(in crate::dashboard::access) fn enter_page(path: &str, nonce: &Nonce) -> Markup {
    let main = html! {
        h1 { "Welcome" }
        p { "This link lets you in once." }
        form method="post" action=(path) { button class="button primary" type="submit" autofocus { "Sign in" } }
    };
    card("Welcome", nonce, &main)
}

/// A field for a password.
pub(super) fn password(autocomplete: &str) -> Markup {
    html! {
        label for="password" { "Password" }
        input id="password" name=(field::PASSWORD) type="password" required
            maxlength=(PASSWORD_BYTES_MAX) autocomplete=(autocomplete);
    }
}

/// A field for what an authenticator shows.
pub(super) fn code() -> Markup {
    html! {
        label for="code" { "Code of your authenticator" }
        input id="code" name=(field::CODE) class="code" inputmode="numeric" required
            pattern="[0-9 ]{6,9}" title="Six digits" maxlength="9" autocomplete="one-time-code";
    }
}

//! Who looks, in the head of each page.

use maud::{Markup, html};

use super::own_form;

/// Who looks, as the head of each page has it.
#[derive(Clone, Debug)]
pub(in crate::dashboard) struct Account {
    /// What people call them.
    pub(in crate::dashboard) called: String,
    /// What every form of theirs has in it.
    pub(in crate::dashboard) form_token: String,
}

pub(super) fn account_links(account: &Account) -> Markup {
    let leave = html! { button class="button" type="submit" { "Sign out" } };
    html! {
        nav class="account" aria-label="Account" {
            a href="/dashboard/enroll" { bdi { (account.called) } }
            (own_form("/dashboard/sign-out", "", account, &leave))
        }
    }
}

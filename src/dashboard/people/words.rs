//! Roles and accounts in words.

use maud::{Markup, html};

use crate::{
    dashboard::views::{Badge, Tone, badge, role_name, untrusted},
    domain::{Timestamp, studio::Role},
    people::Colleague,
};

/// What a role may do.
pub(super) fn role_meaning(role: Role) -> &'static str {
    match role {
        Role::Owner => "Everything, people among it.",
        Role::Developer => {
            "Sees everything; changes games, keys and webhooks. Takes nobody in and gives no money back."
        }
        Role::Finance => "Sees sessions, totals, people and the history; changes nothing.",
        Role::Support => {
            "Finds purchases, cancels, refunds, makes payment links. Sees no totals and no keys."
        }
    }
}

/// The roles as a form offers them.
pub(super) fn role_options() -> Vec<(&'static str, &'static str)> {
    Role::ALL.iter().map(|it| (it.as_str(), role_name(*it))).collect()
}

/// What people call somebody: their name, or their address until they have said one.
pub(super) fn called(it: &Colleague) -> &str {
    let person = &it.person;
    person.name.as_deref().or(person.email.as_deref()).unwrap_or("Somebody whose data was erased")
}

/// Their address.
pub(super) fn address(it: &Colleague) -> Markup {
    match &it.person.email {
        Some(email) => untrusted(email),
        None => html! { span class="erased" { "erased" } },
    }
}

/// Whether they can come in.
pub(super) fn standing(it: &Colleague) -> Markup {
    let (tone, word) = if it.person.shut_out_at.is_some() {
        (Tone::Bad, "Shut out")
    } else if it.locked_until.is_some() {
        (Tone::Alert, "Locked")
    } else if it.person.enrolled_at.is_none() {
        (Tone::Waiting, "Invited")
    } else {
        (Tone::Good, "Active")
    };
    badge(Badge { tone, word })
}

/// Since when, or why, that is so.
pub(super) fn standing_since(it: &Colleague) -> (&'static str, Timestamp) {
    let person = &it.person;
    match (person.shut_out_at, it.locked_until, person.enrolled_at) {
        (Some(at), _, _) => ("since", at),
        (None, Some(until), _) => ("after wrong tries, until", until),
        (None, None, Some(at)) => ("since", at),
        (None, None, None) => ("on", person.invited_at),
    }
}

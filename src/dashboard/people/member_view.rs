//! Draws one member, the forms about them, and what is shown only once.

use maud::{Markup, html};

use super::{
    acts::SURE,
    form::{EMAIL, InviteForm, ROLE},
    member::Found,
    people_path,
    words::{address, called, role_meaning, role_options, standing, standing_since},
};
use crate::{
    dashboard::{
        place::StudioPlace,
        views::{
            Field, FieldProblem, SecondLook, account_page, day_text, fact, facts, moment, own_form,
            problem_list, role_name, untrusted, why_field,
        },
    },
    domain::{Timestamp, person::EmailAddress, studio::Role},
    page_headers::Nonce,
    people::Colleague,
};

/// The form of an invitation.
pub(super) struct InviteView<'a> {
    pub(super) place: &'a StudioPlace,
    /// As it was typed.
    pub(super) form: &'a InviteForm,
    pub(super) problems: &'a [FieldProblem],
    /// Why the rules refuse it.
    pub(super) why_not: Option<&'a str>,
    /// Who they are, if they are a member already.
    pub(super) member: Option<&'a Colleague>,
}

/// One member.
pub(super) struct MemberView<'a> {
    pub(super) place: &'a StudioPlace,
    pub(super) found: &'a Found,
    /// Why something is to be done, as far as it was typed.
    pub(super) why: &'a str,
    pub(super) problems: &'a [FieldProblem],
    /// Why what was asked for was not done.
    pub(super) why_not: Option<&'a str>,
}

/// Somebody who may come in, and by what.
pub(super) struct Linked<'a> {
    pub(super) who: &'a str,
    /// As what they were just taken in, if they were.
    pub(super) role: Option<Role>,
    /// Nobody needs one who has a password already.
    pub(super) url: Option<String>,
    pub(super) until: Timestamp,
}

/// Draws the form of an invitation.
pub(super) fn invite_page(view: &InviteView<'_>, nonce: &Nonce) -> Markup {
    let InviteView { place, form, problems, why_not, .. } = view;
    let path = people_path(&place.studio_id);
    let email = Field {
        name: EMAIL,
        label: "E-mail",
        hint: "By which they sign in. Nothing is sent there: you hand them a link.",
        problems,
    };
    let role = Field { name: ROLE, label: "Role", hint: "You can change it later.", problems };
    let main = html! {
        (crumbs(place))
        h1 { "Invite somebody to " (untrusted(&place.studio_name)) }
        (refusal("Nobody was invited", *why_not))
        @if let Some(member) = view.member { (member_already(place, member)) }
        @if why_not.is_none() { (problem_list("Nobody was invited", problems)) }
        (own_form(&format!("{path}/invite"), "form", &place.account, &html! {
            (email.text("email", &form.email, EmailAddress::BYTES_MAX))
            (role.select(&role_options(), &form.role))
            (meanings())
            p class="actions" {
                button class="button primary" type="submit" { "Invite" }
                a class="button" href=(path) { "Back" }
            }
        }))
    };
    let is_sound = problems.is_empty() && why_not.is_none();
    let title = if is_sound { "Invite somebody" } else { "Error: Invite somebody" };
    account_page(title, &place.account, &main, nonce)
}

/// What may be done about who is a member already.
fn member_already(place: &StudioPlace, it: &Colleague) -> Markup {
    let path = format!("{}/{}", people_path(&place.studio_id), it.person.id);
    html! {
        @if it.may_be_linked() {
            (own_form(&format!("{path}/link"), "advice", &place.account, &html! {
                p {
                    "Was this form sent twice, or did nobody see the link? Make another: those before do not work any more, and who came in by one is out."
                }
                p class="actions" { button class="button" type="submit" { "Make another link" } }
            }))
        } @else {
            p class="advice" { a href=(path) { "What you may change about them" } }
        }
    }
}

/// Shows a link, this once.
pub(super) fn linked_page(place: &StudioPlace, linked: &Linked<'_>, nonce: &Nonce) -> Markup {
    let main = html! {
        (crumbs(place))
        h1 {
            @match linked.role {
                Some(_) => { (untrusted(linked.who)) " was invited" }
                None => { "A new link for " (untrusted(linked.who)) }
            }
        }
        @if let Some(role) = linked.role {
            p class="lead" { "Role: " strong { (role_name(role)) } ". " (role_meaning(role)) }
        }
        @match &linked.url {
            Some(url) => {
                div class="once" {
                    p { strong { "Hand them this link now: it is not shown again." } }
                    code { (url) }
                    p class="hint" {
                        "It lets whoever has it in once, as them, until " (day_text(linked.until))
                        ". Give it to nobody else. There they choose a password and a second factor; links made for them before do not work any more."
                    }
                }
            }
            None => p class="advice" { "They come in as they did before, and need no link." },
        }
        p { a class="button" href=(people_path(&place.studio_id)) { "To the people" } }
    };
    account_page("A link for somebody", &place.account, &main, nonce)
}

/// Draws one member.
pub(super) fn member_page(view: &MemberView<'_>, nonce: &Nonce) -> Markup {
    let MemberView { place, found, why, problems, why_not } = view;
    let (it, path) = (&found.colleague, found.path(place));
    let (word, since) = standing_since(it);
    let role = Field {
        name: ROLE,
        label: "Role",
        hint: if found.is_last_owner {
            "The last owner stays one: make somebody else an owner first."
        } else {
            ""
        },
        problems,
    };
    let main = html! {
        (crumbs(place))
        h1 { (untrusted(called(it))) @if found.is_self { " " span class="role" { "You" } } }
        (refusal("Nothing was changed", *why_not))
        (problem_list("Nothing was changed", problems))
        (facts([
            fact("E-mail", address(it)),
            fact("Role", html! { (role_name(it.role)) ". " (role_meaning(it.role)) }),
            fact("Account", html! { (standing(it)) " " span class="hint" { (word) " " (moment(since)) } }),
            fact("Second factor", html! { @if it.person.enrolled_at.is_some() { "Yes" } @else { "Not yet" } }),
        ]))
        section {
            h2 { "Another role" }
            (own_form(&format!("{path}/role"), "form", &place.account, &html! {
                (role.select(&role_options(), it.role.as_str()))
                (meanings())
                (why_field(why, problems))
                p class="actions" { button class="button primary" type="submit" { "Change the role" } }
            }))
        }
        section { h2 { "Their way in" } (way_in(place, found)) }
        section {
            h2 { "Let them go" }
            @if found.is_last_owner {
                p { "The last owner stays. Make somebody else an owner first." }
            } @else {
                p { "They keep their account, and see nothing of this studio any more." }
                p { a class="button danger" href={ (path) "/remove" } { "Remove from the studio" } }
            }
        }
    };
    let is_sound = problems.is_empty() && why_not.is_none();
    let title = if is_sound { "A member" } else { "Error: A member" };
    account_page(title, &place.account, &main, nonce)
}

fn way_in(place: &StudioPlace, found: &Found) -> Markup {
    let it = &found.colleague;
    let operator = html! {
        "Whoever runs ToffeePay does: " code { "toffeepay people link" } "."
    };
    html! {
        @if it.person.shut_out_at.is_some() {
            p { "Shut out: they may not come in any more. Only whoever runs ToffeePay lets them in again." }
        } @else if it.may_be_linked() {
            p {
                "They have not chosen a password yet. A new link ends those before"
                @if found.is_self { ", and this visit of yours with them" }
                "."
            }
            (own_form(&format!("{}/link", found.path(place)), "", &place.account, &html! {
                button class="button" type="submit" { "Make a new link" }
            }))
        } @else if it.works_elsewhere {
            p { "They work at another studio too. A link would let you in there as well, so you cannot make one. " (operator) }
        } @else {
            p {
                "They sign in with their own password and second factor. If they have lost one, you cannot make a link: it would let you in as them. "
                (operator)
            }
        }
    }
}

/// Asks whether somebody really gives up what they may do.
pub(super) fn own_role_page(
    place: &StudioPlace,
    found: &Found,
    role: Role,
    why: &str,
    nonce: &Nonce,
) -> Markup {
    let path = found.path(place);
    let meaning = html! {
        p class="lead" {
            "You become " strong { (role_name(role)) } ". " (role_meaning(role))
            " You can then change nobody’s role any more, yours among them: only another owner can give it back."
        }
    };
    let look = SecondLook {
        question: html! { "Change your own role?" },
        meaning,
        action: &format!("{path}/role"),
        hidden: &[(ROLE, role.as_str()), (SURE, "yes")],
        why,
        problems: &[],
        act: "Give up being an owner",
        tone: "danger",
        back: (&path, "Stay an owner"),
    };
    let main = html! { (crumbs(place)) (look.draw(&place.account)) };
    account_page("Change your own role?", &place.account, &main, nonce)
}

/// Asks whether a member is really to go.
pub(super) fn remove_page(
    place: &StudioPlace,
    found: &Found,
    (why, problems): (&str, &[FieldProblem]),
    nonce: &Nonce,
) -> Markup {
    let (it, path) = (&found.colleague, found.path(place));
    let question = html! {
        @if found.is_self { "Leave " (untrusted(&place.studio_name)) "?" }
        @else { "Remove " (untrusted(called(it))) "?" }
    };
    let about = facts([
        fact("E-mail", address(it)),
        fact("Role", html! { (role_name(it.role)) }),
        fact("Studio", untrusted(&place.studio_name)),
    ]);
    let meaning = html! {
        (about)
        p class="lead" {
            @if found.is_self { "You see nothing of this studio any more. Only an owner can take you in again." }
            @else { "They see nothing of this studio from their next click on. You can invite them again later." }
        }
    };
    let look = SecondLook {
        question,
        meaning,
        action: &format!("{path}/remove"),
        hidden: &[],
        why,
        problems,
        act: if found.is_self { "Leave the studio" } else { "Remove them" },
        tone: "danger",
        back: (&path, "Change nothing"),
    };
    let main = html! {
        (crumbs(place))
        @if found.is_last_owner {
            h1 { (look.question) }
            (about)
            p class="notice" { "A studio keeps at least one owner; make somebody else one first." }
            p { a class="button" href=(path) { "Back" } }
        } @else {
            (look.draw(&place.account))
        }
    };
    let title = if problems.is_empty() { "Remove a member" } else { "Error: Remove a member" };
    account_page(title, &place.account, &main, nonce)
}

/// What each role may do, beside the choice of one.
fn meanings() -> Markup {
    html! {
        dl class="meanings" {
            @for it in Role::ALL { div { dt { (role_name(*it)) } dd { (role_meaning(*it)) } } }
        }
    }
}

fn refusal(title: &str, why: Option<&str>) -> Markup {
    html! {
        @if let Some(why) = why {
            p class="notice" role="alert" { strong { (title) ": " } (why) "." }
        }
    }
}

fn crumbs(place: &StudioPlace) -> Markup {
    html! {
        nav class="crumbs" aria-label="Breadcrumb" {
            a href=(people_path(&place.studio_id)) { "People of " bdi { (place.studio_name) } }
        }
    }
}

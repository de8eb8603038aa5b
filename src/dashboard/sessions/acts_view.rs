//! The pages on the way to doing something about a session: a form, a second look, and why not.

use maud::{Markup, html};

use super::{
    acts::{PAYMENT, REASON, SURE},
    present::Present,
    story_view::session_path,
};
use crate::{
    dashboard::{
        Place,
        views::{
            Field, FieldProblem, Frame, SecondLook, Section, copyable, document, fact, facts,
            own_form, problem_list, shown_money, untrusted,
        },
    },
    domain::{
        id::{PaymentId, SessionId},
        money::Money,
        session::SessionError,
        text::RefundReason,
        world::World,
    },
    page_headers::Nonce,
};

/// Why something was not done.
pub(super) enum Refusal {
    /// The rules say no.
    Rules(SessionError),
    /// Others kept changing the session.
    Conflict,
}

/// Asks whether a session is to be cancelled.
pub(super) fn cancel_page(
    place: &Place,
    found: &Present,
    (why, problems): (&str, &[FieldProblem]),
    nonce: &Nonce,
) -> Markup {
    let path = session_path(place, &found.session_id);
    let look = SecondLook {
        question: html! { "Cancel this session?" },
        meaning: html! {
            (about(found, found.state.item.price, None, None))
            p class="lead" {
                "The player can no longer pay for it. Money that is held for it is let go. This cannot be undone."
            }
        },
        action: &format!("{path}/cancel"),
        hidden: &[],
        why,
        problems,
        act: "Cancel the session",
        tone: "danger",
        back: (&path, "Keep it"),
    };
    let main = html! { (crumbs(place, &found.session_id)) (look.draw(&place.account)) };
    let title = if problems.is_empty() { "Cancel a session" } else { "Error: Cancel a session" };
    framed(place, title, &main, nonce)
}

/// Whose money is to be given back, and how much.
pub(super) struct Asked<'a> {
    pub(super) place: &'a Place,
    pub(super) found: &'a Present,
    pub(super) payment_id: &'a PaymentId,
    pub(super) amount: Money,
}

/// Asks why money is to be given back.
pub(super) fn refund_form_page(
    asked: &Asked<'_>,
    typed: &str,
    problems: &[FieldProblem],
    nonce: &Nonce,
) -> Markup {
    let Asked { place, found, payment_id, amount } = *asked;
    let path = session_path(place, &found.session_id);
    let reason = Field {
        name: REASON,
        label: "Reason",
        hint: "For whoever reads the log later: no names and no addresses. The game’s server is told it too.",
        problems,
    };
    let main = html! {
        (crumbs(place, &found.session_id))
        h1 { "Refund " (shown_money(amount)) }
        (problem_list("The refund was not asked for", problems))
        (about(found, amount, Some(payment_id), None))
        (own_form(&format!("{path}/refund"), "form", &place.account, &html! {
            input type="hidden" name=(PAYMENT) value=(payment_id);
            (reason.lines(typed, RefundReason::LENGTH_MAX))
            p class="actions" {
                button class="button primary" type="submit" { "Continue" }
                a class="button" href=(path) { "Back" }
            }
        }))
    };
    let title = if problems.is_empty() { "Refund" } else { "Error: Refund" };
    framed(place, title, &main, nonce)
}

/// Shows once more what is about to happen.
pub(super) fn refund_look_page(asked: &Asked<'_>, reason: &RefundReason, nonce: &Nonce) -> Markup {
    let Asked { place, found, payment_id, amount } = *asked;
    let path = session_path(place, &found.session_id);
    let main = html! {
        (crumbs(place, &found.session_id))
        h1 { "Give " (shown_money(amount)) " back?" }
        (about(found, amount, Some(payment_id), Some(reason)))
        p class="lead" {
            @match place.world {
                World::Live => "Real money goes back to the player, all of it. This cannot be undone.",
                World::Test => "Test mode: no real money moves. In the live world this could not be undone.",
            }
        }
        (own_form(&format!("{path}/refund"), "", &place.account, &html! {
            input type="hidden" name=(PAYMENT) value=(payment_id);
            input type="hidden" name=(REASON) value=(reason);
            input type="hidden" name=(SURE) value="yes";
            p class="actions" {
                button class="button primary" type="submit" { "Refund " (shown_money(amount)) }
                a class="button" href=(path) { "Do nothing" }
            }
        }))
    };
    framed(place, "Refund: a second look", &main, nonce)
}

/// Says why something was not done.
pub(super) fn refused_page(
    place: &Place,
    session_id: &SessionId,
    why: &Refusal,
    nonce: &Nonce,
) -> Markup {
    let main = html! {
        (crumbs(place, session_id))
        h1 { "Nothing was changed" }
        p class="notice" role="alert" {
            @match why {
                Refusal::Rules(error) => { "It cannot be done: " (error.to_string()) "." }
                Refusal::Conflict => { "The session was being changed at the same moment. Look at it again." }
            }
        }
        p { a class="button" href=(session_path(place, session_id)) { "To the session" } }
    };
    framed(place, "Nothing was changed", &main, nonce)
}

fn about(
    found: &Present,
    amount: Money,
    payment_id: Option<&PaymentId>,
    reason: Option<&RefundReason>,
) -> Markup {
    let state = &*found.state;
    let payment = payment_id.map(|it| fact("Payment", copyable(it.as_str())));
    let reason = reason.map(|it| fact("Reason", untrusted(it.as_str())));
    let rows = [
        fact("Item", untrusted(state.item.title.as_str())),
        fact("Amount", shown_money(amount)),
        fact(
            "Player",
            html! {
                @match state.user_id.known() {
                    Some(it) => (untrusted(it.as_str())),
                    None => span class="erased" { "erased" },
                }
            },
        ),
    ];
    html! { div class="narrow" { (facts(rows.into_iter().chain(payment).chain(reason))) } }
}

fn crumbs(place: &Place, session_id: &SessionId) -> Markup {
    html! {
        nav class="crumbs" aria-label="Breadcrumb" {
            a href=(session_path(place, session_id)) { "Back to the session" }
        }
    }
}

fn framed(place: &Place, title: &str, main: &Markup, nonce: &Nonce) -> Markup {
    document(&Frame { place, section: Section::Sessions, title, as_of: None }, main, nonce)
}

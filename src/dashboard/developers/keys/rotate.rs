//! A key that takes another's place: what that means, and the one answer that shows it.

use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};
use chrono::TimeDelta;
use maud::{Markup, html};

use super::{
    super::{
        key_of, paths,
        problems::{Named, problem},
        refused::{Refused, not_here, refusal_notice, refused},
        words::{limit_line, scopes_line},
    },
    Which,
    form::may_hold,
    shown::{NewlyShown, repeated, shown},
};
use crate::{
    admin::{AdminError, KEY_OVERLAP_HOURS_DEFAULT, KEY_OVERLAP_HOURS_MAX, RotatedKey},
    dashboard::{
        Dashboard, Place,
        access::{Act, Visitor, ask_for_proof},
        answer::page,
        views::{
            Field, FieldProblem, Frame, Section, copyable, document, fact, facts, own_form,
            problem_list, untrusted, why_field,
        },
    },
    domain::{game::Key, violation::Violation},
    page_headers::Nonce,
};

const OVERLAP: Named = ("overlap_hours", "The old key works for");

/// What is offered, in hours.
const OVERLAPS: [(&str, &str); 5] = [
    ("0", "no time: it is refused at once"),
    ("1", "1 hour more"),
    ("24", "a day more"),
    ("72", "3 days more"),
    ("168", "a week more"),
];

/// `GET …/keys/{key_id}/rotate`
pub(super) async fn rotate_page(
    State(desk): State<Dashboard>,
    place: Place,
    visitor: Visitor,
    Path(Which { key_id }): Path<Which>,
) -> Response {
    let Some(key) = key_of(&place, &key_id) else { return not_here(&place) };
    let here = paths::of_key(&place, &key_id, "rotate");
    if let Some(to_prove) = ask_for_proof(visitor.stay(), &desk, &here) {
        return to_prove;
    }
    let usual = KEY_OVERLAP_HOURS_DEFAULT.to_string();
    let view =
        RotateView { place: &place, key, chosen: &usual, why: "", problems: &[], refusal: None };
    page(StatusCode::OK, |nonce| rotate_form(&view, nonce))
}

/// `POST …/keys/{key_id}/rotate`
pub(super) async fn rotate_key(
    State(desk): State<Dashboard>,
    place: Place,
    Path(Which { key_id }): Path<Which>,
    act: Act,
) -> Response {
    let Some(key) = key_of(&place, &key_id) else { return not_here(&place) };
    if let Some(to_prove) = act.ask_for_proof(&desk, &paths::of_key(&place, &key_id, "rotate")) {
        return to_prove;
    }
    let chosen = act.fields.text(OVERLAP.0);
    let again = |status, problems: &[FieldProblem], refusal| {
        let why = act.typed_why();
        let view = RotateView { place: &place, key, chosen, why, problems, refusal };
        page(status, |nonce| rotate_form(&view, nonce))
    };
    let overlap = read_overlap(chosen).map_err(|violation| problem(OVERLAP, violation));
    let overlap = match (overlap, act.why()) {
        (Ok(overlap), Ok(_)) => overlap,
        (overlap, why) => {
            let problems: Vec<_> = overlap.err().into_iter().chain(why.err()).collect();
            return again(StatusCode::BAD_REQUEST, &problems, None);
        }
    };
    if !may_hold(place.role, place.world, &key.scopes) {
        let why = "Its successor may give money back, which your role may not: ask an owner";
        return again(StatusCode::FORBIDDEN, &[], Some(why));
    }
    match act.admin(&desk).rotate_key(&place.game_id, key.key_id.clone(), overlap).await {
        Ok(RotatedKey { key_id: new_key_id, key: new, expires_at, previous_expires_at }) => {
            let until = previous_expires_at.filter(|at| desk.clock.now() < *at);
            let view = NewlyShown {
                place: &place,
                name: key.name.clone(),
                key_id: new_key_id,
                key: &new,
                expires_at,
                replaces: Some((key.key_id.clone(), until)),
            };
            page(StatusCode::CREATED, |nonce| shown(&view, nonce))
        }
        Err(AdminError::Repeated) => repeated(&place),
        Err(error) => match refused(&place, error) {
            Refused::Answered(answer) => answer,
            Refused::Told(why) => again(StatusCode::CONFLICT, &[], Some(&why)),
        },
    }
}

fn read_overlap(text: &str) -> Result<TimeDelta, Violation> {
    let hours = text.parse().ok().filter(|it| (0..=KEY_OVERLAP_HOURS_MAX).contains(it));
    hours.map(TimeDelta::hours).ok_or_else(|| Violation::new("must be 0 to 168 hours", text))
}

struct RotateView<'a> {
    place: &'a Place,
    key: &'a Key,
    chosen: &'a str,
    why: &'a str,
    problems: &'a [FieldProblem],
    refusal: Option<&'a str>,
}

fn rotate_form(view: &RotateView<'_>, nonce: &Nonce) -> Markup {
    let RotateView { place, key, chosen, why, problems, refusal } = *view;
    let (name, label) = OVERLAP;
    let hint =
        "Time to give the new key to every game server. An end that the old key has before stays.";
    let fields = html! {
        (Field { name, label, hint, problems }.select(&OVERLAPS, chosen))
        (why_field(why, problems))
        div class="actions" {
            button class="button primary" type="submit" { "Rotate the key" }
            a class="button" href=(paths::developers(place)) { "Cancel" }
        }
    };
    let main = html! {
        nav class="crumbs" aria-label="Breadcrumb" { a href=(paths::developers(place)) { "Developers" } }
        h1 { "Rotate the key " (untrusted(key.name.as_str())) }
        p class="lead" {
            "You get a new key that may do the same, and is shown once. Give it to your game servers while the old \
             one still works."
        }
        (refusal_notice(refusal))
        (problem_list("The key was not rotated", problems))
        (facts([
            fact("Old key", copyable(key.key_id.as_str())),
            fact("May", html! { (scopes_line(&key.scopes)) }),
            fact("Requests", html! { (limit_line(key.rate_limit, place.world)) }),
        ]))
        (own_form(&paths::of_key(place, key.key_id.as_str(), "rotate"), "form", &place.account, &fields))
    };
    let is_sound = problems.is_empty() && refusal.is_none();
    let title = if is_sound { "Rotate a key" } else { "Error: Rotate a key" };
    document(&Frame { place, section: Section::Developers, title, as_of: None }, &main, nonce)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_key_works_for_a_week_more_at_most() {
        assert_eq!(read_overlap("0"), Ok(TimeDelta::zero()));
        assert_eq!(read_overlap("168"), Ok(TimeDelta::days(7)));
        for text in ["", "-1", "169", "1.5", "day"] {
            assert!(read_overlap(text).is_err(), "{text}");
        }
    }

    #[test]
    fn each_time_that_is_offered_is_taken_and_the_usual_one_is_offered() {
        assert!(OVERLAPS.iter().all(|(hours, _)| read_overlap(hours).is_ok()));
        let usual = KEY_OVERLAP_HOURS_DEFAULT.to_string();
        assert!(OVERLAPS.iter().any(|(hours, _)| *hours == usual));
    }
}

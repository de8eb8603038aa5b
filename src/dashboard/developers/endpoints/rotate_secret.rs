//! A new secret for an endpoint, while those before sign too.

use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};
use chrono::TimeDelta;
use maud::{Markup, html};

use super::{
    super::{
        endpoint_of, paths,
        problems::{Named, problem},
        refused::not_here,
    },
    Which,
    page::answered,
};
use crate::{
    dashboard::{
        Dashboard, Place,
        access::Act,
        answer::page,
        views::{
            Field, FieldProblem, Frame, Section, document, own_form, problem_list, untrusted,
            why_field,
        },
    },
    domain::{
        game::{GRACE_HOURS_DEFAULT, GRACE_HOURS_MAX, RegisteredEndpoint},
        violation::Violation,
    },
    page_headers::Nonce,
    webhooks::WebhookSecret,
};

const GRACE: Named = ("grace_hours", "The old secret signs too for");

/// What is offered, in hours.
const GRACES: [(&str, &str); 5] = [
    ("0", "no time: it ends at once"),
    ("1", "1 hour more"),
    ("24", "a day more"),
    ("72", "3 days more"),
    ("168", "a week more"),
];

/// `GET …/endpoints/{endpoint_id}/rotate`
pub(super) async fn rotate_page(
    place: Place,
    Path(Which { endpoint_id }): Path<Which>,
) -> Response {
    let Some(it) = endpoint_of(&place, &endpoint_id) else { return not_here(&place) };
    let usual = GRACE_HOURS_DEFAULT.to_string();
    page(StatusCode::OK, |nonce| drawn(&place, it, (&usual, ""), &[], nonce))
}

/// `POST …/endpoints/{endpoint_id}/rotate`: sent twice, it rotates once.
pub(super) async fn rotate_secret(
    State(desk): State<Dashboard>,
    place: Place,
    Path(Which { endpoint_id }): Path<Which>,
    act: Act,
) -> Response {
    let Some(it) = endpoint_of(&place, &endpoint_id) else { return not_here(&place) };
    let chosen = act.fields.text(GRACE.0);
    let grace = read_grace(chosen).map_err(|violation| problem(GRACE, violation));
    let grace = match (grace, act.why()) {
        (Ok(grace), Ok(_)) => grace,
        (grace, why) => {
            let problems: Vec<_> = grace.err().into_iter().chain(why.err()).collect();
            let typed = (chosen, act.typed_why());
            let draw = |nonce: &Nonce| drawn(&place, it, typed, &problems, nonce);
            return page(StatusCode::BAD_REQUEST, draw);
        }
    };
    let (id, secret) = (it.endpoint_id.clone(), WebhookSecret::generate());
    let rotated = act.admin(&desk).rotate_secret(&place.game_id, id, &secret, grace).await;
    answered(&desk, &place, it, rotated.map(|()| "rotated")).await
}

fn read_grace(text: &str) -> Result<TimeDelta, Violation> {
    let hours = text.parse().ok().filter(|it| (0..=GRACE_HOURS_MAX).contains(it));
    hours.map(TimeDelta::hours).ok_or_else(|| Violation::new("must be 0 to 168 hours", text))
}

fn drawn(
    place: &Place,
    it: &RegisteredEndpoint,
    (chosen, why): (&str, &str),
    problems: &[FieldProblem],
    nonce: &Nonce,
) -> Markup {
    let id = it.endpoint_id.as_str();
    let back = paths::endpoint(place, id);
    let (name, label) = GRACE;
    let hint = "Until then each delivery carries signatures of both. Without that time, every receiver that does \
                not have the new one refuses what it is sent.";
    let fields = html! {
        (Field { name, label, hint, problems }.select(&GRACES, chosen))
        (why_field(why, problems))
        div class="actions" {
            button class="button primary" type="submit" { "Rotate the secret" }
            a class="button" href=(back) { "Cancel" }
        }
    };
    let main = html! {
        nav class="crumbs" aria-label="Breadcrumb" {
            a href=(paths::developers(place)) { "Developers" } " / " a href=(back) { "Endpoint" }
        }
        h1 { "Rotate the signing secret" }
        p class="lead" { "Of " (untrusted(it.endpoint.url.as_str())) }
        ol class="steps" {
            li { "Rotate. A new secret signs from now on, and the old one too for as long as you say." }
            li { "Reveal the new secret, and give it to your servers in place of the old one." }
            li { "When all of them have it, let the old one end by itself, or end it then." }
        }
        (problem_list("The secret was not rotated", problems))
        (own_form(&paths::of_endpoint(place, id, "rotate"), "form", &place.account, &fields))
    };
    let is_wrong = !problems.is_empty();
    let title = if is_wrong { "Error: Rotate a secret" } else { "Rotate a secret" };
    document(&Frame { place, section: Section::Developers, title, as_of: None }, &main, nonce)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grace_lasts_a_week_at_most_and_each_that_is_offered_is_taken() {
        assert_eq!(read_grace("0"), Ok(TimeDelta::zero()));
        assert!(GRACES.iter().all(|(hours, _)| read_grace(hours).is_ok()));
        let usual = GRACE_HOURS_DEFAULT.to_string();
        assert!(GRACES.iter().any(|(hours, _)| *hours == usual));
        for text in ["", "-1", "169", "1.5", "day"] {
            assert!(read_grace(text).is_err(), "{text}");
        }
    }
}

//! Proving once more who one is, for what needs a fresh proof.

use axum::{
    extract::{RawQuery, State},
    http::StatusCode,
    response::Response,
};

use super::{
    act::Act,
    fields::Fields,
    next::Next,
    origin::From,
    sign_in::status_of,
    views::{ProveView, field, prove_page as drawn},
    visitor::Newcomer,
};
use crate::dashboard::{
    Dashboard,
    answer::{page, see_other, went_wrong},
};

pub(super) const PROVE: &str = "/dashboard/prove";

/// `GET /dashboard/prove`
pub(super) async fn prove_page(
    State(desk): State<Dashboard>,
    newcomer: Newcomer,
    RawQuery(query): RawQuery,
) -> Response {
    let next = Next::parse(Fields::read(query.unwrap_or_default().as_bytes()).text(field::NEXT));
    show(&desk, &newcomer, &next, StatusCode::OK, None)
}

/// `POST /dashboard/prove`
pub(super) async fn prove(State(desk): State<Dashboard>, From(from): From, form: Act) -> Response {
    let Act { fields, newcomer } = form;
    let next = Next::parse(fields.text(field::NEXT));
    let (password, code) = (fields.secret(field::PASSWORD), fields.text(field::CODE));
    let proved =
        desk.people.prove(&newcomer.stay, password, code, from, newcomer.request_id()).await;
    match proved {
        Ok(()) => see_other(next.as_str()),
        Err(refused) => match status_of(&refused) {
            Some(status) => show(&desk, &newcomer, &next, status, Some(&refused.to_string())),
            None => went_wrong(&refused),
        },
    }
}

fn show(
    desk: &Dashboard,
    newcomer: &Newcomer,
    next: &Next,
    status: StatusCode,
    problem: Option<&str>,
) -> Response {
    let form_token = &newcomer.form_token(&desk.people);
    let view =
        ProveView { form_token, called: &newcomer.stay.called, next: next.as_str(), problem };
    page(status, |nonce| drawn(&view, nonce))
}

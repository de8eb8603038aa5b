//! A new key: the form, and the one answer that shows the key.

use axum::{extract::State, http::StatusCode, response::Response};

use super::{
    super::{
        paths,
        refused::{Refused, refused},
    },
    form::Typed,
    form_view::{NewKeyView, new_key_form},
    shown::{NewlyShown, repeated, shown},
};
use crate::{
    admin::AdminError,
    dashboard::{
        Dashboard, Place,
        access::{Act, Visitor, ask_for_proof},
        answer::page,
        views::FieldProblem,
    },
};

/// `GET …/keys/new`: for who has just proved who they are, since a key does what they may not do themselves.
pub(super) async fn new_key_page(
    State(desk): State<Dashboard>,
    place: Place,
    visitor: Visitor,
) -> Response {
    if let Some(to_prove) = ask_for_proof(visitor.stay(), &desk, &paths::new_key(&place)) {
        return to_prove;
    }
    let typed = Typed::nothing_of(place.role, place.world);
    form_again(&place, StatusCode::OK, &typed, &[], None)
}

/// `POST …/keys/new`
pub(super) async fn create_key(State(desk): State<Dashboard>, place: Place, act: Act) -> Response {
    if let Some(to_prove) = act.ask_for_proof(&desk, &paths::new_key(&place)) {
        return to_prove;
    }
    let typed = Typed::of(&act.fields);
    let new = match typed.read(place.world, place.role, desk.clock.now()) {
        Ok(new) => new,
        Err(problems) => {
            return form_again(&place, StatusCode::BAD_REQUEST, &typed, &problems, None);
        }
    };
    let (name, expires_at) = (new.name.clone(), new.expires_at);
    match act.admin(&desk).issue_key(&place.game_id, new).await {
        Ok((key_id, key)) => {
            let replaces = None;
            let view = NewlyShown { place: &place, name, key_id, key: &key, expires_at, replaces };
            page(StatusCode::CREATED, |nonce| shown(&view, nonce))
        }
        Err(AdminError::Repeated) => repeated(&place),
        Err(error) => match refused(&place, error) {
            Refused::Answered(answer) => answer,
            Refused::Told(why) => form_again(&place, StatusCode::CONFLICT, &typed, &[], Some(&why)),
        },
    }
}

fn form_again(
    place: &Place,
    status: StatusCode,
    typed: &Typed,
    problems: &[FieldProblem],
    refusal: Option<&str>,
) -> Response {
    let view = NewKeyView { place, typed, problems, refusal };
    page(status, |nonce| new_key_form(&view, nonce))
}

//! `…/links/new`: an empty form, and the session that comes of a full one.

use axum::{extract::State, http::StatusCode, response::Response};

use super::{
    form::LinkForm,
    view::{LinkView, link_page},
};
use crate::{
    dashboard::{
        Dashboard, Place,
        access::Act,
        answer::{page, see_other, went_wrong},
        sessions::{Done, session_path},
        views::FieldProblem,
    },
    domain::{
        id::SessionId,
        session::{Session, SessionCommand},
    },
    ids::NewId,
};

/// `GET …/links/new`
pub(super) async fn blank(State(desk): State<Dashboard>, place: Place) -> Response {
    let currency = place.game.currencies.first().cloned().unwrap_or_default();
    // Support knows no deep link by heart: it begins as the game's settings say that one may.
    let return_url = place.game.return_urls.first().unwrap_or_default();
    let form = LinkForm { currency, return_url, ..LinkForm::default() };
    show(&desk, &place, &form, &[], StatusCode::OK)
}

/// `POST …/links/new`
pub(super) async fn create(State(desk): State<Dashboard>, place: Place, act: Act) -> Response {
    let (form, now) = (LinkForm::read(&act.fields), desk.clock.now());
    if desk.providers.taking(place.world).is_none() {
        return show(&desk, &place, &form, &[], StatusCode::CONFLICT);
    }
    let details = match form.parse(&place, now) {
        Ok(details) => details,
        Err(problems) => return show(&desk, &place, &form, &problems, StatusCode::BAD_REQUEST),
    };
    let context = act.context(&desk);
    // The same form, sent twice, is the same session.
    let session_id = match context.is_repeatable {
        true => SessionId::of_command(context.command_id),
        false => SessionId::new(now),
    };
    let create = SessionCommand::Create(Box::new(details));
    match desk.store.execute::<Session>(session_id.as_str(), create, &context).await {
        Ok(_) => see_other(&Done::LinkMade.on(&session_path(&place, &session_id))),
        Err(error) => went_wrong(&error),
    }
}

fn show(
    desk: &Dashboard,
    place: &Place,
    form: &LinkForm,
    problems: &[FieldProblem],
    status: StatusCode,
) -> Response {
    let takes_payments = desk.providers.taking(place.world).is_some();
    let view = LinkView { place, form, problems, takes_payments };
    page(status, |nonce| link_page(&view, nonce))
}

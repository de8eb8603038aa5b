//! Coming in with a password and a code.

use axum::{
    extract::{RawQuery, State},
    http::{HeaderMap, StatusCode, header::SET_COOKIE},
    response::Response,
};

use super::{
    act::OpenForm,
    cookie,
    fields::Fields,
    next::Next,
    origin::From,
    views::{SignInView, field, sign_in_page as drawn},
    visitor::{Newcomer, SIGN_IN},
};
use crate::{
    dashboard::{
        Dashboard,
        answer::{page, see_other, went_wrong},
        desk::request_id,
    },
    domain::person::EmailAddress,
    event_store::CommandContext,
    people::{Credentials, PeopleError, SignedIn, Unwelcome},
};

/// What somebody is told who came in, and whose browser has nothing to show for it.
const NO_COOKIE: &str = "you came in, but your browser kept no cookie, so that it is not known again. \
    Safari keeps ours over https only, and none of http://127.0.0.1: use another browser there; or \
    allow cookies. A link that you came by is used up: ask for another";

/// `GET /dashboard/sign-in`
pub(super) async fn sign_in_page(
    State(desk): State<Dashboard>,
    newcomer: Result<Newcomer, Response>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let next = Next::parse(Fields::read(query.unwrap_or_default().as_bytes()).text(field::NEXT));
    if newcomer.is_ok() {
        return see_other(next.as_str());
    }
    // A cookie that lets nobody in was kept all the same: whoever has it was put out.
    let has_none = cookie::read(&headers, &desk.base_url).is_none();
    let problem = (has_none && cookie::has_just_arrived(&headers)).then_some(NO_COOKIE);
    let view = SignInView { next: next.as_str(), email: "", problem };
    page(StatusCode::OK, |nonce| drawn(&view, nonce))
}

/// `POST /dashboard/sign-in`
pub(super) async fn sign_in(
    State(desk): State<Dashboard>,
    From(from): From,
    headers: HeaderMap,
    OpenForm(fields): OpenForm,
) -> Response {
    let next = Next::parse(fields.text(field::NEXT));
    let typed = fields.text(field::EMAIL).trim();
    // What cannot be an address is nobody's, and told in the same words.
    let tried = match EmailAddress::parse(typed) {
        Ok(email) => {
            let (password, code) =
                (fields.secret(field::PASSWORD), fields.text(field::CODE).into());
            let credentials = Credentials { email, password, code };
            desk.people.sign_in(credentials, from, request_id(&headers)).await
        }
        Err(_) => Err(Unwelcome::Refused),
    };
    match tried {
        Ok(signed_in) => come_in(&desk, &headers, &signed_in, next.as_str()).await,
        Err(refused) => {
            let Some(status) = status_of(&refused) else { return went_wrong(&refused) };
            let problem = refused.to_string();
            let view = SignInView { next: next.as_str(), email: typed, problem: Some(&problem) };
            page(status, |nonce| drawn(&view, nonce))
        }
    }
}

/// The status of a refusal that a person is told; `None` for what only the operator is to know.
pub(super) fn status_of(refused: &Unwelcome) -> Option<StatusCode> {
    match refused {
        Unwelcome::Refused => Some(StatusCode::FORBIDDEN),
        Unwelcome::Link => Some(StatusCode::GONE),
        Unwelcome::People(PeopleError::Busy | PeopleError::Conflict) => {
            Some(StatusCode::SERVICE_UNAVAILABLE)
        }
        Unwelcome::People(_) => None,
    }
}

/// Has the browser keep that somebody is in, and leads them on. Who was in by it before is out.
pub(super) async fn come_in(
    desk: &Dashboard,
    headers: &HeaderMap,
    signed_in: &SignedIn,
    next: &str,
) -> Response {
    if let Err(error) = end_former(desk, headers).await {
        tracing::warn!(%error, "the visit that a browser had before was not ended");
    }
    let mut response = see_other(next);
    if let Some(cookie) = cookie::keep(&signed_in.token, &desk.base_url) {
        response.headers_mut().append(SET_COOKIE, cookie);
        response.headers_mut().append(SET_COOKIE, cookie::note_arrival());
    }
    response
}

/// Ends the visit whose cookie the browser is about to lose: nobody could leave it any more.
async fn end_former(desk: &Dashboard, headers: &HeaderMap) -> Result<(), PeopleError> {
    let Some(token) = cookie::read(headers, &desk.base_url) else { return Ok(()) };
    let Some(former) = desk.people.stay(&token).await? else { return Ok(()) };
    let context = CommandContext::new(former.actor(), request_id(headers), desk.clock.now());
    let context = context.because_of(former.sign_in_id.as_str());
    desk.people.sign_out(&former, &context).await
}

/// Where somebody is led who has just gone.
pub(super) fn way_out(desk: &Dashboard) -> Response {
    let mut response = see_other(SIGN_IN);
    if let Some(cookie) = cookie::forget(&desk.base_url) {
        response.headers_mut().append(SET_COOKIE, cookie);
        response.headers_mut().append(SET_COOKIE, cookie::forget_arrival());
    }
    response
}

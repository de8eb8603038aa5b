//! `/studios/{studio_id}/people`: everybody who works there.

use axum::{
    extract::{RawQuery, State},
    http::StatusCode,
    response::Response,
};

use super::{
    done::Done,
    list_view::{ListView, list_page},
};
use crate::dashboard::{
    Dashboard,
    access::Visitor,
    answer::{page, went_wrong},
    place::StudioPlace,
};

/// `GET …/people`
pub(super) async fn list(
    State(desk): State<Dashboard>,
    place: StudioPlace,
    visitor: Visitor,
    RawQuery(query): RawQuery,
) -> Response {
    let people = match desk.people.roster(&place.studio_id).await {
        Ok(people) => people,
        Err(error) => return went_wrong(&error),
    };
    let view = ListView {
        place: &place,
        people: &people,
        own_id: visitor.stay().person_id.as_str(),
        done: Done::read(&query.unwrap_or_default()),
    };
    page(StatusCode::OK, |nonce| list_page(&view, nonce))
}

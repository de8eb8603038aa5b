//! `GET …/deliveries`: one page of an endpoint's messages, and how the endpoint does.

use axum::{
    extract::{Path, RawQuery, State},
    http::StatusCode,
    response::Response,
};
use serde::Deserialize;

use super::{
    endpoint::{Unknowable, find, known, not_here},
    form::{Begins, Form, Wish, problem},
    list_view::{Listing, list_page},
};
use crate::{
    dashboard::{
        Dashboard, Place,
        answer::{page, went_wrong},
        views::FieldProblem,
    },
    domain::{game::RegisteredEndpoint, violation::Violation},
    webhooks::{FoundMessages, MessageTurn, message_cursor, search_messages},
};

/// How many messages a page has.
const PAGE_ROWS: u32 = 50;

/// Which endpoint.
#[derive(Deserialize)]
pub(super) struct Which {
    pub(super) endpoint_id: String,
}

/// Why there is no list.
enum Refused {
    Fields(Vec<FieldProblem>),
    Unknowable(Unknowable),
}

impl From<sqlx::Error> for Refused {
    fn from(error: sqlx::Error) -> Self {
        Self::Unknowable(error.into())
    }
}

pub(super) async fn list(
    State(desk): State<Dashboard>,
    place: Place,
    Path(which): Path<Which>,
    RawQuery(query): RawQuery,
) -> Response {
    let Some(endpoint) = find(&place, &which.endpoint_id) else { return not_here(&place) };
    let form = Form::read(query.as_deref().unwrap_or_default());
    let known = match known(&desk, &place, endpoint).await {
        Ok(known) => known,
        Err(error) => return went_wrong(&error),
    };
    let (status, found) = match read(&desk, endpoint, &form).await {
        Ok(found) => (StatusCode::OK, Ok(found)),
        Err(Refused::Fields(problems)) => (StatusCode::BAD_REQUEST, Err(problems)),
        Err(Refused::Unknowable(error)) => return went_wrong(&error),
    };
    let listing = Listing { known, form: &form, found };
    page(status, |nonce| list_page(&listing, nonce))
}

async fn read(
    desk: &Dashboard,
    endpoint: &RegisteredEndpoint,
    form: &Form,
) -> Result<FoundMessages, Refused> {
    let Wish { search, begins } = form.wish().map_err(Refused::Fields)?;
    let turn = turn(desk, endpoint, &begins).await?;
    Ok(search_messages(&desk.pool, &endpoint.endpoint_id, &search, &turn, PAGE_ROWS).await?)
}

/// Where a page begins. A message of another endpoint is as unknown as one that never was.
async fn turn(
    desk: &Dashboard,
    endpoint: &RegisteredEndpoint,
    begins: &Begins,
) -> Result<MessageTurn, Refused> {
    let (field, id) = match begins {
        Begins::Newest => return Ok(MessageTurn::Newest),
        Begins::Before(id) => ("before", id),
        Begins::After(id) => ("after", id),
    };
    let cursor = message_cursor(&desk.pool, &endpoint.endpoint_id, id.as_str()).await?;
    let Some(cursor) = cursor else {
        let violation = Violation::new("must begin at a message of this endpoint", id.as_str());
        return Err(Refused::Fields(vec![problem(field, violation)]));
    };
    Ok(if field == "after" { MessageTurn::After(cursor) } else { MessageTurn::Before(cursor) })
}

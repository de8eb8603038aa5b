//! `GET …/deliveries`: one page of an endpoint's messages, and how the endpoint does.

use axum::{
    extract::{Path, RawQuery, State},
    http::StatusCode,
    response::Response,
};
use serde::Deserialize;

use super::{
    endpoint::{Unknowable, find, known, not_here},
    form::{FIELDS, Wish, wish},
    list_view::{Listing, list_page},
};
use crate::{
    dashboard::{
        Dashboard, Place,
        answer::{page, went_wrong},
        filters::{Begins, Filters},
        views::FieldProblem,
    },
    domain::{game::RegisteredEndpoint, violation::Violation},
    webhooks::{FoundMessages, MessageId, MessageTurn, message_cursor, search_messages},
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
    let filters = Filters::read(FIELDS, query.as_deref().unwrap_or_default());
    let known = match known(&desk, &place, endpoint).await {
        Ok(known) => known,
        Err(error) => return went_wrong(&error),
    };
    let (status, found) = match read(&desk, endpoint, &filters).await {
        Ok(found) => (StatusCode::OK, Ok(found)),
        Err(Refused::Fields(problems)) => (StatusCode::BAD_REQUEST, Err(problems)),
        Err(Refused::Unknowable(error)) => return went_wrong(&error),
    };
    let listing = Listing { known, filters: &filters, found };
    page(status, |nonce| list_page(&listing, nonce))
}

async fn read(
    desk: &Dashboard,
    endpoint: &RegisteredEndpoint,
    filters: &Filters,
) -> Result<FoundMessages, Refused> {
    let Wish { search, begins } = wish(filters).map_err(Refused::Fields)?;
    let turn = turn(desk, endpoint, filters, &begins).await?;
    Ok(search_messages(&desk.pool, &endpoint.endpoint_id, &search, &turn, PAGE_ROWS).await?)
}

/// Where a page begins. A message of another endpoint is as unknown as one that never was.
async fn turn(
    desk: &Dashboard,
    endpoint: &RegisteredEndpoint,
    filters: &Filters,
    begins: &Begins<MessageId>,
) -> Result<MessageTurn, Refused> {
    let Some((field, id)) = begins.named() else { return Ok(MessageTurn::Newest) };
    let cursor = message_cursor(&desk.pool, &endpoint.endpoint_id, id.as_str()).await?;
    let Some(cursor) = cursor else {
        let violation = Violation::new("must begin at a message of this endpoint", id.as_str());
        return Err(Refused::Fields(vec![filters.problem(field, violation)]));
    };
    Ok(match begins {
        Begins::After(_) => MessageTurn::After(cursor),
        Begins::Newest | Begins::Before(_) => MessageTurn::Before(cursor),
    })
}

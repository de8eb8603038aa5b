//! `GET …/deliveries/{message_id}`: all that is known of one message for one endpoint.

use axum::{
    extract::{Path, RawQuery, State},
    http::StatusCode,
    response::Response,
};
use serde::Deserialize;

use super::{
    SENT_AGAIN,
    endpoint::{Unknowable, find, known, no_message, not_here},
    one_view::{One, one_page},
};
use crate::{
    dashboard::{
        Dashboard, Place,
        access::Fields,
        answer::{page, went_wrong},
    },
    domain::game::RegisteredEndpoint,
    webhooks::MessageId,
};

/// Which message of which endpoint.
#[derive(Deserialize)]
pub(super) struct Which {
    pub(super) endpoint_id: String,
    pub(super) message_id: String,
}

pub(super) async fn one(
    State(desk): State<Dashboard>,
    place: Place,
    Path(which): Path<Which>,
    RawQuery(query): RawQuery,
) -> Response {
    let Some(endpoint) = find(&place, &which.endpoint_id) else { return not_here(&place) };
    let Some(id) = MessageId::parse(&which.message_id) else { return no_message(&place, endpoint) };
    let query = Fields::read(query.unwrap_or_default().as_bytes());
    match told(&desk, &place, endpoint, id).await {
        Ok(Some(one)) => {
            let one = One { was_sent_again: query.text("done") == SENT_AGAIN, ..one };
            page(StatusCode::OK, |nonce| one_page(&one, nonce))
        }
        Ok(None) => no_message(&place, endpoint),
        Err(error) => went_wrong(&error),
    }
}

async fn told<'a>(
    desk: &Dashboard,
    place: &'a Place,
    endpoint: &'a RegisteredEndpoint,
    message_id: MessageId,
) -> Result<Option<One<'a>>, Unknowable> {
    let found = desk.history.find(&endpoint.endpoint_id, &message_id).await?;
    let Some(message) = found else { return Ok(None) };
    let known = known(desk, place, endpoint).await?;
    Ok(Some(One { known, message_id, message, was_sent_again: false }))
}

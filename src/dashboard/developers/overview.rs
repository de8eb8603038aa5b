//! `GET …/developers`: the keys and endpoints of a game's world.

use axum::{
    extract::{RawQuery, State},
    http::StatusCode,
    response::Response,
};

use super::{
    keys_of,
    overview_view::{Overview, overview_page},
};
use crate::{
    admin::last_uses,
    dashboard::{
        Dashboard, Place,
        access::Fields,
        answer::{page, went_wrong},
    },
};

pub(super) async fn overview(
    State(desk): State<Dashboard>,
    place: Place,
    RawQuery(query): RawQuery,
) -> Response {
    let uses = last_uses(&desk.pool, keys_of(&place).map(|it| &it.key_id)).await;
    let uses = match uses {
        Ok(uses) => uses,
        Err(error) => return went_wrong(&error),
    };
    let query = Fields::read(query.unwrap_or_default().as_bytes());
    let done = query.text("done");
    let view = Overview { place: &place, uses: &uses, done, as_of: desk.clock.now() };
    page(StatusCode::OK, |nonce| overview_page(&view, nonce))
}

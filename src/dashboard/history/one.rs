//! `GET /studios/{studio_id}/history/{position}`: one act, with all that the log has of it.

use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};
use serde::Deserialize;

use super::{
    one_view::{One, one_page},
    telling::tell,
};
use crate::{
    acts::{act_at, standing},
    dashboard::{
        Dashboard,
        answer::{not_found, page, went_wrong},
        place::StudioPlace,
    },
    event_store::{StoreError, snapshot},
    projections::game::GameRow,
};

/// Which act.
#[derive(Deserialize)]
pub(super) struct Which {
    position: String,
}

pub(super) async fn one(
    State(desk): State<Dashboard>,
    place: StudioPlace,
    Path(Which { position }): Path<Which>,
) -> Response {
    let Ok(position) = position.parse() else { return not_found() };
    match read(&desk, &place, position).await {
        Ok(Some(one)) => page(StatusCode::OK, |nonce| one_page(&one, nonce)),
        // Another studio's is told of as what never was.
        Ok(None) => not_found(),
        Err(error) => went_wrong(&error),
    }
}

async fn read<'a>(
    desk: &Dashboard,
    place: &'a StudioPlace,
    position: i64,
) -> Result<Option<One<'a>>, StoreError> {
    let studio_id = place.studio_id.as_str();
    let mut snapshot = snapshot(&desk.pool).await?;
    let generation = standing(&mut snapshot, studio_id).await?.generation;
    let row = act_at(&mut snapshot, (studio_id, generation), position).await?;
    snapshot.commit().await?;
    let (mut told, names) = tell(desk, place, row.into_iter().collect()).await?;
    let Some(told) = told.pop() else { return Ok(None) };
    let games = GameRow::of_studios(&desk.pool, &[studio_id.to_owned()]).await?;
    Ok(Some(One { place, told, names, games }))
}

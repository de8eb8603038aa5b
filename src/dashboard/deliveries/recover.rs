//! `…/recoveries`: what an endpoint was handed in again, and handing in what it did not take since some time.

use axum::{
    extract::{Path, RawQuery, State},
    http::StatusCode,
    response::Response,
};

use super::{
    endpoint::{Unknowable, changed_meanwhile, find, known, not_here},
    list::Which,
    recover_view::{Asked, RecoveriesPage, recoveries_page},
    recoveries_path,
    since::read_since,
};
use crate::{
    admin::AdminError,
    dashboard::{
        Dashboard, Place,
        access::{Act, Fields},
        answer::{page, see_other, went_wrong},
        views::FieldProblem,
    },
    domain::{Timestamp, game::RegisteredEndpoint, id::RecoveryId, violation::Violation},
    ids::NewId,
    webhooks::{meant_by_recovery, recoveries_of},
};

/// The word for what was done, in the page's query.
const STARTED: &str = "started";

/// The field that says from when on.
pub(super) const SINCE: &str = "since";

pub(super) async fn recoveries(
    State(desk): State<Dashboard>,
    place: Place,
    Path(which): Path<Which>,
    RawQuery(query): RawQuery,
) -> Response {
    let Some(endpoint) = find(&place, &which.endpoint_id) else { return not_here(&place) };
    let query = Fields::read(query.unwrap_or_default().as_bytes());
    let typed = query.text(SINCE).trim();
    let asked = match typed {
        "" => Asked::Nothing,
        _ => Asked::of(read_since(typed, desk.clock.now()), typed),
    };
    shown(&desk, &place, endpoint, asked, query.text("done") == STARTED).await
}

/// Sent twice, the same form starts one.
pub(super) async fn recover(
    State(desk): State<Dashboard>,
    place: Place,
    Path(which): Path<Which>,
    act: Act,
) -> Response {
    let Some(endpoint) = find(&place, &which.endpoint_id) else { return not_here(&place) };
    let typed = act.fields.text(SINCE).trim();
    let since = match read_since(typed, desk.clock.now()) {
        Ok(since) => since,
        Err(violation) => {
            return shown(&desk, &place, endpoint, Asked::of(Err(violation), typed), false).await;
        }
    };
    let id = RecoveryId::of_command(act.context(&desk).command_id);
    let (game_id, endpoint_id) = (&place.game_id, &endpoint.endpoint_id);
    let path = recoveries_path(&place, endpoint_id.as_str());
    match act.admin(&desk).recover_webhooks(game_id, endpoint_id, &id, since).await {
        Ok(_) => see_other(&format!("{path}?done={STARTED}")),
        Err(AdminError::Game(_)) => not_here(&place),
        Err(AdminError::Conflict) => changed_meanwhile(&place, &path),
        Err(error) => went_wrong(&error),
    }
}

async fn shown(
    desk: &Dashboard,
    place: &Place,
    endpoint: &RegisteredEndpoint,
    asked: Asked,
    was_started: bool,
) -> Response {
    let status = match asked {
        Asked::Wrong { .. } => StatusCode::BAD_REQUEST,
        Asked::Nothing | Asked::Since(_) => StatusCode::OK,
    };
    match read(desk, place, endpoint, asked, was_started).await {
        Ok(view) => page(status, |nonce| recoveries_page(&view, nonce)),
        Err(error) => went_wrong(&error),
    }
}

async fn read<'a>(
    desk: &Dashboard,
    place: &'a Place,
    endpoint: &'a RegisteredEndpoint,
    asked: Asked,
    was_started: bool,
) -> Result<RecoveriesPage<'a>, Unknowable> {
    let known = known(desk, place, endpoint).await?;
    let meant = match asked {
        Asked::Since(since) => {
            Some(meant_by_recovery(&desk.pool, &endpoint.endpoint_id, since).await?)
        }
        Asked::Nothing | Asked::Wrong { .. } => None,
    };
    let recoveries = recoveries_of(&desk.pool, &endpoint.endpoint_id).await?;
    Ok(RecoveriesPage { known, asked, meant, recoveries, was_started })
}

impl Asked {
    fn of(since: Result<Timestamp, Violation>, typed: &str) -> Self {
        match since {
            Ok(since) => Self::Since(since),
            Err(violation) => Self::Wrong {
                problems: vec![FieldProblem { field: SINCE, label: "Since", violation }],
                typed: typed.to_owned(),
            },
        }
    }
}

//! `GET …/overview`: reads what was counted in the hours that the URL names, all at one moment of the log.

use axum::{
    extract::{RawQuery, State},
    http::StatusCode,
    response::Response,
};

use super::{
    choice::{Choice, FIELD, Hours},
    summary::Summary,
    view::{Overview, overview_page},
};
use crate::{
    dashboard::{
        Dashboard, Place,
        answer::{page, went_wrong},
        views::FieldProblem,
    },
    event_store::snapshot,
    figures::{has_any, progress, read as read_figures},
    webhooks::endpoints_health,
};

pub(super) async fn overview(
    State(dashboard): State<Dashboard>,
    place: Place,
    RawQuery(query): RawQuery,
) -> Response {
    let choice = Choice::read(query.as_deref().unwrap_or_default());
    let status = if choice.is_ok() { StatusCode::OK } else { StatusCode::BAD_REQUEST };
    let problem = |violation| FieldProblem { field: FIELD, label: "Span", violation };
    let problems: Vec<FieldProblem> = choice.clone().err().map(problem).into_iter().collect();
    match read(&dashboard, &place, choice.unwrap_or_default(), problems).await {
        Ok(overview) => page(status, |nonce| overview_page(&overview, nonce)),
        Err(error) => went_wrong(&error),
    }
}

async fn read(
    dashboard: &Dashboard,
    place: &Place,
    choice: Choice,
    problems: Vec<FieldProblem>,
) -> Result<Overview, sqlx::Error> {
    let hours = Hours::of(choice, dashboard.clock.now());
    let mut snapshot = snapshot(&dashboard.pool).await?;
    let progress = progress(&mut snapshot, &place.game.id, place.world).await?;
    let whose = (place.game.id.as_str(), place.world, progress.generation);
    let spans = [hours.this, hours.before];
    let sums = read_figures(&mut snapshot, whose, &spans, choice.bucket_hours()).await?;
    let summary = Summary::of(&sums, &hours);
    let has_past = !summary.is_empty() || has_any(&mut snapshot, whose).await?;
    snapshot.commit().await?;
    let since = hours.this.from;
    let endpoints = endpoints_health(&dashboard.pool, &place.game.id, place.world, since).await?;
    let place = place.clone();
    Ok(Overview { place, hours, progress, summary, has_past, endpoints, problems })
}

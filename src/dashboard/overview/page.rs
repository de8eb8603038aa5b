//! `GET …/overview`: reads what was counted in the hours that the URL names, all at one moment of the log.

use axum::{
    extract::{RawQuery, State},
    http::StatusCode,
    response::Response,
};

use super::{
    choice::{Choice, FIELD},
    hours::Hours,
    summary::Summary,
    view::{Overview, overview_page},
};
use crate::{
    dashboard::{
        Dashboard, Place,
        answer::{page, went_wrong},
        views::FieldProblem,
    },
    domain::violation::Violation,
    event_store::snapshot,
    figures::{first_day, progress, read as read_figures},
    webhooks::endpoints_health,
};

pub(super) async fn overview(
    State(dashboard): State<Dashboard>,
    place: Place,
    RawQuery(query): RawQuery,
) -> Response {
    let choice = Choice::read(query.as_deref().unwrap_or_default(), dashboard.clock.now());
    let status = if choice.is_ok() { StatusCode::OK } else { StatusCode::BAD_REQUEST };
    answer(&dashboard, &place, choice, status).await
}

/// The page of a span; of today, with what is wrong, if there is no such span.
pub(super) async fn answer(
    dashboard: &Dashboard,
    place: &Place,
    choice: Result<Choice, Violation>,
    status: StatusCode,
) -> Response {
    let problem = |violation| FieldProblem { field: FIELD, label: "Span", violation };
    let problems: Vec<FieldProblem> = choice.clone().err().map(problem).into_iter().collect();
    match read(dashboard, place, choice.unwrap_or_default(), problems).await {
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
    let (pool, game_id, world) = (&dashboard.pool, place.game.id.as_str(), place.world);
    let hours = Hours::of(choice, dashboard.clock.now());
    let mut snapshot = snapshot(pool).await?;
    let progress = progress(&mut snapshot, game_id, world).await?;
    let whose = (game_id, world, progress.generation);
    let sums = read_figures(&mut snapshot, whose, &[hours.this, hours.before], choice.by()).await?;
    let first_day = first_day(&mut snapshot, whose).await?;
    snapshot.commit().await?;
    let summary = Summary::of(&sums, &hours);
    // How it is now says nothing of a month.
    let endpoints = match choice.month() {
        Some(_) => None,
        None => Some(endpoints_health(pool, game_id, world, hours.now).await?),
    };
    let place = place.clone();
    Ok(Overview { place, hours, progress, summary, first_day, endpoints, problems })
}

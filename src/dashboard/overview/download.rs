//! `GET …/overview/money.csv`: the money of a span, day by day, as a file.

use axum::{
    extract::{RawQuery, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use super::{choice::Choice, hours::Hours, page::answer, statement::Statement};
use crate::{
    dashboard::{Dashboard, Place, answer::went_wrong},
    domain::Timestamp,
    event_store::{snapshot, subscription::Followed},
    figures::{By, Progress, progress, read},
    page_headers::plain_headers,
};

const CSV: HeaderValue = HeaderValue::from_static("text/csv; charset=utf-8; header=present");

pub(super) async fn money(
    State(dashboard): State<Dashboard>,
    place: Place,
    RawQuery(query): RawQuery,
) -> Response {
    let now = dashboard.clock.now();
    let choice = Choice::read(query.as_deref().unwrap_or_default(), now);
    let Ok(span) = choice else {
        return answer(&dashboard, &place, choice, StatusCode::BAD_REQUEST).await;
    };
    let hours = Hours::of(span, now);
    let (progress, statement) = match statement(&dashboard, &place, &hours).await {
        Ok(it) => it,
        Err(error) => return went_wrong(&error),
    };
    // No file that says zero where nothing is known: the page says why.
    let Some(name) = file_name(&place, &hours, progress) else {
        return answer(&dashboard, &place, choice, StatusCode::SERVICE_UNAVAILABLE).await;
    };
    match statement.csv() {
        Ok(file) => as_file(&name, file),
        Err(error) => went_wrong(&error),
    }
}

async fn statement(
    dashboard: &Dashboard,
    place: &Place,
    hours: &Hours,
) -> Result<(Progress, Statement), sqlx::Error> {
    let mut snapshot = snapshot(&dashboard.pool).await?;
    let progress = progress(&mut snapshot, &place.game.id, place.world).await?;
    let whose = (place.game.id.as_str(), place.world, progress.generation);
    let sums = read(&mut snapshot, whose, &[hours.this], By::Day).await?;
    snapshot.commit().await?;
    Ok((progress, Statement::of(&sums, hours)))
}

/// Whose money, of which days, and up to which moment it is counted, since a file is kept: `None`, if it is not.
fn file_name(place: &Place, hours: &Hours, progress: Progress) -> Option<String> {
    let counted_to: Timestamp = match progress.counted {
        Followed::Everything => hours.now,
        Followed::Before(at) => at,
        Followed::Nothing => return None,
    };
    let (counted_to, span) = (counted_to.format("%Y-%m-%dT%H%M%SZ"), hours.file_word());
    let incomplete = if progress.has_parked { "_incomplete" } else { "" };
    let (game_id, world) = (&place.game_id, place.world);
    Some(format!("{game_id}_{world}_{span}_counted-to-{counted_to}{incomplete}.csv"))
}

/// The name holds what ids of games and dates do, so it needs no escapes.
fn as_file(name: &str, file: Vec<u8>) -> Response {
    let mut headers = plain_headers();
    headers.insert(header::CONTENT_TYPE, CSV);
    if let Ok(disposition) = HeaderValue::try_from(format!("attachment; filename=\"{name}\"")) {
        headers.insert(header::CONTENT_DISPOSITION, disposition);
    }
    (headers, file).into_response()
}

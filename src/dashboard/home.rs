//! The first page: the studios that somebody works at, and their games.

use axum::{extract::State, http::StatusCode, response::Response};

use super::{
    access::Visitor,
    answers::{page as answer, went_wrong},
    desk::Dashboard,
    views::{HomeView, StudioView, home_page},
};
use crate::projections::game::GameRow;

/// `GET /dashboard`
pub(super) async fn page(State(desk): State<Dashboard>, visitor: Visitor) -> Response {
    let games = match GameRow::of_studios(&desk.pool, &visitor.studio_ids()).await {
        Ok(games) => games,
        Err(error) => return went_wrong(&error),
    };
    let studio = |it: &crate::people::Membership| StudioView {
        name: it.studio_name.clone(),
        role: it.role,
        games: games.iter().filter(|game| game.studio_id == it.studio_id).cloned().collect(),
    };
    let view = HomeView {
        form_token: &visitor.form_token(&desk.people),
        called: &visitor.stay().called,
        is_enrolled: visitor.stay().is_enrolled,
        studios: visitor.memberships.iter().map(studio).collect(),
    };
    answer(StatusCode::OK, |nonce| home_page(&view, nonce))
}

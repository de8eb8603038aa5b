//! The first page: the studios that somebody works at, and their games.

use axum::{extract::State, http::StatusCode, response::Response};

use super::{
    Dashboard,
    access::Visitor,
    answer::{page as answer, went_wrong},
    home_view::{HomeView, StudioView, home_page},
};
use crate::{people::Membership, projections::game::GameRow};

/// `GET /dashboard`
pub(super) async fn page(State(desk): State<Dashboard>, visitor: Visitor) -> Response {
    let games = match GameRow::of_studios(&desk.pool, &visitor.studio_ids()).await {
        Ok(games) => games,
        Err(error) => return went_wrong(&error),
    };
    let studio = |it: &Membership| StudioView {
        id: it.studio_id.clone(),
        name: it.studio_name.clone(),
        role: it.role,
        games: games.iter().filter(|game| game.studio_id == it.studio_id).cloned().collect(),
    };
    let view = HomeView {
        account: &visitor.account(&desk.people),
        is_enrolled: visitor.stay().is_enrolled,
        studios: visitor.memberships.iter().map(studio).collect(),
    };
    answer(StatusCode::OK, |nonce| home_page(&view, nonce))
}

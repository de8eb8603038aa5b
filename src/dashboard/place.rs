//! Where in the dashboard a request is: whose game, and which world; and whether its sender may be there.

use axum::{
    extract::{FromRequestParts, RawPathParams},
    http::request::Parts,
    response::Response,
};

use super::{
    Dashboard,
    access::Visitor,
    answer,
    views::{Account, Section},
};
use crate::{
    domain::{id::GameId, studio::Permission, world::World},
    projections::game::GameRow,
};

/// A game and a world of it, out of `/dashboard/{game_id}/{world}/…`, for somebody who may see its sessions.
#[derive(Clone, Debug)]
pub(super) struct Place {
    /// The game.
    pub(super) game: GameRow,
    /// Test or live.
    pub(super) world: World,
    /// Who looks.
    pub(super) account: Account,
    /// What stands in the navigation.
    pub(super) sections: Vec<Section>,
}

impl FromRequestParts<Dashboard> for Place {
    type Rejection = Response;

    /// A game of another studio is told of as if it were not there.
    async fn from_request_parts(
        parts: &mut Parts,
        dashboard: &Dashboard,
    ) -> Result<Self, Response> {
        let visitor = Visitor::from_request_parts(parts, dashboard).await?;
        let params = RawPathParams::from_request_parts(parts, dashboard).await;
        let params = params.map_err(|_| answer::not_found())?;
        let named = |name| params.iter().find(|(it, _)| *it == name).map(|(_, value)| value);
        let game_id = named("game_id").and_then(|it| GameId::parse(it).ok());
        let world = named("world").and_then(World::parse);
        let (Some(game_id), Some(world)) = (game_id, world) else {
            return Err(answer::not_found());
        };
        let game = GameRow::find(&dashboard.pool, game_id.as_str()).await;
        let game = game.map_err(|error| answer::went_wrong(&error))?;
        let may = |it: &GameRow| {
            let role = visitor.role_in(&it.studio_id);
            role.is_some_and(|role| role.may(Permission::SeeSessions))
        };
        let game = game.filter(may).ok_or_else(answer::not_found)?;
        let account = visitor.account(&dashboard.people);
        Ok(Self { game, world, account, sections: Section::ALL.to_vec() })
    }
}

//! Where in the dashboard a request is: whose studio, whose game, and which world.
//!
//! The table of routes finds a place, and whether its sender may be there, before a handler runs. A handler
//! only takes it: one that no row led to gets none.

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
    domain::{
        id::{GameId, StudioId},
        studio::{Permission, Role},
        world::World,
    },
    projections::game::GameRow,
};

/// A game and a world of it, out of `/dashboard/{game_id}/{world}/…`.
#[derive(Clone, Debug)]
pub(super) struct Place {
    /// The game.
    pub(super) game: GameRow,
    /// Its name, as commands take it.
    pub(super) game_id: GameId,
    /// Test or live.
    pub(super) world: World,
    /// Who looks.
    pub(super) account: Account,
    /// What they are in the game's studio.
    pub(super) role: Role,
}

/// A studio, out of `/dashboard/studios/{studio_id}/…`.
#[derive(Clone, Debug)]
pub(super) struct StudioPlace {
    /// The studio.
    pub(super) studio_id: StudioId,
    /// What people call it.
    pub(super) studio_name: String,
    /// Who looks.
    pub(super) account: Account,
    /// What they are there.
    pub(super) role: Role,
}

impl Place {
    /// What stands in the navigation.
    pub(super) fn sections(&self) -> impl Iterator<Item = Section> {
        Section::for_role(self.role)
    }

    /// Whether whoever looks may do so: what they may not, no page offers them.
    pub(super) fn may(&self, permission: Permission) -> bool {
        self.role.may(permission)
    }

    /// Where a page of this game and world is: `path` is behind them, without a slash before.
    pub(super) fn path(&self, path: &str) -> String {
        format!("/dashboard/{}/{}/{path}", self.game.id, self.world)
    }

    /// Finds it for somebody who may. A game of another studio is told of as if it were not there.
    pub(super) async fn find(
        parts: &mut Parts,
        desk: &Dashboard,
        needed: Permission,
    ) -> Result<Self, Response> {
        let visitor = Visitor::from_request_parts(parts, desk).await?;
        let named = Named::read(parts, desk).await?;
        let game_id = named.get("game_id").and_then(|it| GameId::parse(it).ok());
        let world = named.get("world").and_then(World::parse);
        let (Some(game_id), Some(world)) = (game_id, world) else {
            return Err(answer::not_found());
        };
        let game = GameRow::find(&desk.pool, game_id.as_str()).await;
        let game = game.map_err(|error| answer::went_wrong(&error))?;
        let theirs = game.and_then(|it| visitor.role_in(&it.studio_id).map(|role| (it, role)));
        let (game, role) = theirs.ok_or_else(answer::not_found)?;
        let account = visitor.account(&desk.people);
        let place = Self { game, game_id, world, account, role };
        if role.may(needed) { Ok(place) } else { Err(answer::not_allowed(&place.account, role)) }
    }
}

impl StudioPlace {
    /// Whether whoever looks may do so.
    pub(super) fn may(&self, permission: Permission) -> bool {
        self.role.may(permission)
    }

    /// Finds it for somebody who may. Another studio is told of as if it were not there.
    pub(super) async fn find(
        parts: &mut Parts,
        desk: &Dashboard,
        needed: Permission,
    ) -> Result<Self, Response> {
        let visitor = Visitor::from_request_parts(parts, desk).await?;
        let named = Named::read(parts, desk).await?;
        let studio_id = named.get("studio_id").and_then(|it| StudioId::parse(it).ok());
        let studio_id = studio_id.ok_or_else(answer::not_found)?;
        let membership = visitor.memberships.iter().find(|it| it.studio_id == studio_id.as_str());
        let membership = membership.ok_or_else(answer::not_found)?;
        let (studio_name, role) = (membership.studio_name.clone(), membership.role);
        let account = visitor.account(&desk.people);
        let place = Self { studio_id, studio_name, account, role };
        if role.may(needed) { Ok(place) } else { Err(answer::not_allowed(&place.account, role)) }
    }
}

/// The variables of a path.
struct Named(RawPathParams);

impl Named {
    async fn read(parts: &mut Parts, desk: &Dashboard) -> Result<Self, Response> {
        let params = RawPathParams::from_request_parts(parts, desk).await;
        params.map(Self).map_err(|_| answer::not_found())
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(it, _)| *it == name).map(|(_, value)| value)
    }
}

impl FromRequestParts<Dashboard> for Place {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &Dashboard) -> Result<Self, Response> {
        parts.extensions.get::<Self>().cloned().ok_or_else(|| answer::went_wrong(&NoPlace))
    }
}

impl FromRequestParts<Dashboard> for StudioPlace {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &Dashboard) -> Result<Self, Response> {
        parts.extensions.get::<Self>().cloned().ok_or_else(|| answer::went_wrong(&NoPlace))
    }
}

/// A handler asks for a place whose row in the table leads to none.
#[derive(Debug, thiserror::Error)]
#[error("a page of the dashboard asks for a place that its row does not lead to")]
struct NoPlace;

//! The parts of the dashboard, and where their pages are.

use crate::{
    dashboard::Place,
    domain::{
        studio::{Permission, Role},
        world::World,
    },
};

/// An entry of the navigation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::dashboard) enum Section {
    /// All games of whoever looks.
    Games,
    /// How a game goes.
    Overview,
    /// What was bought.
    Sessions,
}

impl Section {
    /// All of them, in the order in which they are shown.
    const ALL: [Self; 3] = [Self::Games, Self::Overview, Self::Sessions];

    /// What whoever has a role finds in the navigation.
    pub(in crate::dashboard) fn for_role(role: Role) -> impl Iterator<Item = Self> {
        let may = move |it: &Self| it.needs().is_none_or(|needed| role.may(needed));
        Self::ALL.into_iter().filter(may)
    }

    /// What one must be allowed to see its page.
    fn needs(self) -> Option<Permission> {
        match self {
            Self::Games => None,
            Self::Overview => Some(Permission::SeeOverview),
            Self::Sessions => Some(Permission::SeeSessions),
        }
    }

    /// What it is called.
    pub(in crate::dashboard) fn name(self) -> &'static str {
        match self {
            Self::Games => "Games",
            Self::Overview => "Overview",
            Self::Sessions => "Sessions",
        }
    }

    /// Where its page is, for whoever stands at `place`.
    pub(in crate::dashboard) fn path(self, place: &Place) -> String {
        match self {
            Self::Games => "/dashboard".to_owned(),
            Self::Overview => place.path("overview"),
            Self::Sessions => sessions_path_of(&place.game.id, place.world),
        }
    }
}

/// The list of sessions of a game's world.
pub(in crate::dashboard) fn sessions_path_of(game_id: &str, world: World) -> String {
    format!("/dashboard/{game_id}/{world}/sessions")
}

/// The list of sessions at `place`.
pub(in crate::dashboard) fn sessions_path(place: &Place) -> String {
    Section::Sessions.path(place)
}

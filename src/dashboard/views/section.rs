//! The parts of the dashboard, and where their pages are.

use crate::{dashboard::Place, domain::world::World};

/// The list of sessions, below `/dashboard`.
pub(in crate::dashboard) const SESSIONS_ROUTE: &str = "/{game_id}/{world}/sessions";
/// One of them.
pub(in crate::dashboard) const SESSION_ROUTE: &str = "/{game_id}/{world}/sessions/{session_id}";

/// An entry of the navigation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::dashboard) enum Section {
    /// All games of whoever looks.
    Games,
    /// What was bought.
    Sessions,
}

impl Section {
    /// All of them, in the order in which they are shown.
    pub(in crate::dashboard) const ALL: [Self; 2] = [Self::Games, Self::Sessions];

    /// What it is called.
    pub(in crate::dashboard) fn name(self) -> &'static str {
        match self {
            Self::Games => "Games",
            Self::Sessions => "Sessions",
        }
    }

    /// Where its page is, for whoever stands at `place`.
    pub(in crate::dashboard) fn path(self, place: &Place) -> String {
        match self {
            Self::Games => "/dashboard".to_owned(),
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

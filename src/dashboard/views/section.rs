//! The parts of the dashboard, and where their pages are.

use crate::{
    dashboard::{Place, history::history_path_at, people::people_path_of},
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
    /// What happens now.
    Activity,
    /// Keys, and where webhooks go.
    Developers,
    /// What the game's people chose for it.
    Settings,
    /// Who works at the game's studio.
    People,
    /// Who did what there.
    History,
}

impl Section {
    /// All of them, in the order in which they are shown.
    const ALL: &[Self] = &[
        Self::Games,
        Self::Overview,
        Self::Sessions,
        Self::Activity,
        Self::Developers,
        Self::Settings,
        Self::People,
        Self::History,
    ];

    /// What whoever has a role finds in the navigation.
    pub(in crate::dashboard) fn for_role(role: Role) -> impl Iterator<Item = Self> {
        let may = move |it: &Self| it.needs().is_none_or(|needed| role.may(needed));
        Self::ALL.iter().copied().filter(may)
    }

    /// What one must be allowed to see its page.
    fn needs(self) -> Option<Permission> {
        match self {
            Self::Games => None,
            Self::Overview => Some(Permission::SeeOverview),
            Self::Sessions | Self::Activity => Some(Permission::SeeSessions),
            Self::Developers => Some(Permission::SeeIntegration),
            Self::Settings => Some(Permission::ChangeGames),
            Self::People => Some(Permission::SeePeople),
            Self::History => Some(Permission::SeeHistory),
        }
    }

    /// What it is called.
    pub(in crate::dashboard) fn name(self) -> &'static str {
        match self {
            Self::Games => "Games",
            Self::Overview => "Overview",
            Self::Sessions => "Sessions",
            Self::Activity => "Activity",
            Self::Developers => "Developers",
            Self::Settings => "Settings",
            Self::People => "People",
            Self::History => "History",
        }
    }

    /// Where its page is, for whoever stands at `place`.
    pub(in crate::dashboard) fn path(self, place: &Place) -> String {
        match self {
            Self::Games => "/dashboard".to_owned(),
            Self::Overview => place.path("overview"),
            Self::Sessions => place.path("sessions"),
            Self::Activity => place.path("activity"),
            Self::Developers => place.path("developers"),
            Self::Settings => place.path("settings"),
            Self::People => people_path_of(&place.game.studio_id),
            Self::History => history_path_at(place),
        }
    }
}

/// What somebody sees first of a game's world: how it goes, or what was bought.
pub(in crate::dashboard) fn first_path_of(role: Role, game_id: &str, world: World) -> String {
    let page = if role.may(Permission::SeeOverview) { "overview" } else { "sessions" };
    format!("/dashboard/{game_id}/{world}/{page}")
}

/// The list of sessions at `place`.
pub(in crate::dashboard) fn sessions_path(place: &Place) -> String {
    Section::Sessions.path(place)
}

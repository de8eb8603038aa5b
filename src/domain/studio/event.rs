//! What can happen to a studio.

use cqrs_es::DomainEvent;
use serde::{Deserialize, Serialize};

use super::Role;
use crate::domain::{Timestamp, id::PersonId, text::DisplayName};

/// A fact about one studio.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum StudioEvent {
    /// The studio was taken in.
    Founded {
        /// What people call it.
        name: DisplayName,
        /// When.
        founded_at: Timestamp,
    },
    /// A person is a member from now on.
    MemberAdded {
        /// Who.
        person_id: PersonId,
        /// As what.
        role: Role,
        /// When.
        added_at: Timestamp,
    },
    /// A member is something else from now on.
    RoleChanged {
        /// Who.
        person_id: PersonId,
        /// What.
        role: Role,
        /// When.
        changed_at: Timestamp,
    },
    /// A person is no member any more.
    MemberRemoved {
        /// Who.
        person_id: PersonId,
        /// When.
        removed_at: Timestamp,
    },
}

impl DomainEvent for StudioEvent {
    fn event_type(&self) -> String {
        let name = match self {
            Self::Founded { .. } => "Founded",
            Self::MemberAdded { .. } => "MemberAdded",
            Self::RoleChanged { .. } => "RoleChanged",
            Self::MemberRemoved { .. } => "MemberRemoved",
        };
        name.to_owned()
    }

    fn event_version(&self) -> String {
        "1.0".to_owned()
    }
}

impl StudioEvent {
    /// When it happened, by the clock of whoever decided it.
    pub fn occurred_at(&self) -> Timestamp {
        match self {
            Self::Founded { founded_at: at, .. }
            | Self::MemberAdded { added_at: at, .. }
            | Self::RoleChanged { changed_at: at, .. }
            | Self::MemberRemoved { removed_at: at, .. } => *at,
        }
    }
}

//! A studio: who owns games, and the people who work there.
//!
//! People are named by their ids. Who they are stands in streams of their own, where it can be erased.

mod event;
mod role;

#[cfg(test)]
mod tests;

use cqrs_es::{Aggregate, event_sink::EventSink};
use serde::{Deserialize, Serialize};

pub use event::StudioEvent;
pub use role::{Permission, Role};

use super::{Timestamp, id::PersonId, text::DisplayName};

/// The most members that a studio may have at once.
pub const MEMBERS_MAX: usize = 500;

/// A studio as its events tell it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Studio {
    /// Not taken in.
    #[default]
    Absent,
    /// The usual case.
    Present {
        /// What people call it.
        name: DisplayName,
        /// When it was taken in.
        founded_at: Timestamp,
        /// Who works there, in the order in which they were taken in.
        members: Vec<Member>,
    },
    /// A history that the rules cannot have written: it refuses every further command.
    Corrupt,
}

/// A person in a studio.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Who.
    pub person_id: PersonId,
    /// As what.
    pub role: Role,
    /// Since when.
    pub added_at: Timestamp,
}

/// A wish; [`Studio`] decides what comes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StudioCommand {
    /// Take the studio in.
    Found {
        /// What people call it.
        name: DisplayName,
        /// Now.
        at: Timestamp,
    },
    /// Take a person in.
    AddMember {
        /// Who.
        person_id: PersonId,
        /// As what.
        role: Role,
        /// Now.
        at: Timestamp,
    },
    /// Have a member be something else. The same again changes nothing.
    ChangeRole {
        /// Who.
        person_id: PersonId,
        /// What.
        role: Role,
        /// Now.
        at: Timestamp,
    },
    /// Let a member go.
    RemoveMember {
        /// Who.
        person_id: PersonId,
        /// Now.
        at: Timestamp,
    },
}

/// Why a studio refuses a command. Nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StudioError {
    /// A studio is taken in once.
    #[error("the studio exists already")]
    AlreadyFounded,
    /// There is none of this id.
    #[error("there is no such studio")]
    NotFound,
    /// A person is a member once.
    #[error("this person is a member of the studio already")]
    AlreadyMember,
    /// They were never taken in, or let go.
    #[error("this person is no member of the studio")]
    NotMember,
    /// Somebody must be left who can take others in.
    #[error("a studio keeps at least one owner; make somebody else one first")]
    LastOwner,
    /// [`MEMBERS_MAX`] are there.
    #[error("a studio has at most 500 members; let one go first")]
    TooManyMembers,
    /// The history of this studio cannot have been written by its rules.
    #[error("the studio's history is damaged")]
    Corrupt,
}

impl Studio {
    /// Who works there.
    ///
    /// # Errors
    ///
    /// [`StudioError::NotFound`] and [`StudioError::Corrupt`].
    pub fn members(&self) -> Result<&[Member], StudioError> {
        match self {
            Self::Absent => Err(StudioError::NotFound),
            Self::Present { members, .. } => Ok(members),
            Self::Corrupt => Err(StudioError::Corrupt),
        }
    }

    /// Pure, so after a conflict it simply runs again.
    fn decide(&self, command: StudioCommand) -> Result<Vec<StudioEvent>, StudioError> {
        if let (Self::Absent, StudioCommand::Found { name, at }) = (self, &command) {
            return Ok(vec![StudioEvent::Founded { name: name.clone(), founded_at: *at }]);
        }
        let members = self.members()?;
        let role_of = |person_id: &PersonId| {
            members.iter().find(|it| it.person_id == *person_id).map(|it| it.role)
        };
        let owners = members.iter().filter(|it| it.role == Role::Owner).count();
        match command {
            StudioCommand::Found { .. } => Err(StudioError::AlreadyFounded),
            StudioCommand::AddMember { person_id, role, at } => {
                if role_of(&person_id).is_some() {
                    return Err(StudioError::AlreadyMember);
                }
                if MEMBERS_MAX <= members.len() {
                    return Err(StudioError::TooManyMembers);
                }
                Ok(vec![StudioEvent::MemberAdded { person_id, role, added_at: at }])
            }
            StudioCommand::ChangeRole { person_id, role, at } => match role_of(&person_id) {
                None => Err(StudioError::NotMember),
                Some(before) if before == role => Ok(vec![]),
                Some(Role::Owner) if owners == 1 => Err(StudioError::LastOwner),
                Some(_) => Ok(vec![StudioEvent::RoleChanged { person_id, role, changed_at: at }]),
            },
            StudioCommand::RemoveMember { person_id, at } => match role_of(&person_id) {
                None => Err(StudioError::NotMember),
                Some(Role::Owner) if owners == 1 => Err(StudioError::LastOwner),
                Some(_) => Ok(vec![StudioEvent::MemberRemoved { person_id, removed_at: at }]),
            },
        }
    }

    /// `None` if the event cannot have followed.
    fn step(&mut self, event: StudioEvent) -> Option<()> {
        let members = match (&mut *self, event) {
            (Self::Absent, StudioEvent::Founded { name, founded_at }) => {
                *self = Self::Present { name, founded_at, members: vec![] };
                return Some(());
            }
            (Self::Present { members, .. }, event) => (members, event),
            (Self::Absent | Self::Corrupt, _) => return None,
        };
        match members {
            (_, StudioEvent::Founded { .. }) => None,
            (members, StudioEvent::MemberAdded { person_id, role, added_at }) => {
                members.iter().all(|it| it.person_id != person_id).then_some(())?;
                members.push(Member { person_id, role, added_at });
                Some(())
            }
            (members, StudioEvent::RoleChanged { person_id, role, .. }) => {
                members.iter_mut().find(|it| it.person_id == person_id)?.role = role;
                Some(())
            }
            (members, StudioEvent::MemberRemoved { person_id, .. }) => {
                let index = members.iter().position(|it| it.person_id == person_id)?;
                members.remove(index);
                Some(())
            }
        }
    }
}

impl Aggregate for Studio {
    const TYPE: &'static str = "studio";
    type Command = StudioCommand;
    type Event = StudioEvent;
    type Error = StudioError;
    /// None, as for every aggregate here.
    type Services = ();

    async fn handle(
        &mut self,
        command: StudioCommand,
        _services: &(),
        sink: &EventSink<Self>,
    ) -> Result<(), StudioError> {
        for event in self.decide(command)? {
            sink.write(event, self).await;
        }
        Ok(())
    }

    fn apply(&mut self, event: StudioEvent) {
        if self.step(event).is_none() {
            *self = Self::Corrupt;
        }
    }
}

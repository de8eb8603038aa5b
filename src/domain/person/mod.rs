//! A person who works at a studio: their account, and each time that they came in.
//!
//! Knows no secret: of a password the log has that there is one, and since when.

mod email;
mod event;

#[cfg(test)]
mod tests;

use cqrs_es::{Aggregate, event_sink::EventSink};
use serde::{Deserialize, Serialize};

pub use email::EmailAddress;
pub use event::PersonEvent;

use super::{Timestamp, id::SignInId, private::Private, text::DisplayName, words::words};

/// A person as their events tell it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Person {
    /// Not invited.
    #[default]
    Absent,
    /// The usual case.
    Present(Box<PersonState>),
    /// A history that the rules cannot have written: it refuses every further command.
    Corrupt,
}

/// What is known of an invited person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonState {
    /// Theirs.
    pub email: Private<EmailAddress>,
    /// What people call them, once they have said so.
    pub name: Option<Private<DisplayName>>,
    /// Since when they have an account.
    pub invited_at: Timestamp,
    /// Since when they have a password and a second factor.
    pub enrolled_at: Option<Timestamp>,
    /// Since when they may not come in, if so.
    pub shut_out_at: Option<Timestamp>,
    /// Since when nobody is to know who they were, if so.
    #[serde(default)]
    pub erased_at: Option<Timestamp>,
}

words! {
    /// How a person proved who they are.
    Proof {
        /// By their password and a code of their second factor.
        PasswordAndCode = "password_and_code",
        /// By a link that was made for them and is used up.
        Link = "link",
    }
}

/// From where somebody came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The network address, as far as it is known.
    pub address: Option<String>,
    /// What the browser calls itself, its beginning.
    pub agent: Option<String>,
}

/// A wish; [`Person`] decides what comes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PersonCommand {
    /// Let somebody have an account. Again, with the same address, changes nothing.
    Invite {
        /// Theirs.
        email: EmailAddress,
        /// Now.
        at: Timestamp,
    },
    /// Note that a link was made which lets them in once.
    IssueLink {
        /// Until when it does.
        expires_at: Timestamp,
        /// Now.
        at: Timestamp,
    },
    /// Note that they chose a password and a second factor: the first, or others in their place.
    Enroll {
        /// What people call them.
        name: DisplayName,
        /// Now.
        at: Timestamp,
    },
    /// Let them in.
    SignIn {
        /// The name of this stay.
        sign_in_id: SignInId,
        /// How they proved who they are.
        proof: Proof,
        /// From where.
        from: Origin,
        /// Now.
        at: Timestamp,
    },
    /// Note that they proved again who they are.
    Prove {
        /// In which stay.
        sign_in_id: SignInId,
        /// Now.
        at: Timestamp,
    },
    /// Note that they left.
    SignOut {
        /// Which stay is over.
        sign_in_id: SignInId,
        /// Now.
        at: Timestamp,
    },
    /// Note that somebody tried too often to come in as them.
    Lock {
        /// Until when nobody may.
        until: Timestamp,
        /// From where the last try came.
        from: Origin,
        /// Now.
        at: Timestamp,
    },
    /// Let them in no more. Again changes nothing.
    ShutOut {
        /// Now.
        at: Timestamp,
    },
    /// Let them in again. Changes nothing for who may come in.
    LetIn {
        /// Now.
        at: Timestamp,
    },
    /// Forget who they were, for ever. Again changes nothing.
    Erase {
        /// Now.
        at: Timestamp,
    },
}

/// Why a person's account refuses a command. Nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PersonError {
    /// Nobody invited them.
    #[error("there is no such person")]
    NotFound,
    /// An account keeps the address that it was made for.
    #[error("this account belongs to another e-mail address")]
    OtherEmail,
    /// They have no password yet.
    #[error("this person has not chosen a password and a second factor yet")]
    NotEnrolled,
    /// Somebody shut them out.
    #[error("this person may not come in any more")]
    ShutOut,
    /// Nobody knows any more who they were.
    #[error("this person was erased")]
    Erased,
    /// The history of this person cannot have been written by its rules.
    #[error("the person's history is damaged")]
    Corrupt,
}

impl Person {
    /// What is known of them.
    ///
    /// # Errors
    ///
    /// [`PersonError::NotFound`] and [`PersonError::Corrupt`].
    pub fn present(&self) -> Result<&PersonState, PersonError> {
        match self {
            Self::Absent => Err(PersonError::NotFound),
            Self::Present(state) => Ok(state),
            Self::Corrupt => Err(PersonError::Corrupt),
        }
    }

    /// Pure, so after a conflict it simply runs again.
    fn decide(&self, command: PersonCommand) -> Result<Option<PersonEvent>, PersonError> {
        use PersonCommand as C;
        use PersonEvent as E;
        if let (Self::Absent, C::Invite { email, at }) = (self, &command) {
            return Ok(Some(E::Invited { email: email.clone().into(), invited_at: *at }));
        }
        let state = self.present()?;
        match (state.erased_at, &command) {
            (Some(_), C::Erase { .. }) => return Ok(None),
            (Some(_), _) => return Err(PersonError::Erased),
            (None, _) => {}
        }
        let event = match command {
            C::Invite { email, .. } => return state.invite_again(&email).map(|()| None),
            C::IssueLink { expires_at, at } => {
                state.require_welcome()?;
                E::LinkIssued { expires_at, issued_at: at }
            }
            C::Enroll { name, at } => {
                state.require_welcome()?;
                E::Enrolled { name: name.into(), enrolled_at: at }
            }
            C::SignIn { sign_in_id, proof, from, at } => {
                match proof {
                    Proof::PasswordAndCode => state.require_enrolled()?,
                    Proof::Link => state.require_welcome()?,
                }
                E::SignedIn { sign_in_id, proof, from: from.into(), signed_in_at: at }
            }
            C::Prove { sign_in_id, at } => {
                state.require_enrolled()?;
                E::Proved { sign_in_id, proved_at: at }
            }
            C::SignOut { sign_in_id, at } => E::SignedOut { sign_in_id, signed_out_at: at },
            C::Lock { until, from, at } => E::Locked { until, from: from.into(), locked_at: at },
            C::ShutOut { .. } if state.shut_out_at.is_some() => return Ok(None),
            C::ShutOut { at } => E::ShutOut { shut_out_at: at },
            C::LetIn { .. } if state.shut_out_at.is_none() => return Ok(None),
            C::LetIn { at } => E::LetIn { let_in_at: at },
            C::Erase { at } => E::Erased { erased_at: at },
        };
        Ok(Some(event))
    }
}

impl PersonState {
    /// Whether they may come in.
    ///
    /// # Errors
    ///
    /// [`PersonError::ShutOut`] and [`PersonError::Erased`].
    pub fn require_welcome(&self) -> Result<(), PersonError> {
        self.erased_at.map_or(Ok(()), |_| Err(PersonError::Erased))?;
        self.shut_out_at.map_or(Ok(()), |_| Err(PersonError::ShutOut))
    }

    fn require_enrolled(&self) -> Result<(), PersonError> {
        self.require_welcome()?;
        self.enrolled_at.map(|_| ()).ok_or(PersonError::NotEnrolled)
    }

    fn invite_again(&self, email: &EmailAddress) -> Result<(), PersonError> {
        let is_theirs = self.email.known().is_some_and(|it| it.folded() == email.folded());
        is_theirs.then_some(()).ok_or(PersonError::OtherEmail)
    }

    /// `None` if the event cannot have followed.
    fn step(&mut self, event: PersonEvent) -> Option<()> {
        self.erased_at.is_none().then_some(())?;
        match event {
            PersonEvent::Invited { .. } => return None,
            PersonEvent::Enrolled { name, enrolled_at } => {
                (self.name, self.enrolled_at) = (Some(name), Some(enrolled_at));
            }
            PersonEvent::ShutOut { shut_out_at } => {
                self.shut_out_at.is_none().then_some(())?;
                self.shut_out_at = Some(shut_out_at);
            }
            PersonEvent::LetIn { .. } => {
                self.shut_out_at.take()?;
            }
            // As all of it reads once the key is gone, so that the row is the same before and after.
            PersonEvent::Erased { erased_at } => {
                self.email = Private::Erased;
                self.name = self.name.take().map(|_| Private::Erased);
                self.erased_at = Some(erased_at);
            }
            // Who is in just now is asked of each request; the log keeps who was.
            PersonEvent::LinkIssued { .. }
            | PersonEvent::SignedIn { .. }
            | PersonEvent::Proved { .. }
            | PersonEvent::SignedOut { .. }
            | PersonEvent::Locked { .. } => {}
        }
        Some(())
    }
}

impl Aggregate for Person {
    const TYPE: &'static str = "person";
    type Command = PersonCommand;
    type Event = PersonEvent;
    type Error = PersonError;
    /// None, as for every aggregate here.
    type Services = ();

    async fn handle(
        &mut self,
        command: PersonCommand,
        _services: &(),
        sink: &EventSink<Self>,
    ) -> Result<(), PersonError> {
        if let Some(event) = self.decide(command)? {
            sink.write(event, self).await;
        }
        Ok(())
    }

    fn apply(&mut self, event: PersonEvent) {
        match (&mut *self, event) {
            (Self::Absent, PersonEvent::Invited { email, invited_at }) => {
                *self = Self::Present(Box::new(PersonState {
                    email,
                    name: None,
                    invited_at,
                    enrolled_at: None,
                    shut_out_at: None,
                    erased_at: None,
                }));
            }
            (Self::Present(state), event) => {
                if state.step(event).is_none() {
                    *self = Self::Corrupt;
                }
            }
            _ => *self = Self::Corrupt,
        }
    }
}

//! What an owner of a studio may do about accounts: invite, and have a link made once more.
//!
//! A link lets in as its person, wherever they work. So an owner is given one only while it opens nothing but
//! their own studio: see decision 28. Whatever goes beyond that is for whoever runs ToffeePay.

use chrono::TimeDelta;

use super::{People, PeopleError, Token, hold::Hold};
use crate::{
    domain::{
        Timestamp,
        id::{PersonId, StudioId},
        person::{EmailAddress, Person, PersonError, PersonState},
        studio::{Role, Studio, StudioError, StudioEvent},
    },
    event_store::CommandContext,
};

/// For how long a link that an owner was given lets somebody in: over a weekend.
pub const INVITATION_HOLDS: TimeDelta = TimeDelta::hours(72);

/// Which account an operator means by an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhichAccount {
    /// One that is made now: there is to be none.
    New,
    /// The one that there is.
    Existing,
}

impl People {
    /// Takes somebody into a studio on an owner's word; a link, if they need one to come in.
    ///
    /// An address that nobody has yet gets an account. Of accounts that there are, only those are taken in that
    /// this studio has had before, or that nobody has ever used and that open nothing: of any other nobody here
    /// can tell whose it is. So what is refused after an account was opened can be asked for again.
    ///
    /// # Errors
    ///
    /// [`PeopleError::KnownElsewhere`], [`PeopleError::Person`] for who was shut out,
    /// [`PeopleError::Studio`] and what the log has to say.
    pub async fn invite_to_studio(
        &self,
        studio_id: &StudioId,
        email: &EmailAddress,
        role: Role,
        context: &CommandContext,
    ) -> Result<(PersonId, Option<Token>), PeopleError> {
        // Asked first, so that no account is left behind for a studio that is not there.
        self.require_studio(studio_id).await?;
        let person_id = self.claim(email).await?;
        // The same form sent twice, or two studios at the same moment: who is second finds what the first did.
        let mut hold = self.hold(&person_id).await?;
        match self.person(&person_id).await {
            Ok(person) => {
                person.require_welcome().map_err(PeopleError::Person)?;
                if !self.is_known_here(studio_id, &person_id, person.enrolled_at).await? {
                    return Err(PeopleError::KnownElsewhere);
                }
            }
            Err(PeopleError::Person(PersonError::NotFound)) => {
                self.open_account(&person_id, email, context).await?;
            }
            Err(error) => return Err(error),
        }
        self.join(&mut hold, studio_id, role, context).await?;
        let link = match self.require_linkable(studio_id, &person_id).await {
            Ok(()) => Some(self.only_link(&mut hold, context).await?),
            Err(PeopleError::ChoseAlready | PeopleError::WorksElsewhere) => None,
            Err(error) => return Err(error),
        };
        hold.finish().await?;
        Ok((person_id, link))
    }

    /// Takes somebody into a studio on the word of whoever runs ToffeePay, who says which kind of account they
    /// mean: of one that is there, somebody may have made it just to be taken in.
    ///
    /// # Errors
    ///
    /// [`PeopleError::HasAccount`], [`PeopleError::Person`] if there is none, [`PeopleError::Studio`] and what
    /// the log has to say.
    pub async fn take_in(
        &self,
        studio_id: &StudioId,
        email: &EmailAddress,
        which: WhichAccount,
        role: Role,
        context: &CommandContext,
    ) -> Result<PersonId, PeopleError> {
        self.require_studio(studio_id).await?;
        let found = self.find_by_email(email).await?;
        let person_id = match (which, found) {
            (WhichAccount::Existing, Some(person_id)) => person_id,
            (WhichAccount::Existing, None) => {
                return Err(PeopleError::Person(PersonError::NotFound));
            }
            (WhichAccount::New, Some(_)) => return Err(PeopleError::HasAccount),
            (WhichAccount::New, None) => self.claim(email).await?,
        };
        let mut hold = self.hold(&person_id).await?;
        if which == WhichAccount::New {
            match self.person(&person_id).await {
                Err(PeopleError::Person(PersonError::NotFound)) => {}
                // Somebody else was faster.
                Ok(_) => return Err(PeopleError::HasAccount),
                Err(error) => return Err(error),
            }
            self.open_account(&person_id, email, context).await?;
        }
        self.join(&mut hold, studio_id, role, context).await?;
        hold.finish().await?;
        Ok(person_id)
    }

    /// Makes another link for a member who has not come in by theirs. Those before let nobody in any more, and
    /// who is in by one is out.
    ///
    /// # Errors
    ///
    /// [`PeopleError::ChoseAlready`], [`PeopleError::WorksElsewhere`], [`PeopleError::Person`],
    /// [`PeopleError::Studio`] for no member, and what the log has to say.
    pub async fn renew_link(
        &self,
        studio_id: &StudioId,
        person_id: &PersonId,
        context: &CommandContext,
    ) -> Result<Token, PeopleError> {
        let mut hold = self.hold(person_id).await?;
        let studio = self.store.load::<Studio>(studio_id.as_str(), None).await?.aggregate;
        let members = studio.members().map_err(PeopleError::Studio)?;
        if !members.iter().any(|it| it.person_id == *person_id) {
            return Err(PeopleError::Studio(StudioError::NotMember));
        }
        self.require_linkable(studio_id, person_id).await?;
        let link = self.only_link(&mut hold, context).await?;
        hold.finish().await?;
        Ok(link)
    }

    /// A link for who is held, in the place of all that there were. Whoever chooses a password or takes them in
    /// elsewhere afterwards, waits until it is there, and ends it.
    async fn only_link(
        &self,
        hold: &mut Hold,
        context: &CommandContext,
    ) -> Result<Token, PeopleError> {
        self.end_all(hold, None).await?;
        self.put_link(hold, INVITATION_HOLDS, context).await
    }

    async fn require_linkable(
        &self,
        studio_id: &StudioId,
        person_id: &PersonId,
    ) -> Result<(), PeopleError> {
        if self.is_enrolled(person_id).await? {
            return Err(PeopleError::ChoseAlready);
        }
        if self.works_elsewhere(studio_id, person_id).await? {
            return Err(PeopleError::WorksElsewhere);
        }
        Ok(())
    }

    /// Whether a person has a password and a second factor.
    pub(super) async fn is_enrolled(&self, person_id: &PersonId) -> Result<bool, PeopleError> {
        Ok(self.person(person_id).await?.enrolled_at.is_some())
    }

    async fn person(&self, person_id: &PersonId) -> Result<PersonState, PeopleError> {
        let person = self.store.load::<Person>(person_id.as_str(), None).await?.aggregate;
        person.present().cloned().map_err(PeopleError::Person)
    }

    /// Whether a person is a member of a studio, or surely nobody else's: their password is one that they chose
    /// while they were here, or they have none and nobody else can give them a link. One that was chosen
    /// afterwards may be another studio's, by a link that was made there.
    async fn is_known_here(
        &self,
        studio_id: &StudioId,
        person_id: &PersonId,
        enrolled_at: Option<Timestamp>,
    ) -> Result<bool, PeopleError> {
        let events = self.store.events::<Studio>(studio_id.as_str()).await?;
        let mut was_here = false;
        let mut left_at = None;
        for it in &events {
            match &it.event {
                StudioEvent::MemberAdded { person_id: added, .. } if added == person_id => {
                    (was_here, left_at) = (true, None);
                }
                StudioEvent::MemberRemoved { person_id: removed, removed_at }
                    if removed == person_id =>
                {
                    left_at = Some(*removed_at);
                }
                _ => {}
            }
        }
        match (enrolled_at, left_at) {
            (_, None) if was_here => Ok(true),
            (Some(at), left_at) => Ok(left_at.is_some_and(|left_at| at <= left_at)),
            (None, _) => Ok(!self.works_elsewhere(studio_id, person_id).await?),
        }
    }
}

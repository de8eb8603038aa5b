//! Who works at which studio, as what.

use sqlx::FromRow;

use super::{People, PeopleError, hold::Hold};
use crate::{
    domain::{
        id::{PersonId, StudioId},
        studio::{Role, Studio, StudioCommand},
    },
    event_store::CommandContext,
    projections::person::PersonRow,
};

/// A studio that a person works at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    /// Which.
    pub studio_id: String,
    /// What people call it.
    pub studio_name: String,
    /// What the person is there.
    pub role: Role,
}

#[derive(FromRow)]
struct MembershipRow {
    id: String,
    name: String,
    role: String,
}

#[derive(FromRow)]
struct MemberRow {
    #[sqlx(flatten)]
    person: PersonRow,
    role: String,
}

impl People {
    /// The studios that a person works at, by their names.
    ///
    /// # Errors
    ///
    /// If the database does not answer.
    pub async fn memberships(&self, person_id: &str) -> Result<Vec<Membership>, sqlx::Error> {
        let rows: Vec<MembershipRow> = sqlx::query_as(
            "SELECT id, name, member ->> 'role' AS role
             FROM studio, jsonb_array_elements(members) member
             WHERE members @> jsonb_build_array(jsonb_build_object('person_id', $1::text))
               AND member ->> 'person_id' = $1
             ORDER BY name, id",
        )
        .bind(person_id)
        .fetch_all(&self.pool)
        .await?;
        let read = |it: MembershipRow| {
            let role = Role::parse(&it.role)?;
            Some(Membership { studio_id: it.id, studio_name: it.name, role })
        };
        Ok(rows.into_iter().filter_map(read).collect())
    }

    /// The members of a studio, in the order in which they were taken in.
    ///
    /// # Errors
    ///
    /// If the database does not answer.
    pub async fn members(
        &self,
        studio_id: &StudioId,
    ) -> Result<Vec<(PersonRow, Role)>, sqlx::Error> {
        let rows: Vec<MemberRow> = sqlx::query_as(
            "SELECT person.*, member ->> 'role' AS role
             FROM studio, jsonb_array_elements(members) WITH ORDINALITY AS it (member, place)
             JOIN person ON person.id = member ->> 'person_id'
             WHERE studio.id = $1 ORDER BY place",
        )
        .bind(studio_id.as_str())
        .fetch_all(&self.pool)
        .await?;
        let read = |it: MemberRow| Some((it.person, Role::parse(&it.role)?));
        Ok(rows.into_iter().filter_map(read).collect())
    }

    /// Whether there is such a studio.
    ///
    /// # Errors
    ///
    /// [`PeopleError::Studio`] if there is not, and what the log has to say.
    pub async fn require_studio(&self, studio_id: &StudioId) -> Result<(), PeopleError> {
        let studio = self.store.load::<Studio>(studio_id.as_str(), None).await?.aggregate;
        studio.members().map(|_| ()).map_err(PeopleError::Studio)
    }

    /// Takes a person in.
    ///
    /// # Errors
    ///
    /// [`PeopleError::Studio`], [`PeopleError::Person`] for who has no account, and what the log has to say.
    pub async fn add_member(
        &self,
        studio_id: &StudioId,
        person_id: PersonId,
        role: Role,
        context: &CommandContext,
    ) -> Result<(), PeopleError> {
        let mut hold = self.hold(&person_id).await?;
        self.join(&mut hold, studio_id, role, context).await?;
        Ok(hold.finish().await?)
    }

    /// Takes in who is held.
    pub(super) async fn join(
        &self,
        hold: &mut Hold,
        studio_id: &StudioId,
        role: Role,
        context: &CommandContext,
    ) -> Result<(), PeopleError> {
        let (at, person_id) = (self.clock.now(), hold.person_id.clone());
        let add = StudioCommand::AddMember { person_id: person_id.clone(), role, at };
        self.on_studio(studio_id, add, context).await?;
        // A link that another studio's owner was given must not lead in here.
        if self.works_elsewhere(studio_id, &person_id).await?
            && !self.is_enrolled(&person_id).await?
        {
            self.end_all(hold, None).await?;
        }
        Ok(())
    }

    /// Has a member be something else.
    ///
    /// # Errors
    ///
    /// [`PeopleError::Studio`] and what the log has to say.
    pub async fn change_role(
        &self,
        studio_id: &StudioId,
        person_id: PersonId,
        role: Role,
        context: &CommandContext,
    ) -> Result<(), PeopleError> {
        let at = self.clock.now();
        self.on_studio(studio_id, StudioCommand::ChangeRole { person_id, role, at }, context).await
    }

    /// Lets a member go. Whatever they do next is refused, though they are still in.
    ///
    /// # Errors
    ///
    /// [`PeopleError::Studio`] and what the log has to say.
    pub async fn remove_member(
        &self,
        studio_id: &StudioId,
        person_id: PersonId,
        context: &CommandContext,
    ) -> Result<(), PeopleError> {
        let at = self.clock.now();
        self.on_studio(studio_id, StudioCommand::RemoveMember { person_id, at }, context).await
    }

    async fn on_studio(
        &self,
        studio_id: &StudioId,
        command: StudioCommand,
        context: &CommandContext,
    ) -> Result<(), PeopleError> {
        self.store.execute::<Studio>(studio_id.as_str(), command, context).await?;
        Ok(())
    }
}

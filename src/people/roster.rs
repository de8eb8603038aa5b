//! The people of a studio, as its pages show them: who they are, and whether they can come in.

use sqlx::FromRow;

use super::People;
use crate::{
    domain::{
        Timestamp,
        id::{PersonId, StudioId},
        studio::Role,
    },
    projections::person::PersonRow,
};

/// A member of a studio.
#[derive(Clone, Debug)]
pub struct Colleague {
    /// Who.
    pub person: PersonRow,
    /// As what.
    pub role: Role,
    /// When they last did something, if they are in or were until a while ago.
    pub seen_at: Option<Timestamp>,
    /// Until when nobody may come in as them, after too many tries that failed.
    pub locked_until: Option<Timestamp>,
    /// Whether they are a member of another studio too.
    pub works_elsewhere: bool,
}

#[derive(FromRow)]
struct ColleagueRow {
    #[sqlx(flatten)]
    person: PersonRow,
    role: String,
    seen_at: Option<Timestamp>,
    locked_until: Option<Timestamp>,
    works_elsewhere: bool,
}

impl ColleagueRow {
    fn read(self) -> Option<Colleague> {
        let Self { person, seen_at, locked_until, works_elsewhere, .. } = self;
        let role = Role::parse(&self.role)?;
        Some(Colleague { person, role, seen_at, locked_until, works_elsewhere })
    }
}

impl Colleague {
    /// Whether an owner of the studio may be given a link that lets in as them: only while that opens nothing
    /// but this studio, and they have nothing of their own yet to prove who they are.
    pub fn may_be_linked(&self) -> bool {
        let Self { person, works_elsewhere, .. } = self;
        !works_elsewhere && person.enrolled_at.is_none() && person.shut_out_at.is_none()
    }
}

impl People {
    /// The members of a studio, in the order in which they were taken in.
    ///
    /// # Errors
    ///
    /// If the database does not answer.
    pub async fn roster(&self, studio_id: &StudioId) -> Result<Vec<Colleague>, sqlx::Error> {
        let rows: Vec<ColleagueRow> = sqlx::query_as(
            "SELECT person.*, member ->> 'role' AS role,
                    (SELECT max(seen_at) FROM sign_in s WHERE s.person_id = person.id) AS seen_at,
                    (SELECT locked_until FROM person_secret p
                     WHERE p.person_id = person.id AND $2 < locked_until) AS locked_until,
                    EXISTS (
                        SELECT FROM studio other WHERE other.id <> $1 AND other.members @>
                            jsonb_build_array(jsonb_build_object('person_id', person.id))
                    ) AS works_elsewhere
             FROM studio, jsonb_array_elements(members) WITH ORDINALITY AS it (member, place)
             JOIN person ON person.id = member ->> 'person_id'
             WHERE studio.id = $1 ORDER BY place",
        )
        .bind(studio_id.as_str())
        .bind(self.clock.now())
        .fetch_all(&self.pool)
        .await?;
        Ok(rows.into_iter().filter_map(ColleagueRow::read).collect())
    }

    /// Whether a person is a member of any studio but this one.
    pub(super) async fn works_elsewhere(
        &self,
        studio_id: &StudioId,
        person_id: &PersonId,
    ) -> Result<bool, sqlx::Error> {
        let memberships = self.memberships(person_id.as_str()).await?;
        Ok(memberships.iter().any(|it| it.studio_id != studio_id.as_str()))
    }
}

//! Forgetting who a person was, for ever.
//!
//! The log says so first, by which their row is emptied; then all goes that lets them in or names them, the
//! key of their stream among it. What they did keeps their id, so that every history still adds up.

use super::{People, PeopleError};
use crate::{
    domain::{id::PersonId, person::PersonCommand},
    event_store::CommandContext,
};

impl People {
    /// Erases a person who works nowhere any more. Left half done by a crash, it is finished when it is asked
    /// for again.
    ///
    /// # Errors
    ///
    /// [`PeopleError::NotDatabaseOwner`], [`PeopleError::StillMember`], [`PeopleError::Person`] and what the
    /// log has to say.
    pub async fn erase(
        &self,
        person_id: &PersonId,
        context: &CommandContext,
    ) -> Result<(), PeopleError> {
        // Asked first, so that nothing is half done by who may not.
        let may: bool = sqlx::query_scalar(
            "SELECT has_function_privilege('destroy_stream_key(text)', 'EXECUTE')",
        )
        .fetch_one(&self.pool)
        .await?;
        may.then_some(()).ok_or(PeopleError::NotDatabaseOwner)?;
        let mut hold = self.hold(person_id).await?;
        let works_at = self.memberships(person_id.as_str()).await?;
        if !works_at.is_empty() {
            let studios =
                works_at.iter().map(|it| format!("{} ({})", it.studio_name, it.studio_id));
            return Err(PeopleError::StillMember(studios.collect::<Vec<_>>().join(", ")));
        }
        self.on_person(person_id, PersonCommand::Erase { at: self.clock.now() }, context).await?;
        self.end_all(&mut hold, None).await?;
        // The key last: appends wait from there to the commit.
        for statement in [
            "DELETE FROM person_secret WHERE person_id = $1",
            "DELETE FROM person_email WHERE person_id = $1",
            "SELECT destroy_stream_key('person-' || $1)",
        ] {
            sqlx::query(statement).bind(person_id.as_str()).execute(hold.connection()).await?;
        }
        Ok(hold.finish().await?)
    }
}

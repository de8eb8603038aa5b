//! Tries to come in that failed: after a few there is a wait, which doubles, so that nobody guesses a
//! code of six digits.

use chrono::TimeDelta;

use super::{People, PeopleError};
use crate::{
    domain::{
        Timestamp,
        id::PersonId,
        person::{Origin, PersonCommand, PersonError},
    },
    event_store::CommandContext,
};

/// How many tries fail before there is a wait.
const FREE_TRIES: i32 = 5;
/// The first wait.
const WAIT_MIN: TimeDelta = TimeDelta::minutes(1);
/// The longest.
const WAIT_MAX: TimeDelta = TimeDelta::minutes(15);

/// How long nobody may try again after so many tries that failed; not at all, if it is still few.
fn wait_after(failures: i32) -> Option<TimeDelta> {
    let doublings = u32::try_from(failures.checked_sub(FREE_TRIES)?).ok()?;
    let times = 2_i32.checked_pow(doublings).unwrap_or(i32::MAX);
    Some(WAIT_MIN.checked_mul(times).map_or(WAIT_MAX, |it| it.min(WAIT_MAX)))
}

impl People {
    /// Counts one more that failed. The log knows of each wait.
    pub(super) async fn note_failure(
        &self,
        person_id: &PersonId,
        from: &Origin,
        at: Timestamp,
        context: &CommandContext,
    ) -> Result<(), PeopleError> {
        let failures: Option<i32> = sqlx::query_scalar(
            "UPDATE person_secret SET failures = failures + 1 WHERE person_id = $1
             RETURNING failures",
        )
        .bind(person_id.as_str())
        .fetch_optional(&self.pool)
        .await?;
        let Some(wait) = failures.and_then(wait_after) else { return Ok(()) };
        let until = at + wait;
        // Of several that failed at once the longest wait counts.
        sqlx::query(
            "UPDATE person_secret SET locked_until = greatest(locked_until, $2) WHERE person_id = $1",
        )
        .bind(person_id.as_str())
        .bind(until)
        .execute(&self.pool)
        .await?;
        let lock = PersonCommand::Lock { until, from: from.clone(), at };
        match self.on_person(person_id, lock, context).await {
            // Others failed at the same time, and the log has it from them; or nobody can come in any more.
            Err(PeopleError::Conflict | PeopleError::Person(PersonError::Erased)) => Ok(()),
            noted => noted,
        }
    }

    /// Takes a code's time step, and forgets what failed; false, if it or a later one was taken before, or
    /// if there is to be a wait by now: many may have been tried at once.
    pub(super) async fn take_step(
        &self,
        person_id: &PersonId,
        step: i64,
        now: Timestamp,
    ) -> Result<bool, sqlx::Error> {
        let taken = sqlx::query(
            "UPDATE person_secret SET totp_step = $2, failures = 0, locked_until = NULL
             WHERE person_id = $1 AND totp_step < $2
               AND (locked_until IS NULL OR locked_until <= $3)",
        )
        .bind(person_id.as_str())
        .bind(step)
        .bind(now)
        .execute(&self.pool)
        .await?;
        Ok(taken.rows_affected() == 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_five_tries_the_wait_begins_and_doubles_up_to_a_quarter_of_an_hour() {
        let minutes = |failures| wait_after(failures).map(|it| it.num_minutes());
        assert_eq!([1, 4].map(minutes), [None, None]);
        let waits = [5, 6, 7, 8, 9, 10, i32::MAX].map(minutes);
        assert_eq!(waits, [1, 2, 4, 8, 15, 15, 15].map(Some));
    }
}

//! Stays: from when somebody comes in until they leave, are idle for too long, or are put out.
//!
//! Asked of each request, so they stand in a table and not in the log, which has their beginning and end.

use chrono::TimeDelta;
use data_encoding::BASE64URL_NOPAD;
use sqlx::FromRow;

use super::{People, PeopleError, Token, hold::Hold};
use crate::{
    domain::{
        Timestamp,
        id::{PersonId, SignInId},
        person::PersonCommand,
    },
    event_store::CommandContext,
};

/// How long somebody may do nothing and still be in.
pub const IDLE_MAX: TimeDelta = TimeDelta::minutes(30);

/// How long a stay is at most.
pub const STAY_MAX: TimeDelta = TimeDelta::hours(12);

/// How long it holds that somebody has proved who they are, for what needs a fresh proof.
pub const PROOF_HOLDS: TimeDelta = TimeDelta::minutes(10);

/// How exactly it is kept when somebody last did something: a write for each request would be many.
const SEEN_EVERY: TimeDelta = TimeDelta::minutes(1);

/// What sets the hash of a token in forms apart from the one that is kept of it.
const FORM_TOKEN_PURPOSE: &str = "form:";

/// What stands in the log before the id of a person who did something.
const ACTOR: &str = "person:";

/// How the log names a person who did something.
pub(super) fn actor_of(person_id: &PersonId) -> String {
    format!("{ACTOR}{person_id}")
}

/// The id of the person whom the log names so, if it is one.
pub fn person_of(actor: &str) -> Option<&str> {
    actor.strip_prefix(ACTOR)
}

/// Somebody who is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stay {
    /// Its name in the log.
    pub sign_in_id: SignInId,
    /// Who.
    pub person_id: PersonId,
    /// What people call them; their address, until they have said so.
    pub called: String,
    /// Whether they have a password and a second factor.
    pub is_enrolled: bool,
    /// When they last proved who they are.
    pub proved_at: Timestamp,
}

#[derive(FromRow)]
struct StayRow {
    sign_in_id: String,
    person_id: String,
    called: String,
    is_enrolled: bool,
    proved_at: Timestamp,
}

impl Stay {
    /// Whether they have proved of late who they are.
    pub fn has_proved(&self, now: Timestamp) -> bool {
        now < self.proved_at + PROOF_HOLDS
    }

    /// For what needs a fresh proof.
    ///
    /// # Errors
    ///
    /// [`PeopleError::NotProved`].
    pub fn require_proof(&self, now: Timestamp) -> Result<(), PeopleError> {
        self.has_proved(now).then_some(()).ok_or(PeopleError::NotProved)
    }

    /// Who stands in the log beside all that they do.
    pub fn actor(&self) -> String {
        actor_of(&self.person_id)
    }
}

impl StayRow {
    fn read(self) -> Option<Stay> {
        let Self { called, is_enrolled, proved_at, .. } = self;
        let sign_in_id = SignInId::parse(self.sign_in_id).ok()?;
        let person_id = PersonId::parse(self.person_id).ok()?;
        Some(Stay { sign_in_id, person_id, called, is_enrolled, proved_at })
    }
}

impl People {
    /// Who it is that has this token, if they are in, and notes that they have done something.
    ///
    /// # Errors
    ///
    /// If the database does not answer.
    pub async fn stay(&self, token: &Token) -> Result<Option<Stay>, sqlx::Error> {
        self.find_stay(token, true).await
    }

    /// The same for what a page asks for by itself: who only leaves it open does nothing.
    ///
    /// # Errors
    ///
    /// If the database does not answer.
    pub async fn stay_of_watcher(&self, token: &Token) -> Result<Option<Stay>, sqlx::Error> {
        self.find_stay(token, false).await
    }

    async fn find_stay(
        &self,
        token: &Token,
        is_by_hand: bool,
    ) -> Result<Option<Stay>, sqlx::Error> {
        let (hash, now) = (token.hash(&self.tokens), self.clock.now());
        let found: Option<StayRow> = sqlx::query_as(
            "WITH seen AS (
                 UPDATE sign_in SET seen_at = $2
                 WHERE token_hash = $1 AND $2 < ends_at AND $2 - $3 < seen_at AND seen_at < $2 - $4
                   AND $5
             )
             SELECT sign_in_id, person_id, proved_at, enrolled_at IS NOT NULL AS is_enrolled,
                    coalesce(name, email, person_id) AS called
             FROM sign_in JOIN person ON person.id = person_id
             WHERE token_hash = $1 AND $2 < ends_at AND $2 - $3 < seen_at AND shut_out_at IS NULL",
        )
        .bind(hash.as_slice())
        .bind(now)
        .bind(IDLE_MAX)
        .bind(SEEN_EVERY)
        .bind(is_by_hand)
        .fetch_optional(&self.pool)
        .await?;
        Ok(found.and_then(StayRow::read))
    }

    /// What every form has in it that is drawn for whoever has this token: another site cannot know it.
    pub fn form_token(&self, token: &Token) -> String {
        let message = [FORM_TOKEN_PURPOSE, token.reveal()].concat();
        BASE64URL_NOPAD.encode(&self.tokens.hash(message.as_bytes()))
    }

    /// Ends a stay because somebody leaves.
    ///
    /// # Errors
    ///
    /// What the log has to say. They are out all the same.
    pub async fn sign_out(&self, stay: &Stay, context: &CommandContext) -> Result<(), PeopleError> {
        sqlx::query("DELETE FROM sign_in WHERE sign_in_id = $1")
            .bind(stay.sign_in_id.as_str())
            .execute(&self.pool)
            .await?;
        let sign_in_id = stay.sign_in_id.clone();
        let sign_out = PersonCommand::SignOut { sign_in_id, at: self.clock.now() };
        self.on_person(&stay.person_id, sign_out, context).await
    }

    /// Begins a stay of who is held; what its browser keeps.
    pub(super) async fn begin_stay(
        &self,
        hold: &mut Hold,
        sign_in_id: &SignInId,
        at: Timestamp,
    ) -> Result<Token, PeopleError> {
        let (token, person_id) = (Token::generate(), hold.person_id.clone());
        // Whose time is over is forgotten when others come in: there are few. What another holds, it forgets.
        sqlx::query(
            "WITH over AS (DELETE FROM sign_in WHERE token_hash IN (
                      SELECT token_hash FROM sign_in WHERE ends_at < $4 FOR UPDATE SKIP LOCKED)),
                  unused AS (DELETE FROM sign_in_link WHERE token_hash IN (
                      SELECT token_hash FROM sign_in_link WHERE expires_at < $4 FOR UPDATE SKIP LOCKED))
             INSERT INTO sign_in (token_hash, sign_in_id, person_id, seen_at, proved_at, ends_at)
             VALUES ($1, $2, $3, $4, $4, $5)",
        )
        .bind(token.hash(&self.tokens).as_slice())
        .bind(sign_in_id.as_str())
        .bind(person_id.as_str())
        .bind(at)
        .bind(at + STAY_MAX)
        .execute(hold.connection())
        .await?;
        Ok(token)
    }

    /// Notes that somebody who is in has proved who they are.
    pub(super) async fn note_proof(&self, stay: &Stay, at: Timestamp) -> Result<(), sqlx::Error> {
        sqlx::query("UPDATE sign_in SET proved_at = $2 WHERE sign_in_id = $1")
            .bind(stay.sign_in_id.as_str())
            .bind(at)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Whether somebody is in still, whom nobody puts out while they are held.
    pub(super) async fn is_in_still(
        &self,
        hold: &mut Hold,
        stay: &Stay,
    ) -> Result<bool, sqlx::Error> {
        sqlx::query_scalar(
            "SELECT EXISTS (SELECT FROM sign_in WHERE sign_in_id = $1 AND person_id = $2)",
        )
        .bind(stay.sign_in_id.as_str())
        .bind(stay.person_id.as_str())
        .fetch_one(hold.connection())
        .await
    }

    /// Puts out whoever is in as the person who is held, but for one stay, and has no link let them in.
    pub(super) async fn end_all(
        &self,
        hold: &mut Hold,
        but_for: Option<&SignInId>,
    ) -> Result<(), sqlx::Error> {
        let person_id = hold.person_id.clone();
        sqlx::query(
            "WITH links AS (DELETE FROM sign_in_link WHERE person_id = $1)
             DELETE FROM sign_in WHERE person_id = $1 AND sign_in_id IS DISTINCT FROM $2",
        )
        .bind(person_id.as_str())
        .bind(but_for.map(SignInId::as_str))
        .execute(hold.connection())
        .await?;
        Ok(())
    }

    /// Puts a person out, and has no link let them in.
    pub(super) async fn end_stays(&self, person_id: &PersonId) -> Result<(), PeopleError> {
        let mut hold = self.hold(person_id).await?;
        self.end_all(&mut hold, None).await?;
        Ok(hold.finish().await?)
    }
}

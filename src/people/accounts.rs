//! Accounts: inviting somebody, the link by which they come in first, and what they choose then.

use chrono::TimeDelta;
use secrecy::SecretString;

use super::{People, PeopleError, Stay, Token, TotpKey, hold::Hold};
use crate::{
    domain::{
        id::PersonId,
        person::{EmailAddress, Person, PersonCommand},
        text::DisplayName,
    },
    event_store::CommandContext,
    ids::NewId,
};

/// What a person chooses who has come in by a link: what they are called, and how they prove who they are
/// from now on.
pub struct Enrollment {
    /// What people call them.
    pub name: DisplayName,
    /// New, or another.
    pub password: SecretString,
    /// That their authenticator was given.
    pub totp: TotpKey,
    /// What it shows now, so that nobody is locked out by one that was never set up.
    pub code: String,
}

impl People {
    /// Lets somebody have an account; the one that there is, if the address has one.
    ///
    /// # Errors
    ///
    /// What the log has to say.
    pub async fn invite(
        &self,
        email: &EmailAddress,
        context: &CommandContext,
    ) -> Result<PersonId, PeopleError> {
        let person_id = self.claim(email).await?;
        self.open_account(&person_id, email, context).await?;
        Ok(person_id)
    }

    /// Whose account an address is or is to be.
    pub(super) async fn claim(&self, email: &EmailAddress) -> Result<PersonId, PeopleError> {
        // First, so that two who invite the same address at once mean one account. Left alone by a crash,
        // the id has no account until somebody invites the address again.
        let person_id: String = sqlx::query_scalar(
            "INSERT INTO person_email (email_hash, person_id) VALUES ($1, $2)
             ON CONFLICT (email_hash) DO UPDATE SET email_hash = excluded.email_hash
             RETURNING person_id",
        )
        .bind(self.email_hash(email).as_slice())
        .bind(PersonId::new(self.clock.now()).as_str())
        .fetch_one(&self.pool)
        .await?;
        PersonId::parse(person_id).map_err(|it| PeopleError::Impossible(it.to_string()))
    }

    pub(super) async fn open_account(
        &self,
        person_id: &PersonId,
        email: &EmailAddress,
        context: &CommandContext,
    ) -> Result<(), PeopleError> {
        let invite = PersonCommand::Invite { email: email.clone(), at: self.clock.now() };
        self.on_person(person_id, invite, context).await
    }

    /// Whose account an address is, if anybody's.
    ///
    /// # Errors
    ///
    /// If the database does not answer.
    pub async fn find_by_email(
        &self,
        email: &EmailAddress,
    ) -> Result<Option<PersonId>, sqlx::Error> {
        let found: Option<String> = sqlx::query_scalar(
            "SELECT person_id FROM person_email JOIN person ON person.id = person_id
             WHERE email_hash = $1",
        )
        .bind(self.email_hash(email).as_slice())
        .fetch_optional(&self.pool)
        .await?;
        Ok(found.and_then(|it| PersonId::parse(it).ok()))
    }

    /// Makes a link's token, which lets a person in once within the time.
    ///
    /// # Errors
    ///
    /// [`PeopleError::Person`] and what the log has to say.
    pub async fn issue_link(
        &self,
        person_id: &PersonId,
        holds: TimeDelta,
        context: &CommandContext,
    ) -> Result<Token, PeopleError> {
        let mut hold = self.hold(person_id).await?;
        let token = self.put_link(&mut hold, holds, context).await?;
        hold.finish().await?;
        Ok(token)
    }

    /// Makes a link for who is held, beside those that there are.
    pub(super) async fn put_link(
        &self,
        hold: &mut Hold,
        holds: TimeDelta,
        context: &CommandContext,
    ) -> Result<Token, PeopleError> {
        let (at, person_id) = (self.clock.now(), hold.person_id.clone());
        let (token, expires_at) = (Token::generate(), at + holds);
        // In the log before it works: none lets anybody in that the log does not know.
        let issue = PersonCommand::IssueLink { expires_at, at };
        self.on_person(&person_id, issue, context).await?;
        sqlx::query(
            "INSERT INTO sign_in_link (token_hash, person_id, expires_at) VALUES ($1, $2, $3)",
        )
        .bind(token.hash(&self.tokens).as_slice())
        .bind(person_id.as_str())
        .bind(expires_at)
        .execute(hold.connection())
        .await?;
        Ok(token)
    }

    /// Keeps what a person chose. Whoever else is in as them is out, and links made before let nobody in.
    ///
    /// # Errors
    ///
    /// [`PeopleError::NotProved`], [`PeopleError::Password`], [`PeopleError::Code`],
    /// [`PeopleError::PutOut`], [`PeopleError::Person`] and what the log has to say.
    pub async fn enroll(
        &self,
        stay: &Stay,
        chosen: Enrollment,
        context: &CommandContext,
    ) -> Result<(), PeopleError> {
        let at = self.clock.now();
        stay.require_proof(at)?;
        let Enrollment { name, password, totp, code } = chosen;
        let step = totp.check(&code, at).ok_or(PeopleError::Code)?;
        let hash = self.passwords.hash(password).await?;
        let sealed = self.totp.seal(stay.person_id.as_str().as_bytes(), totp.bytes())?;
        let mut hold = self.hold(&stay.person_id).await?;
        // Now, since all of that took a while: whoever was put out meanwhile chooses nothing.
        if !self.is_in_still(&mut hold, stay).await? {
            return Err(PeopleError::PutOut);
        }
        // In the log first: nothing works that it does not know of, and what a crash leaves undone is
        // done anew by another link.
        self.on_person(&stay.person_id, PersonCommand::Enroll { name, at }, context).await?;
        sqlx::query(
            "INSERT INTO person_secret (person_id, password_hash, totp_sealed, totp_step, changed_at)
             VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (person_id) DO UPDATE SET
                 password_hash = excluded.password_hash, totp_sealed = excluded.totp_sealed,
                 totp_step = excluded.totp_step, failures = 0, locked_until = NULL,
                 changed_at = excluded.changed_at",
        )
        .bind(stay.person_id.as_str())
        .bind(hash)
        .bind(sealed)
        .bind(step)
        .bind(at)
        .execute(hold.connection())
        .await?;
        self.end_all(&mut hold, Some(&stay.sign_in_id)).await?;
        Ok(hold.finish().await?)
    }

    /// Lets a person in no more, and out if they are in.
    ///
    /// # Errors
    ///
    /// [`PeopleError::Person`] and what the log has to say.
    pub async fn shut_out(
        &self,
        person_id: &PersonId,
        context: &CommandContext,
    ) -> Result<(), PeopleError> {
        let at = self.clock.now();
        self.on_person(person_id, PersonCommand::ShutOut { at }, context).await?;
        self.end_stays(person_id).await
    }

    /// Lets a person in again.
    ///
    /// # Errors
    ///
    /// [`PeopleError::Person`] and what the log has to say.
    pub async fn let_in(
        &self,
        person_id: &PersonId,
        context: &CommandContext,
    ) -> Result<(), PeopleError> {
        // What was begun while they were being shut out must not come to life.
        self.end_stays(person_id).await?;
        let at = self.clock.now();
        self.on_person(person_id, PersonCommand::LetIn { at }, context).await
    }

    pub(super) async fn on_person(
        &self,
        person_id: &PersonId,
        command: PersonCommand,
        context: &CommandContext,
    ) -> Result<(), PeopleError> {
        self.store.execute::<Person>(person_id.as_str(), command, context).await?;
        Ok(())
    }

    fn email_hash(&self, email: &EmailAddress) -> [u8; 32] {
        self.emails.hash(email.folded().as_bytes())
    }
}

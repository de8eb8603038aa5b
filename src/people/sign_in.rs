//! Coming in: by a password and a code, or by a link that is used up.

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use sqlx::FromRow;
use tokio::time::{Instant, sleep_until};

use super::{
    PASSWORD_BYTES_MAX, People, PeopleError, Stay, Token, TotpKey, hold::Hold, stays::actor_of,
};
use crate::{
    domain::{
        Timestamp,
        id::{PersonId, SignInId},
        person::{EmailAddress, Origin, PersonCommand, PersonError, Proof},
    },
    event_store::CommandContext,
    ids::NewId,
};

/// A sign-in that fails is refused at whole multiples of this after it began: longer than all that is done
/// for an address that has an account and is not for one that has none, so that the time tells of neither.
const REFUSALS_EVERY: Duration = Duration::from_millis(250);

/// What somebody says who wants to come in.
pub struct Credentials {
    /// As whom.
    pub email: EmailAddress,
    /// Theirs.
    pub password: SecretString,
    /// What their authenticator shows.
    pub code: String,
}

/// Somebody has come in.
pub struct SignedIn {
    /// What their browser keeps.
    pub token: Token,
    /// Who.
    pub person_id: PersonId,
}

/// Why somebody did not come in. What was wrong is not told: whoever guesses must not learn which part
/// was right, or who has an account.
#[derive(Debug, thiserror::Error)]
pub enum Unwelcome {
    /// Address, password or code are not right, or there were too many tries before.
    #[error(
        "the e-mail address, the password or the code is wrong, or there were too many tries: \
         after five there is a wait of a minute, which doubles up to fifteen"
    )]
    Refused,
    /// It was used, its time is over, or there never was one.
    #[error("this link was used, its time is over, or there never was one; ask for another")]
    Link,
    /// Something else.
    #[error(transparent)]
    People(#[from] PeopleError),
}

/// Who has the password and the code, by what is kept of it.
struct Known {
    person_id: PersonId,
    password_hash: String,
}

#[derive(FromRow)]
struct SecretRow {
    person_id: String,
    password_hash: String,
    totp_sealed: Vec<u8>,
    locked_until: Option<Timestamp>,
}

impl From<sqlx::Error> for Unwelcome {
    fn from(error: sqlx::Error) -> Self {
        Self::People(error.into())
    }
}

impl People {
    /// Lets somebody in who knows the password and has the second factor.
    ///
    /// # Errors
    ///
    /// Each [`Unwelcome`] but for the link's.
    pub async fn sign_in(
        &self,
        credentials: Credentials,
        from: Origin,
        correlation: &str,
    ) -> Result<SignedIn, Unwelcome> {
        let began = Instant::now();
        let tried = self.try_sign_in(credentials, from, correlation).await;
        if matches!(tried, Err(Unwelcome::Refused)) {
            sleep_until(began + refused_after(began.elapsed())).await;
        }
        tried
    }

    async fn try_sign_in(
        &self,
        credentials: Credentials,
        from: Origin,
        correlation: &str,
    ) -> Result<SignedIn, Unwelcome> {
        let person_id = self.find_by_email(&credentials.email).await?;
        let Credentials { password, code, .. } = credentials;
        let known = self.verify(person_id, password, &code, &from, correlation).await?;
        let mut hold = self.hold_welcome(&known.person_id).await?;
        // Chosen anew, or erased, while this was under way.
        if !self.is_kept_still(&mut hold, &known.password_hash).await? {
            return Err(Unwelcome::Refused);
        }
        self.come_in(hold, Proof::PasswordAndCode, from, correlation).await
    }

    /// Lets somebody in who has a link. It is used up by that, and by nothing less: what the log refuses, or
    /// answers with a conflict, leaves it as it was. If nobody knows whether the log has it, the link may be
    /// tried again, and the log may have a sign-in of which nothing came.
    ///
    /// # Errors
    ///
    /// [`Unwelcome::Link`] and what the log has to say.
    pub async fn sign_in_by_link(
        &self,
        link: &Token,
        from: Origin,
        correlation: &str,
    ) -> Result<SignedIn, Unwelcome> {
        let hash = link.hash(&self.tokens);
        let person_id: Option<String> =
            sqlx::query_scalar("SELECT person_id FROM sign_in_link WHERE token_hash = $1")
                .bind(hash.as_slice())
                .fetch_optional(&self.pool)
                .await?;
        let person_id = person_id.and_then(|it| PersonId::parse(it).ok()).ok_or(Unwelcome::Link)?;
        let refused = |error| match error {
            Unwelcome::Refused => Unwelcome::Link,
            other => other,
        };
        let mut hold = self.hold_welcome(&person_id).await.map_err(refused)?;
        let used =
            sqlx::query("DELETE FROM sign_in_link WHERE token_hash = $1 AND $2 < expires_at")
                .bind(hash.as_slice())
                .bind(self.clock.now())
                .execute(hold.connection())
                .await?;
        if used.rows_affected() == 0 {
            return Err(Unwelcome::Link);
        }
        self.come_in(hold, Proof::Link, from, correlation).await.map_err(refused)
    }

    /// Takes note that somebody who is in has proved once more who they are.
    ///
    /// # Errors
    ///
    /// Each [`Unwelcome`] but for the link's.
    pub async fn prove(
        &self,
        stay: &Stay,
        password: SecretString,
        code: &str,
        from: Origin,
        correlation: &str,
    ) -> Result<(), Unwelcome> {
        let person_id = Some(stay.person_id.clone());
        self.verify(person_id, password, code, &from, correlation).await?;
        let at = self.clock.now();
        let context = self.context(&stay.person_id, correlation, at);
        let prove = PersonCommand::Prove { sign_in_id: stay.sign_in_id.clone(), at };
        self.on_person(&stay.person_id, prove, &context).await?;
        Ok(self.note_proof(stay, at).await?)
    }

    /// Holds who comes in. Who has no account by now is refused as who never had one.
    async fn hold_welcome(&self, person_id: &PersonId) -> Result<Hold, Unwelcome> {
        match self.hold(person_id).await {
            Err(PeopleError::Person(_)) => Err(Unwelcome::Refused),
            held => Ok(held?),
        }
    }

    /// Whether a password is the one that was verified before they were held.
    async fn is_kept_still(&self, hold: &mut Hold, hash: &str) -> Result<bool, sqlx::Error> {
        let person_id = hold.person_id.clone();
        sqlx::query_scalar(
            "SELECT EXISTS (
                 SELECT FROM person_secret WHERE person_id = $1 AND password_hash = $2
             )",
        )
        .bind(person_id.as_str())
        .bind(hash)
        .fetch_one(hold.connection())
        .await
    }

    /// Whose password and code these are.
    async fn verify(
        &self,
        person_id: Option<PersonId>,
        password: SecretString,
        code: &str,
        from: &Origin,
        correlation: &str,
    ) -> Result<Known, Unwelcome> {
        // Before anything is looked up: it costs no work, and would tell who is known.
        if PASSWORD_BYTES_MAX < password.expose_secret().len() {
            return Err(Unwelcome::Refused);
        }
        // Of nobody it is asked too, so that as much is done for whom we do not know.
        let row: Option<SecretRow> = sqlx::query_as(
            "SELECT person_id, password_hash, totp_sealed, locked_until
             FROM person_secret WHERE person_id = $1",
        )
        .bind(person_id.as_ref().map(PersonId::as_str))
        .fetch_optional(&self.pool)
        .await?;
        let hash = row.as_ref().map(|it| it.password_hash.clone());
        let is_password = self.passwords.verify(password, hash).await?;
        let (Some(row), Some(person_id)) = (row, person_id) else { return Err(Unwelcome::Refused) };
        let now = self.clock.now();
        if row.locked_until.is_some_and(|it| now < it) {
            return Err(Unwelcome::Refused);
        }
        let sealed = self.totp.open(row.person_id.as_bytes(), &row.totp_sealed);
        let totp = TotpKey::from_bytes(sealed.map_err(PeopleError::Vault)?);
        let step = totp.check(code, now).filter(|_| is_password);
        if let Some(step) = step
            && self.take_step(&person_id, step, self.clock.now()).await?
        {
            return Ok(Known { person_id, password_hash: row.password_hash });
        }
        let context = CommandContext::new("process:sign_in", correlation, now);
        self.note_failure(&person_id, from, now, &context).await?;
        Err(Unwelcome::Refused)
    }

    async fn come_in(
        &self,
        mut hold: Hold,
        proof: Proof,
        from: Origin,
        correlation: &str,
    ) -> Result<SignedIn, Unwelcome> {
        let (at, person_id) = (self.clock.now(), hold.person_id.clone());
        let sign_in_id = SignInId::new(at);
        let context = self.context(&person_id, correlation, at);
        let command = PersonCommand::SignIn { sign_in_id: sign_in_id.clone(), proof, from, at };
        match self.on_person(&person_id, command, &context).await {
            Ok(()) => {}
            Err(PeopleError::Person(
                PersonError::ShutOut | PersonError::NotEnrolled | PersonError::Erased,
            )) => return Err(Unwelcome::Refused),
            Err(error) => return Err(error.into()),
        }
        let token = self.begin_stay(&mut hold, &sign_in_id, at).await?;
        hold.finish().await?;
        Ok(SignedIn { token, person_id })
    }

    fn context(&self, person_id: &PersonId, correlation: &str, at: Timestamp) -> CommandContext {
        CommandContext::new(actor_of(person_id), correlation, at)
    }
}

/// How long after its beginning a try is refused that took so long.
fn refused_after(took: Duration) -> Duration {
    let every = REFUSALS_EVERY.as_millis();
    let beats = took.as_millis() / every + 1;
    Duration::from_millis(u64::try_from(beats * every).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_long_a_refusal_took_does_not_tell_what_was_done_for_it() {
        for (took, after) in [(0, 250), (30, 250), (249, 250), (250, 500), (260, 500), (499, 500)] {
            assert_eq!(refused_after(Duration::from_millis(took)).as_millis(), after, "{took}");
        }
    }
}

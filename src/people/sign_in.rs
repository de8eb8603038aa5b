//! Coming in: by a password and a code, or by a link that is used up.

use secrecy::{ExposeSecret, SecretString};
use sqlx::FromRow;

use super::{PASSWORD_BYTES_MAX, People, PeopleError, Stay, Token, TotpKey};
use crate::{
    domain::{
        Timestamp,
        id::{PersonId, SignInId},
        person::{EmailAddress, Origin, PersonCommand, PersonError, Proof},
    },
    event_store::CommandContext,
    ids::NewId,
};

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
        let person_id = self.find_by_email(&credentials.email).await?;
        let Credentials { password, code, .. } = credentials;
        let who = self.verify(person_id, password, &code, &from, correlation).await?;
        self.come_in(who, Proof::PasswordAndCode, from, correlation).await
    }

    /// Lets somebody in who has a link. It is used up by that.
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
        let person_id: Option<String> = sqlx::query_scalar(
            "DELETE FROM sign_in_link WHERE token_hash = $1 AND $2 < expires_at
             RETURNING person_id",
        )
        .bind(link.hash(&self.tokens).as_slice())
        .bind(self.clock.now())
        .fetch_optional(&self.pool)
        .await?;
        let person_id = person_id.and_then(|it| PersonId::parse(it).ok()).ok_or(Unwelcome::Link)?;
        let come = self.come_in(person_id, Proof::Link, from, correlation).await;
        come.map_err(|error| match error {
            Unwelcome::Refused => Unwelcome::Link,
            other => other,
        })
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

    /// Whose password and code these are.
    async fn verify(
        &self,
        person_id: Option<PersonId>,
        password: SecretString,
        code: &str,
        from: &Origin,
        correlation: &str,
    ) -> Result<PersonId, Unwelcome> {
        // Before anything is looked up: it costs no work, and would tell who is known.
        if PASSWORD_BYTES_MAX < password.expose_secret().len() {
            return Err(Unwelcome::Refused);
        }
        let row: Option<SecretRow> = match &person_id {
            Some(it) => {
                sqlx::query_as(
                    "SELECT person_id, password_hash, totp_sealed, locked_until
                     FROM person_secret WHERE person_id = $1",
                )
                .bind(it.as_str())
                .fetch_optional(&self.pool)
                .await?
            }
            None => None,
        };
        // As much work for whom we do not know.
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
            return Ok(person_id);
        }
        let context = CommandContext::new("process:sign_in", correlation, now);
        self.note_failure(&person_id, from, now, &context).await?;
        Err(Unwelcome::Refused)
    }

    async fn come_in(
        &self,
        person_id: PersonId,
        proof: Proof,
        from: Origin,
        correlation: &str,
    ) -> Result<SignedIn, Unwelcome> {
        let at = self.clock.now();
        let sign_in_id = SignInId::new(at);
        let context = self.context(&person_id, correlation, at);
        let command = PersonCommand::SignIn { sign_in_id: sign_in_id.clone(), proof, from, at };
        match self.on_person(&person_id, command, &context).await {
            Ok(()) => {}
            Err(PeopleError::Person(PersonError::ShutOut | PersonError::NotEnrolled)) => {
                return Err(Unwelcome::Refused);
            }
            Err(error) => return Err(error.into()),
        }
        let token = self.begin_stay(&person_id, &sign_in_id, at).await?;
        Ok(SignedIn { token, person_id })
    }

    fn context(&self, person_id: &PersonId, correlation: &str, at: Timestamp) -> CommandContext {
        CommandContext::new(format!("person:{person_id}"), correlation, at)
    }
}

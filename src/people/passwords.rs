//! Passwords: which are taken, and how they are kept.
//!
//! Argon2id with 19 MiB, two passes, one lane. Source: OWASP Password Storage Cheat Sheet; NIST SP 800-63B,
//! section 5.1.1.2, for the rules of length.

use std::{sync::Arc, time::Duration};

use argon2::{
    Argon2,
    password_hash::{PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash},
};
use secrecy::{ExposeSecret, SecretString};
use tokio::{sync::Semaphore, task::spawn_blocking, time::timeout};

use super::PeopleError;

/// The shortest password, in characters.
pub const PASSWORD_LENGTH_MIN: usize = 12;

/// The longest, in bytes: nobody types more, and hashing it takes time.
pub const PASSWORD_BYTES_MAX: usize = 256;

/// The fewest different characters: enough to rule out `aaaaaaaaaaaa` and `121212121212`.
const DIFFERENT_MIN: usize = 5;

/// How many are hashed at once: each takes 19 MiB and a core.
const AT_ONCE_MAX: usize = 2;

/// How long one waits for its turn.
const TURN_WITHIN: Duration = Duration::from_secs(5);

/// Why a password is not taken. Holds no part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WeakPassword {
    /// Fewer than [`PASSWORD_LENGTH_MIN`].
    #[error("a password has at least 12 characters; a few words are easy to remember")]
    Short,
    /// More than [`PASSWORD_BYTES_MAX`].
    #[error("a password is at most 256 bytes long")]
    Long,
    /// Too much of the same.
    #[error("a password has at least 5 different characters")]
    Uniform,
}

/// Hashes passwords, a few at a time.
pub(super) struct Passwords {
    turns: Arc<Semaphore>,
}

impl Default for Passwords {
    fn default() -> Self {
        Self { turns: Arc::new(Semaphore::new(AT_ONCE_MAX)) }
    }
}

impl Passwords {
    /// What is kept of a password that is strong enough: a PHC string.
    pub(super) async fn hash(&self, password: SecretString) -> Result<String, PeopleError> {
        check(password.expose_secret())?;
        let hashed = self.in_turn(move || {
            let hash = Argon2::default().hash_password(password.expose_secret().as_bytes());
            hash.map(|it| it.to_string())
        });
        hashed.await?.map_err(|it| PeopleError::Impossible(it.to_string()))
    }

    /// Whether it is the password of which `kept` was kept. Of nothing, it is none, after as much work.
    pub(super) async fn verify(
        &self,
        password: SecretString,
        kept: Option<String>,
    ) -> Result<bool, PeopleError> {
        self.in_turn(move || {
            let password = password.expose_secret().as_bytes();
            match kept.as_deref().map(PasswordHash::new) {
                Some(Ok(kept)) => Argon2::default().verify_password(password, &kept).is_ok(),
                Some(Err(_)) | None => {
                    // The result is of no use, the time is.
                    let _ = Argon2::default().hash_password(password);
                    false
                }
            }
        })
        .await
    }

    async fn in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, PeopleError> {
        let turn = timeout(TURN_WITHIN, Arc::clone(&self.turns).acquire_owned()).await;
        let turn = turn.ok().and_then(Result::ok).ok_or(PeopleError::Busy)?;
        let worked = spawn_blocking(move || {
            let done = work();
            drop(turn);
            done
        });
        worked.await.map_err(|it| PeopleError::Impossible(it.to_string()))
    }
}

fn check(password: &str) -> Result<(), WeakPassword> {
    if password.chars().count() < PASSWORD_LENGTH_MIN {
        return Err(WeakPassword::Short);
    }
    if PASSWORD_BYTES_MAX < password.len() {
        return Err(WeakPassword::Long);
    }
    let mut different: Vec<char> = password.chars().collect();
    different.sort_unstable();
    different.dedup();
    if different.len() < DIFFERENT_MIN { Err(WeakPassword::Uniform) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_has_12_characters_of_which_5_differ_and_at_most_256_bytes() {
        assert_eq!(check("correct hor"), Err(WeakPassword::Short));
        assert_eq!(check("correct hors"), Ok(()));
        assert_eq!(check("ünïcödé wörd"), Ok(()));
        assert_eq!(check("121212121212"), Err(WeakPassword::Uniform));
        assert_eq!(check("123412341234"), Err(WeakPassword::Uniform));
        assert_eq!(check("123451234512"), Ok(()));
        assert_eq!(check(&"abcdefgh".repeat(32)), Ok(()));
        assert_eq!(check(&format!("{}x", "abcdefgh".repeat(32))), Err(WeakPassword::Long));
    }

    #[tokio::test]
    async fn a_password_is_kept_as_argon2id_and_only_it_fits() {
        let passwords = Passwords::default();
        let hash = passwords.hash("correct horse battery".into()).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert_ne!(passwords.hash("correct horse battery".into()).await.unwrap(), hash);
        for (tried, fits) in [("correct horse battery", true), ("correct horse batterY", false)] {
            assert_eq!(passwords.verify(tried.into(), Some(hash.clone())).await.unwrap(), fits);
        }
        assert!(!passwords.verify("correct horse battery".into(), None).await.unwrap());
        assert!(!passwords.verify("".into(), Some("no hash".to_owned())).await.unwrap());
    }
}

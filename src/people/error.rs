//! Why something about a person was not done.

use super::passwords::WeakPassword;
use crate::{
    domain::{person::PersonError, studio::StudioError},
    event_store::{ExecuteError, StoreError},
    vault::VaultError,
};

/// Nothing was done, unless the log itself did not answer.
#[derive(Debug, thiserror::Error)]
pub enum PeopleError {
    /// The rules of accounts refuse it.
    #[error(transparent)]
    Person(PersonError),
    /// The studio's rules refuse it.
    #[error(transparent)]
    Studio(StudioError),
    /// It is none that we take.
    #[error(transparent)]
    Password(#[from] WeakPassword),
    /// It is not the one that the new second factor shows.
    #[error(
        "the code is not the one that your authenticator shows now; look again, and check its clock"
    )]
    Code,
    /// They have not shown of late who they are.
    #[error("this needs you to prove once more who you are")]
    NotProved,
    /// Somebody ended their stay while they chose.
    #[error("you were signed out while this was under way; nothing was changed")]
    PutOut,
    /// The address has an account, and nobody said that they know.
    #[error("this address has an account already")]
    HasAccount,
    /// They work somewhere still.
    #[error(
        "they still work at {0}. Let them go there first, by `toffeepay people remove`; where nobody \
         else is an owner, make somebody one, by `toffeepay people role`"
    )]
    StillMember(String),
    /// Only the owner of the database destroys keys.
    #[error(
        "this destroys a key, which only the owner of the database may: give the DATABASE_URL with \
         which `toffeepay migrate` is run"
    )]
    NotDatabaseOwner,
    /// The account is not of this studio's making.
    #[error(
        "this address has an account already, and whose it is, only whoever runs ToffeePay can \
         tell: ask them to take it in, by `toffeepay people invite`"
    )]
    KnownElsewhere,
    /// A link would let whoever has it in as somebody who works at other studios too.
    #[error(
        "they work at another studio too, so only whoever runs ToffeePay makes a link for them: \
         `toffeepay people link`"
    )]
    WorksElsewhere,
    /// A link would let whoever has it in as somebody who has proved otherwise who they are.
    #[error(
        "they have chosen a password and a second factor, so only whoever runs ToffeePay makes a \
         link for them: `toffeepay people link`"
    )]
    ChoseAlready,
    /// Too many are being checked.
    #[error("too many people are signing in just now; try again in a moment")]
    Busy,
    /// Others kept changing the same object.
    #[error("it was changed at the same time by someone else; try again")]
    Conflict,
    /// The log could not be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The database did not answer.
    #[error("the database did not answer: {0}")]
    Database(#[from] sqlx::Error),
    /// A second factor's key could not be sealed or opened.
    #[error("a second factor's key could not be sealed or opened: {0}")]
    Vault(#[from] VaultError),
    /// A library said what it never should.
    #[error("{0}")]
    Impossible(String),
}

impl From<ExecuteError<PersonError>> for PeopleError {
    fn from(error: ExecuteError<PersonError>) -> Self {
        match error {
            ExecuteError::Refused(refusal) => Self::Person(refusal),
            ExecuteError::Conflict => Self::Conflict,
            ExecuteError::Store(error) => Self::Store(error),
        }
    }
}

impl From<ExecuteError<StudioError>> for PeopleError {
    fn from(error: ExecuteError<StudioError>) -> Self {
        match error {
            ExecuteError::Refused(refusal) => Self::Studio(refusal),
            ExecuteError::Conflict => Self::Conflict,
            ExecuteError::Store(error) => Self::Store(error),
        }
    }
}

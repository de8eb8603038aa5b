//! Why something that a person asked for was not done.

use crate::{
    api::PictureError,
    domain::{game::GameError, studio::StudioError, violation::Violation},
    event_store::{ExecuteError, StoreError},
    vault::VaultError,
    webhooks::{SecretsError, Unsignable},
};

/// Nothing was done, unless the log itself did not answer.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// The game's rules refuse it.
    #[error(transparent)]
    Game(GameError),
    /// The studio's rules refuse it.
    #[error(transparent)]
    Studio(StudioError),
    /// No studio has this id.
    #[error("there is no studio {0}")]
    StudioNotFound(String),
    /// A name is no more than a name.
    #[error("{count} studios are called {name}; give the id of the one that is meant: {ids}")]
    StudioAmbiguous {
        /// What was asked for.
        name: String,
        /// How many have it.
        count: usize,
        /// Which.
        ids: String,
    },
    /// The endpoint was never sent it, or it is older than thirty days.
    #[error("there is no such webhook for this endpoint, or it is older than 30 days")]
    WebhookNotFound,
    /// What may be done once only was done before, by the same request.
    #[error("it was asked for before, and nothing was done again")]
    Repeated,
    /// It is no picture that we keep.
    #[error("the picture {0}")]
    Picture(Violation),
    /// Looking at a picture failed, and not because of the picture.
    #[error("the picture could not be looked at: {0}")]
    Unlooked(String),
    /// Others kept changing the same object.
    #[error("it was changed at the same time by someone else; try again")]
    Conflict,
    /// The log could not be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The database did not answer.
    #[error("the database did not answer: {0}")]
    Database(#[from] sqlx::Error),
    /// A key could not be sealed.
    #[error("the key could not be sealed: {0}")]
    Vault(#[from] VaultError),
    /// The secrets of an endpoint were not written.
    #[error(transparent)]
    Secrets(#[from] SecretsError),
    /// The secrets of an endpoint cannot be shown.
    #[error(transparent)]
    Unsignable(#[from] Unsignable),
}

impl From<ExecuteError<GameError>> for AdminError {
    fn from(error: ExecuteError<GameError>) -> Self {
        match error {
            ExecuteError::Refused(refusal) => Self::Game(refusal),
            ExecuteError::Conflict => Self::Conflict,
            ExecuteError::Store(error) => Self::Store(error),
        }
    }
}

impl From<ExecuteError<StudioError>> for AdminError {
    fn from(error: ExecuteError<StudioError>) -> Self {
        match error {
            ExecuteError::Refused(refusal) => Self::Studio(refusal),
            ExecuteError::Conflict => Self::Conflict,
            ExecuteError::Store(error) => Self::Store(error),
        }
    }
}

impl From<PictureError> for AdminError {
    fn from(error: PictureError) -> Self {
        match error {
            PictureError::Refused(violation) => Self::Picture(violation),
            PictureError::Database(error) => Self::Database(error),
            PictureError::Stopped(error) => Self::Unlooked(error),
        }
    }
}

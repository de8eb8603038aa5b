//! Why a command came to nothing, in words for the person at the terminal.

use std::{fmt::Display, io, net::SocketAddr, path::Path, process::ExitCode};

use crate::{
    admin::AdminError,
    domain::{
        game::GameError,
        id::{PersonId, SessionId},
        person::EmailAddress,
    },
    event_store::migrations::SchemaError,
    people::PeopleError,
};

/// The exit code of every command that could not do what it was asked for. As `diff` and `grep`
/// have it: 1 says that something was found, 2 that there was trouble.
pub const EXIT_TROUBLE: u8 = 2;

/// The exit code of a command whose reader is gone: the shell's convention for SIGPIPE.
const EXIT_BROKEN_PIPE: u8 = 141;

/// Why a command came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// A setting is missing or breaks its rule.
    #[error("{name} {rule}{}", received.as_ref().map(|it| format!("; received {it}")).unwrap_or_default())]
    Setting {
        /// The variable or option.
        name: &'static str,
        /// What it must be, as a phrase that follows the name.
        rule: String,
        /// What it is, unless that is a secret.
        received: Option<String>,
    },
    /// The database cannot be reached.
    #[error("cannot connect to the database that DATABASE_URL names ({target}): {source}")]
    Connect {
        /// Host and database.
        target: String,
        /// What the driver or the server said.
        source: sqlx::Error,
    },
    /// A connection broke later on.
    #[error("the database did not answer: {0}")]
    Database(#[from] sqlx::Error),
    /// The schema is not what it should be.
    #[error(transparent)]
    Schema(#[from] SchemaError),
    /// An operator's act was refused.
    #[error(transparent)]
    Admin(#[from] AdminError),
    /// Nothing has this id.
    #[error("the log has no session {0}")]
    SessionNotFound(SessionId),
    /// Nobody has this address.
    #[error("nobody has an account with the e-mail address {0}; see `toffeepay people invite`")]
    PersonNotFound(EmailAddress),
    /// Somebody has it, and it was not said that they are meant.
    #[error(
        "{email} has an account already: {person_id}, {state}; works at {works_at}. Whose it is, the \
         address does not tell: ask the person. To take it in, say --existing"
    )]
    HasAccount {
        /// The address.
        email: EmailAddress,
        /// Whose it is.
        person_id: PersonId,
        /// Whether they can come in.
        state: &'static str,
        /// Where they work, as what.
        works_at: String,
    },
    /// It was not said that the operator knows what it means.
    #[error("nobody can undo it: to erase {0} ({1}), say --for-ever; nothing was done")]
    NotForEver(EmailAddress, PersonId),
    /// An act about a person was refused.
    #[error(transparent)]
    People(#[from] PeopleError),
    /// Some secrets stay under another key.
    #[error(
        "secrets of these endpoints do not open with any key that is set, and were left: {endpoints}"
    )]
    SecretsLeft {
        /// Which.
        endpoints: String,
    },
    /// A command with nothing to do.
    #[error("say what to change: {0}")]
    NothingToDo(&'static str),
    /// A part of the service could not be started.
    #[error("{0}")]
    Start(String),
    /// A file or the terminal.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl CliError {
    pub(super) fn start(error: impl Display) -> Self {
        Self::Start(error.to_string())
    }

    pub(super) fn listen(address: SocketAddr, error: &io::Error) -> Self {
        let hint = "choose another with --listen, or port 0 for any free one";
        Self::Start(format!("cannot listen on {address}: {error}; {hint}"))
    }

    pub(super) fn file(path: &Path, error: &io::Error) -> Self {
        Self::Start(format!("{}: {error}", path.display()))
    }

    /// Tells the person at the terminal; gives what the process ends with.
    pub fn report(&self) -> ExitCode {
        // Whoever read has seen enough, as `head` has.
        if let Self::Io(error) = self
            && error.kind() == io::ErrorKind::BrokenPipe
        {
            return ExitCode::from(EXIT_BROKEN_PIPE);
        }
        eprintln!("error: {self}");
        if let Some(advice) = self.advice() {
            eprintln!("{advice}");
        }
        ExitCode::from(EXIT_TROUBLE)
    }

    fn advice(&self) -> Option<&'static str> {
        match self {
            Self::Admin(AdminError::Game(GameError::NotFound)) => {
                Some("`toffeepay games list` shows all games, `games register` makes a new one.")
            }
            Self::Admin(AdminError::Game(GameError::KeyNotFound)) => {
                Some("`toffeepay keys list GAME_ID` shows the keys that are in use.")
            }
            Self::SecretsLeft { .. } => Some(
                "Set WEBHOOK_SECRETS_KEY_BEFORE to the key that they are under, or `endpoints rotate` each.",
            ),
            Self::Setting { .. } => Some("`toffeepay help COMMAND` explains each of its settings."),
            _ => None,
        }
    }
}

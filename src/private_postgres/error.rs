//! What can go wrong on the way to a running Postgres, in words that say what to do next.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::binaries::OLDEST_MAJOR;

/// Why there is no private Postgres.
#[derive(Debug, thiserror::Error)]
pub enum PostgresError {
    /// Nothing usable on this machine, and nothing could be installed.
    #[error(
        "no PostgreSQL {OLDEST_MAJOR} or newer found: install it (Debian: apt-get install \
         postgresql; macOS: brew install postgresql), or set PG_BIN to the folder of its \
         `initdb` and `postgres`, or set DATABASE_URL to a server of yours"
    )]
    NoBinaries,
    /// `PG_BIN` names a folder without a server, or without the one that the data needs.
    #[error(
        "PG_BIN must be a folder with the `initdb` and `postgres` of PostgreSQL {}, which the \
         account that Postgres runs as can reach; received {}",
        wanted.map_or(format!("{OLDEST_MAJOR} or newer"), |it| it.to_string()),
        folder.display()
    )]
    PgBin {
        /// What it is.
        folder: PathBuf,
        /// The major version that the data needs, if there are data.
        wanted: Option<u32>,
    },
    /// A data folder stays with the major version that made it.
    #[error(
        "the data was made by PostgreSQL {wanted}, which is not on this machine: install that \
         version, or set PG_BIN to the folder of its `initdb` and `postgres`"
    )]
    NoBinariesOfVersion {
        /// The major version that the data needs.
        wanted: u32,
    },
    /// Binaries of another major version were handed to [`super::PrivatePostgres::start`].
    #[error("the data was made by PostgreSQL {wanted} and PostgreSQL {found} cannot open it")]
    WrongVersion {
        /// The major version that made the data.
        wanted: u32,
        /// The major version of the binaries.
        found: u32,
    },
    /// Postgres refuses to run as root.
    #[error(
        "running as root, and there is no account `postgres` or `nobody` to run Postgres as: \
         create one, or start as another user"
    )]
    NoAccount,
    /// Root's own folders, for one, are closed to the account that Postgres runs as.
    #[error(
        "{} is closed to the account that Postgres runs as (user id {uid}): choose another folder \
         or start as another user", closed.display()
    )]
    ClosedFolder {
        /// The first folder on the way that cannot be entered.
        closed: PathBuf,
        /// The account's user id.
        uid: u32,
    },
    /// Somebody else made the folder that our socket would be in.
    #[error("{} is not a folder of ours alone: remove it", .0.display())]
    ForeignSocketFolder(PathBuf),
    /// Neither `XDG_DATA_HOME` nor `HOME` says where data belongs.
    #[error("no home folder to keep data in: choose a data folder")]
    NoHome,
    /// Another live process owns the folder, and its server is down.
    #[error("{} is in use by another process whose Postgres does not answer", .0.display())]
    OwnerWithoutServer(PathBuf),
    /// A program ended with a failure.
    #[error("{program} failed ({status}): {last_words} (see {})", log.display())]
    Failed {
        /// What was run.
        program: &'static str,
        /// How it ended.
        status: std::process::ExitStatus,
        /// The last lines that it wrote.
        last_words: String,
        /// Where all that it wrote is.
        log: PathBuf,
    },
    /// A program or a wait was given up.
    #[error("{waited_for} took longer than {} s", limit.as_secs())]
    TooSlow {
        /// What did not happen.
        waited_for: &'static str,
        /// How long it was given.
        limit: Duration,
    },
    /// The operating system refused.
    #[error("cannot {doing} {}: {source}", path.display())]
    Io {
        /// The verb: "create", "rename".
        doing: &'static str,
        /// What it was done to.
        path: PathBuf,
        /// The refusal.
        source: io::Error,
    },
}

impl PostgresError {
    /// For `map_err`: names the deed and its object.
    pub(super) fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { doing, path, source }
    }
}

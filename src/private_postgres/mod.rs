//! A Postgres of our own: the real server, private to one folder, without password or TCP port.
//!
//! `toffeepay dev` and the tests run on it. It knows no table, no migration and no client library:
//! it hands out a URL. All calls block.
//!
//! One process owns a server and stops it in the end; others that start on the same folder
//! meanwhile share it. On Linux the server ends with its owner, even if that is killed; elsewhere
//! the next start ends it.

mod account;
pub mod binaries;
mod cluster;
mod error;
mod folder;
mod install;
mod lock;
mod program;
mod readiness;
mod server;

use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};

pub use self::binaries::Binaries;
pub use self::cluster::major_version;
pub use self::error::PostgresError;
pub use self::folder::default_data_dir;

use self::folder::{Folder, PORT};
use self::lock::Lock;
use self::server::{START_LIMIT, STOP_LIMIT, Server};

/// How long another process may hold a folder without a server: it is stopping one.
const OWNER_LIMIT: Duration = STOP_LIMIT;

/// What may stand in a URL as it is; other characters of paths and names are escaped.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_').remove(b'.');

/// What is left after a power cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// Everything committed: as a server should be.
    Durable,
    /// Nothing. Fast, for tests.
    ThrowAway,
}

/// How to run the server.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// What is left after a power cut.
    pub durability: Durability,
    /// How many clients may be connected at once.
    pub connections_max: u16,
}

impl Default for Options {
    fn default() -> Self {
        Self { durability: Durability::Durable, connections_max: 100 }
    }
}

/// A running server. Dropped, it is stopped.
#[derive(Debug)]
pub struct PrivatePostgres {
    url: String,
    socket_folder: PathBuf,
    /// `None` if it is another process' or was killed. Before the lock, which is dropped after it.
    server: Option<Server>,
    ownership: Option<Lock>,
}

impl PrivatePostgres {
    /// Starts the server of the folder `dir`, which is made if it is missing. 0.5 s the first
    /// time, hundredths of a second later.
    ///
    /// # Errors
    ///
    /// Each [`PostgresError`] says what to do about it.
    pub fn start(dir: &Path, binaries: &Binaries, options: Options) -> Result<Self, PostgresError> {
        let folder = Folder::prepare(dir)?;
        let _starting = Lock::take(&folder.start_lock, START_LIMIT)?;
        cluster::ensure(&folder, binaries, options.durability)?;
        let ownership = own_or_share(&folder)?;
        let server = match ownership {
            None => None,
            Some(_) => {
                server::stop_orphan(&folder);
                Some(Server::start(&folder, binaries, options)?)
            }
        };
        let url = url(&folder.socket_folder, "postgres");
        Ok(Self { url, socket_folder: folder.socket_folder, server, ownership })
    }

    /// The URL of the database `postgres`, as superuser.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The URL of another database of this server, which need not exist yet.
    #[must_use]
    pub fn url_of(&self, database: &str) -> String {
        url(&self.socket_folder, database)
    }

    /// Whether the server is stopped with this value: not if another process started it.
    #[must_use]
    pub fn is_owner(&self) -> bool {
        self.server.is_some()
    }

    /// Stops the server if it is ours: sessions are cut off, everything committed is kept. Half a
    /// minute at most.
    pub fn stop(self) {
        drop(self);
    }

    /// Kills the server if it is ours, for tests of crashes. Then [`Self::start`] again.
    pub fn kill(&mut self) {
        if let Some(mut server) = self.server.take() {
            server.kill();
        }
        self.ownership = None;
    }
}

/// Takes the folder, or finds it served by another live process: then `None`.
fn own_or_share(folder: &Folder) -> Result<Option<Lock>, PostgresError> {
    let since = Instant::now();
    loop {
        if let Some(lock) = Lock::try_take(&folder.owner_lock)? {
            return Ok(Some(lock));
        }
        if readiness::ready(folder).is_some() {
            return Ok(None);
        }
        if OWNER_LIMIT < since.elapsed() {
            return Err(PostgresError::OwnerWithoutServer(folder.base.clone()));
        }
        sleep(program::LOOK_EVERY);
    }
}

/// Says everything, so that no `PGPORT` or `PGSSLMODE` of the user's gets in between.
fn url(socket_folder: &Path, database: &str) -> String {
    let database = percent_encode(database.as_bytes(), ESCAPED);
    let host = percent_encode(socket_folder.as_os_str().as_bytes(), ESCAPED);
    format!("postgres:///{database}?host={host}&port={PORT}&user=postgres&sslmode=disable")
}

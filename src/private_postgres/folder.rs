//! Where a private Postgres keeps its things, and who may look at them.
//!
//! Below the base folder: `data` (the cluster), `run` (the socket), `postgres.log`, and two locks.

use std::fs::{DirBuilder, Permissions, set_permissions};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::{env, fs, io};

use data_encoding::HEXLOWER;
use nix::unistd::Uid;
use sha2::{Digest, Sha256};

use super::account::Account;
use super::error::PostgresError;

/// The socket's name says a port, although none is opened.
pub(super) const PORT: u16 = 5432;
/// The longest path of a socket on macOS. Linux allows 107.
const SOCKET_PATH_BYTES_MAX: usize = 103;
/// Enough of a hash that two data folders never share a socket folder.
const HASH_BYTES: usize = 8;

const OURS_ALONE: u32 = 0o700;
/// Others (the server's account) may pass through, not look around.
const PASSABLE: u32 = 0o711;

/// The paths of one private Postgres.
#[derive(Debug)]
pub(super) struct Folder {
    pub(super) base: PathBuf,
    pub(super) data: PathBuf,
    pub(super) socket_folder: PathBuf,
    pub(super) log: PathBuf,
    /// Held while somebody starts the server.
    pub(super) start_lock: PathBuf,
    /// Held by the process that stops the server in the end.
    pub(super) owner_lock: PathBuf,
    pub(super) account: Account,
}

impl Folder {
    /// Makes what is missing, except the data.
    pub(super) fn prepare(base: &Path) -> Result<Self, PostgresError> {
        make(base)?;
        let base = base.canonicalize().map_err(PostgresError::io("open", base))?;
        let data = base.join("data");
        let account = Account::for_data(&data)?;
        account.must_reach(&base)?;
        let socket_folder = make_socket_folder(&base, account)?;
        Ok(Self {
            data,
            socket_folder,
            log: base.join("postgres.log"),
            start_lock: base.join("start.lock"),
            owner_lock: base.join("owner.lock"),
            account,
            base,
        })
    }

    /// The socket that clients connect to.
    pub(super) fn socket(&self) -> PathBuf {
        self.socket_folder.join(format!(".s.PGSQL.{PORT}"))
    }
}

/// Makes a folder in which the server's account can have folders of its own.
pub(super) fn make(folder: &Path) -> Result<(), PostgresError> {
    let mode = if Uid::effective().is_root() { PASSABLE } else { OURS_ALONE };
    DirBuilder::new()
        .recursive(true)
        .mode(mode)
        .create(folder)
        .map_err(PostgresError::io("create", folder))
}

/// Makes a folder for the server's account alone.
pub(super) fn make_private(folder: &Path, account: Account) -> Result<(), PostgresError> {
    DirBuilder::new()
        .recursive(true)
        .mode(OURS_ALONE)
        .create(folder)
        .and_then(|()| set_permissions(folder, Permissions::from_mode(OURS_ALONE)))
        .map_err(PostgresError::io("create", folder))?;
    account.own(folder)
}

/// Removes a folder with all that is in it, if it is there.
pub(super) fn remove(folder: &Path) -> Result<(), PostgresError> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(PostgresError::io("remove", folder)(error))
        }
        _ => Ok(()),
    }
}

fn make_socket_folder(base: &Path, account: Account) -> Result<PathBuf, PostgresError> {
    let run = base.join("run");
    if fits_a_socket(&run) {
        make_private(&run, account)?;
        return Ok(run);
    }
    let hash = HEXLOWER.encode(&Sha256::digest(base.as_os_str().as_bytes())[..HASH_BYTES]);
    let run = env::temp_dir().join(format!("toffeepay-{hash}"));
    // Everybody can write to the temporary folder: never take over what somebody else made there.
    match DirBuilder::new().mode(OURS_ALONE).create(&run) {
        Ok(()) => account.own(&run)?,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let it = fs::symlink_metadata(&run).map_err(PostgresError::io("open", &run))?;
            let open_to_others = it.mode() & 0o077 != 0;
            if !it.is_dir() || it.uid() != account.uid() || open_to_others {
                return Err(PostgresError::ForeignSocketFolder(run));
            }
        }
        Err(error) => return Err(PostgresError::io("create", &run)(error)),
    }
    Ok(run)
}

/// Whether Postgres can listen there and a URL can say so.
fn fits_a_socket(folder: &Path) -> bool {
    let socket_bytes = folder.as_os_str().len() + format!("/.s.PGSQL.{PORT}").len();
    // The server's setting is a list, with commas between folders and quotes around them.
    let is_plain = folder.to_str().is_some_and(|it| !it.contains([',', '"', '\'', '\\', '\n']));
    is_plain && socket_bytes <= SOCKET_PATH_BYTES_MAX
}

/// Where data belongs if nobody says: `/var/lib/toffeepay` for root, whose home is closed to the
/// server's account; else `toffeepay` in the user's own data folder.
///
/// # Errors
///
/// [`PostgresError::NoHome`].
///
/// Source: XDG Base Directory Specification 0.8, which has relative paths ignored.
pub fn default_data_dir() -> Result<PathBuf, PostgresError> {
    if Uid::effective().is_root() {
        return Ok("/var/lib/toffeepay".into());
    }
    let absolute = |name| env::var_os(name).map(PathBuf::from).filter(|it| it.is_absolute());
    let home = absolute("HOME");
    let data_home = if cfg!(target_os = "macos") {
        home.map(|it| it.join("Library/Application Support"))
    } else {
        absolute("XDG_DATA_HOME").or_else(|| home.map(|it| it.join(".local/share")))
    };
    data_home.map(|it| it.join("toffeepay")).ok_or(PostgresError::NoHome)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder_of(bytes: usize) -> PathBuf {
        PathBuf::from(format!("/{}", "a".repeat(bytes - 1)))
    }

    #[test]
    fn a_folder_fits_a_socket_up_to_the_longest_path_that_macos_takes() {
        assert!(fits_a_socket(&folder_of(SOCKET_PATH_BYTES_MAX - "/.s.PGSQL.5432".len())));
        assert!(!fits_a_socket(&folder_of(SOCKET_PATH_BYTES_MAX - "/.s.PGSQL.5432".len() + 1)));
    }

    #[test]
    fn a_folder_with_a_comma_is_not_given_to_a_setting_that_is_a_list() {
        assert!(fits_a_socket(Path::new("/srv/games and more")));
        assert!(!fits_a_socket(Path::new("/srv/games, more")));
    }
}

//! The files of a cluster: makes them once, and reads which version made them.

use std::fs;
use std::path::Path;
use std::time::Duration;

use nix::sys::signal::Signal;

use super::binaries::Binaries;
use super::error::PostgresError;
use super::folder::{self, Folder};
use super::{Durability, program};

/// Far more than the half second that it takes, for slow disks.
const INITDB_LIMIT: Duration = Duration::from_secs(60);

/// Characters are UTF-8, and sort by their bytes: an order that no operating system's update
/// changes under an index.
const CTYPE: &str =
    if cfg!(target_os = "macos") { "--lc-ctype=en_US.UTF-8" } else { "--lc-ctype=C.UTF-8" };

/// The major version that the data under `dir` needs; `None` if there is no data yet.
///
/// # Errors
///
/// [`PostgresError::Io`]: there is data that cannot be read.
pub fn major_version(dir: &Path) -> Result<Option<u32>, PostgresError> {
    let file = dir.join("data/PG_VERSION");
    match fs::read_to_string(&file) {
        Ok(text) => text.trim().parse().map(Some).map_err(|_| {
            PostgresError::io("understand", &file)(std::io::ErrorKind::InvalidData.into())
        }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(PostgresError::io("read", &file)(error)),
    }
}

/// Makes the cluster if there is none.
///
/// # Errors
///
/// [`PostgresError::WrongVersion`] if there is one that `binaries` cannot open.
pub(super) fn ensure(
    folder: &Folder,
    binaries: &Binaries,
    durability: Durability,
) -> Result<(), PostgresError> {
    match major_version(&folder.base)? {
        None => create(folder, binaries, durability),
        Some(major) if major == binaries.major() => Ok(()),
        Some(wanted) => Err(PostgresError::WrongVersion { wanted, found: binaries.major() }),
    }
}

/// Under another name first, so that a crash half-way never leaves half a cluster.
fn create(
    folder: &Folder,
    binaries: &Binaries,
    durability: Durability,
) -> Result<(), PostgresError> {
    let unfinished = folder.base.join("data.new");
    folder::remove(&unfinished)?;
    folder::make_private(&unfinished, folder.account)?;

    let mut initdb = program::logged(&binaries.folder().join("initdb"), &folder.log)?;
    initdb
        .args(["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", CTYPE])
        .args(["--data-checksums", "--pgdata"])
        .arg(&unfinished);
    if durability == Durability::ThrowAway {
        initdb.arg("--no-sync");
    }
    folder.account.run(&mut initdb);
    // This thread waits for it; if we are killed, nothing goes on writing behind the next start.
    program::end_with_this_thread(&mut initdb, Signal::SIGKILL);
    program::run(initdb, "initdb", &folder.log, INITDB_LIMIT)?;

    fs::rename(&unfinished, &folder.data).map_err(PostgresError::io("rename", &unfinished))
}

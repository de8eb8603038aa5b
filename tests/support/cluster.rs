//! Postgres for tests: one throw-away cluster a process, and durable ones for tests of crashes.
//!
//! Knows nothing of migrations. Nothing has to be installed or tidied up by hand.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Once, OnceLock};

use nix::errno::Errno;
use nix::sys::signal::kill;
use nix::sys::statvfs::statvfs;
use nix::unistd::Pid;
use toffeepay::private_postgres::{
    Binaries, Durability, Options, PrivatePostgres, binaries, default_data_dir,
};

use super::tools::say;

const MEMORY: &str = "/dev/shm";
/// A container may give `/dev/shm` only 64 MB, too little for a cluster.
const MEMORY_BYTES_MIN: u64 = 1024 * 1024 * 1024;
/// Followed by the process id of the owner, and whatever tells its folders apart.
const PREFIX: &str = "toffeepay-tests-";

/// The programs of PostgreSQL, installed first if need be.
pub(crate) fn binaries() -> &'static Binaries {
    static BINARIES: OnceLock<Binaries> = OnceLock::new();
    BINARIES.get_or_init(|| {
        let cache = default_data_dir().unwrap().join("binaries");
        binaries::find_or_install(&cache, None, &mut |it| say(it)).unwrap()
    })
}

/// The cluster that all tests of this process share; each makes databases of its own in it. It
/// ends with the process, and its folder is removed by a later one.
pub(crate) fn shared() -> &'static PrivatePostgres {
    static SHARED: OnceLock<PrivatePostgres> = OnceLock::new();
    SHARED.get_or_init(|| {
        let memory = Path::new(MEMORY);
        let is_roomy = statvfs(memory).is_ok_and(|it| {
            // The types differ between systems.
            let free = u128::from(it.blocks_available()) * u128::from(it.fragment_size());
            u128::from(MEMORY_BYTES_MIN) <= free
        });
        let root = if is_roomy { memory.to_owned() } else { std::env::temp_dir() };
        let options = Options { durability: Durability::ThrowAway, connections_max: 300 };
        PrivatePostgres::start(&new_folder(&root, "shared"), binaries(), options).unwrap()
    })
}

/// A cluster of the test's own that loses nothing committed, in a [`Scratch`] folder.
pub(crate) fn durable(dir: &Path) -> PrivatePostgres {
    PrivatePostgres::start(dir, binaries(), Options::default()).unwrap()
}

/// A folder on disk that the server's account can reach, removed when dropped.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    /// `name` tells the folders of this process apart.
    pub(crate) fn new(name: &str) -> Self {
        Self(new_folder(&std::env::temp_dir(), name))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What cannot be removed now is removed by a later process.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A path at which nothing is yet.
fn new_folder(root: &Path, name: &str) -> PathBuf {
    static SWEEP: Once = Once::new();
    SWEEP.call_once(|| {
        sweep(Path::new(MEMORY));
        sweep(&std::env::temp_dir());
    });
    let folder = root.join(format!("{PREFIX}{}-{name}", std::process::id()));
    // A former process with the same id.
    let _ = fs::remove_dir_all(&folder);
    folder
}

/// Removes the folders of processes that are gone. A server that still runs in one, as is possible
/// where the kernel does not end it, ends by itself within a minute of losing its pid file.
fn sweep(root: &Path) {
    for entry in fs::read_dir(root).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let pid =
            name.to_str().and_then(|it| it.strip_prefix(PREFIX)?.split('-').next()?.parse().ok());
        if let Some(pid) = pid
            && 0 < pid
            && kill(Pid::from_raw(pid), None) == Err(Errno::ESRCH)
        {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

//! Who the server runs as: ourselves, or a powerless account when we are root.
//!
//! Knows nothing of Postgres but that it refuses to run as root.

use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use nix::unistd::{Uid, User};

use super::error::PostgresError;

/// Debian's and Red Hat's, the BSDs' and macOS', everybody's.
const NAMES: [&str; 3] = ["postgres", "_postgres", "nobody"];

/// Whom to run programs as, and who owns the files that they write.
#[derive(Clone, Copy, Debug)]
pub(super) enum Account {
    /// Ourselves, who are not root.
    Own,
    /// Somebody whom root becomes.
    Other { uid: u32, gid: u32 },
}

impl Account {
    /// The account for a new cluster.
    ///
    /// # Errors
    ///
    /// [`PostgresError::NoAccount`]: we are root and none of the known names exists.
    pub(super) fn unprivileged() -> Result<Self, PostgresError> {
        if !Uid::effective().is_root() {
            return Ok(Self::Own);
        }
        NAMES
            .iter()
            .find_map(|name| User::from_name(name).ok().flatten())
            .map(|user| Self::Other { uid: user.uid.as_raw(), gid: user.gid.as_raw() })
            .ok_or(PostgresError::NoAccount)
    }

    /// The account for `data`: its owner if it exists, since an account `postgres` may have
    /// appeared after `nobody` made it.
    pub(super) fn for_data(data: &Path) -> Result<Self, PostgresError> {
        let account = Self::unprivileged()?;
        Ok(match (account, data.metadata()) {
            (Self::Other { .. }, Ok(it)) if it.uid() != 0 => {
                Self::Other { uid: it.uid(), gid: it.gid() }
            }
            _ => account,
        })
    }

    /// Makes `command` run as this account.
    pub(super) fn run(self, command: &mut Command) {
        if let Self::Other { uid, gid } = self {
            command.uid(uid).gid(gid);
        }
    }

    /// Makes this account the owner of `path`.
    pub(super) fn own(self, path: &Path) -> Result<(), PostgresError> {
        match self {
            Self::Own => Ok(()),
            Self::Other { uid, gid } => {
                chown(path, Some(uid), Some(gid)).map_err(PostgresError::io("hand over", path))
            }
        }
    }

    /// The user id.
    pub(super) fn uid(self) -> u32 {
        match self {
            Self::Own => Uid::effective().as_raw(),
            Self::Other { uid, .. } => uid,
        }
    }

    /// Checks that every folder on the way to `folder` lets this account through.
    ///
    /// # Errors
    ///
    /// [`PostgresError::ClosedFolder`] names the first that does not.
    pub(super) fn must_reach(self, folder: &Path) -> Result<(), PostgresError> {
        let Self::Other { uid, gid } = self else { return Ok(()) };
        let real = folder.canonicalize().map_err(PostgresError::io("open", folder))?;
        let mut way: Vec<&Path> = real.ancestors().collect();
        way.reverse();
        for step in way {
            let it = step.metadata().map_err(PostgresError::io("open", step))?;
            let enter_bit = match (it.uid() == uid, it.gid() == gid) {
                (true, _) => 0o100,
                (false, true) => 0o010,
                (false, false) => 0o001,
            };
            if it.mode() & enter_bit == 0 {
                return Err(PostgresError::ClosedFolder { closed: step.to_owned(), uid });
            }
        }
        Ok(())
    }
}

//! Programs that come in a package of the system: where they are, or how they get there.

use std::path::PathBuf;

use super::install::{Result, apt_install, find_on_path, say};

/// The program on `PATH`, else installed from the Debian package.
pub fn find_or_install(program: &str, package: &str) -> Result<PathBuf> {
    let find = || find_on_path(&[program]);
    if let Some(found) = find() {
        return Ok(found);
    }
    let installed = apt_install(&[package]);
    find().ok_or_else(|| format!("install {program} ({})", installed.err().unwrap_or_default()))
}

/// Whether a program is there or can be installed by whoever runs the tests. Says so, if not: what
/// needs it is not run then.
pub fn is_to_be_had(program: &str) -> bool {
    let is_to_be_had = find_on_path(&[program]).is_some() || nix::unistd::geteuid().is_root();
    if !is_to_be_had {
        say(&format!("there is no {program}, so what needs it is not run"));
    }
    is_to_be_had
}

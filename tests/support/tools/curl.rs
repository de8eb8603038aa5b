//! Where curl is, or how it gets there.

use std::path::PathBuf;

use super::install::{Result, apt_install, find_on_path};

pub fn find_or_install() -> Result<PathBuf> {
    let find = || find_on_path(&["curl"]);
    if let Some(found) = find() {
        return Ok(found);
    }
    let installed = apt_install(&["curl"]);
    find().ok_or_else(|| format!("install curl ({})", installed.err().unwrap_or_default()))
}

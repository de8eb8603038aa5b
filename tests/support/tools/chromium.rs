//! Where Chromium is, or how it gets there.

use std::path::PathBuf;

use super::install::{Result, apt_install, find_on_path};

const NAMES: &[&str] = &["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

const MAC_PROGRAMS: &[&str] = &[
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
];

/// Fonts are a package of their own, and without any a page is made of empty boxes.
const DEBIAN_PACKAGES: &[&str] = &["chromium", "fonts-liberation"];

pub fn find_or_install() -> Result<PathBuf> {
    if let Some(set) = std::env::var_os("CHROMIUM_BIN") {
        return Ok(PathBuf::from(set));
    }
    if let Some(found) = find() {
        return Ok(found);
    }
    let installed = apt_install(DEBIAN_PACKAGES);
    find().ok_or_else(|| {
        let why = installed.err().unwrap_or_default();
        format!("install Chromium or Chrome, or set CHROMIUM_BIN to its program ({why})")
    })
}

fn find() -> Option<PathBuf> {
    let on_mac = || MAC_PROGRAMS.iter().map(PathBuf::from).find(|program| program.is_file());
    find_on_path(NAMES).or_else(on_mac)
}

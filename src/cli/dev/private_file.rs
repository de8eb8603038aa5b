//! Files that only their owner reads, written whole by rename.

use std::{
    fs,
    io::Write,
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::Path,
};

use super::super::CliError;

/// Readable and writable by its owner, by nobody else.
const OWNER_ONLY: u32 = 0o600;

/// Puts `content` there; a reader never sees a part of it.
pub(super) fn write(path: &Path, content: &[u8]) -> Result<(), CliError> {
    let mut unfinished = path.as_os_str().to_owned();
    unfinished.push(format!(".{}.tmp", std::process::id()));
    let unfinished = Path::new(&unfinished);
    let written = fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(OWNER_ONLY)
        .open(unfinished)
        .and_then(|mut file| {
            // Also if the file was there already, with other rights.
            file.set_permissions(fs::Permissions::from_mode(OWNER_ONLY))?;
            file.write_all(content)?;
            file.sync_all()
        })
        .and_then(|()| fs::rename(unfinished, path));
    written.map_err(|error| CliError::file(path, &error))
}

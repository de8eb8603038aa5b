//! Files that only their owner reads, written whole by rename.

use std::{fs, io, io::Write, os::unix::fs::OpenOptionsExt, path::Path};

use super::super::CliError;

/// Readable and writable by its owner, by nobody else.
const OWNER_ONLY: u32 = 0o600;

/// Puts `content` there; a reader never sees a part of it.
pub(super) fn write(path: &Path, content: &[u8]) -> Result<(), CliError> {
    let mut unfinished = path.as_os_str().to_owned();
    unfinished.push(format!(".{}.tmp", std::process::id()));
    let unfinished = Path::new(&unfinished);
    let written = remove(unfinished)
        .and_then(|()| {
            // New, or not at all: in a folder like /tmp others can put theirs in its place.
            let mut options = fs::OpenOptions::new();
            options.write(true).create_new(true).mode(OWNER_ONLY).open(unfinished)
        })
        .and_then(|mut file| {
            file.write_all(content)?;
            file.sync_all()
        })
        .and_then(|()| fs::rename(unfinished, path));
    written.map_err(|error| CliError::file(path, &error))
}

/// Removes a file, if it is there.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn nothing_is_written_into_a_file_that_somebody_else_has_put_there() {
        let folder = std::env::temp_dir().join(format!("toffeepay-{}", uuid::Uuid::new_v4()));
        fs::create_dir(&folder).unwrap();
        let (file, theirs) = (folder.join("it.json"), folder.join("theirs"));
        fs::write(&theirs, "theirs").unwrap();
        symlink(&theirs, folder.join(format!("it.json.{}.tmp", std::process::id()))).unwrap();

        write(&file, b"ours").unwrap();

        assert_eq!(fs::read_to_string(&theirs).unwrap(), "theirs");
        assert_eq!(fs::read_to_string(&file).unwrap(), "ours");
        let metadata = fs::symlink_metadata(&file).unwrap();
        assert!(metadata.is_file() && metadata.permissions().mode() & 0o777 == OWNER_ONLY);
        fs::remove_dir_all(&folder).unwrap();
    }
}

//! What dev keeps between runs: one file of secrets, readable by its owner only.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::{super::CliError, private_file};
use crate::{domain::id::EndpointId, vault::Key};

/// The file in the data folder.
const FILE: &str = "dev-secrets.json";
/// Locked by whoever uses the folder.
const LOCK_FILE: &str = "dev.lock";

/// The data folder.
pub(super) struct Folder {
    path: PathBuf,
    /// Held for as long as this process lives: a second one on the same folder would lose its
    /// Postgres when the first ends.
    _lock: fs::File,
}

/// The secrets of one data folder.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Kept {
    /// Base64 of 32 bytes: everything encrypted in the database hangs from it.
    pub(super) master_key: String,
    /// The demo game's key, once there is one.
    pub(super) api_key: Option<String>,
    /// Signs the demo game's webhooks.
    pub(super) webhook_secret: Option<String>,
    /// Where they are sent.
    pub(super) endpoint_id: Option<EndpointId>,
}

impl Folder {
    /// Makes the folder and its master key, if they are not there.
    pub(super) fn open(path: &Path) -> Result<Self, CliError> {
        fs::create_dir_all(path).map_err(|error| CliError::file(path, &error))?;
        let folder = Self { path: path.to_owned(), _lock: lock(path)? };
        if folder.read()?.is_none() {
            folder.write(&Kept {
                master_key: Key::generate().to_base64(),
                api_key: None,
                webhook_secret: None,
                endpoint_id: None,
            })?;
        }
        Ok(folder)
    }

    /// The file of secrets, which other commands take the master key from.
    pub(super) fn secrets_file(&self) -> PathBuf {
        secrets_file_in(&self.path)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn kept(&self) -> Result<Kept, CliError> {
        self.read()?.ok_or_else(|| CliError::Start(format!("{FILE} is gone")))
    }

    pub(super) fn master_key(&self) -> Result<Key, CliError> {
        Key::from_base64(&self.kept()?.master_key).map_err(CliError::start)
    }

    pub(super) fn write(&self, kept: &Kept) -> Result<(), CliError> {
        let json = serde_json::to_vec_pretty(kept).map_err(CliError::start)?;
        private_file::write(&self.secrets_file(), &json)
    }

    fn read(&self) -> Result<Option<Kept>, CliError> {
        let path = self.secrets_file();
        match fs::read(&path) {
            Ok(bytes) => {
                let damaged = |error| CliError::file(&path, &io::Error::other(error));
                Ok(Some(serde_json::from_slice(&bytes).map_err(damaged)?))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(CliError::file(&path, &error)),
        }
    }
}

/// The file of secrets of a data folder.
pub(super) fn secrets_file_in(folder: &Path) -> PathBuf {
    folder.join(FILE)
}

/// # Errors
///
/// If another dev uses the folder.
fn lock(folder: &Path) -> Result<fs::File, CliError> {
    let path = folder.join(LOCK_FILE);
    let file = fs::File::create(&path).map_err(|error| CliError::file(&path, &error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(fs::TryLockError::Error(error)) => Err(CliError::file(&path, &error)),
        Err(fs::TryLockError::WouldBlock) => {
            let folder = folder.display();
            Err(CliError::Start(format!(
                "another `toffeepay dev` uses {folder}; stop it, or give this one a folder of its \
                 own with --data-dir"
            )))
        }
    }
}

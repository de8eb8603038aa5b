//! Locks between processes: the kernel drops them when their holder dies, however it dies.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::error::PostgresError;

const TRY_EVERY: Duration = Duration::from_millis(10);

/// An exclusive lock on a file that is never removed, held until dropped.
#[derive(Debug)]
pub(super) struct Lock(File);

impl Lock {
    /// `None` if somebody else holds it.
    pub(super) fn try_take(path: &Path) -> Result<Option<Self>, PostgresError> {
        let file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(path)
            .map_err(PostgresError::io("open", path))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self(file))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(PostgresError::io("lock", path)(error)),
        }
    }

    /// Waits for it.
    ///
    /// # Errors
    ///
    /// [`PostgresError::TooSlow`] after `limit`.
    pub(super) fn take(path: &Path, limit: Duration) -> Result<Self, PostgresError> {
        let since = Instant::now();
        loop {
            if let Some(lock) = Self::try_take(path)? {
                return Ok(lock);
            }
            if limit < since.elapsed() {
                return Err(PostgresError::TooSlow { waited_for: "another start", limit });
            }
            sleep(TRY_EVERY);
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Closing alone would leave it to a child that is between fork and exec. If unlocking
        // fails, closing still does it.
        let _ = self.0.unlock();
    }
}

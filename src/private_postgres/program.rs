//! Runs a program of Postgres or an installer, with its words in a log and its time limited.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use super::error::PostgresError;

/// How long between two looks at something that we wait for.
pub(super) const LOOK_EVERY: Duration = Duration::from_millis(10);
/// How much of a log an error repeats.
const LAST_WORDS_LINES: usize = 4;

/// Without a valid locale a macOS server ends at once; the C locale keeps its words in English.
const LOCALE: &str = if cfg!(target_os = "macos") { "en_US.UTF-8" } else { "C.UTF-8" };

/// A command whose words go to the end of `log`, which is for our own eyes.
pub(super) fn logged(program: &Path, log: &Path) -> Result<Command, PostgresError> {
    let open = || -> io::Result<(File, File)> {
        let file = OpenOptions::new().create(true).append(true).mode(0o600).open(log)?;
        Ok((file.try_clone()?, file))
    };
    let (out, err) = open().map_err(PostgresError::io("open", log))?;
    let mut command = Command::new(program);
    command.env("LC_ALL", LOCALE).current_dir("/").stdin(Stdio::null()).stdout(out).stderr(err);
    Ok(command)
}

/// Runs `command`, made by [`logged`], to its end.
///
/// # Errors
///
/// [`PostgresError::Failed`] with its last words; [`PostgresError::TooSlow`] after `limit`, when
/// it has been killed.
pub(super) fn run(
    mut command: Command,
    name: &'static str,
    log: &Path,
    limit: Duration,
) -> Result<(), PostgresError> {
    let log_start = length(log);
    let program = command.get_program().to_owned();
    let failed = || PostgresError::io("run", program.as_ref());
    let since = Instant::now();
    let mut child = command.spawn().map_err(failed())?;
    loop {
        match child.try_wait().map_err(failed())? {
            Some(status) if status.success() => return Ok(()),
            Some(status) => {
                return Err(PostgresError::Failed {
                    program: name,
                    status,
                    last_words: last_words(&words(log, log_start)),
                    log: log.to_owned(),
                });
            }
            None if limit < since.elapsed() => {
                child.kill().and_then(|()| child.wait()).map_err(failed())?;
                return Err(PostgresError::TooSlow { waited_for: name, limit });
            }
            None => sleep(LOOK_EVERY),
        }
    }
}

/// The length of a log in bytes: what is written after this moment starts there.
pub(super) fn length(log: &Path) -> u64 {
    log.metadata().map_or(0, |it| it.len())
}

/// What was written to `log` from byte `start` on.
pub(super) fn words(log: &Path, start: u64) -> String {
    let bytes = fs::read(log).unwrap_or_default();
    let start = usize::try_from(start).unwrap_or(usize::MAX).min(bytes.len());
    String::from_utf8_lossy(&bytes[start..]).into_owned()
}

/// The last lines of `words`, in one line.
pub(super) fn last_words(words: &str) -> String {
    let lines: Vec<&str> = words.lines().map(str::trim).filter(|it| !it.is_empty()).collect();
    lines[lines.len().saturating_sub(LAST_WORDS_LINES)..].join(" / ")
}

/// Asks the kernel to send `signal` to the program when the thread that spawns it ends.
///
/// The *thread*, not the process: spawn from one that lives as long as the program should.
/// Only Linux can do this; elsewhere the program outlives a parent that is killed.
#[cfg(target_os = "linux")]
#[allow(unsafe_code, reason = "pre_exec is unsafe, and only the child can make this request")]
pub(super) fn end_with_this_thread(command: &mut Command, signal: Signal) {
    use nix::errno::Errno;
    use nix::sys::prctl::set_pdeathsig;
    use nix::unistd::{Pid, getppid};
    use std::os::unix::process::CommandExt;

    let parent = Pid::this();
    let request = move || {
        set_pdeathsig(signal)?;
        // A parent that died before the request was made no longer sends anything.
        if getppid() == parent { Ok(()) } else { Err(io::Error::from(Errno::ESRCH)) }
    };
    // SAFETY: between fork and exec only async-signal-safe calls are allowed. `request` makes two
    // system calls; it neither allocates nor takes a lock.
    unsafe {
        command.pre_exec(request);
    }
}

/// Nothing to be done here: see the Linux version.
#[cfg(not(target_os = "linux"))]
pub(super) fn end_with_this_thread(_command: &mut Command, _signal: Signal) {}

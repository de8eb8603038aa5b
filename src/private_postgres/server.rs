//! One running server process: started, watched, stopped.
//!
//! The kernel ends it when we end, but counts the forking *thread* as its parent. So each server
//! is forked from a thread of its own, which does nothing else and lives as long as the server.

use std::ffi::OsString;
use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus};
use std::sync::mpsc::{Sender, channel};
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

use nix::sys::signal::{self, Signal};
use nix::unistd::Pid;

use super::binaries::Binaries;
use super::error::PostgresError;
use super::folder::{Folder, PORT};
use super::program::LOOK_EVERY;
use super::{Durability, Options, program, readiness};

/// How long a start may take: after a crash the server first replays what it had not yet written.
pub(super) const START_LIMIT: Duration = Duration::from_secs(120);
/// How long a former server, or the last child of a killed one, may take to let the data go.
const FORMER_SERVER_LIMIT: Duration = Duration::from_secs(30);
const FORMER_SERVER_PAUSE: Duration = Duration::from_millis(200);
/// How long a fast shutdown may take: it writes out what is only in memory.
pub(super) const STOP_LIMIT: Duration = Duration::from_secs(30);
/// How long the server may take to end without writing anything out.
const ABANDON_LIMIT: Duration = Duration::from_secs(5);

/// A server that is ours to stop.
#[derive(Debug)]
pub(super) struct Server {
    child: Child,
    /// Dropped with the server, which lets the thread that forked it end.
    _forking_thread: Sender<()>,
}

impl Server {
    /// Starts a server and waits until it takes connections.
    pub(super) fn start(
        folder: &Folder,
        binaries: &Binaries,
        options: Options,
    ) -> Result<Self, PostgresError> {
        let since = Instant::now();
        loop {
            let log_start = program::length(&folder.log);
            let mut server = Self::fork(command(folder, binaries, options)?)
                .map_err(PostgresError::io("run", binaries.folder()))?;
            let Some(status) = server.wait_until_ready(folder, since)? else { return Ok(server) };
            // All of them: a former server that is stopping writes to the same log.
            let words = program::words(&folder.log, log_start);
            let may_yet_go = since.elapsed() < FORMER_SERVER_LIMIT;
            if !(may_yet_go && blames_a_former_server(&words)) {
                let (log, last_words) = (folder.log.clone(), program::last_words(&words));
                return Err(PostgresError::Failed { program: "postgres", status, last_words, log });
            }
            sleep(FORMER_SERVER_PAUSE);
        }
    }

    fn fork(mut command: Command) -> io::Result<Self> {
        let (report, reported) = channel();
        let (forking_thread, released) = channel::<()>();
        thread::Builder::new().name("postgres-parent".into()).spawn(move || {
            if report.send(command.spawn()).is_ok() {
                // Ends with an error when the server is dropped: nothing is ever sent.
                let _ = released.recv();
            }
        })?;
        let child = reported.recv().map_err(io::Error::other)??;
        Ok(Self { child, _forking_thread: forking_thread })
    }

    /// `Some` if it ended instead.
    fn wait_until_ready(
        &mut self,
        folder: &Folder,
        since: Instant,
    ) -> Result<Option<ExitStatus>, PostgresError> {
        // The pid is compared, because a former server may still be answering.
        while readiness::ready(folder) != Some(self.pid()) {
            if let Some(status) = self.try_wait(folder)? {
                return Ok(Some(status));
            }
            if START_LIMIT < since.elapsed() {
                let waited_for = "the start of Postgres";
                return Err(PostgresError::TooSlow { waited_for, limit: START_LIMIT });
            }
            sleep(LOOK_EVERY);
        }
        Ok(None)
    }

    fn try_wait(&mut self, folder: &Folder) -> Result<Option<ExitStatus>, PostgresError> {
        self.child.try_wait().map_err(PostgresError::io("watch the server of", &folder.base))
    }

    pub(super) fn pid(&self) -> Pid {
        Pid::from_raw(self.child.id().cast_signed())
    }

    /// Ends it without any chance to tidy up, as a power cut would.
    pub(super) fn kill(&mut self) {
        // Fails only if it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Whether it has ended, at most `limit` after being sent `signal`.
    fn ended_by(&mut self, signal: Signal, limit: Duration) -> bool {
        let since = Instant::now();
        // Fails only if it has ended. The pid is still its own, since nobody has waited for it.
        let _ = signal::kill(self.pid(), signal);
        while since.elapsed() < limit {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return true;
            }
            sleep(LOOK_EVERY);
        }
        false
    }
}

impl Drop for Server {
    /// Fast shutdown: sessions are cut off, open transactions rolled back, everything written out.
    fn drop(&mut self) {
        if !matches!(self.child.try_wait(), Ok(None)) {
            return;
        }
        let stopped = self.ended_by(Signal::SIGINT, STOP_LIMIT)
            || self.ended_by(Signal::SIGQUIT, ABANDON_LIMIT);
        if !stopped {
            self.kill();
        }
    }
}

fn command(
    folder: &Folder,
    binaries: &Binaries,
    options: Options,
) -> Result<Command, PostgresError> {
    let mut sockets = OsString::from("unix_socket_directories=");
    sockets.push(&folder.socket_folder);
    let mut settings = vec![
        sockets,
        "listen_addresses=".into(),
        "unix_socket_permissions=0700".into(),
        // Details repeat the values of rows.
        "log_error_verbosity=terse".into(),
        format!("port={PORT}").into(),
        format!("max_connections={}", options.connections_max).into(),
    ];
    if options.durability == Durability::ThrowAway {
        let off = ["fsync=off", "synchronous_commit=off", "full_page_writes=off"];
        settings.extend(off.map(OsString::from));
        // The folder may be in memory.
        settings.push("max_wal_size=128MB".into());
    }
    let mut command = program::logged(&binaries.folder().join("postgres"), &folder.log)?;
    command.arg("-D").arg(&folder.data);
    for setting in settings {
        command.arg("-c").arg(setting);
    }
    folder.account.run(&mut command);
    // Out of the terminal's group: Ctrl-C must not stop the server before we have drained.
    command.process_group(0);
    program::end_with_this_thread(&mut command, Signal::SIGINT);
    Ok(command)
}

/// Right after a crash, what is left of the former server may still hold the data.
fn blames_a_former_server(words: &str) -> bool {
    (words.contains("lock file") && words.contains("already exists"))
        || words.contains("pre-existing shared memory block")
}

/// Stops a server that nobody owns any more, because its owner was killed.
pub(super) fn stop_orphan(folder: &Folder) {
    let Some(pid) = readiness::ready(folder) else { return };
    let since = Instant::now();
    // It removes its pid file last. If it takes longer, the next server waits for it and says so.
    if signal::kill(pid, Signal::SIGINT).is_ok() {
        while readiness::pid(folder) == Some(pid) && since.elapsed() < STOP_LIMIT {
            sleep(LOOK_EVERY);
        }
    }
}

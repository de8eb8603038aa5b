//! Whether a server is there, asked of its pid file and of itself.

use std::fs;
use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use nix::unistd::Pid;

use super::folder::Folder;

/// Line of `postmaster.pid` that says "starting", "ready" or "stopping", from 0.
///
/// Source: PostgreSQL, `src/include/utils/pidfile.h`.
const STATUS_LINE: usize = 7;

/// May we encrypt? Every live server answers with one byte, before any login.
///
/// Source: PostgreSQL, "Message Formats", `SSLRequest`.
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];
const ANSWER_LIMIT: Duration = Duration::from_millis(500);

/// The server that the folder's pid file names, dead or alive.
pub(super) fn pid(folder: &Folder) -> Option<Pid> {
    pid_in(&pid_file(folder)?)
}

/// The server, if it takes connections.
pub(super) fn ready(folder: &Folder) -> Option<Pid> {
    let file = pid_file(folder)?;
    let says_ready = file.lines().nth(STATUS_LINE).is_some_and(|it| it.trim() == "ready");
    // A bare connect is not enough: after kill -9 the server's dying children still hold the
    // listening socket.
    let is_ready = says_ready && answers(folder).unwrap_or(false);
    if is_ready { pid_in(&file) } else { None }
}

fn pid_file(folder: &Folder) -> Option<String> {
    fs::read_to_string(folder.data.join("postmaster.pid")).ok()
}

fn pid_in(file: &str) -> Option<Pid> {
    let pid: i32 = file.lines().next()?.trim().parse().ok()?;
    // 0 and negative numbers would name whole groups of processes.
    (1 < pid).then(|| Pid::from_raw(pid))
}

fn answers(folder: &Folder) -> io::Result<bool> {
    let mut connection = UnixStream::connect(folder.socket())?;
    connection.set_read_timeout(Some(ANSWER_LIMIT))?;
    connection.write_all(&SSL_REQUEST)?;
    let mut answer = [0];
    connection.read_exact(&mut answer)?;
    Ok(matches!(answer, [b'N' | b'S']))
}

//! Our service as it is deployed: `toffeepay serve`, processes of their own, on a migrated database.

use std::{
    fs,
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use toffeepay::vault::Key;

use crate::postgres::Database;

const PROGRAM: &str = env!("CARGO_BIN_EXE_toffeepay");
const START_MAX: Duration = Duration::from_secs(60);

/// The game that everything is sold in.
pub(crate) const GAME: &str = "space_shooter";
/// How many players it has, named `player_<number>`. Each new session is one's at random, so that an
/// index by player grows everywhere.
pub(crate) const PLAYERS: u64 = 1_000_000;

/// A game on a migrated database, and the master key of its log.
pub(crate) struct Site {
    pub(crate) database: Database,
    pub(crate) api_key: String,
    master_key: String,
}

/// A child process that listens. It ends with this value.
pub(crate) struct Process {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Site {
    /// Registers the game, with a test key that has no limit.
    pub(crate) fn new(database: Database) -> Self {
        let master_key = Key::generate().to_base64();
        let mut site = Self { database, api_key: String::new(), master_key };
        site.succeed(&["games", "register", GAME, "--studio", "Demo", "--name", "Space Shooter"]);
        let issue = ["keys", "issue", GAME, "--world", "test", "--name", "Game server"];
        let issue = [&issue[..], &["--requests-per-s", "none"]].concat();
        site.api_key = site.succeed(&issue).trim().to_owned();
        site
    }

    fn command(&self) -> Command {
        let mut command = Command::new(PROGRAM);
        command.env("DATABASE_URL", &self.database.service_url);
        command.env("MASTER_KEY", &self.master_key);
        command
    }

    fn succeed(&self, words: &[&str]) -> String {
        let output = self.command().args(words).output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{words:?}: {errors}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Starts a process in a role.
    pub(crate) fn serve(&self, role: &str) -> Process {
        let mut command = self.command();
        command.args(["serve", "--sandbox", "--listen=127.0.0.1:0", "--notice-s=0"]);
        command.args(["--pay-base-url=http://127.0.0.1:1", "--role", role]);
        Process::start(&mut command)
    }
}

impl Process {
    /// Starts a program that says where it listens, as `127.0.0.1:12345`, on its standard error.
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let began = Instant::now();
        let mut said = String::new();
        let address = loop {
            let Some(Ok(line)) = lines.next() else { panic!("it ended: {said}") };
            if let Some(address) = address_in(&line) {
                break address;
            }
            said += &line;
            assert!(began.elapsed() < START_MAX, "it does not start: {said}");
        };
        // Its later words: warnings, which must not fill the pipe and stop it.
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                eprintln!("{line}");
            }
        });
        Self { child, address }
    }

    /// Its resident memory and the most that it has been, in bytes; where Linux tells.
    pub(crate) fn memory(&self) -> Option<(u64, u64)> {
        let status = fs::read_to_string(PathBuf::from(format!("/proc/{}/status", self.child.id())));
        let status = status.ok()?;
        let bytes = |name: &str| {
            let line = status.lines().find_map(|it| it.strip_prefix(name))?;
            let kib: u64 = line.trim().trim_end_matches(" kB").parse().ok()?;
            Some(kib * 1024)
        };
        Some((bytes("VmRSS:")?, bytes("VmHWM:")?))
    }
}

fn address_in(line: &str) -> Option<SocketAddr> {
    let (_, rest) = line.split_once("127.0.0.1:")?;
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    let port: u16 = digits.parse().ok().filter(|it| *it > 1)?;
    Some(SocketAddr::from(([127, 0, 0, 1], port)))
}

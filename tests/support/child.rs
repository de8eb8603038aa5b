//! Another process that works on the same database: this test program again, in a mode of its own.

use std::{
    env,
    io::{BufRead, BufReader, Lines},
    process::{Child, ChildStdout, Command, Stdio},
};

/// Tells the other process the master key, if it needs one.
const KEY_VARIABLE: &str = "TOFFEEPAY_TEST_KEY";

/// Names the database to the other process.
const DATABASE_VARIABLE: &str = "TOFFEEPAY_TEST_DATABASE";

/// A process, and what it prints. Killed when dropped.
pub struct Other {
    process: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Other {
    /// Runs the ignored test `body`, which finds the database by [`database_url`].
    pub fn start(body: &str, database_url: &str) -> Self {
        Self::start_with_key(body, database_url, "")
    }

    /// The same, with a master key, which it finds by [`master_key`].
    pub fn start_with_key(body: &str, database_url: &str, key: &str) -> Self {
        let mut process = Command::new(env::current_exe().unwrap())
            .args(["--ignored", "--exact", "--nocapture", body])
            .env(DATABASE_VARIABLE, database_url)
            .env(KEY_VARIABLE, key)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        Self { process, lines }
    }

    /// The next line that it prints; `None` once it has ended.
    pub fn line(&mut self) -> Option<String> {
        self.lines.next().and_then(Result::ok)
    }

    /// The next thing that it says after `word`; `None` once it has ended.
    pub fn says(&mut self, word: &str) -> Option<String> {
        // The test framework prints lines of its own in between.
        std::iter::from_fn(|| self.line()).find_map(|line| {
            let (first, rest) = line.split_once(' ')?;
            (first == word).then(|| rest.to_owned())
        })
    }

    /// SIGKILL: no chance to tidy up.
    pub fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        // Fails only if it has ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// In the other process: the master key.
pub fn master_key() -> Option<String> {
    env::var(KEY_VARIABLE).ok()
}

/// In the other process: where to work. `None` if somebody runs the ignored tests by hand.
pub fn database_url() -> Option<String> {
    env::var(DATABASE_VARIABLE).ok()
}

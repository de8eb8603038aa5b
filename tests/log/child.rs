//! Another process that appends too: this test program again, in a mode of its own.

use std::{
    env,
    io::{BufRead, BufReader, Lines},
    process::{Child, ChildStdout, Command, Stdio},
};

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
        let mut process = Command::new(env::current_exe().unwrap())
            .args(["--ignored", "--exact", "--nocapture", body])
            .env(DATABASE_VARIABLE, database_url)
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

/// In the other process: where to append. `None` if somebody runs the ignored tests by hand.
pub fn database_url() -> Option<String> {
    env::var(DATABASE_VARIABLE).ok()
}

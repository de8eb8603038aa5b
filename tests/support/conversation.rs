//! A client in another language, as a process of its own that is asked one thing after another.
//!
//! A question is a line of JSON on its standard input, and so is each answer on its standard
//! output. Knows nothing of what is asked.

use std::{path::Path, process::Stdio, time::Duration};

use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
    time::timeout,
};

/// How long an answer may take: longer than any call of the API does.
const ANSWER_WITHIN: Duration = Duration::from_secs(120);

/// The other side. It ends with its test, whatever becomes of that.
pub struct Conversation {
    child: Child,
    questions: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
}

impl Conversation {
    /// Starts `program script arguments…`.
    ///
    /// # Panics
    ///
    /// Panics if it does not start.
    pub fn begin(program: &Path, script: &Path, arguments: &[&str]) -> Self {
        let mut child = Command::new(program)
            .arg(script)
            .args(arguments)
            // Nothing is written beside the scripts.
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap_or_else(|why| panic!("{} did not start: {why}", program.display()));
        let questions = child.stdin.take().expect("it is piped");
        let answers = BufReader::new(child.stdout.take().expect("it is piped")).lines();
        Self { child, questions, answers }
    }

    /// Asks, and waits for the answer.
    ///
    /// # Panics
    ///
    /// Panics with what the script wrote on its standard error if it ends instead.
    pub async fn ask(&mut self, question: &Value) -> Value {
        // A script that has ended says why on its standard error.
        let _ = self.questions.write_all(format!("{question}\n").as_bytes()).await;
        let answer = timeout(ANSWER_WITHIN, self.answers.next_line()).await;
        let answer = answer.unwrap_or_else(|_| panic!("no answer to {question}"));
        let Some(answer) = answer.expect("its output can be read") else {
            let mut errors = String::new();
            let mut stderr = self.child.stderr.take().expect("it ends once");
            stderr.read_to_string(&mut errors).await.expect("its errors can be read");
            panic!("it ended when asked {question}:\n{errors}");
        };
        serde_json::from_str(&answer).unwrap_or_else(|_| panic!("no JSON: {answer}"))
    }
}

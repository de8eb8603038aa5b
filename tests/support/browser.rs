//! A player at a browser: says what to do, step by step, and gets back what was seen.
//!
//! Knows nothing of our pages: a test names the labels, buttons and texts that it expects.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use super::tools;

/// How long one step may take. Generous: tests share two cores with a build.
const STEP_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a whole scenario may take, the browser's start included.
const DEADLINE: Duration = Duration::from_secs(120);

/// A scenario for one browser with an empty profile. Steps happen in the order of the calls.
#[derive(Clone, Debug)]
#[must_use = "nothing happens before `run`"]
pub struct Browser {
    viewport: (u32, u32),
    dark: bool,
    javascript: bool,
    locale: String,
    step_timeout: Duration,
    steps: Vec<Value>,
}

/// What a scenario that went as told has seen, in all of its tabs.
#[derive(Debug, Deserialize)]
pub struct Seen {
    /// One for each step.
    pub events: Vec<Event>,
    /// Every navigation that a page or a redirect asked for, also to schemes that no browser opens.
    pub navigations: Vec<Navigation>,
    /// The console's lines and uncaught errors: a broken content policy shows here.
    pub console: Vec<ConsoleLine>,
    pub requests: Vec<Request>,
}

#[derive(Debug, Deserialize)]
pub struct Event {
    pub step: String,
    /// Where the page was after the step.
    pub url: String,
    /// What `evaluate` and `expect_navigation` found.
    pub value: Value,
}

#[derive(Debug, Deserialize)]
pub struct Navigation {
    pub url: String,
    /// `redirect`, or Chromium's word: `anchorClick`, `scriptInitiated`, `formSubmissionPost`, …
    pub cause: String,
}

#[derive(Debug, Deserialize)]
pub struct ConsoleLine {
    pub kind: String,
    pub text: String,
}

#[derive(Debug, Deserialize)]
pub struct Request {
    pub method: String,
    pub url: String,
    /// `document`, `stylesheet`, `script`, `image`, `fetch`, …
    pub kind: String,
}

#[derive(Debug, Deserialize)]
struct Failure {
    step: usize,
    error: String,
    url: String,
    text: String,
    console: Vec<ConsoleLine>,
    navigations: Vec<Navigation>,
}

impl Browser {
    /// A light desktop browser with scripts, 1280 × 800, in American English.
    pub fn desktop() -> Self {
        Self {
            viewport: (1280, 800),
            dark: false,
            javascript: true,
            locale: "en-US".to_owned(),
            step_timeout: STEP_TIMEOUT,
            steps: Vec::new(),
        }
    }

    /// The same, as narrow as a phone: 390 × 844.
    pub fn phone() -> Self {
        Self { viewport: (390, 844), ..Self::desktop() }
    }

    pub fn dark(self) -> Self {
        Self { dark: true, ..self }
    }

    pub fn without_javascript(self) -> Self {
        Self { javascript: false, ..self }
    }

    pub fn locale(self, locale: &str) -> Self {
        Self { locale: locale.to_owned(), ..self }
    }

    pub fn step_timeout(self, step_timeout: Duration) -> Self {
        Self { step_timeout, ..self }
    }

    pub fn goto(self, url: &str) -> Self {
        self.step("goto", url)
    }

    /// Opens another tab; later steps happen there.
    pub fn open_tab(self, url: &str) -> Self {
        self.step("open_tab", url)
    }

    /// Goes to a tab opened before; 0 is the first.
    pub fn switch_tab(self, index: usize) -> Self {
        self.step("switch_tab", index)
    }

    pub fn reload(self) -> Self {
        self.step("reload", true)
    }

    pub fn go_back(self) -> Self {
        self.step("go_back", true)
    }

    /// Types into the field with this label.
    pub fn fill(self, label: &str, text: &str) -> Self {
        self.step("fill", [label, text])
    }

    /// Presses a key where the focus is: `Tab`, `Enter`, …
    pub fn press(self, key: &str) -> Self {
        self.step("press", key)
    }

    /// Clicks the one visible button or link with exactly this name.
    pub fn click(self, name: &str) -> Self {
        self.step("click", name)
    }

    pub fn double_click(self, name: &str) -> Self {
        self.step("double_click", name)
    }

    /// Waits for a visible element that contains the text.
    pub fn expect_text(self, text: &str) -> Self {
        self.step("expect_text", text)
    }

    pub fn expect_no_text(self, text: &str) -> Self {
        self.step("expect_no_text", text)
    }

    pub fn expect_value(self, label: &str, text: &str) -> Self {
        self.step("expect_value", [label, text])
    }

    /// Waits until the page's address matches a regular expression (JavaScript's).
    pub fn expect_url(self, pattern: &str) -> Self {
        self.step("expect_url", pattern)
    }

    /// Waits until a page asked to go to an address that matches, whether or not a browser can.
    /// Each call takes a later navigation than the one before.
    ///
    /// After one to an app's scheme the tab is still read, but a click needs a `goto` or `reload`
    /// first: as for a person, Chromium's question whether to open the app stands before the page.
    pub fn expect_navigation(self, pattern: &str) -> Self {
        self.step("expect_navigation", pattern)
    }

    /// Has axe look for whatever WCAG 2.2 AA forbids; there may be nothing.
    pub fn expect_accessible(self) -> Self {
        self.step("expect_accessible", true)
    }

    /// The whole page, as a PNG.
    pub fn screenshot(self, path: &Path) -> Self {
        self.step("screenshot", path.display().to_string())
    }

    /// Evaluates JavaScript in the page; the value is in [`Event::value`].
    pub fn evaluate(self, expression: &str) -> Self {
        self.step("evaluate", expression)
    }

    /// Plays the scenario, off the async threads, so that a server in the same test can answer.
    ///
    /// # Panics
    ///
    /// Panics at the first step that fails, with the step and the page's text.
    pub async fn run(self) -> Seen {
        let played = tokio::task::spawn_blocking(move || self.run_blocking()).await;
        played.unwrap_or_else(|panicked| std::panic::resume_unwind(panicked.into_panic()))
    }

    /// [`Browser::run`] for tests that are not async.
    pub fn run_blocking(self) -> Seen {
        match self.play() {
            Ok(seen) => seen,
            Err(failure) => panic!("{}", self.describe(&failure)),
        }
    }

    fn step(mut self, name: &str, argument: impl serde::Serialize) -> Self {
        self.steps.push(json!({ name: argument }));
        self
    }

    fn play(&self) -> Result<Seen, Box<Failure>> {
        let scenario = json!({
            "chromium": tools::chromium(),
            "viewport": { "width": self.viewport.0, "height": self.viewport.1 },
            "dark": self.dark,
            "javascript": self.javascript,
            "locale": self.locale,
            "timeout_ms": self.step_timeout.as_millis(),
            "deadline_ms": DEADLINE.as_millis(),
            "steps": self.steps,
        });
        let script = tools::npm_clients().join("browser.mjs");
        let outcome = ask(Command::new(tools::node()).arg(script), &scenario);
        if outcome["ok"] == true {
            return Ok(serde_json::from_value(outcome).expect("an outcome as browser.mjs says"));
        }
        Err(Box::new(serde_json::from_value(outcome).expect("a failure as browser.mjs says")))
    }

    fn describe(&self, failure: &Failure) -> String {
        let Failure { step, error, url, text, console, navigations } = failure;
        let told = &self.steps[*step];
        format!(
            "the browser could not do step {step}, {told}, at {url}: {error}\n\
             --- the page's text\n{text}\n--- console\n{console:#?}\n--- navigations\n{navigations:#?}"
        )
    }
}

/// Gives a child JSON on its standard input and reads the JSON that it prints.
///
/// # Panics
///
/// Panics if the child fails or prints something else.
pub fn ask(command: &mut Command, question: &Value) -> Value {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|why| panic!("{command:?} did not start: {why}"));
    // Taken, so that it is closed and the child sees its end. A child that died before reading
    // says why on its standard error.
    if let Some(mut stdin) = child.stdin.take() {
        let _ = stdin.write_all(question.to_string().as_bytes());
    }
    let output = child.wait_with_output().expect("the child's output can be read");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?} failed ({}):\n{errors}", output.status);
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|why| panic!("{command:?} printed no JSON ({why}):\n{errors}"))
}

//! Where a command writes: what was asked for, and what is said beside it.

use std::io::{IsTerminal, Write};

/// Two streams, as every shell knows them.
pub struct Output<'a> {
    /// What was asked for, and nothing else, so that it can be piped.
    pub out: &'a mut (dyn Write + Send),
    /// Explanations, warnings and progress.
    pub err: &'a mut (dyn Write + Send),
    /// Whether a person watches `err`.
    pub is_watched: bool,
}

impl Output<'_> {
    /// Calls `command` with the process's own streams.
    pub async fn standard<T>(command: impl AsyncFnOnce(&mut Output<'_>) -> T) -> T {
        let (mut out, mut err) = (std::io::stdout(), std::io::stderr());
        let is_watched = err.is_terminal();
        command(&mut Output { out: &mut out, err: &mut err, is_watched }).await
    }
}

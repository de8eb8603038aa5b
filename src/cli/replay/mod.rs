//! `toffeepay replay`: does the log hold together, and does everything read from it say the same?

mod progress;
mod report;
mod session;
mod words;

use clap::Args;

use super::{
    CliError, EXIT_TROUBLE, Output,
    database::{DatabaseArgs, Opened},
};
use crate::{
    audit::replay::{self, Differences, Verdict},
    domain::id::SessionId,
};

/// The exit code if a read model says something else than the log.
pub const EXIT_DIFFERS: u8 = 1;

/// Replays the log, or one session of it, and compares what comes out with the read models.
///
/// With a session's id it prints each event of that session with its position, time and actor,
/// and then the state that they fold to. What identifies the player is left out unless
/// --show-private is given.
///
/// Without one it reads the whole log: every position must be there, every entry's bytes must be
/// those that were hashed, no entry may have been recorded before the one before it, every stream
/// must be complete and readable, and every row of the tables that the API reads must be what its
/// stream folds to, with none missing and none left over; and the totals of the API's lists must be
/// what there is. It prints how many events and sessions
/// there are and how much money was captured and refunded.
///
/// Safe beside a running service, also with --rebuild: every stream is compared with its rows at
/// one moment. It holds some thousands of events in memory, however long the log is. Any login
/// that has the role toffeepay_service may run it.
///
/// Exit code: 0 if everything agrees, 1 if a row differs from the log, 2 if the log is damaged or
/// cannot be read.
///
/// Example:
///   toffeepay replay
///   toffeepay replay sess_06xpd3k… --show-private
///   toffeepay replay --rebuild --json > report.json
#[derive(Clone, Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct ReplayArgs {
    /// The session to replay. [default: the whole log]
    #[arg(value_name = "SESSION_ID", value_parser = session_id)]
    session: Option<SessionId>,
    /// Prints what identifies the player too (user id, return URL, reasons, provider's words).
    /// Needs a session; the output is then personal data.
    #[arg(long, requires = "session")]
    show_private: bool,
    /// Writes the folded rows in the place of those that differ, and removes rows that the log
    /// does not tell of. Rows that changed meanwhile are left alone. What remains different is
    /// reported as without it. Not with a session.
    #[arg(long, conflicts_with = "session")]
    rebuild: bool,
    /// Prints one JSON object for machines instead of text for people.
    #[arg(long)]
    json: bool,
    /// Tells of the progress each second even if standard error is not a terminal.
    #[arg(long)]
    progress: bool,
    #[command(flatten)]
    database: DatabaseArgs,
}

impl ReplayArgs {
    /// Replays.
    ///
    /// # Errors
    ///
    /// A [`CliError`] if the log could not be read to its end.
    pub async fn run(self, output: &mut Output<'_>) -> Result<u8, CliError> {
        let opened = self.database.open().await?;
        let code = match &self.session {
            Some(id) => self.replay_session(&opened, id, output).await?,
            None => self.replay_all(&opened, output).await?,
        };
        super::operator::flush(output)?;
        Ok(code)
    }

    async fn replay_session(
        &self,
        opened: &Opened,
        id: &SessionId,
        output: &mut Output<'_>,
    ) -> Result<u8, CliError> {
        let replayed = replay::replay_session(&opened.pool, &opened.master, id).await?;
        let replayed = match replayed.ok_or_else(|| CliError::SessionNotFound(id.clone()))? {
            Ok(replayed) => replayed,
            Err(damage) => {
                writeln!(output.err, "The log is damaged: {damage}")?;
                return Ok(EXIT_TROUBLE);
            }
        };
        let told = session::Told::new(&replayed, id, self.show_private);
        if self.json {
            writeln!(output.out, "{}", told.json())?;
        } else {
            told.print(output.out)?;
        }
        Ok(if replayed.differences.is_empty() { 0 } else { EXIT_DIFFERS })
    }

    async fn replay_all(&self, opened: &Opened, output: &mut Output<'_>) -> Result<u8, CliError> {
        let differences = if self.rebuild { Differences::Rebuild } else { Differences::Report };
        let mut ticker = progress::Ticker::start(self.progress || output.is_watched);
        let report = {
            let err = &mut *output.err;
            let mut on_progress = |it| ticker.tell(it, err);
            let Opened { pool, master, .. } = opened;
            replay::replay_all(pool, master, differences, &mut on_progress).await?
        };
        if self.json {
            writeln!(output.out, "{}", report::json(&report)?)?;
        } else {
            report::print(&report, output.out)?;
        }
        Ok(match report.verdict() {
            Verdict::Agrees => 0,
            Verdict::Differs => EXIT_DIFFERS,
            Verdict::Damaged => EXIT_TROUBLE,
        })
    }
}

fn session_id(text: &str) -> Result<SessionId, crate::domain::violation::Violation> {
    SessionId::parse(text)
}

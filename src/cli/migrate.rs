//! `toffeepay migrate`: brings the database to the schema of this program.

use std::process::ExitCode;

use clap::Args;

use super::{CliError, Output, database::DatabaseUrlArgs};
use crate::event_store::migrations;

/// What to do once the schema is there.
const ROLES: &str = "\
The service must not connect as this owner, who could rewrite the log. Give it a login of its own:
  CREATE ROLE toffeepay_app LOGIN PASSWORD '…';
  GRANT toffeepay_service TO toffeepay_app;
and put that login into the DATABASE_URL of `toffeepay serve`, which refuses any other.
The role is the whole cluster's: a login that has it can open every ToffeePay database there. Keep
production in a cluster of its own, or let each login connect to its own database only.";

/// Brings the database to the schema of this program.
///
/// Connect as the owner: a login that may create tables in this database, and that the service never
/// uses. The log's tables belong to it. The service connects as another login, which only has the
/// role toffeepay_service (made here, for which the owner needs CREATEROLE, unless the cluster has
/// it already): that role reads, and calls the function that
/// appends; it can neither change nor delete an event. `toffeepay serve` refuses any other login.
///
/// Safe to repeat, to run beside a running service, and to start twice at once: the second waits
/// and then finds nothing to do. Each migration is applied whole or not at all. A database that a
/// newer program has migrated is refused, unchanged. There is no way back but a backup.
///
/// Example:
///   DATABASE_URL=postgres://toffeepay_owner@db.example/toffeepay toffeepay migrate
#[derive(Clone, Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct MigrateArgs {
    /// Which database.
    #[command(flatten)]
    database: DatabaseUrlArgs,
}

impl MigrateArgs {
    /// Migrates.
    ///
    /// # Errors
    ///
    /// A [`CliError`], after which every migration that was printed is in place.
    pub async fn run(self, output: &mut Output<'_>) -> Result<ExitCode, CliError> {
        // Not through the pool, whose errors say less; but it says which database it was.
        let options = self.database.options()?;
        self.database.connect().await?.close().await;
        let mut written = Ok(());
        let applied = migrations::migrate(&options, |it| {
            let line = writeln!(output.out, "{} {}", it.version, it.description);
            written = std::mem::replace(&mut written, Ok(())).and(line);
        })
        .await?;
        written?;
        match applied {
            0 => writeln!(output.err, "The schema was up to date; nothing was changed.")?,
            n => writeln!(output.err, "Applied {n} migration(s).")?,
        }
        writeln!(output.err, "{ROLES}")?;
        Ok(ExitCode::SUCCESS)
    }
}

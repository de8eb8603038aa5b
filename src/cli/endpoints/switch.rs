//! `toffeepay endpoints disable`, `enable` and `remove`: whether anything is sent there.

use clap::Args;

use super::super::{
    CliError, Output,
    database::DatabaseArgs,
    operator::{OneEndpoint, admin},
};

/// Sends nothing there until it is enabled again. What is to be sent is kept for 30 days.
///
/// An endpoint is also disabled by itself: when it answers 410 Gone, and when nothing was delivered
/// to it for 96 hours.
///
/// Example: toffeepay endpoints disable space_shooter whe_06xp…
#[derive(Clone, Debug, Args)]
#[command(verbatim_doc_comment)]
pub(super) struct DisableArgs {
    #[command(flatten)]
    of: OneEndpoint,
    #[command(flatten)]
    database: DatabaseArgs,
}

/// Sends webhooks there again: what came meanwhile at once, what waits for a later attempt at its time.
///
/// What was given up before it was disabled is not among them: see `deliveries recover`.
///
/// Example: toffeepay endpoints enable space_shooter whe_06xp…
#[derive(Clone, Debug, Args)]
#[command(verbatim_doc_comment)]
pub(super) struct EnableArgs {
    #[command(flatten)]
    of: OneEndpoint,
    #[command(flatten)]
    database: DatabaseArgs,
}

/// Sends nothing there any more; what was still to be sent is dropped, and what was given up.
///
/// Example: toffeepay endpoints remove space_shooter whe_06xp…
#[derive(Clone, Debug, Args)]
#[command(verbatim_doc_comment)]
pub(super) struct RemoveArgs {
    #[command(flatten)]
    of: OneEndpoint,
    #[command(flatten)]
    database: DatabaseArgs,
}

impl DisableArgs {
    pub(super) async fn run(self, output: &mut Output<'_>) -> Result<(), CliError> {
        let opened = self.database.open().await?;
        admin(&opened).disable_endpoint(&self.of.game_id, self.of.endpoint_id.clone()).await?;
        writeln!(output.err, "Nothing is sent to {} until it is enabled.", self.of.endpoint_id)?;
        Ok(())
    }
}

impl EnableArgs {
    pub(super) async fn run(self, output: &mut Output<'_>) -> Result<(), CliError> {
        let opened = self.database.open().await?;
        admin(&opened).enable_endpoint(&self.of.game_id, self.of.endpoint_id.clone()).await?;
        writeln!(output.err, "Webhooks are sent to {}.", self.of.endpoint_id)?;
        Ok(())
    }
}

impl RemoveArgs {
    pub(super) async fn run(self, output: &mut Output<'_>) -> Result<(), CliError> {
        let opened = self.database.open().await?;
        admin(&opened).remove_endpoint(&self.of.game_id, self.of.endpoint_id.clone()).await?;
        writeln!(output.err, "Nothing is sent to {} any more.", self.of.endpoint_id)?;
        Ok(())
    }
}

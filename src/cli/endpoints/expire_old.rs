//! `toffeepay endpoints expire-old`: an end to secrets that were rotated away, now.

use clap::Args;

use super::super::{
    CliError, Output,
    database::DatabaseArgs,
    operator::{OneEndpoint, admin},
};

/// Has the current secret sign alone, although the grace of those before is not over.
///
/// A receiver that does not have the current one yet refuses what it is sent, which is then tried
/// again.
///
/// Example: toffeepay endpoints expire-old space_shooter whe_06xp…
#[derive(Clone, Debug, Args)]
#[command(verbatim_doc_comment)]
pub(super) struct ExpireOldArgs {
    #[command(flatten)]
    of: OneEndpoint,
    #[command(flatten)]
    database: DatabaseArgs,
}

impl ExpireOldArgs {
    pub(super) async fn run(self, output: &mut Output<'_>) -> Result<(), CliError> {
        let opened = self.database.open().await?;
        let OneEndpoint { game_id, endpoint_id } = self.of;
        admin(&opened).expire_old_secrets(&game_id, endpoint_id.clone()).await?;
        writeln!(output.err, "Webhooks to {endpoint_id} are signed with its current secret only.")?;
        Ok(())
    }
}

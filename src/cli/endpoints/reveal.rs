//! `toffeepay endpoints reveal`: the secret that was shown when it was made, once more.

use clap::Args;
use secrecy::ExposeSecret;

use super::super::{
    CliError, Output,
    database::DatabaseArgs,
    operator::{OneEndpoint, admin, moment},
};

/// Prints an endpoint's current secret, and writes into the log that you have seen it.
///
/// Whoever has it can sign what your game server takes for ours. If it may have got into other hands,
/// make a new one: `toffeepay endpoints rotate`.
///
/// Example: toffeepay endpoints reveal space_shooter whe_06xp… > secret.txt
#[derive(Clone, Debug, Args)]
#[command(verbatim_doc_comment)]
pub(super) struct RevealArgs {
    #[command(flatten)]
    of: OneEndpoint,
    #[command(flatten)]
    database: DatabaseArgs,
}

impl RevealArgs {
    pub(super) async fn run(self, output: &mut Output<'_>) -> Result<(), CliError> {
        let opened = self.database.open().await?;
        let OneEndpoint { game_id, endpoint_id } = self.of;
        let rotation = admin(&opened).reveal_secrets(&game_id, endpoint_id).await?;
        writeln!(output.out, "{}", rotation.current.as_text().expose_secret())?;
        writeln!(output.err, "The log says that you have seen it.")?;
        for (_, expires_at) in &rotation.previous {
            writeln!(output.err, "One before it signs too until {}.", moment(*expires_at))?;
        }
        Ok(())
    }
}

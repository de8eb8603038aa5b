//! `toffeepay deliveries resend`: one message once more.

use clap::Args;

use super::{
    super::{
        CliError, Output,
        database::DatabaseArgs,
        operator::{OneEndpoint, admin},
    },
    message_id,
};
use crate::webhooks::MessageId;

/// Has one message sent again at once, whether it was taken, given up, or waits for a later attempt.
///
/// It keeps its id, by which a receiver can tell that it had it. If the endpoint is disabled, it is
/// sent once it is enabled.
///
/// Example: toffeepay deliveries resend space_shooter whe_06xp… msg_5f0c…
#[derive(Clone, Debug, Args)]
#[command(verbatim_doc_comment)]
pub(super) struct ResendArgs {
    #[command(flatten)]
    of: OneEndpoint,
    /// The message's id (msg_…), which its receiver knows as `webhook-id`.
    #[arg(value_parser = message_id)]
    message_id: MessageId,
    #[command(flatten)]
    database: DatabaseArgs,
}

impl ResendArgs {
    pub(super) async fn run(self, output: &mut Output<'_>) -> Result<(), CliError> {
        let opened = self.database.open().await?;
        let Self { of: OneEndpoint { game_id, endpoint_id }, message_id, .. } = &self;
        admin(&opened).resend_webhook(game_id, endpoint_id, message_id).await?;
        writeln!(output.err, "{message_id} is sent to {endpoint_id} again.")?;
        Ok(())
    }
}

//! `toffeepay endpoints rewrap`: all secrets of endpoints, sealed under the current key.

use clap::Args;

use super::super::{CliError, Output, database::DatabaseArgs, operator::admin};
use crate::webhooks::Rewrapped;

/// Seals every secret of every endpoint under the current key. The secrets stay the same.
///
/// They are sealed under a key that is derived from the master key, or under WEBHOOK_SECRETS_KEY if
/// that variable is set: the base64 of exactly 32 bytes. To change it without a moment in which
/// webhooks cannot be signed:
///
///   1. Start every process with the new key in WEBHOOK_SECRETS_KEY, and the one that was there before
///      in WEBHOOK_SECRETS_KEY_BEFORE. Both are opened, and new secrets are sealed under the new one.
///      (On a rolling deployment, first give every process the new key as the one before.)
///   2. Run this with the same variables.
///   3. Take WEBHOOK_SECRETS_KEY_BEFORE away, and destroy that key.
///
/// It goes on where it was if it is stopped and run again.
///
/// Example: toffeepay endpoints rewrap
#[derive(Clone, Debug, Args)]
#[command(verbatim_doc_comment)]
pub(super) struct RewrapArgs {
    #[command(flatten)]
    database: DatabaseArgs,
}

impl RewrapArgs {
    pub(super) async fn run(self, output: &mut Output<'_>) -> Result<(), CliError> {
        let opened = self.database.open().await?;
        let admin = admin(&opened);
        let mut now = Rewrapped::default();
        loop {
            let next = admin.rewrap_some_secrets(now.clone()).await?;
            if next == now {
                break;
            }
            if output.is_watched {
                writeln!(output.err, "{} sealed anew", next.done)?;
            }
            now = next;
        }
        writeln!(output.out, "{}", now.done)?;
        let key_id = opened.secret_keys.current_id();
        if now.left.is_empty() {
            writeln!(output.err, "All secrets of endpoints are under the key {key_id}.")?;
            return Ok(());
        }
        Err(CliError::SecretsLeft { endpoints: now.left.join(", ") })
    }
}

//! `toffeepay endpoints rotate`: a new secret, and an end to those before.

use chrono::TimeDelta;
use clap::Args;
use secrecy::ExposeSecret;

use super::super::{
    CliError, Output,
    database::DatabaseArgs,
    operator::{OneEndpoint, admin},
};
use crate::{
    domain::game::{GRACE_HOURS_DEFAULT, GRACE_HOURS_MAX},
    webhooks::WebhookSecret,
};

/// Makes a new secret and prints it. Those before sign too until their grace is over.
///
/// Example: toffeepay endpoints rotate space_shooter whe_06xp… --grace-hours 24
#[derive(Clone, Debug, Args)]
#[command(verbatim_doc_comment)]
pub(super) struct RotateArgs {
    #[command(flatten)]
    of: OneEndpoint,
    /// For how many hours old secrets sign too, at most: 0 to 168. With 0 every receiver that does not
    /// have the new one yet refuses what it is sent.
    #[arg(long, value_name = "HOURS", default_value_t = GRACE_HOURS_DEFAULT,
          value_parser = clap::value_parser!(i64).range(0..=GRACE_HOURS_MAX))]
    grace_hours: i64,
    #[command(flatten)]
    database: DatabaseArgs,
}

impl RotateArgs {
    pub(super) async fn run(self, output: &mut Output<'_>) -> Result<(), CliError> {
        let Self { of: OneEndpoint { game_id, endpoint_id }, grace_hours, database } = self;
        let opened = database.open().await?;
        let (secret, grace) = (WebhookSecret::generate(), TimeDelta::hours(grace_hours));
        admin(&opened).rotate_secret(&game_id, endpoint_id, &secret, grace).await?;
        writeln!(output.out, "{}", secret.as_text().expose_secret())?;
        let until = format!("Secrets before it sign too, for up to {grace_hours} h.");
        writeln!(output.err, "{until} `toffeepay endpoints reveal` shows the new one again.")?;
        Ok(())
    }
}

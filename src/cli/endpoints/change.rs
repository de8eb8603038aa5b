//! `toffeepay endpoints change`: other webhooks, or to elsewhere, or fewer at once.

use clap::Args;
use url::Url;

use super::{
    super::{
        CliError, Output,
        database::DatabaseArgs,
        operator::{OneEndpoint, admin, shape, webhook_type},
        targets::TargetArgs,
    },
    AtOnce, PerSecond, at_once, description, per_second,
};
use crate::domain::{
    game::{EndpointChange, PayloadShape, WebhookType},
    text::DisplayName,
};

/// Changes what is named, and leaves the rest. Holds for what is still to be sent as well, except
/// for the shape and the events, which are decided when something happens.
///
/// Example: toffeepay endpoints change space_shooter whe_06xp… --url https://game.example/new
#[derive(Clone, Debug, Args)]
#[command(verbatim_doc_comment)]
pub(super) struct ChangeArgs {
    #[command(flatten)]
    of: OneEndpoint,
    /// Where to: an https URL that leads to the public internet, at port 443 or 8443.
    #[arg(long, value_name = "URL")]
    url: Option<Url>,
    /// How the body is laid out, `flat` or `envelope`. A flat endpoint takes session events only.
    #[arg(long, value_name = "flat|envelope", value_parser = shape)]
    shape: Option<PayloadShape>,
    /// Which events from now on, such as session.paid; repeat it for more.
    #[arg(long = "type", value_name = "TYPE", value_parser = webhook_type)]
    types: Vec<WebhookType>,
    /// What people call it, such as where it is: 1 to 100 characters.
    #[arg(long, value_name = "TEXT", value_parser = description)]
    description: Option<DisplayName>,
    /// How many deliveries may be under way at the same time: 1 to 64, or `usual` for 16.
    #[arg(long, value_name = "N|usual", value_parser = at_once)]
    at_once: Option<AtOnce>,
    /// How many deliveries may begin in a second: 1 to 10000, or `none` for as many as there are.
    /// Each process that sends keeps it by itself.
    #[arg(long, value_name = "N|none", value_parser = per_second)]
    per_second: Option<PerSecond>,
    #[command(flatten)]
    targets: TargetArgs,
    #[command(flatten)]
    database: DatabaseArgs,
}

impl ChangeArgs {
    pub(super) async fn run(self, output: &mut Output<'_>) -> Result<(), CliError> {
        let change = EndpointChange {
            url: self.url,
            shape: self.shape,
            types: Some(self.types).filter(|it| !it.is_empty()),
            description: self.description.map(Some),
            at_once: self.at_once.map(|it| it.0),
            per_second: self.per_second.map(|it| it.0),
        };
        if change == EndpointChange::default() {
            return Err(CliError::Setting {
                name: "endpoints change",
                rule: "needs at least one of --url, --shape, --type, --description, --at-once \
                       and --per-second"
                    .to_owned(),
                received: None,
            });
        }
        change.url.as_ref().map_or(Ok(()), |it| self.targets.check(it))?;
        let opened = self.database.open().await?;
        let endpoint_id = &self.of.endpoint_id;
        admin(&opened).change_endpoint(&self.of.game_id, endpoint_id.clone(), change).await?;
        writeln!(output.err, "{endpoint_id} is changed.")?;
        Ok(())
    }
}

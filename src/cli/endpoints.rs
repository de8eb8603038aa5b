//! `toffeepay endpoints`: where a game's webhooks go.

use std::process::ExitCode;

use chrono::TimeDelta;
use clap::{Args, Subcommand};
use secrecy::ExposeSecret;
use url::Url;

use super::{
    CliError, Output,
    database::{DatabaseArgs, DatabaseUrlArgs},
    operator::{admin, endpoint_id, flush, game_id, world},
};
use crate::{
    clock::{Clock as _, SystemClock},
    domain::{
        game::{Endpoint, PayloadShape, WebhookType},
        id::{EndpointId, GameId},
        violation::Violation,
        world::World,
    },
    ids::NewId as _,
    webhooks::{TargetPolicy, WebhookSecret},
};

/// The longest that an old secret goes on signing, in hours: a week.
const GRACE_HOURS_MAX: i64 = 168;

/// Adds, lists and removes webhook endpoints, rotates their secrets, and sends again what was given
/// up.
///
/// A game server hears of a payment by a signed POST to its endpoint. An endpoint belongs to one
/// game and one world. Its secret is shown once, when it is made; only a sealed copy is kept.
///
/// Example:
///   `toffeepay endpoints add space_shooter --world test --url https://game.example/webhook > secret.txt`
///   `toffeepay endpoints list space_shooter`
///   `toffeepay endpoints rotate space_shooter whe_06xp… --grace-hours 24 > secret.txt`
#[derive(Clone, Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct EndpointsArgs {
    #[command(subcommand)]
    command: EndpointsCommand,
}

#[derive(Clone, Debug, Subcommand)]
enum EndpointsCommand {
    Add(AddArgs),
    List(ListArgs),
    Rotate(RotateArgs),
    Retry(RetryArgs),
    Remove(RemoveArgs),
}

/// Has webhooks sent to one more place, and prints the secret that signs them, this once.
///
/// Example: toffeepay endpoints add space_shooter --world test --url https://game.example/webhook
#[derive(Clone, Debug, Args)]
#[command(verbatim_doc_comment)]
struct AddArgs {
    /// The game's id.
    #[arg(value_parser = game_id)]
    game_id: GameId,
    /// `test` or `live`: of which world's sessions it hears.
    #[arg(long, value_name = "test|live", value_parser = world)]
    world: World,
    /// Where to: an https URL that leads to the public internet. Anything else is refused now, and
    /// again whenever something is sent.
    #[arg(long, value_name = "URL")]
    url: Url,
    /// How the body is laid out: `flat` as the getting-started guide prints it (session events
    /// only), or `envelope` as the SDKs expect it. A receiver written for the other one will not
    /// understand it.
    #[arg(long, value_name = "flat|envelope", default_value = "flat", value_parser = shape)]
    shape: PayloadShape,
    /// Which events, such as session.paid; repeat it for more. A receiver built from the guide may
    /// grant items on any webhook that verifies, so give a flat endpoint only what it expects.
    /// [default: session.paid for flat, all for envelope]
    #[arg(long = "type", value_name = "TYPE", value_parser = webhook_type)]
    types: Vec<WebhookType>,
    #[command(flatten)]
    database: DatabaseArgs,
}

/// Prints one line for each endpoint: id, world, shape, events and URL, separated by tabs. Never a
/// secret.
#[derive(Clone, Debug, Args)]
struct ListArgs {
    /// The game's id.
    #[arg(value_parser = game_id)]
    game_id: GameId,
    #[command(flatten)]
    database: DatabaseUrlArgs,
}

/// Makes a new secret and prints it, this once. Those before sign too until their grace is over.
///
/// Example: toffeepay endpoints rotate space_shooter whe_06xp… --grace-hours 24
#[derive(Clone, Debug, Args)]
#[command(verbatim_doc_comment)]
struct RotateArgs {
    /// The game's id.
    #[arg(value_parser = game_id)]
    game_id: GameId,
    /// The endpoint's id (whe_…) as `endpoints list` shows it.
    #[arg(value_parser = endpoint_id)]
    endpoint_id: EndpointId,
    /// For how many hours old secrets sign too, at most: 0 to 168. With 0 every receiver that does not
    /// have the new one yet refuses what it is sent.
    #[arg(long, value_name = "HOURS", default_value = "24",
          value_parser = clap::value_parser!(i64).range(0..=GRACE_HOURS_MAX))]
    grace_hours: i64,
    #[command(flatten)]
    database: DatabaseArgs,
}

/// Hands in again what was given up: a message that its receiver did not take in ten attempts over
/// about three days.
///
/// All of them are sent from now on as if they were new, as many times as it takes, ten at most. Mend
/// the receiver first. It may have granted what it was told of without saying so; the messages keep
/// their ids, by which it can tell.
///
/// Example: toffeepay endpoints retry space_shooter whe_06xp…
#[derive(Clone, Debug, Args)]
#[command(verbatim_doc_comment)]
struct RetryArgs {
    /// The game's id.
    #[arg(value_parser = game_id)]
    game_id: GameId,
    /// The endpoint's id (whe_…) as `endpoints list` shows it.
    #[arg(value_parser = endpoint_id)]
    endpoint_id: EndpointId,
    #[command(flatten)]
    database: DatabaseArgs,
}

/// Sends nothing there any more; what was still to be sent is dropped, and what was given up.
///
/// Example: toffeepay endpoints remove space_shooter whe_06xp…
#[derive(Clone, Debug, Args)]
#[command(verbatim_doc_comment)]
struct RemoveArgs {
    /// The game's id.
    #[arg(value_parser = game_id)]
    game_id: GameId,
    /// The endpoint's id (whe_…) as `endpoints list` shows it.
    #[arg(value_parser = endpoint_id)]
    endpoint_id: EndpointId,
    #[command(flatten)]
    database: DatabaseArgs,
}

impl EndpointsArgs {
    /// Does it.
    ///
    /// # Errors
    ///
    /// A [`CliError`].
    pub async fn run(self, output: &mut Output<'_>) -> Result<ExitCode, CliError> {
        match self.command {
            EndpointsCommand::Add(args) => args.run(output).await?,
            EndpointsCommand::List(args) => args.run(output).await?,
            EndpointsCommand::Rotate(args) => args.run(output).await?,
            EndpointsCommand::Retry(args) => args.run(output).await?,
            EndpointsCommand::Remove(args) => args.run(output).await?,
        }
        flush(output)?;
        Ok(ExitCode::SUCCESS)
    }
}

impl AddArgs {
    async fn run(self, output: &mut Output<'_>) -> Result<(), CliError> {
        let Self { game_id, world, url, shape, mut types, database } = self;
        TargetPolicy::PublicHttps.check(&url).map_err(|blocked| CliError::Setting {
            name: "--url",
            rule: format!("is refused: {blocked}"),
            received: Some(url.to_string()),
        })?;
        if types.is_empty() {
            types = match shape {
                PayloadShape::Flat => vec![WebhookType::SessionPaid],
                PayloadShape::Envelope => WebhookType::ALL.to_vec(),
            };
        }
        let opened = database.open().await?;
        let (secret, endpoint) = (WebhookSecret::generate(), Endpoint { world, url, shape, types });
        let id = EndpointId::new(SystemClock.now());
        admin(&opened).add_endpoint(&game_id, id.clone(), endpoint, &secret).await?;
        writeln!(output.out, "{}", secret.as_text().expose_secret())?;
        writeln!(
            output.err,
            "This is the only time that the secret is shown.\nThe endpoint is {id}."
        )?;
        Ok(())
    }
}

impl ListArgs {
    async fn run(self, output: &mut Output<'_>) -> Result<(), CliError> {
        let pool = self.database.open().await?;
        for it in super::find_game(&pool, &self.game_id).await?.endpoints.0 {
            let Endpoint { world, url, shape, types } = it.endpoint;
            let types: Vec<&str> = types.iter().map(|it| it.as_str()).collect();
            let types = types.join(",");
            writeln!(output.out, "{}\t{world}\t{shape}\t{types}\t{url}", it.endpoint_id)?;
        }
        Ok(())
    }
}

impl RotateArgs {
    async fn run(self, output: &mut Output<'_>) -> Result<(), CliError> {
        let Self { game_id, endpoint_id, grace_hours, database } = self;
        let opened = database.open().await?;
        let (secret, grace) = (WebhookSecret::generate(), TimeDelta::hours(grace_hours));
        admin(&opened).rotate_secret(&game_id, endpoint_id, &secret, grace).await?;
        writeln!(output.out, "{}", secret.as_text().expose_secret())?;
        let until = format!("Secrets before it sign too, for up to {grace_hours} h.");
        writeln!(output.err, "This is the only time that the new secret is shown.\n{until}")?;
        Ok(())
    }
}

impl RetryArgs {
    async fn run(self, output: &mut Output<'_>) -> Result<(), CliError> {
        let opened = self.database.open().await?;
        let count = admin(&opened).retry_webhooks(&self.game_id, &self.endpoint_id).await?;
        writeln!(output.out, "{count}")?;
        let endpoint_id = &self.endpoint_id;
        match count {
            0 => writeln!(output.err, "Nothing for {endpoint_id} was given up.")?,
            n => writeln!(output.err, "{n} message(s) are sent to {endpoint_id} again.")?,
        }
        Ok(())
    }
}

impl RemoveArgs {
    async fn run(self, output: &mut Output<'_>) -> Result<(), CliError> {
        let opened = self.database.open().await?;
        admin(&opened).remove_endpoint(&self.game_id, self.endpoint_id.clone()).await?;
        writeln!(output.err, "Nothing is sent to {} any more.", self.endpoint_id)?;
        Ok(())
    }
}

fn shape(text: &str) -> Result<PayloadShape, Violation> {
    PayloadShape::parse(text).ok_or_else(|| Violation::new("must be flat or envelope", text))
}

fn webhook_type(text: &str) -> Result<WebhookType, Violation> {
    WebhookType::parse(text)
        .ok_or_else(|| Violation::new("must be a type such as session.paid", text))
}

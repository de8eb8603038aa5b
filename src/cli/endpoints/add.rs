//! `toffeepay endpoints add`: one more place that webhooks are sent to.

use clap::Args;
use secrecy::ExposeSecret;
use url::Url;

use super::{
    super::{
        CliError, Output,
        database::DatabaseArgs,
        operator::{admin, game_id, shape, webhook_type, world},
        targets::TargetArgs,
    },
    AtOnce, PerSecond, at_once, description, per_second,
};
use crate::{
    clock::{Clock as _, SystemClock},
    domain::{
        game::{DeliveryLimits, Endpoint, PayloadShape, WebhookType},
        id::{EndpointId, GameId},
        text::DisplayName,
        world::World,
    },
    ids::NewId as _,
    webhooks::WebhookSecret,
};

/// Has webhooks sent to one more place, and prints the secret that signs them.
///
/// Example: toffeepay endpoints add space_shooter --world test --url https://game.example/webhook
#[derive(Clone, Debug, Args)]
#[command(verbatim_doc_comment)]
pub(super) struct AddArgs {
    /// The game's id.
    #[arg(value_parser = game_id)]
    game_id: GameId,
    /// `test` or `live`: of which world's sessions it hears.
    #[arg(long, value_name = "test|live", value_parser = world)]
    world: World,
    /// Where to: an https URL that leads to the public internet, at port 443 or 8443. Anything else
    /// is refused now, and again whenever something is sent.
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

impl AddArgs {
    pub(super) async fn run(self, output: &mut Output<'_>) -> Result<(), CliError> {
        let Self {
            game_id,
            world,
            url,
            shape,
            mut types,
            description,
            at_once,
            per_second,
            targets,
            database,
        } = self;
        targets.check(&url)?;
        if types.is_empty() {
            types = shape.usual_types();
        }
        let opened = database.open().await?;
        let limits = DeliveryLimits {
            at_once: at_once.and_then(|it| it.0),
            per_second: per_second.and_then(|it| it.0),
        };
        let endpoint = Endpoint { world, url, shape, types, description, limits };
        let secret = WebhookSecret::generate();
        let id = EndpointId::new(SystemClock.now());
        admin(&opened).add_endpoint(&game_id, id.clone(), endpoint, &secret).await?;
        writeln!(output.out, "{}", secret.as_text().expose_secret())?;
        writeln!(
            output.err,
            "The endpoint is {id}. `toffeepay endpoints reveal` shows the secret again."
        )?;
        Ok(())
    }
}

//! `toffeepay listen`: a test game's webhooks on a developer's own machine, without a tunnel.
//!
//! The service keeps the events of the game for whoever asks; this asks, signs each anew and posts
//! it, as a worker would.

mod forward;
mod secret;

use std::{path::PathBuf, process::ExitCode, time::Duration};

use clap::Args;
use serde::Deserialize;
use serde_json::json;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use url::Url;

use forward::Forwarder;

use super::{
    CliError, Output,
    operator::{flush, game_id, shape, webhook_type},
    server_args::{CallError, Server, ServerArgs},
    shutdown,
};
use crate::domain::{
    game::{PayloadShape, WebhookType},
    id::GameId,
    world::World,
};

const OPEN: &str = "webhooks.v1.WebhookService/OpenListener";
const RECEIVE: &str = "webhooks.v1.WebhookService/ReceiveEvents";

/// How long to wait before asking again a service that does not answer.
const AGAIN_AFTER: Duration = Duration::from_secs(1);

/// Posts a test game's webhooks to your own machine while it runs, signed as the real ones are. No
/// tunnel and no endpoint is needed: it asks the service for them.
///
/// Your server must check signatures with the secret that is printed first. It is the same each time for
/// the same API key; give your own in the variable WEBHOOK_SECRET or by --secret-file.
///
/// All that happens after it says that it listens is posted, in order, one after the other, each once: an
/// answer that is not 2xx is shown, and the event is not posted again. Ends with Ctrl-C.
///
/// Example:
///   toffeepay listen --forward-to http://localhost:3000/webhooks
///   toffeepay trigger session.paid        # in another terminal
#[derive(Clone, Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct ListenArgs {
    /// Where to post them, such as http://localhost:3000/webhooks. Where nothing answers, each failure is
    /// shown.
    #[arg(long, value_name = "URL", value_parser = forward::target)]
    forward_to: Url,
    /// The game whose events they are, which must be the key's own.
    #[arg(long = "game", value_name = "GAME_ID", default_value = "space_shooter",
          value_parser = game_id)]
    game_id: GameId,
    /// How each body is laid out: `flat` as the getting-started guide prints it (session events
    /// only), or `envelope` as the SDKs expect it (all events).
    #[arg(long, value_name = "flat|envelope", default_value = "flat", value_parser = shape)]
    shape: PayloadShape,
    /// Only those events, such as session.paid; repeat it for more. [default: all of the shape's]
    #[arg(long = "type", value_name = "TYPE", value_parser = webhook_type)]
    types: Vec<WebhookType>,
    /// A file that holds the secret to sign with: whsec_… . Without this option it is that of the
    /// variable WEBHOOK_SECRET; without that, one that is made of the API key.
    #[arg(long, value_name = "FILE")]
    secret_file: Option<PathBuf>,
    #[command(flatten)]
    server: ServerArgs,
}

#[derive(Deserialize)]
struct Opened {
    id: String,
}

#[derive(Default, Deserialize)]
struct Received {
    #[serde(default)]
    events: Vec<Event>,
}

/// What a webhook would have told.
#[derive(Deserialize)]
struct Event {
    cursor: String,
    id: String,
    #[serde(rename = "type")]
    webhook_type: String,
    body: String,
}

impl ListenArgs {
    /// Goes on until it is interrupted.
    ///
    /// # Errors
    ///
    /// A [`CliError`] that says why nothing can be heard.
    pub async fn run(self, output: &mut Output<'_>) -> Result<ExitCode, CliError> {
        let server = self.server.find(output)?;
        if server.world() != World::Test {
            return Err(CliError::Start(format!(
                "the key from {} is for live money, whose events are not listened to: they name \
                 players. Give a test key (tp_test_…)",
                server.key_source()
            )));
        }
        let secret = secret::find(self.secret_file.as_deref(), &server, output)?;
        let forwarder = Forwarder::new(self.forward_to.clone(), secret)?;
        let id = self.open(&server).await.map_err(|error| error.into_cli(&server, OPEN))?;
        writeln!(output.err, "Listening to {}. Stop with Ctrl-C.", self.game_id)?;
        flush(output)?;
        let stop = CancellationToken::new();
        shutdown::quietly_on_signal(&stop);
        let listening = self.listen(&server, &forwarder, id, output);
        match stop.run_until_cancelled(listening).await {
            Some(Err(error)) => Err(error),
            Some(Ok(())) | None => Ok(ExitCode::SUCCESS),
        }
    }

    async fn open(&self, server: &Server) -> Result<String, CallError> {
        let request = json!({ "game_id": self.game_id.as_str(), "shape": self.shape.as_str() });
        let Opened { id } = server.try_call(OPEN, &request).await?;
        Ok(id)
    }

    /// Ends only if the service refuses.
    async fn listen(
        &self,
        server: &Server,
        forwarder: &Forwarder,
        mut id: String,
        output: &mut Output<'_>,
    ) -> Result<(), CliError> {
        let (mut after, mut is_away) = (None::<String>, false);
        loop {
            let request = json!({ "id": id, "after": after });
            match server.try_call(RECEIVE, &request).await {
                Ok(Received { events }) => {
                    if std::mem::take(&mut is_away) {
                        writeln!(output.err, "The service answers again.")?;
                    }
                    for event in events {
                        self.forward(forwarder, &event, output).await?;
                        after = Some(event.cursor);
                    }
                }
                Err(error) if error.reason() == Some("listener_not_found") => {
                    match self.open(server).await {
                        Ok(opened) => (id, after) = (opened, None),
                        Err(error) if error.may_pass() => sleep(AGAIN_AFTER).await,
                        Err(error) => return Err(error.into_cli(server, OPEN)),
                    }
                    writeln!(output.err, "Listening anew: what happened meanwhile was not kept.")?;
                }
                Err(error) if error.may_pass() => {
                    if !std::mem::replace(&mut is_away, true) {
                        let error = error.into_cli(server, RECEIVE);
                        writeln!(output.err, "{error}\nIt is asked again until it answers.")?;
                    }
                    sleep(AGAIN_AFTER).await;
                }
                Err(error) => return Err(error.into_cli(server, RECEIVE)),
            }
            flush(output)?;
        }
    }

    async fn forward(
        &self,
        forwarder: &Forwarder,
        event: &Event,
        output: &mut Output<'_>,
    ) -> Result<(), CliError> {
        let is_wanted = |it: &WebhookType| it.as_str() == event.webhook_type;
        if self.types.is_empty() || self.types.iter().any(is_wanted) {
            let answer = forwarder.post(&event.id, &event.body).await?;
            writeln!(output.out, "{}\t{}\t{answer}", event.webhook_type, event.id)?;
            flush(output)?;
        }
        Ok(())
    }
}

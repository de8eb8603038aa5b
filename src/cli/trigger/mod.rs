//! `toffeepay trigger`: has an event happen at the sandbox, for whoever writes its receiver.
//!
//! Nothing is pretended: a session is created and paid, declined, cancelled or given back over HTTP,
//! as a game server and a player would, so that what is sent is what will be sent.

mod plan;

use std::process::ExitCode;

use clap::Args;

use plan::{Plan, plan_of};

use super::{
    CliError, Output,
    actors::{Actors, DECLINED, PAYS, Purchase, Session},
    operator::{flush, game_id},
    server_args::ServerArgs,
};
use crate::domain::{game::WebhookType, id::GameId, session::DECLINED_ATTEMPTS_MAX, world::World};

/// What is bought.
const ITEM: &str = "50 Gold Coins";

/// Has a webhook's event really happen, with test money, on a running service: a session is created,
/// and paid, declined, cancelled or given back, as a game server and a player would.
///
/// Beside `toffeepay dev` it needs nothing but the event's name. Each step is told on standard error,
/// and the ids are printed as session_id=…, payment_id=… and refund_id=… on separate lines.
///
/// Other events happen on the way: session.created before all else, payment.succeeded with
/// session.paid. Who is told of which is up to the game's endpoints.
///
/// payment.authorized and payment.cancelled need a game that takes held money itself (`toffeepay
/// games set GAME_ID --capture manual`), and refund.failed a bank that refuses refunds (`toffeepay dev
/// --sandbox-faults refuse_refunds`).
///
/// Example: toffeepay trigger session.paid
#[derive(Clone, Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct TriggerArgs {
    /// Which event, such as session.paid or refund.succeeded; another word is answered with all of
    /// them.
    #[arg(value_name = "EVENT", value_parser = event)]
    event: WebhookType,
    /// The game that the session is of, which must be the key's own.
    #[arg(long = "game", value_name = "GAME_ID", default_value = "space_shooter",
          value_parser = game_id)]
    game_id: GameId,
    /// The player, as the game knows them: 1 to 128 characters.
    #[arg(long = "user", value_name = "USER_ID", default_value = "player_42")]
    user_id: String,
    /// The price in the currency's minor unit: 499 is 4.99 USD.
    #[arg(long, value_name = "PRICE", default_value = "499")]
    price: u32,
    /// The currency, one of those that the game takes.
    #[arg(long, value_name = "CODE", default_value = "USD")]
    currency: String,
    #[command(flatten)]
    server: ServerArgs,
}

impl TriggerArgs {
    /// Does it.
    ///
    /// # Errors
    ///
    /// A [`CliError`] that says why the event did not happen.
    pub async fn run(self, output: &mut Output<'_>) -> Result<ExitCode, CliError> {
        let event = self.event;
        let plan = plan_of(event)
            .map_err(|why| CliError::Start(format!("{event} cannot be triggered: {why}")))?;
        let server = self.server.find(output)?;
        if server.world() != World::Test {
            return Err(CliError::Start(format!(
                "the key from {} is for live money, and nothing is triggered with that; give a test \
                 key (tp_test_…)",
                server.key_source()
            )));
        }
        let actors = Actors { server: &server };
        let purchase = Purchase {
            game_id: self.game_id.as_str(),
            user_id: &self.user_id,
            title: ITEM,
            price: self.price,
            currency: &self.currency,
        };
        let session = actors.create_session(&purchase).await?;
        writeln!(output.err, "The game server creates a session.")?;
        writeln!(output.out, "session_id={}", session.id)?;
        let mut stage = Stage { actors, session, output };
        stage.play(plan).await?;
        writeln!(stage.output.err, "{event} has happened.")?;
        flush(stage.output)?;
        Ok(ExitCode::SUCCESS)
    }
}

/// A session on its way.
struct Stage<'a, 'o> {
    actors: Actors<'a>,
    session: Session,
    output: &'a mut Output<'o>,
}

impl Stage<'_, '_> {
    async fn play(&mut self, plan: Plan) -> Result<(), CliError> {
        match plan {
            Plan::Begin => Ok(()),
            Plan::Cancel => {
                self.say("The player presses cancel.")?;
                self.actors.press(&self.session, "cancel", &[]).await?;
                self.session_is("cancelled").await
            }
            Plan::Decline => self.decline().await,
            Plan::DeclineAll => {
                for _ in 0..DECLINED_ATTEMPTS_MAX {
                    self.decline().await?;
                }
                self.session_is("failed").await
            }
            Plan::Pay => self.pay().await.map(drop),
            Plan::Hold => self.hold().await.map(drop),
            Plan::LetGo => {
                let payment_id = self.hold().await?;
                self.say("The game server lets the money go.")?;
                self.actors.let_go(&payment_id).await?;
                self.payment_is(&payment_id, "cancelled").await
            }
            Plan::Refund => self.refund("succeeded").await,
            Plan::RefuseRefund => self.refund("failed").await,
        }
    }

    async fn decline(&mut self) -> Result<(), CliError> {
        let payment_id = self.pay_by(DECLINED).await?;
        self.payment_is(&payment_id, "failed").await
    }

    /// The player pays, and the game takes the money if it is held.
    async fn pay(&mut self) -> Result<String, CliError> {
        let payment_id = self.pay_by(PAYS).await?;
        let moved = ["succeeded", "authorized"];
        if self.actors.payment_becomes(&payment_id, &moved).await? == "authorized" {
            self.say("The money is held, and the game server takes it.")?;
            self.actors.complete(&payment_id).await?;
        }
        self.session_is("paid").await?;
        Ok(payment_id)
    }

    async fn hold(&mut self) -> Result<String, CliError> {
        let payment_id = self.pay_by(PAYS).await?;
        let moved = ["authorized", "succeeded"];
        if self.actors.payment_becomes(&payment_id, &moved).await? == "succeeded" {
            return Err(CliError::Start(
                "the money was taken at once, as this game is set, and never only held. `toffeepay \
                 games set GAME_ID --capture manual` changes that for sessions from then on; without \
                 it, trigger payment.succeeded"
                    .to_owned(),
            ));
        }
        self.say("The money is held: the payment is authorized.")?;
        Ok(payment_id)
    }

    async fn refund(&mut self, wanted: &str) -> Result<(), CliError> {
        let payment_id = self.pay().await?;
        self.say("The game server asks for the money back.")?;
        let refund_id = self.actors.refund(&payment_id, "toffeepay trigger").await?;
        writeln!(self.output.out, "refund_id={refund_id}")?;
        let status = self.actors.refund_becomes(&refund_id, &["succeeded", "failed"]).await?;
        self.say(&format!("The refund has {status}."))?;
        if status == wanted {
            return Ok(());
        }
        let (bank, other) = match wanted {
            "failed" => ("gives the money back", "with `--sandbox-faults refuse_refunds`"),
            _ => ("refuses refunds", "without `--sandbox-faults refuse_refunds`"),
        };
        Err(CliError::Start(format!(
            "the sandbox's bank {bank} there; start `toffeepay dev` {other} and try again"
        )))
    }

    async fn pay_by(&mut self, card: &str) -> Result<String, CliError> {
        self.say(&format!("The player pays with the test card {card}."))?;
        let payment_id = self.actors.pay(&self.session, card).await?;
        writeln!(self.output.out, "payment_id={payment_id}")?;
        Ok(payment_id)
    }

    async fn session_is(&mut self, status: &str) -> Result<(), CliError> {
        self.actors.session_becomes(&self.session, &[status]).await?;
        self.say(&format!("The session is {status}."))
    }

    async fn payment_is(&mut self, payment_id: &str, status: &str) -> Result<(), CliError> {
        self.actors.payment_becomes(payment_id, &[status]).await?;
        self.say(&format!("The payment is {status}."))
    }

    fn say(&mut self, words: &str) -> Result<(), CliError> {
        Ok(writeln!(self.output.err, "{words}")?)
    }
}

fn event(text: &str) -> Result<WebhookType, String> {
    let all = || WebhookType::ALL.iter().map(|it| it.as_str()).collect::<Vec<_>>().join(", ");
    WebhookType::parse(text).ok_or_else(|| format!("must be one of {}", all()))
}

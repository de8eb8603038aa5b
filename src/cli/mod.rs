//! The command line: one file for each command, each of which explains itself with `--help`.
//!
//! Reads settings, calls the library, and turns what comes back into words and an exit code.

mod actors;
pub mod database;
pub mod dead_letters;
pub mod deliveries;
pub mod dev;
pub mod endpoints;
mod error;
pub mod games;
pub mod keys;
pub mod listen;
pub mod migrate;
mod operator;
mod output;
pub mod people;
pub mod replay;
pub mod serve;
mod server_args;
mod shutdown;
mod targets;
pub mod trigger;
pub mod webhook;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use sqlx::PgPool;

use crate::{
    admin::AdminError,
    domain::{game::GameError, id::GameId},
    event_store::{EventStore, StoreError},
    projections::game::GameRow,
};

pub use error::{CliError, EXIT_TROUBLE};
pub use output::Output;

/// ToffeePay: a payment service for games, on an event log that can be replayed.
///
/// `toffeepay COMMAND --help` explains a command, every option of it, and what a wrong value does.
/// Every command ends with exit code 0 if it did what it was asked, and 2 if it could not; what
/// else a code says is explained with the command.
#[derive(Debug, Parser)]
#[command(name = "toffeepay", version)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Dev(dev::DevArgs),
    Serve(serve::ServeArgs),
    Migrate(migrate::MigrateArgs),
    Games(games::GamesArgs),
    Keys(keys::KeysArgs),
    People(people::PeopleArgs),
    Endpoints(endpoints::EndpointsArgs),
    Deliveries(deliveries::DeliveriesArgs),
    Replay(replay::ReplayArgs),
    DeadLetters(dead_letters::DeadLettersArgs),
    Webhook(webhook::WebhookArgs),
    Trigger(trigger::TriggerArgs),
    Listen(listen::ListenArgs),
}

impl Cli {
    /// Does what was asked; tells the person at the terminal if that was not possible.
    pub async fn run(self) -> ExitCode {
        let done = match self.command {
            Command::Dev(args) => args.run().await.map(|()| ExitCode::SUCCESS),
            Command::Serve(args) => args.run().await.map(|()| ExitCode::SUCCESS),
            Command::Migrate(args) => Output::standard(async |it| args.run(it).await).await,
            Command::Games(args) => Output::standard(async |it| args.run(it).await).await,
            Command::Keys(args) => Output::standard(async |it| args.run(it).await).await,
            Command::People(args) => Output::standard(async |it| args.run(it).await).await,
            Command::Endpoints(args) => Output::standard(async |it| args.run(it).await).await,
            Command::Deliveries(args) => Output::standard(async |it| args.run(it).await).await,
            Command::Listen(args) => Output::standard(async |it| args.run(it).await).await,
            Command::Trigger(args) => Output::standard(async |it| args.run(it).await).await,
            Command::Replay(args) => {
                let code = Output::standard(async |it| args.run(it).await).await;
                code.map(ExitCode::from)
            }
            Command::DeadLetters(args) => {
                let code = Output::standard(async |it| args.run(it).await).await;
                code.map(ExitCode::from)
            }
            Command::Webhook(args) => {
                let code = Output::standard(async |it| args.run(it)).await;
                code.map(ExitCode::from)
            }
        };
        done.unwrap_or_else(|error| error.report())
    }
}

/// Another key would make every request fail; better to say so before there are any.
async fn check_key(store: &EventStore) -> Result<(), CliError> {
    match store.check_key().await {
        Err(StoreError::Key(_)) => Err(CliError::Start(
            "the master key is not the one that this log was written with: API keys, personal \
             data and secrets in this database need the MASTER_KEY (for dev: the data folder) \
             that was used at first"
                .to_owned(),
        )),
        other => other.map_err(CliError::start),
    }
}

async fn find_game(pool: &PgPool, game_id: &GameId) -> Result<GameRow, CliError> {
    let game = GameRow::find(pool, game_id.as_str()).await?;
    game.ok_or_else(|| AdminError::Game(GameError::NotFound).into())
}

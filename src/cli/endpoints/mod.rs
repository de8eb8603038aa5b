//! `toffeepay endpoints`: where a game's webhooks go.

mod add;
mod change;
mod expire_old;
mod list;
mod reveal;
mod rewrap;
mod rotate;
mod switch;

use std::{
    num::{NonZeroU16, NonZeroU32},
    process::ExitCode,
};

use clap::{Args, Subcommand};

use super::{CliError, Output, operator::flush};
use crate::domain::{game::DeliveryLimits, text::DisplayName, violation::Violation};

/// Adds, changes, disables and removes webhook endpoints, and rotates their secrets.
///
/// A game server hears of a payment by a signed POST to its endpoint. An endpoint belongs to one
/// game and one world. Its secret is shown when it is made; a sealed copy is kept. What was sent there, and what came of it, is shown by `toffeepay deliveries`.
///
/// Example:
///   `toffeepay endpoints add space_shooter --world test --url https://game.example/webhook > secret.txt`
///   `toffeepay endpoints list space_shooter`
///   `toffeepay endpoints change space_shooter whe_06xp… --per-second 50`
///   `toffeepay endpoints rotate space_shooter whe_06xp… --grace-hours 24 > secret.txt`
#[derive(Clone, Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct EndpointsArgs {
    #[command(subcommand)]
    command: EndpointsCommand,
}

#[derive(Clone, Debug, Subcommand)]
enum EndpointsCommand {
    Add(add::AddArgs),
    List(list::ListArgs),
    Change(change::ChangeArgs),
    Rotate(rotate::RotateArgs),
    ExpireOld(expire_old::ExpireOldArgs),
    Reveal(reveal::RevealArgs),
    Rewrap(rewrap::RewrapArgs),
    Disable(switch::DisableArgs),
    Enable(switch::EnableArgs),
    Remove(switch::RemoveArgs),
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
            EndpointsCommand::Change(args) => args.run(output).await?,
            EndpointsCommand::Rotate(args) => args.run(output).await?,
            EndpointsCommand::ExpireOld(args) => args.run(output).await?,
            EndpointsCommand::Reveal(args) => args.run(output).await?,
            EndpointsCommand::Rewrap(args) => args.run(output).await?,
            EndpointsCommand::Disable(args) => args.run(output).await?,
            EndpointsCommand::Enable(args) => args.run(output).await?,
            EndpointsCommand::Remove(args) => args.run(output).await?,
        }
        flush(output)?;
        Ok(ExitCode::SUCCESS)
    }
}

fn description(text: &str) -> Result<DisplayName, Violation> {
    DisplayName::parse(text)
}

/// How many at once; the usual number, if `None`.
fn at_once(text: &str) -> Result<AtOnce, Violation> {
    match text {
        "usual" => Ok(AtOnce(None)),
        text => DeliveryLimits::parse_at_once(text).map(|it| AtOnce(Some(it))),
    }
}

/// How many a second; as many as it takes, if `None`.
fn per_second(text: &str) -> Result<PerSecond, Violation> {
    match text {
        "none" => Ok(PerSecond(None)),
        text => DeliveryLimits::parse_per_second(text).map(|it| PerSecond(Some(it))),
    }
}

// Types of their own, since clap reads an `Option` as an argument that may be missing.

#[derive(Clone, Copy, Debug)]
struct AtOnce(Option<NonZeroU16>);

#[derive(Clone, Copy, Debug)]
struct PerSecond(Option<NonZeroU32>);

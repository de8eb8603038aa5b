//! Who sits at the terminal, and the few values that several commands read.

use std::env;

use clap::Args;

use super::{CliError, database::Opened};
use crate::{
    admin::Admin,
    domain::{
        game::{PayloadShape, WebhookType},
        id::{EndpointId, GameId},
        violation::Violation,
        world::World,
    },
};

/// Which endpoint of which game.
#[derive(Clone, Debug, Args)]
pub(super) struct OneEndpoint {
    /// The game's id.
    #[arg(value_parser = game_id)]
    pub(super) game_id: GameId,
    /// The endpoint's id (whe_…) as `endpoints list` shows it.
    #[arg(value_parser = endpoint_id)]
    pub(super) endpoint_id: EndpointId,
}

/// Does what the person at the terminal asks, under their name.
pub(super) fn admin(opened: &Opened) -> Admin {
    let Opened { store, pool, master, secret_keys } = opened;
    let admin = Admin::new(store.clone(), pool.clone(), master, actor());
    admin.with_secret_keys(secret_keys.clone())
}

/// How the log names them: `operator:` and the account's name. Not a proof, only a trace: whoever
/// holds the master key can say anything.
pub(super) fn actor() -> String {
    let name = ["USER", "LOGNAME"].into_iter().find_map(|it| env::var(it).ok());
    let name = name.filter(|it| !it.is_empty());
    let name = name.unwrap_or_else(|| format!("uid-{}", nix::unistd::getuid()));
    format!("operator:{name}")
}

/// Reads a game's id, as clap wants it.
pub(super) fn game_id(text: &str) -> Result<GameId, Violation> {
    GameId::parse(text)
}

/// Reads an endpoint's id, as clap wants it.
fn endpoint_id(text: &str) -> Result<EndpointId, Violation> {
    EndpointId::parse(text)
}

/// Reads a world, as clap wants it.
pub(super) fn world(text: &str) -> Result<World, Violation> {
    World::parse(text).ok_or_else(|| Violation::new("must be test or live", text))
}

/// Reads how a body is laid out, as clap wants it.
pub(super) fn shape(text: &str) -> Result<PayloadShape, Violation> {
    PayloadShape::parse(text).ok_or_else(|| Violation::new("must be flat or envelope", text))
}

/// Reads a type of webhook, as clap wants it.
pub(super) fn webhook_type(text: &str) -> Result<WebhookType, Violation> {
    let rule = "must be a type such as session.paid";
    WebhookType::parse(text).ok_or_else(|| Violation::new(rule, text))
}

/// A time that a person reads: UTC, to the second.
pub(super) fn moment(at: crate::domain::Timestamp) -> String {
    at.format("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// Ends a game's or key's command: what it wrote must have reached its reader.
pub(super) fn flush(output: &mut super::Output<'_>) -> Result<(), CliError> {
    output.out.flush()?;
    Ok(output.err.flush()?)
}

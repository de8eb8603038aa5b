//! `toffeepay endpoints list`: where webhooks go, and which.

use clap::Args;

use super::super::{
    CliError, Output,
    database::DatabaseUrlArgs,
    find_game,
    operator::{game_id, moment},
};
use crate::domain::{
    game::{Disabled, DisabledBy, Endpoint},
    id::GameId,
};

/// Prints one line for each endpoint: id, world, shape, events, URL, whether it is sent to, limits and
/// description, separated by tabs. Never a secret.
#[derive(Clone, Debug, Args)]
pub(super) struct ListArgs {
    /// The game's id.
    #[arg(value_parser = game_id)]
    game_id: GameId,
    #[command(flatten)]
    database: DatabaseUrlArgs,
}

impl ListArgs {
    pub(super) async fn run(self, output: &mut Output<'_>) -> Result<(), CliError> {
        let pool = self.database.open().await?;
        for it in find_game(&pool, &self.game_id).await?.endpoints.0 {
            let Endpoint { world, url, shape, types, description, limits } = it.endpoint;
            let types: Vec<&str> = types.iter().map(|it| it.as_str()).collect();
            let types = types.join(",");
            let state = it.disabled.map_or_else(|| "enabled".to_owned(), in_words);
            let at_once = limits.at_once.map(|it| format!("{it} at once"));
            let per_second = limits.per_second.map(|it| format!("{it} a second"));
            let limits: Vec<String> = [at_once, per_second].into_iter().flatten().collect();
            let limits = if limits.is_empty() { "no limits".to_owned() } else { limits.join(", ") };
            let description = description.as_ref().map_or("", |it| it.as_str());
            writeln!(
                output.out,
                "{}\t{world}\t{shape}\t{types}\t{url}\t{state}\t{limits}\t{description}",
                it.endpoint_id
            )?;
        }
        Ok(())
    }
}

fn in_words(disabled: Disabled) -> String {
    let by = match disabled.by {
        DisabledBy::Person => "by hand",
        DisabledBy::Gone => "since it answered 410 Gone",
        DisabledBy::Failing => "since nothing was delivered for 96 hours",
    };
    format!("disabled {by}, {}", moment(disabled.at))
}

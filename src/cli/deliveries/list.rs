//! `toffeepay deliveries list`: an endpoint's messages, the newest first.

use clap::Args;

use super::{
    super::{
        CliError, Output,
        database::DatabaseUrlArgs,
        find_game,
        operator::{OneEndpoint, moment},
    },
    since,
};
use crate::{
    admin::AdminError,
    domain::{Timestamp, game::GameError, violation::Violation},
    webhooks::history::{self, MessageRow, MessageState, PAGE_MAX, Which},
};

/// Prints one line for each message, the newest first: when it was caused, its id, the event, the
/// session, its place in the session, where it stands and what is next, separated by tabs.
#[derive(Clone, Debug, Args)]
pub(super) struct ListArgs {
    #[command(flatten)]
    of: OneEndpoint,
    /// Only those that are still to be sent (`due`), were given up (`dead`) or were taken
    /// (`delivered`).
    #[arg(long, value_name = "due|dead|delivered", value_parser = state)]
    state: Option<MessageState>,
    /// Only those caused since: 90m, 6h, 7d, or a moment such as 2026-11-28T12:00:00Z.
    #[arg(long, value_name = "SINCE", value_parser = since)]
    since: Option<Timestamp>,
    /// How many at most: 1 to 250.
    #[arg(long, value_name = "N", default_value_t = 50,
          value_parser = clap::value_parser!(u32).range(1..=i64::from(PAGE_MAX)))]
    limit: u32,
    #[command(flatten)]
    database: DatabaseUrlArgs,
}

impl ListArgs {
    pub(super) async fn run(self, output: &mut Output<'_>) -> Result<(), CliError> {
        let pool = self.database.open().await?;
        let game = find_game(&pool, &self.of.game_id).await?;
        if !game.endpoints.iter().any(|it| it.endpoint_id == self.of.endpoint_id) {
            return Err(AdminError::Game(GameError::EndpointNotFound).into());
        }
        let which = Which { state: self.state, since: self.since, before: None };
        let found = history::list(&pool, &self.of.endpoint_id, &which, self.limit).await?;
        for it in &found {
            let (noted_at, state) = (moment(it.noted_at), standing(it));
            let MessageRow { message_id, webhook_type, session_id, sequence, .. } = it;
            writeln!(
                output.out,
                "{noted_at}\t{message_id}\t{webhook_type}\t{session_id}\t{sequence}\t{state}"
            )?;
        }
        if found.len() == usize::try_from(self.limit).unwrap_or(usize::MAX) {
            writeln!(output.err, "There may be more: see --limit and --since.")?;
        }
        Ok(())
    }
}

/// Where a message stands, in words.
pub(super) fn standing(it: &MessageRow) -> String {
    let attempts = it.attempts.unwrap_or_default();
    match (it.state, it.next_at, it.died_at) {
        (MessageState::Due, _, _) if attempts == 0 => "due\tnot tried yet".to_owned(),
        (MessageState::Due, Some(next_at), _) => {
            format!("due\tattempt {} at {}", attempts.saturating_add(1), moment(next_at))
        }
        (MessageState::Dead, _, Some(died_at)) => {
            format!("dead\tgiven up after {attempts} attempts at {}", moment(died_at))
        }
        (state, _, _) => format!("{}\t", state.as_str()),
    }
}

fn state(text: &str) -> Result<MessageState, Violation> {
    let rule = "must be due, dead or delivered";
    MessageState::parse(text).ok_or_else(|| Violation::new(rule, text))
}

//! `toffeepay deliveries show`: one message, its bytes, and what came of each attempt.

use clap::Args;

use super::{
    super::{
        CliError, Output,
        database::DatabaseArgs,
        operator::{OneEndpoint, admin, moment},
    },
    list::standing,
    message_id,
};
use crate::webhooks::{
    MessageId,
    history::{AttemptRow, MessageDetail},
    outcome::BLOCKED_PORT,
};

/// Shows one message: where it stands, its body, and of each attempt when it was made, what was
/// sent, how long it took and what was answered. The body names a player.
///
/// Signatures are left out: with one, the message could be sent again by others for five minutes.
#[derive(Clone, Debug, Args)]
pub(super) struct ShowArgs {
    #[command(flatten)]
    of: OneEndpoint,
    /// The message's id (msg_…), which its receiver knows as `webhook-id`.
    #[arg(value_parser = message_id)]
    message_id: MessageId,
    #[command(flatten)]
    database: DatabaseArgs,
}

impl ShowArgs {
    pub(super) async fn run(self, output: &mut Output<'_>) -> Result<(), CliError> {
        let opened = self.database.open().await?;
        let Self { of: OneEndpoint { game_id, endpoint_id }, message_id, .. } = &self;
        let MessageDetail { row, body, attempts } =
            admin(&opened).webhook(game_id, endpoint_id, message_id).await?;
        let standing = standing(&row).replace('\t', ", ");
        writeln!(
            output.out,
            "{message_id}: {}, {}",
            row.webhook_type,
            standing.trim_end_matches(", ")
        )?;
        writeln!(output.out, "of {}, {}", row.session_id, moment(row.noted_at))?;
        let body = body.map_or_else(|| "(cannot be opened)".to_owned(), |it| readable(&it));
        writeln!(output.out, "\n{body}")?;
        for attempt in &attempts {
            tell(attempt, message_id, output)?;
        }
        if attempts.is_empty() {
            writeln!(output.out, "\nno attempt was made yet")?;
        }
        Ok(())
    }
}

fn tell(it: &AttemptRow, message_id: &MessageId, output: &mut Output<'_>) -> Result<(), CliError> {
    let AttemptRow { at, number, outcome, http_status, elapsed_ms, answer } = it;
    let status = http_status.map(|it| format!(" with {it}")).unwrap_or_default();
    let out = &mut output.out;
    writeln!(out, "\nattempt {number}, {}: {outcome}{status} after {elapsed_ms} ms", moment(*at))?;
    for (name, value) in it.headers(message_id) {
        writeln!(out, "  > {name}: {value}")?;
    }
    if outcome == BLOCKED_PORT {
        writeln!(out, "  nothing was sent: webhooks may not go to the port of the endpoint's URL")?;
        writeln!(
            out,
            "  (`toffeepay endpoints change --url` moves it, WEBHOOK_PORTS allows more)"
        )?;
    }
    for line in
        answer.iter().flat_map(|it| readable(it).lines().map(str::to_owned).collect::<Vec<_>>())
    {
        writeln!(out, "  < {line}")?;
    }
    Ok(())
}

/// As text, with what would steer a terminal made visible.
fn readable(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let visible = |it: char| match it {
        '\n' => "\n".to_owned(),
        it if it.is_control() => it.escape_default().to_string(),
        it => it.to_string(),
    };
    text.chars().map(visible).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_cannot_steer_the_terminal_that_shows_it() {
        assert_eq!(readable(b"no\n\x1b[2Jcleared"), "no\n\\u{1b}[2Jcleared");
        assert_eq!(readable(b"\xff\r"), "\u{fffd}\\r");
    }
}

//! `toffeepay deliveries`: what was sent to an endpoint, and having it sent again.

mod list;
mod recover;
mod resend;
mod show;

use std::process::ExitCode;

use chrono::{DateTime, TimeDelta};
use clap::{Args, Subcommand};

use super::{CliError, Output, operator::flush};
use crate::{
    clock::{Clock as _, SystemClock},
    domain::{Timestamp, violation::Violation},
    webhooks::MessageId,
};

/// Shows what was sent to a webhook endpoint and what came of it, and has it sent again.
///
/// Messages and attempts are kept for 30 days.
///
/// Example:
///   toffeepay deliveries list space_shooter whe_06xp… --state dead
///   toffeepay deliveries show space_shooter whe_06xp… msg_5f0c…
///   toffeepay deliveries resend space_shooter whe_06xp… msg_5f0c…
///   toffeepay deliveries recover space_shooter whe_06xp… --since 6h
#[derive(Clone, Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct DeliveriesArgs {
    #[command(subcommand)]
    command: DeliveriesCommand,
}

#[derive(Clone, Debug, Subcommand)]
enum DeliveriesCommand {
    List(list::ListArgs),
    Show(show::ShowArgs),
    Resend(resend::ResendArgs),
    Recover(recover::RecoverArgs),
}

impl DeliveriesArgs {
    /// Does it.
    ///
    /// # Errors
    ///
    /// A [`CliError`].
    pub async fn run(self, output: &mut Output<'_>) -> Result<ExitCode, CliError> {
        match self.command {
            DeliveriesCommand::List(args) => args.run(output).await?,
            DeliveriesCommand::Show(args) => args.run(output).await?,
            DeliveriesCommand::Resend(args) => args.run(output).await?,
            DeliveriesCommand::Recover(args) => args.run(output).await?,
        }
        flush(output)?;
        Ok(ExitCode::SUCCESS)
    }
}

fn message_id(text: &str) -> Result<MessageId, Violation> {
    let rule = "must be msg_ and 32 hexadecimal digits, as `deliveries list` shows it";
    MessageId::parse(text).ok_or_else(|| Violation::new(rule, text))
}

/// A moment, or how long ago it was: 90m, 6h, 7d, or such as 2026-11-28T12:00:00Z.
fn since(text: &str) -> Result<Timestamp, Violation> {
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Ok(at.to_utc());
    }
    let ago = text.split_at_checked(text.len().saturating_sub(1)).and_then(|(count, unit)| {
        let count: u32 = count.parse().ok()?;
        match unit {
            "m" => TimeDelta::try_minutes(count.into()),
            "h" => TimeDelta::try_hours(count.into()),
            "d" => TimeDelta::try_days(count.into()),
            _ => None,
        }
    });
    let at = ago.and_then(|it| SystemClock.now().checked_sub_signed(it));
    at.ok_or_else(|| Violation::new("must be such as 90m, 6h, 7d or 2026-11-28T12:00:00Z", text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn since_is_a_moment_or_how_long_ago_it_was() {
        assert_eq!(since("1970-01-01T01:00:00+01:00").ok(), Some(DateTime::UNIX_EPOCH));
        for (text, seconds) in [("90m", 5_400), ("6h", 21_600), ("7d", 604_800)] {
            let at = since(text).unwrap();
            let ago = SystemClock.now() - at;
            assert!((seconds..seconds + 60).contains(&ago.num_seconds()), "{text}");
        }
        for text in ["", "m", "6", "6w", "-1h", "h6", "1.5h", "4294967295d", "yesterday", "6ü"] {
            assert!(since(text).is_err(), "{text}");
        }
    }
}

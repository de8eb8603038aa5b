//! `toffeepay dead-letters`: events that a part of the service could not take.

use clap::{Args, Subcommand};
use url::Url;

use super::{
    CliError, Output,
    database::{DatabaseArgs, DatabaseUrlArgs, Opened},
    operator::{flush, moment},
    serve::base_url,
};
use crate::{
    acts::Acts,
    event_store::subscription::{self, Retried, Subscriber, retry_dead_letters},
    figures::Figures,
    ids::SHARD,
    processes::ProviderCalls,
    webhooks::{Deliveries, PublicUrls},
};

/// What `retry` ends with if some are left.
const EXIT_LEFT: u8 = 1;

/// Lists events that a part of the service could not take, and has them handled again.
///
/// Four parts follow the log: `provider-calls` notes what a provider is to be asked for, `webhooks`
/// what game servers are to be told, `figures` counts for the dashboard, and `acts` finds what people did, for
/// its history. An event that one of them refused five times is a dead letter.
/// Later events of its session wait behind it, while other sessions go on. Until it is handled,
/// that session's money is not moved (provider-calls), its game server hears no more of it (webhooks),
/// it is not counted (figures), or what was done is missing from the history (acts). The metric toffeepay_subscription_dead_letters counts them; it should be 0.
///
/// See with `list` what they stumbled over, mend that (often by a newer version of the service),
/// and then `retry`. Webhooks that a receiver did not take are something else: see
/// `toffeepay deliveries`.
///
/// Example:
///   toffeepay dead-letters list
///   toffeepay dead-letters retry
#[derive(Clone, Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct DeadLettersArgs {
    #[command(subcommand)]
    command: DeadLettersCommand,
}

#[derive(Clone, Debug, Subcommand)]
enum DeadLettersCommand {
    List(ListArgs),
    Retry(RetryArgs),
}

/// Prints one line for each stream: which part, the stream, the position of the event that was
/// refused, how often it was tried, since when it waits, how many later ones wait behind it, and
/// why it was refused, separated by tabs. Nothing that identifies a player.
#[derive(Clone, Debug, Args)]
struct ListArgs {
    #[command(flatten)]
    database: DatabaseUrlArgs,
}

/// Handles all dead letters again, stream by stream, each in the order of the log.
///
/// Safe beside a running service, and safe to repeat: each event has its effect once. One that is
/// refused again stays, and so do those behind it. Ends with 0 if none is left, and with 1 if some
/// are.
///
/// Example: PAY_BASE_URL=https://pay.example.com toffeepay dead-letters retry
#[derive(Clone, Debug, Args)]
#[command(verbatim_doc_comment)]
struct RetryArgs {
    /// Where players find the payment page, as `toffeepay serve` has it: the webhooks that are made
    /// now name it. With another address than the service's, they lead to a wrong place.
    #[arg(long, value_name = "PAY_BASE_URL", env = "PAY_BASE_URL", value_parser = base_url)]
    pay_base_url: Url,
    #[command(flatten)]
    database: DatabaseArgs,
}

impl DeadLettersArgs {
    /// Does it; the exit code.
    ///
    /// # Errors
    ///
    /// A [`CliError`]; what was handled before it stays handled.
    pub async fn run(self, output: &mut Output<'_>) -> Result<u8, CliError> {
        let code = match self.command {
            DeadLettersCommand::List(args) => args.run(output).await?,
            DeadLettersCommand::Retry(args) => args.run(output).await?,
        };
        flush(output)?;
        Ok(code)
    }
}

impl ListArgs {
    async fn run(self, output: &mut Output<'_>) -> Result<u8, CliError> {
        let pool = self.database.open().await?;
        for it in subscription::parked_streams(&pool).await? {
            let (since, error) = (moment(it.parked_at), it.error.escape_debug());
            writeln!(
                output.out,
                "{}\t{}\tposition {}\t{} attempts\tsince {since}\t{} behind it\t{error}",
                it.subscription, it.stream, it.position, it.attempts, it.waiting
            )?;
        }
        Ok(0)
    }
}

impl RetryArgs {
    async fn run(self, output: &mut Output<'_>) -> Result<u8, CliError> {
        let opened = self.database.open().await?;
        let urls = PublicUrls { pay_base_url: self.pay_base_url };
        let deliveries = Deliveries::new(opened.store.clone(), &opened.master, urls);
        let left = retry(&opened, &ProviderCalls, output).await?
            + retry(&opened, &deliveries, output).await?
            + retry(&opened, &Figures, output).await?
            + retry(&opened, &Acts, output).await?;
        Ok(if left == 0 { 0 } else { EXIT_LEFT })
    }
}

/// How many are left.
async fn retry<S: Subscriber>(
    opened: &Opened,
    subscriber: &S,
    output: &mut Output<'_>,
) -> Result<i64, CliError> {
    let retried = retry_dead_letters(&opened.pool, subscriber, SHARD).await;
    let Retried { handled, left } = retried.map_err(CliError::start)?;
    writeln!(output.out, "{}\t{handled} handled\t{left} left", S::NAME)?;
    Ok(left)
}

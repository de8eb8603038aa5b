//! `toffeepay deliveries recover`: all that an endpoint did not take, once more.

use std::time::Duration;

use clap::Args;
use tokio::time::sleep;

use super::{
    super::{
        CliError, Output,
        database::DatabaseArgs,
        operator::{OneEndpoint, admin},
    },
    since,
};
use crate::{
    clock::{Clock as _, SystemClock},
    domain::{Timestamp, id::RecoveryId},
    ids::NewId as _,
    webhooks::recovery,
};

/// How often it is asked how far the service is.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Hands in again all messages that an endpoint did not take: those that were given up, and those
/// that wait for a later attempt. Each gets all thirteen attempts before it. Mend the receiver first.
///
/// The work is kept in the database and done in pieces: if this command is stopped, the service goes
/// on with it. The receiver may have granted what it was told of without saying so; the messages
/// keep their ids, by which it can tell.
///
/// Example: toffeepay deliveries recover space_shooter whe_06xp… --since 6h
#[derive(Clone, Debug, Args)]
#[command(verbatim_doc_comment)]
pub(super) struct RecoverArgs {
    #[command(flatten)]
    of: OneEndpoint,
    /// Only of those caused since: 90m, 6h, 7d, or a moment such as 2026-11-28T12:00:00Z.
    /// [default: all that are kept, 30 days]
    #[arg(long, value_name = "SINCE", value_parser = since)]
    since: Option<Timestamp>,
    #[command(flatten)]
    database: DatabaseArgs,
}

impl RecoverArgs {
    pub(super) async fn run(self, output: &mut Output<'_>) -> Result<(), CliError> {
        let opened = self.database.open().await?;
        let since = self.since.unwrap_or(Timestamp::UNIX_EPOCH);
        let id = RecoveryId::new(SystemClock.now());
        let OneEndpoint { game_id, endpoint_id, .. } = &self.of;
        let started = admin(&opened).recover_webhooks(game_id, endpoint_id, &id, since).await?;
        let mut job = started;
        while job.finished_at.is_none() {
            if recovery::step(&opened.pool).await?.is_none() {
                // The service is at it.
                sleep(LOOK_EVERY).await;
            }
            let Some(known) = recovery::find(&opened.pool, &job.recovery_id).await? else {
                // The endpoint was removed meanwhile.
                break;
            };
            if output.is_watched && job.handed_in < known.handed_in {
                writeln!(output.err, "{} of {} handed in", known.handed_in, known.total)?;
            }
            job = known;
        }
        let handed_in = job.handed_in;
        writeln!(output.out, "{handed_in}")?;
        let endpoint_id = &self.of.endpoint_id;
        match handed_in {
            0 => writeln!(output.err, "There is nothing that {endpoint_id} did not take.")?,
            n => writeln!(output.err, "{n} message(s) are sent to {endpoint_id} again.")?,
        }
        Ok(())
    }
}

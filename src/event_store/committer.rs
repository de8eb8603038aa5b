//! Group commit: one task a process, which appends whatever is waiting when it is free.
//!
//! No timer and no added delay: under load batches grow by themselves. While the database works on a
//! batch, the next is sent ahead once it is worth a commit of its own. An error at commit is
//! unknown, not failed: the same batch is called again on a new connection until the database
//! says what became of it.

use std::{io, sync::Arc, time::Duration};

use futures::{StreamExt, stream::FuturesUnordered};
use sqlx::{
    ConnectOptions, PgConnection,
    error::DatabaseError,
    postgres::{PgConnectOptions, PgDatabaseError, PgSeverity},
};
use tokio::{
    sync::{mpsc, oneshot},
    time::{Instant, sleep, timeout},
};

use super::{
    append::{Append, Appended, append_batch},
    sqlstate,
};

/// The most appends of one batch. More gain nothing (measured) and lock the head for longer.
const BATCH_MAX: usize = 256;
/// The fewest appends of a batch that is sent while another is under way; and never fewer than that
/// one has. Small commits cost more than they save.
pub const AHEAD_MIN: usize = 32;
/// How many batches are under way at most: the database works on one, the other waits for the head.
const LANES: usize = 2;
/// The wait between two calls for a batch that has no answer yet.
const RETRY_EVERY: Duration = Duration::from_millis(100);

/// PostgreSQL's code for a violated check.
const CHECK_VIOLATION: &str = "23514";

/// How long and how many appends wait.
#[derive(Clone, Copy, Debug)]
pub struct CommitLimits {
    /// How many appends may wait beside those of the next batch. Beyond, callers are told at once that
    /// the log is unavailable.
    pub waiting_max: usize,
    /// How long one call may take before its connection is given up and the call repeated.
    pub call: Duration,
    /// How long the database is asked about a batch before its callers are told that there is no
    /// answer; and how long an append may wait for its turn.
    pub answer: Duration,
}

impl Default for CommitLimits {
    fn default() -> Self {
        Self { waiting_max: 4_096, call: Duration::from_secs(5), answer: Duration::from_secs(10) }
    }
}

/// Why an append has no answer.
#[derive(Clone, Debug, thiserror::Error)]
pub enum AppendError {
    /// Too many appends wait, the database is away or the service is stopping. Nothing was added.
    #[error("the log takes no more appends at the moment")]
    Unavailable,
    /// The database did not say what became of it. Ask again with the same command id.
    #[error("whether the log took the append is not known")]
    Unknown,
    /// The database refuses it for what it holds. Nothing was added.
    #[error("the database refuses the append: {0}")]
    Refused(Arc<sqlx::Error>),
}

/// Told after each commit that added something.
pub type OnCommit = Arc<dyn Fn() + Send + Sync>;

/// Hands appends to the committer's task. The task ends when every clone is dropped, after it
/// has answered what waits.
#[derive(Clone)]
pub struct Committer {
    queue: mpsc::Sender<Submission>,
}

struct Submission {
    append: Append,
    since: Instant,
    answer: oneshot::Sender<Result<Appended, AppendError>>,
}

impl Committer {
    /// Starts the task.
    pub fn start(options: PgConnectOptions, limits: CommitLimits, on_commit: OnCommit) -> Self {
        let (queue, waiting) = mpsc::channel(limits.waiting_max);
        let lane = || Lane {
            options: options.clone(),
            limits,
            connection: None,
            on_commit: Arc::clone(&on_commit),
        };
        let lanes = (0..LANES).map(|_| lane()).collect();
        tokio::spawn(commit_all(lanes, waiting));
        Self { queue }
    }

    /// Appends; comes back once the database has said what became of it.
    ///
    /// Dropped before that, the append may still come to be, or not: its command id tells.
    ///
    /// # Errors
    ///
    /// Each [`AppendError`].
    pub async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        let (answer, receive) = oneshot::channel();
        let submission = Submission { append, since: Instant::now(), answer };
        self.queue.try_send(submission).map_err(|_| AppendError::Unavailable)?;
        receive.await.unwrap_or(Err(AppendError::Unknown))
    }
}

/// Commits one batch after the other, on a connection of its own.
struct Lane {
    options: PgConnectOptions,
    limits: CommitLimits,
    connection: Option<PgConnection>,
    on_commit: OnCommit,
}

/// Hands what waits to the lanes, until nobody can submit any more and all is answered.
async fn commit_all(mut idle: Vec<Lane>, mut waiting: mpsc::Receiver<Submission>) {
    let mut under_way = FuturesUnordered::new();
    let mut sent = 0;
    let mut received = Vec::with_capacity(BATCH_MAX);
    let mut is_open = true;
    loop {
        let is_due = match sent {
            0 => !received.is_empty(),
            sent => AHEAD_MIN.max(sent) <= received.len(),
        };
        if is_due && let Some(lane) = idle.pop() {
            sent += received.len();
            let batch = std::mem::replace(&mut received, Vec::with_capacity(BATCH_MAX));
            under_way.push(lane.run(batch));
        }
        let room = if idle.is_empty() { 0 } else { BATCH_MAX - received.len() };
        tokio::select! {
            Some((lane, count)) = under_way.next() => {
                sent -= count;
                idle.push(lane);
            }
            count = waiting.recv_many(&mut received, room), if is_open && 0 < room => {
                is_open = 0 < count;
            }
            else => return,
        }
    }
}

impl Lane {
    /// Commits what of a batch is still wanted; itself, and how many it was given.
    async fn run(mut self, received: Vec<Submission>) -> (Self, usize) {
        let count = received.len();
        let batch = self.still_wanted(received.into_iter());
        if !batch.is_empty() {
            metrics::histogram!("toffeepay_append_batch_size").record(batch.len() as f64);
            self.commit(batch).await;
        }
        (self, count)
    }

    /// Leaves out, none of it sent yet, what nobody waits for any more and what waited too long:
    /// or a database that was away would find a queue of work that no caller wants.
    fn still_wanted(&self, received: impl Iterator<Item = Submission>) -> Vec<Submission> {
        let mut batch = Vec::with_capacity(BATCH_MAX);
        for it in received.filter(|it| !it.answer.is_closed()) {
            if it.since.elapsed() <= self.limits.answer {
                batch.push(it);
            } else {
                let _ = it.answer.send(Err(AppendError::Unavailable));
            }
        }
        batch
    }

    /// Appends a batch; if the database refuses it as a whole, member by member.
    async fn commit(&mut self, batch: Vec<Submission>) {
        let deadline = Instant::now() + self.limits.answer;
        let appends: Vec<&Append> = batch.iter().map(|it| &it.append).collect();
        match self.settle(&appends, deadline).await {
            Ok(answers) => self.tell(batch.into_iter().zip(answers.into_iter().map(Ok))),
            Err(AppendError::Refused(_)) if batch.len() > 1 => {
                for member in batch {
                    if deadline <= Instant::now() {
                        self.tell([(member, Err(AppendError::Unavailable))]);
                        continue;
                    }
                    let outcome = self.settle(&[&member.append], deadline).await;
                    let outcome = outcome.map(|answers| answers.into_iter().next());
                    let outcome = outcome.and_then(|it| it.ok_or(AppendError::Unknown));
                    self.tell([(member, outcome)]);
                }
            }
            Err(error) => self.tell(batch.into_iter().map(|it| (it, Err(error.clone())))),
        }
    }

    fn tell(
        &self,
        outcomes: impl IntoIterator<Item = (Submission, Result<Appended, AppendError>)>,
    ) {
        let mut any_new = false;
        for (member, outcome) in outcomes {
            any_new |= matches!(outcome, Ok(Appended::New(_)));
            // A caller that went away does not need its answer: the log has the truth.
            let _ = member.answer.send(outcome);
        }
        if any_new {
            (self.on_commit)();
        }
    }

    /// Calls until the database has said what became of the batch, or until `deadline`.
    async fn settle(
        &mut self,
        batch: &[&Append],
        deadline: Instant,
    ) -> Result<Vec<Appended>, AppendError> {
        let call_max = self.limits.call;
        let mut is_in_doubt = false;
        loop {
            let error = match timeout(call_max, self.call(batch, &mut is_in_doubt)).await {
                Ok(Ok(answers)) => return Ok(answers),
                Ok(Err(error)) if is_about_content(&error) => {
                    return Err(AppendError::Refused(Arc::new(error)));
                }
                Ok(Err(error)) => error,
                Err(_) => io::Error::from(io::ErrorKind::TimedOut).into(),
            };
            // What the connection holds is not known: a new one asks.
            self.connection = None;
            tracing::warn!(%error, appends = batch.len(), is_in_doubt, "no answer; asking again");
            if deadline <= Instant::now() {
                let error =
                    if is_in_doubt { AppendError::Unknown } else { AppendError::Unavailable };
                return Err(error);
            }
            sleep(RETRY_EVERY).await;
        }
    }

    /// Calls once. `is_in_doubt` stays true once a call was sent whose outcome is not known.
    async fn call(
        &mut self,
        batch: &[&Append],
        is_in_doubt: &mut bool,
    ) -> Result<Vec<Appended>, sqlx::Error> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.options.connect().await?,
        };
        let was_in_doubt = std::mem::replace(is_in_doubt, true);
        let answers = append_batch(&mut connection, batch).await;
        if answers.as_ref().map_or_else(is_rolled_back, |_| true) {
            *is_in_doubt = was_in_doubt;
            self.connection = Some(connection);
        }
        answers
    }
}

/// Whether the server itself said that the statement failed. A fatal error says only that the
/// session ended, perhaps just after the commit.
fn is_rolled_back(error: &sqlx::Error) -> bool {
    let error = error.as_database_error().and_then(|it| it.try_downcast_ref::<PgDatabaseError>());
    error.is_some_and(|it| it.severity() == PgSeverity::Error)
}

/// Whether the database refuses what an append holds, so that asking again cannot help.
fn is_about_content(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Database(error) => {
            let code = error.code().unwrap_or_default();
            sqlstate::is_about_content(&code) && !is_without_partition(&code, error.as_ref())
        }
        sqlx::Error::Encode(_) => true,
        _ => false,
    }
}

/// Whether no partition takes the event's position. PostgreSQL reports that as a violated check,
/// which unlike ours has no name.
fn is_without_partition(code: &str, error: &dyn DatabaseError) -> bool {
    code == CHECK_VIOLATION && error.constraint().is_none() && error.table() == Some("event")
}

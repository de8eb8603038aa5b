//! Executes commands: load, decide, append; after a conflict decide again on what is now true.

use cqrs_es::{Aggregate, event_sink::EventSink};
use sqlx::{PgPool, postgres::PgConnectOptions};
use uuid::Uuid;

use super::{
    Append, AppendError, Appended, CommandContext, CommitLimits, Committer, EntryError, Loaded,
    LoadedEvent, OnCommit, Remembered, Rows, StoredAggregate, StreamKeys,
    append::EVENTS_PER_APPEND_MAX, entry, load, remembered, stream_name,
};
use crate::{
    clock::Clock as _,
    domain::id::EventId,
    ids::{NewId as _, SHARD},
    vault::{Key, VaultError},
};

/// How often a command is decided at most, conflicts included.
const DECISIONS_MAX: usize = 4;

/// The log as the rest of the service sees it: commands in, aggregates out.
#[derive(Clone)]
pub struct EventStore {
    pub(super) pool: PgPool,
    committer: Committer,
    pub(super) keys: std::sync::Arc<StreamKeys>,
}

/// Why the log could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database did not answer.
    #[error("the database did not answer: {0}")]
    Database(#[from] sqlx::Error),
    /// An entry cannot be written or read.
    #[error(transparent)]
    Entry(#[from] EntryError),
    /// A stream's key does not open with our master key.
    #[error("a stream's key cannot be opened: {0}")]
    Key(#[from] VaultError),
    /// A stream has fewer events than it counts.
    #[error("events of stream {stream} are missing")]
    Incomplete {
        /// Which.
        stream: String,
    },
    /// The command's id was used for another aggregate: what it asks for here never happened.
    #[error("the command was given to stream {stream} before")]
    CommandElsewhere {
        /// Which had it first.
        stream: String,
    },
    /// A command caused more events than one append takes.
    #[error("a command caused {0} events, more than one append takes")]
    TooManyEvents(usize),
    /// The append has no answer.
    #[error(transparent)]
    Append(#[from] AppendError),
}

/// Why a command came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum ExecuteError<E: std::error::Error> {
    /// The rules refuse it.
    #[error(transparent)]
    Refused(E),
    /// Others kept changing the same aggregate; try again.
    #[error("the object was changed at the same time; try again")]
    Conflict,
    /// The log could not be read or written; after [`AppendError::Unknown`] it may have been.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What a command came to.
pub struct Executed<A: Aggregate> {
    /// The aggregate after it.
    pub aggregate: A,
    /// Its version after it.
    pub version: i64,
    /// What was added; nothing, if it was so already.
    pub events: Vec<A::Event>,
}

/// What came of a command that a client may repeat.
pub enum Once<A: Aggregate> {
    /// It was executed now.
    Executed(Executed<A>),
    /// It had been, and this was answered.
    Repeated(Remembered),
}

/// How to remember a command that a client may repeat.
pub struct Remember<'a, A> {
    /// SHA-256 of the decoded request.
    pub fingerprint: [u8; 32],
    /// The response message, made from the aggregate after the command.
    pub respond: &'a (dyn Fn(&A) -> Vec<u8> + Send + Sync),
}

impl EventStore {
    /// Opens the log: reads go through `pool`, appends through a connection of its own.
    pub fn open(
        pool: PgPool,
        options: PgConnectOptions,
        master: &Key,
        on_commit: OnCommit,
    ) -> Self {
        Self::open_with(pool, options, master, CommitLimits::default(), on_commit)
    }

    /// Opens the log with limits of one's own.
    pub fn open_with(
        pool: PgPool,
        options: PgConnectOptions,
        master: &Key,
        limits: CommitLimits,
        on_commit: OnCommit,
    ) -> Self {
        let committer = Committer::start(options, limits, on_commit);
        Self { pool, committer, keys: StreamKeys::of(master).into() }
    }

    /// Whether the log was written with our master key; an empty log was.
    ///
    /// The first event whose stream has a key decides: all that came later had to pass this check.
    ///
    /// # Errors
    ///
    /// [`StoreError::Key`] if it was not, [`StoreError::Database`].
    pub async fn check_key(&self) -> Result<(), StoreError> {
        let any: Option<(String, Vec<u8>)> = sqlx::query_as(
            "SELECT stream, wrapped_key FROM event JOIN stream USING (stream)
             WHERE event.shard = $1 AND wrapped_key IS NOT NULL ORDER BY event.position LIMIT 1",
        )
        .bind(SHARD)
        .fetch_optional(&self.pool)
        .await?;
        if let Some((stream, wrapped)) = any {
            self.keys.unwrap(&stream, &wrapped)?;
        }
        Ok(())
    }

    /// Folds a stream up to and with version `up_to` (all of it, if `None`).
    ///
    /// # Errors
    ///
    /// A [`StoreError`].
    pub async fn load<A: StoredAggregate>(
        &self,
        id: &str,
        up_to: Option<i64>,
    ) -> Result<Loaded<A>, StoreError> {
        load::load(&self.pool, &self.keys, id, up_to).await
    }

    /// Reads all events of a stream, in order.
    ///
    /// # Errors
    ///
    /// A [`StoreError`].
    pub async fn events<A: StoredAggregate>(
        &self,
        id: &str,
    ) -> Result<Vec<LoadedEvent<A::Event>>, StoreError> {
        Ok(load::load_events::<A>(&self.pool, &self.keys, id).await?.0)
    }

    /// Appends what was decided elsewhere: for tests and tools, which bring their own entries.
    ///
    /// # Errors
    ///
    /// An [`AppendError`].
    pub async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        self.committer.append(append).await
    }

    /// Executes a command. A repeat adds nothing and gets the aggregate as it stands now, even if
    /// the rules would refuse it by now.
    ///
    /// # Errors
    ///
    /// Each [`ExecuteError`].
    pub async fn execute<A: StoredAggregate>(
        &self,
        id: &str,
        command: A::Command,
        context: &CommandContext,
    ) -> Result<Executed<A>, ExecuteError<A::Error>> {
        match self.decide_and_append(id, command, context, None).await {
            Ok(Once::Executed(executed)) => return Ok(executed),
            Ok(Once::Repeated(_)) => {
                self.is_repeat::<A>(id, context).await?;
            }
            Err(ExecuteError::Refused(refusal)) => {
                if !context.is_repeatable || !self.is_repeat::<A>(id, context).await? {
                    return Err(ExecuteError::Refused(refusal));
                }
            }
            Err(error) => return Err(error),
        }
        self.as_it_stands(id).await
    }

    /// Executes a command that a client may repeat: the repeat gets the first one's response.
    ///
    /// It is looked for before anything is loaded, and again before a refusal; where an aggregate
    /// begins, only by the append, since nearly every such command is new.
    ///
    /// # Errors
    ///
    /// Each [`ExecuteError`].
    pub async fn execute_once<A: StoredAggregate>(
        &self,
        id: &str,
        command: A::Command,
        context: &CommandContext,
        remember: Remember<'_, A>,
    ) -> Result<Once<A>, ExecuteError<A::Error>> {
        if !A::begins(&command)
            && let Some(remembered) = self.remembered(context.command_id).await?
        {
            return Ok(Once::Repeated(remembered));
        }
        match self.decide_and_append(id, command, context, Some(&remember)).await {
            Err(ExecuteError::Refused(refusal)) => {
                let remembered = self.remembered(context.command_id).await?;
                remembered.map(Once::Repeated).ok_or(ExecuteError::Refused(refusal))
            }
            outcome => outcome,
        }
    }

    /// What was answered to a command, if the log has it.
    ///
    /// # Errors
    ///
    /// A [`StoreError`].
    pub async fn remembered(&self, command_id: Uuid) -> Result<Option<Remembered>, StoreError> {
        let found = remembered::find(&self.pool, &self.keys, command_id).await?;
        Ok(found.map(|it| it.remembered))
    }

    /// Whether this aggregate was given the command before.
    async fn is_repeat<A: StoredAggregate>(
        &self,
        id: &str,
        context: &CommandContext,
    ) -> Result<bool, StoreError> {
        match remembered::find(&self.pool, &self.keys, context.command_id).await? {
            Some(found) => same_stream::<A>(id, found.stream).map(|()| true),
            None => Ok(false),
        }
    }

    async fn as_it_stands<A: StoredAggregate>(
        &self,
        id: &str,
    ) -> Result<Executed<A>, ExecuteError<A::Error>> {
        let Loaded { aggregate, version, .. } = self.load::<A>(id, None).await?;
        Ok(Executed { aggregate, version, events: vec![] })
    }

    async fn decide_and_append<A: StoredAggregate>(
        &self,
        id: &str,
        command: A::Command,
        context: &CommandContext,
        remember: Option<&Remember<'_, A>>,
    ) -> Result<Once<A>, ExecuteError<A::Error>> {
        for decision in 0..DECISIONS_MAX {
            let loaded = if decision == 0 && A::begins(&command) {
                Loaded { aggregate: A::default(), version: 0, key: None }
            } else {
                self.load::<A>(id, None).await?
            };
            let version = loaded.version;
            let (aggregate, events) = decide(&loaded.aggregate, command.clone()).await?;
            if events.is_empty() {
                if !self.keep_unchanged(id, &loaded, context, remember).await? {
                    let remembered = self.remembered(context.command_id).await?;
                    return Ok(Once::Repeated(remembered.unwrap_or_default()));
                }
                return Ok(Once::Executed(Executed { aggregate, version, events }));
            }
            let append = self.prepare(id, &loaded, &aggregate, &events, context, remember)?;
            match self.committer.append(append).await.map_err(StoreError::from)? {
                Appended::New(receipt) => {
                    let version = receipt.version;
                    return Ok(Once::Executed(Executed { aggregate, version, events }));
                }
                Appended::Duplicate(_) => {
                    let remembered = self.remembered(context.command_id).await?;
                    return Ok(Once::Repeated(remembered.unwrap_or_default()));
                }
                Appended::Conflict => {}
            }
        }
        Err(ExecuteError::Conflict)
    }

    /// Keeps a command that changed nothing, if its repeat is to be known; false if it is one.
    async fn keep_unchanged<A: StoredAggregate>(
        &self,
        id: &str,
        loaded: &Loaded<A>,
        context: &CommandContext,
        remember: Option<&Remember<'_, A>>,
    ) -> Result<bool, StoreError> {
        if remember.is_none() && !context.is_for_ever() {
            return Ok(true);
        }
        let fresh = Key::generate();
        let remembered = remember.map(|it| {
            let (key, response) =
                (loaded.key.as_ref().unwrap_or(&fresh), (it.respond)(&loaded.aggregate));
            remembered::seal(key, context.command_id, it.fingerprint, &response)
        });
        let (stream, remembered) = (stream_name::<A>(id), remembered.transpose()?);
        let (pool, version) = (&self.pool, loaded.version);
        Ok(remembered::keep(pool, context, &stream, version, remembered.as_ref()).await?)
    }

    pub(super) fn prepare<A: StoredAggregate>(
        &self,
        id: &str,
        loaded: &Loaded<A>,
        aggregate: &A,
        events: &[A::Event],
        context: &CommandContext,
        remember: Option<&Remember<'_, A>>,
    ) -> Result<Append, StoreError> {
        if EVENTS_PER_APPEND_MAX < events.len() {
            return Err(StoreError::TooManyEvents(events.len()));
        }
        let stream = stream_name::<A>(id);
        let (version, label) = (loaded.version, aggregate.label(id));
        let is_new = version == 0;
        // A stream whose key was destroyed gets a throw-away one: what is private in its later
        // events is unreadable from the start.
        let fresh = Key::generate();
        let key = loaded.key.as_ref().unwrap_or(&fresh);
        let wrapped_key = is_new.then(|| self.keys.wrap(&stream, key)).transpose()?;
        let now = crate::clock::SystemClock.now();
        let entries = (version + 1..).zip(events);
        let entries = entries.map(|(version, event)| {
            let event_id = EventId::new(now);
            let (stream, label) = (stream.as_str(), &label);
            entry::write::<A>(
                event,
                entry::Place { event_id, stream, version, label, context, key },
            )
        });
        let entries = entries.collect::<Result<Vec<_>, _>>()?;
        let last_version = version + i64::try_from(entries.len()).unwrap_or_default();
        let remembered = remember.map(|it| {
            let response = (it.respond)(aggregate);
            remembered::seal(key, context.command_id, it.fingerprint, &response)
        });
        let rows = Rows::of(aggregate, id, last_version, is_new).map_err(EntryError::from)?;
        Ok(Append {
            stream,
            expected_version: version,
            command_id: context.command_id,
            append_id: context.is_repeatable.then(Uuid::new_v4),
            expires_at: context.expires_at,
            wrapped_key,
            with_key: loaded.key.is_some(),
            remembered: remembered.transpose()?,
            rows: Some(rows),
            entries,
        })
    }
}

/// A command id means one aggregate: for another it would vanish without a trace.
pub(super) fn same_stream<A: StoredAggregate>(id: &str, stream: String) -> Result<(), StoreError> {
    if stream == stream_name::<A>(id) {
        return Ok(());
    }
    Err(StoreError::CommandElsewhere { stream })
}

/// The aggregate after the command, and the events that the command caused.
async fn decide<A: StoredAggregate>(
    before: &A,
    command: A::Command,
) -> Result<(A, Vec<A::Event>), ExecuteError<A::Error>> {
    let mut aggregate = before.clone();
    let sink = EventSink::default();
    aggregate.handle(command, &(), &sink).await.map_err(ExecuteError::Refused)?;
    Ok((aggregate, sink.collect().await))
}

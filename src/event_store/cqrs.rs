//! The seam to cqrs-es: its `CqrsFramework` works on our log as on any store of its own.
//!
//! For those who know the framework. The service itself uses the executor, which also decides
//! again after a conflict and answers repeats; the framework reports both.

use std::collections::HashMap;

use cqrs_es::{AggregateContext, AggregateError, EventEnvelope};
use uuid::Uuid;

use super::{
    AppendError, Appended, CommandContext, Envelope, EventStore, Loaded, StoreError,
    StoredAggregate, context::command_id, executor::same_stream,
};
use crate::{
    clock::{Clock as _, SystemClock},
    domain::{private::Private, text::Reason},
};

/// Metadata: a UUID, or any text that stands for the command. New if missing.
pub const COMMAND_ID: &str = "command_id";
/// Metadata: who gives the command.
pub const ACTOR: &str = "actor";
/// Metadata: what joins all that one request led to. The command's id, if missing.
pub const CORRELATION: &str = "correlation";
/// Metadata: what led to the command.
pub const CAUSATION: &str = "causation";
/// Metadata: why, in the words of whoever gives the command; sealed in the log. Left out if it breaks the
/// rule of a [`Reason`], and when it was erased.
pub const REASON: &str = "reason";

/// The actor of a command that names none.
const ACTOR_UNKNOWN: &str = "unknown";

/// An aggregate with its place in the log.
pub struct CqrsContext<A> {
    id: String,
    loaded: Loaded<A>,
}

impl<A: StoredAggregate> AggregateContext<A> for CqrsContext<A> {
    fn aggregate(&mut self) -> &mut A {
        &mut self.loaded.aggregate
    }
}

impl<A: StoredAggregate> cqrs_es::EventStore<A> for EventStore {
    type AC = CqrsContext<A>;

    async fn load_events(
        &self,
        aggregate_id: &str,
    ) -> Result<Vec<EventEnvelope<A>>, AggregateError<A::Error>> {
        let events = self.events::<A>(aggregate_id).await.map_err(from_store)?;
        Ok(events
            .into_iter()
            .map(|it| EventEnvelope {
                aggregate_id: aggregate_id.to_owned(),
                sequence: sequence(it.envelope.version),
                payload: it.event,
                metadata: metadata_of(it.envelope, it.reason),
            })
            .collect())
    }

    async fn load_aggregate(
        &self,
        aggregate_id: &str,
    ) -> Result<CqrsContext<A>, AggregateError<A::Error>> {
        let loaded = self.load::<A>(aggregate_id, None).await.map_err(from_store)?;
        Ok(CqrsContext { id: aggregate_id.to_owned(), loaded })
    }

    /// Appends. A command that the log has already adds nothing and is no error.
    async fn commit(
        &self,
        events: Vec<A::Event>,
        context: CqrsContext<A>,
        metadata: HashMap<String, String>,
    ) -> Result<Vec<EventEnvelope<A>>, AggregateError<A::Error>> {
        if events.is_empty() {
            return Ok(vec![]);
        }
        let CqrsContext { id, loaded } = context;
        let command = command_of(&metadata);
        // The framework's sink has applied the events to the aggregate already.
        let append = self
            .prepare(&id, &loaded, &loaded.aggregate, &events, &command, None)
            .map_err(from_store)?;
        match self.append(append).await.map_err(|it| from_store(it.into()))? {
            Appended::New(_) => {}
            Appended::Duplicate(receipt) => {
                same_stream::<A>(&id, receipt.stream).map_err(from_store)?;
                return Ok(vec![]);
            }
            Appended::Conflict => return Err(AggregateError::AggregateConflict),
        }
        let first = sequence(loaded.version) + 1;
        Ok((first..)
            .zip(events)
            .map(|(sequence, payload)| EventEnvelope {
                aggregate_id: id.clone(),
                sequence,
                payload,
                metadata: metadata.clone(),
            })
            .collect())
    }
}

fn sequence(version: i64) -> usize {
    usize::try_from(version).unwrap_or_default()
}

fn command_of(metadata: &HashMap<String, String>) -> CommandContext {
    let actor = metadata.get(ACTOR).map_or(ACTOR_UNKNOWN, String::as_str);
    let mut context = CommandContext::new(actor, "", SystemClock.now());
    if let Some(id) = metadata.get(COMMAND_ID) {
        context.command_id = Uuid::parse_str(id).unwrap_or_else(|_| command_id(&[id]));
        context.is_repeatable = true;
    }
    let correlation = metadata.get(CORRELATION).cloned();
    context.correlation = correlation.unwrap_or_else(|| context.command_id.to_string());
    context.causation = metadata.get(CAUSATION).cloned();
    context.reason = metadata.get(REASON).and_then(|it| Reason::parse(it.as_str()).ok());
    context
}

fn metadata_of(envelope: Envelope, reason: Option<Private<Reason>>) -> HashMap<String, String> {
    let known = [
        (COMMAND_ID, Some(envelope.command_id.to_string())),
        (ACTOR, Some(envelope.actor)),
        (CORRELATION, Some(envelope.correlation)),
        (CAUSATION, envelope.causation),
        (REASON, reason.and_then(|it| it.known().map(ToString::to_string))),
    ];
    known.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}

fn from_store<E: std::error::Error>(error: StoreError) -> AggregateError<E> {
    match error {
        StoreError::Database(_)
        | StoreError::Append(AppendError::Unavailable | AppendError::Unknown) => {
            AggregateError::DatabaseConnectionError(error.into())
        }
        StoreError::Entry(_) => AggregateError::DeserializationError(error.into()),
        StoreError::Key(_)
        | StoreError::Incomplete { .. }
        | StoreError::CommandElsewhere { .. }
        | StoreError::TooManyEvents(_)
        | StoreError::Append(AppendError::Refused(_)) => {
            AggregateError::UnexpectedError(error.into())
        }
    }
}

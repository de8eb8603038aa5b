//! The entry: what the log keeps of an event, as the exact bytes that are hashed.
//!
//! Compact JSON whose fields stand in one order for ever. What identifies a player is moved out
//! of `data` into `private`, encrypted under the stream's key; so is `reason`, in which people write what
//! they like.

use base64::{Engine, engine::general_purpose::STANDARD};
use cqrs_es::{
    DomainEvent,
    persist::{EventUpcaster, SerializedEvent},
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, error::Category};
use uuid::Uuid;

use super::{CommandContext, Label, LoadedEvent, RecordedEntry, StoredAggregate};
use crate::{
    domain::{
        Timestamp,
        id::EventId,
        private::{self, Private},
        text::Reason,
    },
    vault::Key,
};

#[cfg(test)]
mod tests;

/// The version of the envelope itself.
const ENVELOPE_VERSION: u8 = 1;

/// The longest entry, in bytes; the schema holds the same.
pub const ENTRY_BYTES_MAX: usize = 64_000;

/// What tells a sealed reason from a sealed private part: neither opens as the other.
const REASON_TAG: &[u8] = b"/reason";

/// Why an entry cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum EntryError {
    /// It is longer than [`ENTRY_BYTES_MAX`].
    #[error("the entry is {0} bytes long, more than the log takes")]
    TooLong(usize),
    /// It is not the JSON that it should be. Says where and never what: serde quotes the value,
    /// which may be a player's, and this stands in logs and dead letters.
    #[error("the entry's JSON cannot be read or written ({kind:?}, line {line}, column {column})")]
    Json {
        /// Whether it is no JSON at all, or other data than expected.
        kind: Category,
        /// Where; 0 for what was taken apart already.
        line: usize,
        /// Where; 0 for what was taken apart already.
        column: usize,
    },
    /// The event is not an object, so nothing can be told about it.
    #[error("the event's JSON has another shape than {{\"Name\": {{…}}}}")]
    Shape,
    /// What is sealed in it was changed, or belongs to elsewhere.
    #[error("what is sealed in the entry cannot be opened: {0}")]
    Private(#[from] crate::vault::VaultError),
}

impl From<serde_json::Error> for EntryError {
    fn from(error: serde_json::Error) -> Self {
        Self::Json { kind: error.classify(), line: error.line(), column: error.column() }
    }
}

/// The entry's fields, in the order in which they are written.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Envelope {
    /// The version of this format.
    pub envelope: u8,
    /// Its id.
    pub event_id: EventId,
    /// The stream.
    pub stream: String,
    /// Place in the stream.
    pub version: i64,
    /// The event's name.
    #[serde(rename = "type")]
    pub event_type: String,
    /// The version of the event's own fields.
    pub schema: String,
    /// `test`, `live`, or none.
    pub world: Option<crate::domain::world::World>,
    /// The game, or none.
    pub game: Option<String>,
    /// The command that caused it.
    pub command_id: Uuid,
    /// What led to the command.
    pub causation: Option<String>,
    /// What joins all that one request led to.
    pub correlation: String,
    /// Who gave the command.
    pub actor: String,
    /// When, by the clock of whoever decided it.
    pub occurred_at: Timestamp,
    /// The event's fields that identify nobody.
    pub data: Map<String, Value>,
    /// Base64 of the sealed JSON of those that do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub private: Option<String>,
    /// Base64 of the sealed reason, if whoever gave the command said one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Where an event is to stand.
pub(super) struct Place<'a> {
    pub(super) event_id: EventId,
    pub(super) stream: &'a str,
    pub(super) version: i64,
    pub(super) label: &'a Label,
    pub(super) context: &'a CommandContext,
    pub(super) key: &'a Key,
}

/// Writes an event's name and entry.
pub(super) fn write<A: StoredAggregate>(
    event: &A::Event,
    place: Place<'_>,
) -> Result<(String, Vec<u8>), EntryError> {
    let event_type = event.event_type();
    let (data, private) = split(serde_json::to_value(event)?, &event_type)?;
    let Place { event_id, stream, version, label, context, key } = place;
    let seal = |tag: &[u8], text: &[u8]| key.seal(tag, text).map(|it| STANDARD.encode(it));
    let private = if private.is_empty() {
        None
    } else {
        Some(seal(event_id.as_str().as_bytes(), &serde_json::to_vec(&private)?)?)
    };
    let reason = context.reason.as_ref().map(|it| {
        let tag = reason_tag(&event_id);
        seal(&tag, it.as_str().as_bytes())
    });
    let reason = reason.transpose()?;
    let entry = serde_json::to_vec(&Envelope {
        envelope: ENVELOPE_VERSION,
        event_id,
        stream: stream.to_owned(),
        version,
        event_type: event_type.clone(),
        schema: event.event_version(),
        world: label.world,
        game: label.game.clone(),
        command_id: context.command_id,
        causation: context.causation.clone(),
        correlation: context.correlation.clone(),
        actor: context.actor.clone(),
        occurred_at: A::occurred_at(event),
        data,
        private,
        reason,
    })?;
    if ENTRY_BYTES_MAX < entry.len() {
        return Err(EntryError::TooLong(entry.len()));
    }
    Ok((event_type, entry))
}

/// Reads an entry's envelope, its private part still sealed.
///
/// # Errors
///
/// [`EntryError::Json`].
pub fn read_envelope(entry: &RecordedEntry) -> Result<Envelope, EntryError> {
    Ok(serde_json::from_slice(&entry.entry)?)
}

/// Reads the event of an entry for whoever needs nothing private of it: that reads as erased.
///
/// # Errors
///
/// An [`EntryError`], if it is not an event of this kind of aggregate.
pub fn read_without_key<A: StoredAggregate>(
    entry: &RecordedEntry,
) -> Result<LoadedEvent<A::Event>, EntryError> {
    read::<A>(entry, None)
}

/// Reads the event of an entry. Without a key, what is private reads as erased.
pub(super) fn read<A: StoredAggregate>(
    entry: &RecordedEntry,
    key: Option<&Key>,
) -> Result<LoadedEvent<A::Event>, EntryError> {
    let envelope = read_envelope(entry)?;
    let mut fields = envelope.data.clone();
    if let (Some(sealed), Some(key)) = (&envelope.private, key) {
        let opened = open(key, envelope.event_id.as_str().as_bytes(), sealed)?;
        let private: Map<String, Value> = serde_json::from_slice(&opened)?;
        let marked = private.into_iter().map(|(name, value)| {
            (name, Value::Object(Map::from_iter([(private::MARK.to_owned(), value)])))
        });
        fields.extend(marked);
    }
    let payload = Map::from_iter([(envelope.event_type.clone(), Value::Object(fields))]);
    let payload = upcast(&A::upcasters(), &envelope, A::TYPE, Value::Object(payload));
    let (event, reason) = (serde_json::from_value(payload)?, reason(&envelope, key)?);
    Ok(LoadedEvent { envelope, event, reason })
}

/// Why, if somebody said so. Without a key, it reads as erased.
fn reason(envelope: &Envelope, key: Option<&Key>) -> Result<Option<Private<Reason>>, EntryError> {
    let Some(sealed) = &envelope.reason else { return Ok(None) };
    let Some(key) = key else { return Ok(Some(Private::Erased)) };
    let opened = open(key, &reason_tag(&envelope.event_id), sealed)?;
    let text = String::from_utf8(opened).map_err(|_| EntryError::Shape)?;
    // As it was written, whatever today's rule says.
    Ok(Some(Private::Known(serde_json::from_value(Value::String(text))?)))
}

fn reason_tag(event_id: &EventId) -> Vec<u8> {
    [event_id.as_str().as_bytes(), REASON_TAG].concat()
}

fn open(key: &Key, tag: &[u8], sealed: &str) -> Result<Vec<u8>, EntryError> {
    let sealed = STANDARD.decode(sealed).map_err(|_| EntryError::Shape)?;
    Ok(key.open(tag, &sealed)?)
}

fn upcast(
    upcasters: &[Box<dyn EventUpcaster>],
    envelope: &Envelope,
    aggregate_type: &str,
    payload: Value,
) -> Value {
    let Some(first) = upcasters.first() else { return payload };
    let start = SerializedEvent {
        aggregate_id: envelope.stream.clone(),
        sequence: usize::try_from(envelope.version).unwrap_or_default(),
        aggregate_type: aggregate_type.to_owned(),
        event_type: envelope.event_type.clone(),
        event_version: envelope.schema.clone(),
        payload,
        metadata: Value::Null,
    };
    let step = |event: SerializedEvent, it: &dyn EventUpcaster| {
        let applies = it.can_upcast(&event.event_type, &event.event_version);
        if applies { it.upcast(event) } else { event }
    };
    let start = step(start, first.as_ref());
    upcasters[1..].iter().fold(start, |event, it| step(event, it.as_ref())).payload
}

type Fields = Map<String, Value>;

/// Takes `{"Name": {…}}` apart into public and private fields.
fn split(event: Value, name: &str) -> Result<(Fields, Fields), EntryError> {
    let Value::Object(mut outer) = event else { return Err(EntryError::Shape) };
    let Some(Value::Object(fields)) = outer.remove(name) else { return Err(EntryError::Shape) };
    let (mut public, mut hidden) = (Fields::new(), Fields::new());
    for (field, value) in fields {
        match value {
            Value::Object(mut it) if it.len() == 1 && it.contains_key(private::MARK) => {
                hidden.insert(field, it.remove(private::MARK).unwrap_or_default());
            }
            value => {
                public.insert(field, value);
            }
        }
    }
    Ok((public, hidden))
}

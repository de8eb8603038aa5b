//! Follows the log: of games, where webhooks go; of sessions, what is to be delivered there.
//!
//! The checkpoint moves in the same transaction, so nothing is lost and nothing is noted twice.
//! Sends nothing: that is the workers' business, in transactions of their own.

use std::{collections::HashMap, sync::Arc};

use cqrs_es::Aggregate;
use sqlx::PgConnection;

use super::{
    bodies::Bodies,
    body::{self, Message, PublicUrls},
    endpoint::{self, EndpointRow},
    message::{MessageId, news_of},
    notes::{self, Note},
};
use crate::{
    domain::{
        Timestamp,
        game::{Game, PayloadShape, WebhookType},
        id::{EventId, SessionId},
        session::Session,
        world::World,
    },
    event_store::{
        EventStore, LoadedEvent, RecordedEntry, StoreError, read_envelope, stream_id,
        subscription::{HandleError, NotAll, Subscriber},
    },
    vault::Key,
};

/// The subscription. Its effects are rows of `webhook_endpoint`, and of `webhook_message`,
/// `webhook_due` and `webhook_lane`.
pub struct Deliveries {
    store: EventStore,
    bodies: Bodies,
    urls: PublicUrls,
}

/// An event, and the session right after it.
type Folded = (LoadedEvent<<Session as Aggregate>::Event>, Session);

/// Of how many events the sessions are read at once.
const READ_AT_ONCE: usize = 64;

impl Deliveries {
    /// A subscriber that seals what it writes under a key derived from the master key.
    pub fn new(store: EventStore, master: &Key, urls: PublicUrls) -> Self {
        Self { store, bodies: Bodies::new(master), urls }
    }

    async fn follow_game(
        &self,
        connection: &mut PgConnection,
        game_id: &str,
        entry: &RecordedEntry,
    ) -> Result<(), HandleError> {
        let mut read = self.store.histories::<Game>(connection, &[entry]).await?;
        let events = read.remove(&entry.stream).ok_or_else(stream_is_short)?.map_err(trouble)?;
        let LoadedEvent { event, .. } = events.last().ok_or_else(stream_is_short)?;
        Ok(endpoint::follow(connection, game_id, event, entry.position).await?)
    }

    /// Adds what some events tell of to what is to be noted. A game's event stands alone.
    async fn tell(
        &self,
        connection: &mut PgConnection,
        batch: &mut Batch,
        entries: &[&RecordedEntry],
    ) -> Result<(), NotAll> {
        let failed = |index| move |error| NotAll { index, error };
        let mut heard = vec![];
        for (index, entry) in entries.iter().enumerate() {
            if let Some(game_id) = stream_id::<Game>(&entry.stream) {
                // What was told before it belongs to the endpoints as they were.
                let noted = notes::write(connection, &mut batch.notes).await;
                noted.map_err(HandleError::from).map_err(failed(index))?;
                batch.endpoints.remove(game_id);
                let followed = self.follow_game(connection, game_id, entry).await;
                followed.map_err(failed(index))?;
            } else {
                let who = batch.who_hears(connection, entry).await.map_err(failed(index))?;
                heard.extend(who.map(|it| (index, it)));
            }
        }
        let of_sessions: Vec<_> = heard.iter().map(|(_, it)| it.entry).collect();
        let folded = self.fold(connection, &of_sessions).await;
        let mut folded = folded.map_err(HandleError::from).map_err(failed(0))?;
        for (index, it) in heard {
            let folded =
                folded.remove(&it.entry.position).unwrap_or_else(|| Err(stream_is_short()));
            let noted = folded.and_then(|folded| self.note_all(&mut batch.notes, &it, &folded));
            noted.map_err(failed(index))?;
        }
        Ok(())
    }

    /// The events of sessions' entries, each with the session right after it, by position. A session of
    /// which there are several is read once.
    async fn fold(
        &self,
        connection: &mut PgConnection,
        entries: &[&RecordedEntry],
    ) -> Result<HashMap<i64, Result<Folded, HandleError>>, sqlx::Error> {
        let mut histories = self.store.histories::<Session>(connection, entries).await?;
        let mut folded = HashMap::new();
        let mut positions: HashMap<(&str, i64), i64> = HashMap::new();
        for it in entries {
            positions.insert((&it.stream, it.version), it.position);
        }
        for it in entries {
            let Some(history) = histories.remove(&it.stream) else { continue };
            let events = match history.map_err(trouble) {
                Ok(events) => events,
                // Of its later entries nobody asks any more.
                Err(error) => {
                    folded.insert(it.position, Err(error));
                    continue;
                }
            };
            let mut session = Session::default();
            for event in events {
                session.apply(event.event.clone());
                if let Some(position) = positions.get(&(&*it.stream, event.envelope.version)) {
                    folded.insert(*position, Ok((event, session.clone())));
                }
            }
        }
        Ok(folded)
    }

    fn note_all(
        &self,
        notes: &mut Vec<Note>,
        heard: &Heard<'_>,
        (LoadedEvent { event, .. }, session): &Folded,
    ) -> Result<(), HandleError> {
        let Heard { entry, session_id, event_id, .. } = heard;
        let after = session.present().map_err(HandleError::refused)?;
        for (ordinal, webhook_type) in (0..).zip(news_of(event, after).iter().copied()) {
            let version = entry.version;
            let message = Message { session_id, event_id, event, webhook_type, version, after };
            for endpoint in heard.endpoints().filter(|it| takes(it, webhook_type)) {
                notes.push(self.note(endpoint, ordinal, entry.recorded_at, &message)?);
            }
        }
        Ok(())
    }

    fn note(
        &self,
        endpoint: &EndpointRow,
        ordinal: i16,
        recorded_at: Timestamp,
        message: &Message<'_>,
    ) -> Result<Note, HandleError> {
        let id = MessageId::of(message.event_id, message.webhook_type);
        let body = body::write(endpoint.endpoint.shape, message, &self.urls);
        let sealed = self.bodies.seal(&id, &body.map_err(HandleError::refused)?);
        Ok(Note {
            endpoint_id: endpoint.endpoint_id.clone(),
            message_id: id,
            session_id: message.session_id.clone(),
            sequence: message.version,
            ordinal,
            webhook_type: message.webhook_type,
            sealed_body: sealed.map_err(HandleError::refused)?,
            recorded_at,
        })
    }
}

/// What was found out and is to be noted of some events.
#[derive(Default)]
struct Batch {
    /// By game.
    endpoints: HashMap<String, Arc<Vec<EndpointRow>>>,
    notes: Vec<Note>,
}

/// A session's event, and the endpoints of its game.
struct Heard<'a> {
    entry: &'a RecordedEntry,
    session_id: SessionId,
    event_id: EventId,
    world: Option<World>,
    of_game: Arc<Vec<EndpointRow>>,
}

impl Heard<'_> {
    /// Those that hear of it.
    fn endpoints(&self) -> impl Iterator<Item = &EndpointRow> {
        let hears = |it: &&EndpointRow| {
            it.from_position < self.entry.position && Some(it.endpoint.world) == self.world
        };
        self.of_game.iter().filter(hears)
    }
}

impl Batch {
    /// Whoever hears of an entry; `None`, if nobody does.
    async fn who_hears<'a>(
        &mut self,
        connection: &mut PgConnection,
        entry: &'a RecordedEntry,
    ) -> Result<Option<Heard<'a>>, HandleError> {
        let Some(session_id) = stream_id::<Session>(&entry.stream) else { return Ok(None) };
        let session_id = SessionId::parse(session_id)
            .map_err(|_| HandleError::refused("the stream's name holds no session's id"))?;
        let envelope = read_envelope(entry).map_err(HandleError::refused)?;
        let of_game = self.endpoints(connection, envelope.game.as_deref().unwrap_or_default());
        let (of_game, world) = (of_game.await?, envelope.world);
        let heard = Heard { entry, session_id, event_id: envelope.event_id, world, of_game };
        let is_heard = heard.endpoints().next().is_some();
        Ok(is_heard.then_some(heard))
    }

    async fn endpoints(
        &mut self,
        connection: &mut PgConnection,
        game_id: &str,
    ) -> Result<Arc<Vec<EndpointRow>>, sqlx::Error> {
        if let Some(known) = self.endpoints.get(game_id) {
            return Ok(Arc::clone(known));
        }
        let found = Arc::new(endpoint::of_game(connection, game_id).await?);
        self.endpoints.insert(game_id.to_owned(), Arc::clone(&found));
        Ok(found)
    }
}

impl Subscriber for Deliveries {
    const NAME: &'static str = "webhooks";
    const GENERATION: i32 = 1;
    /// Game servers must not hear of an event twice because of a rebuild.
    const REPLAYABLE: bool = false;

    /// A change of an endpoint locks its lane, for which every attempt that is written down may wait.
    fn ends_batch(&self, entry: &RecordedEntry) -> bool {
        stream_id::<Game>(&entry.stream).is_some()
    }

    async fn handle(
        &self,
        connection: &mut PgConnection,
        entry: &RecordedEntry,
    ) -> Result<(), HandleError> {
        self.handle_all(connection, &[entry]).await.map_err(|it| it.error)
    }

    /// All that the events tell is noted by one statement.
    async fn handle_all(
        &self,
        connection: &mut PgConnection,
        entries: &[&RecordedEntry],
    ) -> Result<(), NotAll> {
        let (mut batch, mut before) = (Batch::default(), 0);
        let is_of_game = |it: &RecordedEntry| stream_id::<Game>(&it.stream).is_some();
        for run in entries.chunk_by(|a, b| !is_of_game(a) && !is_of_game(b)) {
            for some in run.chunks(READ_AT_ONCE) {
                let told = self.tell(connection, &mut batch, some).await;
                told.map_err(|it| NotAll { index: before + it.index, ..it })?;
                before += some.len();
            }
        }
        let written = notes::write(connection, &mut batch.notes).await;
        written.map_err(|error| NotAll { index: 0, error: of_notes(error) })?;
        Ok(())
    }
}

/// Endpoints are read again at the next try.
fn of_notes(error: sqlx::Error) -> HandleError {
    if notes::is_about_one_gone(&error) { HandleError::Interrupted(error) } else { error.into() }
}

fn takes(it: &EndpointRow, webhook_type: WebhookType) -> bool {
    let can_take = match it.endpoint.shape {
        PayloadShape::Flat => webhook_type.is_of_session(),
        PayloadShape::Envelope => true,
    };
    can_take && it.endpoint.types.contains(&webhook_type)
}

fn stream_is_short() -> HandleError {
    HandleError::refused("the stream ends before this event")
}

/// Tells a stream that cannot be read from a database that does not answer.
fn trouble(error: StoreError) -> HandleError {
    match error {
        StoreError::Database(error) => error.into(),
        error => HandleError::refused(error),
    }
}

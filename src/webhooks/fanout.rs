//! Follows the log: of games, where webhooks go; of sessions, what is to be delivered there.
//!
//! The checkpoint moves in the same transaction, so nothing is lost and nothing is noted twice.
//! Sends nothing: that is the workers' business, in transactions of their own.

use std::{collections::HashMap, sync::Arc};

use cqrs_es::Aggregate;
use futures::{StreamExt as _, stream};
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
        id::SessionId,
        session::Session,
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
type Folded = Result<(LoadedEvent<<Session as Aggregate>::Event>, Session), HandleError>;

/// How many sessions are read before the first of their events is told: the database ends a transaction
/// that stands still.
const FOLDED_AHEAD: usize = 32;

/// How many sessions are read at the same time. Requests need connections too.
const FOLDS_AT_ONCE: usize = 6;

impl Deliveries {
    /// A subscriber that seals what it writes under a key derived from the master key.
    pub fn new(store: EventStore, master: &Key, urls: PublicUrls) -> Self {
        Self { store, bodies: Bodies::new(master), urls }
    }

    /// Folds the sessions of several entries, by position, some at the same time: one after the other,
    /// most of the time would be spent on the way to the database.
    async fn fold_ahead(&self, entries: &[&RecordedEntry]) -> HashMap<i64, Folded> {
        let session = |it: &&RecordedEntry| {
            let id = stream_id::<Session>(&it.stream).and_then(|it| SessionId::parse(it).ok())?;
            Some((it.position, it.version, id))
        };
        let sessions: Vec<_> = entries.iter().filter_map(session).collect();
        if sessions.len() < 2 {
            return HashMap::new();
        }
        stream::iter(sessions)
            .map(async |(position, version, id)| (position, self.fold(&id, version).await))
            .buffer_unordered(FOLDS_AT_ONCE)
            .collect()
            .await
    }

    /// The event of an entry, and the session right after it.
    async fn fold(&self, session_id: &SessionId, version: i64) -> Folded {
        let events = self.store.events::<Session>(session_id.as_str()).await.map_err(trouble)?;
        let mut session = Session::default();
        for it in events {
            session.apply(it.event.clone());
            if it.envelope.version == version {
                return Ok((it, session));
            }
        }
        Err(stream_is_short())
    }

    async fn follow_game(
        &self,
        connection: &mut PgConnection,
        game_id: &str,
        entry: &RecordedEntry,
    ) -> Result<(), HandleError> {
        let events = self.store.events::<Game>(game_id).await.map_err(trouble)?;
        let event = events.into_iter().find(|it| it.envelope.version == entry.version);
        let LoadedEvent { event, .. } = event.ok_or_else(stream_is_short)?;
        Ok(endpoint::follow(connection, game_id, &event, entry.position).await?)
    }

    /// Adds what an event tells of to what is to be noted.
    async fn tell(
        &self,
        connection: &mut PgConnection,
        batch: &mut Batch,
        entry: &RecordedEntry,
    ) -> Result<(), HandleError> {
        if let Some(game_id) = stream_id::<Game>(&entry.stream) {
            // What was told before it belongs to the endpoints as they were.
            notes::write(connection, &mut batch.notes).await?;
            batch.endpoints.remove(game_id);
            return self.follow_game(connection, game_id, entry).await;
        }
        let Some(session_id) = stream_id::<Session>(&entry.stream) else { return Ok(()) };
        let session_id = SessionId::parse(session_id)
            .map_err(|_| HandleError::refused("the stream's name holds no session's id"))?;
        let envelope = read_envelope(entry).map_err(HandleError::refused)?;
        let game_id = envelope.game.as_deref().unwrap_or_default();
        let of_game = batch.endpoints(connection, game_id).await?;
        let hears = |it: &&EndpointRow| {
            it.from_position < entry.position && Some(it.endpoint.world) == envelope.world
        };
        let endpoints: Vec<&EndpointRow> = of_game.iter().filter(hears).collect();
        if endpoints.is_empty() {
            return Ok(());
        }
        let folded = match batch.folded.remove(&entry.position) {
            Some(folded) => folded,
            None => self.fold(&session_id, entry.version).await,
        };
        let (LoadedEvent { event, .. }, session) = folded?;
        let after = session.present().map_err(HandleError::refused)?;
        for (ordinal, webhook_type) in (0..).zip(news_of(&event, after).iter().copied()) {
            let message = Message {
                session_id: &session_id,
                event_id: &envelope.event_id,
                event: &event,
                webhook_type,
                version: entry.version,
                after,
            };
            for endpoint in endpoints.iter().filter(|it| takes(it, webhook_type)) {
                let note = self.note(endpoint, ordinal, entry.recorded_at, &message)?;
                batch.notes.push(note);
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
    /// Of sessions' events, by position.
    folded: HashMap<i64, Folded>,
    /// By game.
    endpoints: HashMap<String, Arc<Vec<EndpointRow>>>,
    notes: Vec<Note>,
}

impl Batch {
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
        let mut batch = Batch::default();
        let failed = |index| move |error| NotAll { index, error };
        for (nth, some) in entries.chunks(FOLDED_AHEAD).enumerate() {
            // Also says to the database that this transaction is still at work.
            let is_heard = endpoint::are_there(connection).await;
            if is_heard.map_err(HandleError::from).map_err(failed(0))? {
                batch.folded = self.fold_ahead(some).await;
            }
            for (index, entry) in (nth * FOLDED_AHEAD..).zip(some) {
                self.tell(connection, &mut batch, entry).await.map_err(failed(index))?;
            }
        }
        let written = notes::write(connection, &mut batch.notes).await;
        written.map_err(|error| NotAll { index: 0, error: error.into() })?;
        Ok(())
    }
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

//! Follows the log and notes, for each endpoint that takes it, what is to be delivered.
//!
//! The checkpoint moves in the same transaction, so nothing is lost and nothing is noted twice.
//! Sends nothing: that is the workers' business, in transactions of their own.

use cqrs_es::Aggregate;
use sqlx::PgConnection;

use super::{
    bodies::Bodies,
    body::{self, Message, PublicUrls},
    message::{MessageId, news_of},
};
use crate::{
    crash_points,
    domain::{
        game::{PayloadShape, RegisteredEndpoint, WebhookType},
        id::SessionId,
        session::Session,
    },
    event_store::{
        Envelope, EventStore, LoadedEvent, RecordedEntry, StoreError, read_envelope, stream_id,
        subscription::{HandleError, Subscriber},
    },
    projections::game::GameRow,
    vault::Key,
};

/// The subscription. Its effects are rows of `webhook_message`, `webhook_due` and `webhook_lane`.
pub struct Deliveries {
    store: EventStore,
    bodies: Bodies,
    urls: PublicUrls,
}

impl Deliveries {
    /// A subscriber that seals what it writes under a key derived from the master key.
    pub fn new(store: EventStore, master: &Key, urls: PublicUrls) -> Self {
        Self { store, bodies: Bodies::new(master), urls }
    }

    /// The event of an entry, and the session right after it.
    async fn fold(
        &self,
        session_id: &SessionId,
        version: i64,
    ) -> Result<(LoadedEvent<<Session as Aggregate>::Event>, Session), HandleError> {
        let events = self.store.events::<Session>(session_id.as_str()).await.map_err(trouble)?;
        let mut session = Session::default();
        for it in events {
            session.apply(it.event.clone());
            if it.envelope.version == version {
                return Ok((it, session));
            }
        }
        Err(HandleError::refused("the stream ends before this event"))
    }

    async fn note(
        &self,
        connection: &mut PgConnection,
        endpoint: &RegisteredEndpoint,
        ordinal: i16,
        message: &Message<'_>,
    ) -> Result<(), HandleError> {
        let id = MessageId::of(message.event_id, message.webhook_type);
        let body = body::write(endpoint.endpoint.shape, message, &self.urls);
        let sealed = self.bodies.seal(&id, &body.map_err(HandleError::refused)?);
        // Only a message that is new is due: an event handled again tells nobody twice.
        sqlx::query(
            "WITH message AS (
                 INSERT INTO webhook_message
                     (endpoint_id, message_id, session_id, sequence, ordinal, type, body)
                 VALUES ($1, $2, $3, $4, $5, $6, $7)
                 ON CONFLICT DO NOTHING
                 RETURNING endpoint_id, message_id, session_id, sequence, ordinal
             ), lane AS (
                 INSERT INTO webhook_lane (endpoint_id) SELECT endpoint_id FROM message
                 ON CONFLICT DO NOTHING
             )
             INSERT INTO webhook_due
                 (endpoint_id, message_id, game_id, session_id, sequence, ordinal)
             SELECT endpoint_id, message_id, $8, session_id, sequence, ordinal FROM message",
        )
        .bind(endpoint.endpoint_id.as_str())
        .bind(id.as_str())
        .bind(message.session_id.as_str())
        .bind(message.version)
        .bind(ordinal)
        .bind(message.webhook_type.as_str())
        .bind(sealed.map_err(HandleError::refused)?)
        .bind(message.after.game_id.as_str())
        .execute(connection)
        .await?;
        Ok(())
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
        let Some(session_id) = stream_id::<Session>(&entry.stream) else { return Ok(()) };
        let session_id = SessionId::parse(session_id)
            .map_err(|_| HandleError::refused("the stream's name holds no session's id"))?;
        let envelope = read_envelope(entry).map_err(HandleError::refused)?;
        let game_id = envelope.game.as_deref().unwrap_or_default();
        let mut endpoints = GameRow::endpoints(&mut *connection, game_id).await?;
        endpoints.retain(|it| is_told_of(it, entry, &envelope));
        if endpoints.is_empty() {
            return Ok(());
        }
        let (LoadedEvent { event, .. }, session) = self.fold(&session_id, entry.version).await?;
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
                self.note(connection, endpoint, ordinal, &message).await?;
            }
        }
        crash_points::reach("before_webhook_noted");
        Ok(())
    }
}

/// Whether the event belongs to the endpoint's world and time.
///
/// Either clock's word will do: of an endpoint that was added just before, one that is behind the
/// other must not make us miss an event.
fn is_told_of(it: &RegisteredEndpoint, entry: &RecordedEntry, envelope: &Envelope) -> bool {
    let happened_at = entry.recorded_at.max(envelope.occurred_at);
    Some(it.endpoint.world) == envelope.world && it.added_at <= happened_at
}

fn takes(it: &RegisteredEndpoint, webhook_type: WebhookType) -> bool {
    let can_take = match it.endpoint.shape {
        PayloadShape::Flat => webhook_type.is_of_session(),
        PayloadShape::Envelope => true,
    };
    can_take && it.endpoint.types.contains(&webhook_type)
}

/// Tells a stream that cannot be read from a database that does not answer.
fn trouble(error: StoreError) -> HandleError {
    match error {
        StoreError::Database(error) => error.into(),
        error => HandleError::refused(error),
    }
}

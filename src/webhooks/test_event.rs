//! Sends an event that never was to an endpoint, because a developer asks for it.
//!
//! To endpoints of the test world only: whoever asks sees to that.

use std::time::Duration;

use sqlx::PgPool;
use tokio::time::{Instant, sleep};

use super::{
    bodies::Bodies,
    body::{self, BodyError, PublicUrls},
    invented::{InventError, Invented, invent},
    message::MessageId,
};
use crate::{
    domain::{
        Timestamp,
        game::{RegisteredEndpoint, WebhookType},
        id::{EventId, GameId},
    },
    vault::{Key, VaultError},
};

/// How long a new endpoint may take until something can be sent there.
const FOLLOWED_WITHIN: Duration = Duration::from_secs(5);

/// How often it is looked for.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Makes such events.
pub struct TestEvents {
    pool: PgPool,
    bodies: Bodies,
    urls: PublicUrls,
}

/// Why none is sent.
#[derive(Debug, thiserror::Error)]
pub enum TestEventError {
    /// There is no such event.
    #[error(transparent)]
    Invent(#[from] InventError),
    /// It has no body in the endpoint's shape.
    #[error(transparent)]
    Body(#[from] BodyError),
    /// The body could not be sealed.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The database did not answer.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

impl TestEvents {
    /// What is sent is sealed under a key derived from the master key.
    pub fn new(pool: PgPool, master: &Key, urls: PublicUrls) -> Self {
        Self { pool, bodies: Bodies::new(master), urls }
    }

    /// Sends one, and waits for an endpoint that is too new, five seconds at most.
    ///
    /// # Errors
    ///
    /// A [`TestEventError`].
    pub async fn send_when_followed(
        &self,
        game_id: &GameId,
        to: &RegisteredEndpoint,
        webhook_type: WebhookType,
        event_id: &EventId,
        now: Timestamp,
    ) -> Result<Option<MessageId>, TestEventError> {
        let until = Instant::now() + FOLLOWED_WITHIN;
        loop {
            let sent = self.send(game_id, to, webhook_type, event_id, now).await?;
            if sent.is_some() || until <= Instant::now() {
                return Ok(sent);
            }
            sleep(LOOK_EVERY).await;
        }
    }

    /// Makes an invented event of this type due to an endpoint, and names the message; `None` if the
    /// endpoint is too new for anything to be sent there. The same event is sent once.
    ///
    /// It is read by its time, as what is sent again is: numbers are the subscription's. An endpoint that
    /// is left alone for a while gets it afterwards.
    ///
    /// # Errors
    ///
    /// A [`TestEventError`].
    async fn send(
        &self,
        game_id: &GameId,
        to: &RegisteredEndpoint,
        webhook_type: WebhookType,
        event_id: &EventId,
        now: Timestamp,
    ) -> Result<Option<MessageId>, TestEventError> {
        let Invented { session_id, event, version, after } = invent(game_id, webhook_type, now)?;
        let message = body::Message {
            session_id: &session_id,
            event_id,
            event: &event,
            webhook_type,
            version,
            after: &after,
        };
        let id = MessageId::of(event_id, webhook_type);
        let body = body::write(to.endpoint.shape, &message, &self.urls)?;
        let is_followed: bool = sqlx::query_scalar(
            "WITH endpoint AS MATERIALIZED (
                 SELECT endpoint_id FROM webhook_endpoint WHERE endpoint_id = $1
             ), message AS (
                 INSERT INTO webhook_message
                     (endpoint_id, message_id, session_id, sequence, ordinal, type, body, noted_at)
                 SELECT endpoint_id, $2, $3, $4, 0, $5, $6, $7 FROM endpoint
                 WHERE NOT EXISTS (
                     SELECT FROM webhook_message WHERE endpoint_id = $1 AND message_id = $2)
                 RETURNING endpoint_id, message_id, session_id, sequence, ordinal, noted_at
             ), lane AS (
                 INSERT INTO webhook_lane (endpoint_id) SELECT endpoint_id FROM message
                 ON CONFLICT DO NOTHING
             ), due AS (
                 INSERT INTO webhook_due
                     (endpoint_id, message_id, session_id, sequence, ordinal, noted_at, next_at)
                 SELECT message.*, to_timestamp(1) FROM message
             )
             SELECT EXISTS (SELECT FROM endpoint)",
        )
        .bind(to.endpoint_id.as_str())
        .bind(id.as_str())
        .bind(session_id.as_str())
        .bind(version)
        .bind(webhook_type.as_str())
        .bind(self.bodies.seal(&id, &body)?)
        .bind(now)
        .fetch_one(&self.pool)
        .await?;
        Ok(is_followed.then_some(id))
    }
}

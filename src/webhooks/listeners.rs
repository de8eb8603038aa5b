//! Keeps a game's events for whoever asks for them, where nothing can be sent to.
//!
//! A listener is an endpoint that is in no log and never sent to: the subscription notes for it as
//! for any other, and what was received is not due any more. One that nobody asks is closed.

use std::time::Duration;

use sqlx::{FromRow, PgPool, types::Json};

use super::{bodies::Bodies, message::MessageId};
use crate::{
    domain::{
        game::{Endpoint, PayloadShape, WebhookType},
        id::EndpointId,
        world::World,
    },
    ids::SHARD,
    vault::{Key, VaultError},
};

/// The most that a game has at once.
pub const LISTENERS_MAX: i64 = 8;

/// How long one stays open that nobody asks.
const IDLE_MAX: Duration = Duration::from_secs(600);

/// How long one that nobody asks keeps others from being opened: whoever listens asks far more often.
const IDLE_IN_THE_WAY: Duration = Duration::from_secs(60);

/// How many events are handed out at once.
const EVENTS_AT_ONCE: i64 = 64;

/// Opens listeners, and what they have kept.
pub struct Listeners {
    pool: PgPool,
    bodies: Bodies,
}

/// What a webhook would have told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    /// Which of the listener's events.
    pub number: i64,
    /// The message's id.
    pub message_id: String,
    /// Such as `session.paid`.
    pub webhook_type: String,
    /// What would have been sent.
    pub body: Vec<u8>,
}

/// Why nothing was heard.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// The game has [`LISTENERS_MAX`].
    #[error("the game has 8 listeners already; one that nobody asks is closed after 10 minutes")]
    TooMany,
    /// It is another game's, or was closed.
    #[error("there is no such listener, or nobody asked it for 10 minutes; open another")]
    NotFound,
    /// A body does not open.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The database did not answer.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

#[derive(FromRow)]
struct Row {
    id: i64,
    message_id: String,
    #[sqlx(rename = "type")]
    webhook_type: String,
    body: Vec<u8>,
}

impl Listeners {
    /// What is kept is sealed under a key derived from the master key.
    pub fn new(pool: PgPool, master: &Key) -> Self {
        Self { pool, bodies: Bodies::new(master) }
    }

    /// Begins to keep all events of a game's test world that come from now on. Safe to repeat.
    ///
    /// # Errors
    ///
    /// [`ListenError::TooMany`] and [`ListenError::Database`].
    pub async fn open(
        &self,
        id: &EndpointId,
        game_id: &str,
        shape: PayloadShape,
    ) -> Result<(), ListenError> {
        let types = WebhookType::ALL.iter().copied();
        let types = types.filter(|it| shape == PayloadShape::Envelope || it.is_of_session());
        let nowhere = url::Url::parse("https://listener.invalid/");
        let nowhere = nowhere.map_err(|error| sqlx::Error::Encode(error.into()))?;
        let endpoint = Endpoint::new(World::Test, nowhere, shape, types.collect());
        let mut transaction = self.pool.begin().await?;
        // One after the other for a game, so that they are counted right.
        sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended('listeners:' || $1, 0))")
            .bind(game_id)
            .execute(&mut *transaction)
            .await?;
        close_idle(&mut *transaction, Some(game_id), IDLE_IN_THE_WAY).await?;
        let others =
            "SELECT count(*) FROM webhook_listener WHERE game_id = $1 AND endpoint_id <> $2";
        let open: i64 = sqlx::query_scalar(others)
            .bind(game_id)
            .bind(id.as_str())
            .fetch_one(&mut *transaction)
            .await?;
        if LISTENERS_MAX <= open {
            return Err(ListenError::TooMany);
        }
        sqlx::query(
            "WITH endpoint AS (
                 INSERT INTO webhook_endpoint
                     (endpoint_id, game_id, endpoint, from_position, is_enabled)
                 SELECT $1, $2, $3, position, false FROM event_head WHERE shard = $4
                 ON CONFLICT DO NOTHING
             )
             INSERT INTO webhook_listener (endpoint_id, game_id) VALUES ($1, $2)
             ON CONFLICT DO NOTHING",
        )
        .bind(id.as_str())
        .bind(game_id)
        .bind(Json(&endpoint))
        .bind(SHARD)
        .execute(&mut *transaction)
        .await?;
        Ok(transaction.commit().await?)
    }

    /// Notes that somebody asks, and drops what is not behind number `after`.
    ///
    /// # Errors
    ///
    /// [`ListenError::NotFound`] and [`ListenError::Database`].
    pub async fn acknowledge(
        &self,
        id: &EndpointId,
        game_id: &str,
        after: i64,
    ) -> Result<(), ListenError> {
        let asked = sqlx::query(
            "WITH dropped AS (
                 DELETE FROM webhook_due WHERE endpoint_id = $1 AND id <= $3 AND EXISTS (
                     SELECT FROM webhook_listener WHERE endpoint_id = $1 AND game_id = $2)
             )
             UPDATE webhook_listener SET asked_at = now() WHERE endpoint_id = $1 AND game_id = $2",
        )
        .bind(id.as_str())
        .bind(game_id)
        .bind(after)
        .execute(&self.pool)
        .await?;
        if asked.rows_affected() == 0 { Err(ListenError::NotFound) } else { Ok(()) }
    }

    /// The next events behind number `after`, in their order.
    ///
    /// # Errors
    ///
    /// [`ListenError::Vault`] and [`ListenError::Database`].
    pub async fn heard(&self, id: &EndpointId, after: i64) -> Result<Vec<Heard>, ListenError> {
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT due.id, due.message_id, message.type, message.body
             FROM webhook_due due JOIN webhook_message message
               USING (endpoint_id, noted_at, message_id)
             WHERE due.endpoint_id = $1 AND $2 < due.id ORDER BY due.id LIMIT $3",
        )
        .bind(id.as_str())
        .bind(after)
        .bind(EVENTS_AT_ONCE)
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter().map(|it| self.open_body(it)).collect()
    }

    fn open_body(&self, row: Row) -> Result<Heard, ListenError> {
        let Row { id: number, message_id, webhook_type, body } = row;
        let id = MessageId::parse(&message_id).ok_or(VaultError::DoesNotOpen)?;
        let body = self.bodies.open(&id, &body)?;
        Ok(Heard { number, message_id, webhook_type, body })
    }
}

/// Closes all listeners that nobody has asked for long.
pub(super) async fn close_forgotten(pool: &PgPool) -> Result<(), sqlx::Error> {
    close_idle(pool, None, IDLE_MAX).await
}

/// Closes listeners, of a game or of all, that nobody has asked for so long. What was noted for them
/// goes with its day's partition.
async fn close_idle(
    executor: impl sqlx::PgExecutor<'_>,
    game_id: Option<&str>,
    idle: Duration,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "DELETE FROM webhook_endpoint USING webhook_listener listener
         WHERE webhook_endpoint.endpoint_id = listener.endpoint_id
           AND listener.asked_at < now() - $1 AND ($2 IS NULL OR listener.game_id = $2)",
    )
    .bind(idle)
    .bind(game_id)
    .execute(executor)
    .await
    .map(drop)
}

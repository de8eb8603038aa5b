//! The endpoints as the subscription has followed them, in a table of its own.
//!
//! So the order of the log alone decides who is told of an event: no clock, and no row that may be
//! missing until it is mended. With an endpoint goes all that is due to it.

use sqlx::{FromRow, PgConnection, PgPool, types::Json};

use crate::domain::game::{Endpoint, GameEvent};

/// An endpoint that was not removed.
#[derive(FromRow)]
pub(super) struct EndpointRow {
    pub(super) endpoint_id: String,
    pub(super) game_id: String,
    pub(super) endpoint: Json<Endpoint>,
    /// It hears of what stands behind this in the log.
    pub(super) from_position: i64,
}

/// Does what an event of a game, at a position of the log, means for its endpoints.
///
/// No wildcard arm: whoever adds an event chooses what it means here.
pub(super) async fn follow(
    connection: &mut PgConnection,
    game_id: &str,
    event: &GameEvent,
    position: i64,
) -> Result<(), sqlx::Error> {
    let query = match event {
        // Handled again, it must not begin later than it did.
        GameEvent::EndpointAdded { endpoint_id, endpoint, .. } => sqlx::query(
            "INSERT INTO webhook_endpoint (endpoint_id, game_id, endpoint, from_position)
             VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        )
        .bind(endpoint_id.as_str())
        .bind(game_id)
        .bind(Json(endpoint))
        .bind(position),
        GameEvent::EndpointChanged { endpoint_id, endpoint, .. } => {
            sqlx::query("UPDATE webhook_endpoint SET endpoint = $2 WHERE endpoint_id = $1")
                .bind(endpoint_id.as_str())
                .bind(Json(endpoint))
        }
        GameEvent::EndpointDisabled { endpoint_id, .. } => {
            sqlx::query("UPDATE webhook_endpoint SET is_enabled = false WHERE endpoint_id = $1")
                .bind(endpoint_id.as_str())
        }
        // It begins anew: what it failed before is forgotten.
        GameEvent::EndpointEnabled { endpoint_id, .. } => sqlx::query(
            "WITH closed AS (
                 UPDATE webhook_lane SET failures = 0, failing_since = NULL, trips = 0,
                        open_until = NULL
                 WHERE endpoint_id = $1
             )
             UPDATE webhook_endpoint SET is_enabled = true WHERE endpoint_id = $1",
        )
        .bind(endpoint_id.as_str()),
        GameEvent::EndpointRemoved { endpoint_id, .. } => {
            sqlx::query("DELETE FROM webhook_endpoint WHERE endpoint_id = $1")
                .bind(endpoint_id.as_str())
        }
        GameEvent::Registered { .. }
        | GameEvent::SettingsChanged { .. }
        | GameEvent::AppearanceChanged { .. }
        | GameEvent::KeyIssued { .. }
        | GameEvent::KeyRotated { .. }
        | GameEvent::KeyRevoked { .. }
        | GameEvent::EndpointSecretRotated { .. }
        | GameEvent::EndpointSecretsExpired { .. }
        | GameEvent::EndpointSecretRevealed { .. }
        | GameEvent::EndpointTested { .. }
        | GameEvent::WebhookResent { .. }
        | GameEvent::WebhooksRecovered { .. } => return Ok(()),
    };
    query.execute(connection).await?;
    Ok(())
}

/// The endpoints of a game.
pub(super) async fn of_game(
    connection: &mut PgConnection,
    game_id: &str,
) -> Result<Vec<EndpointRow>, sqlx::Error> {
    sqlx::query_as(
        "SELECT endpoint_id, game_id, endpoint, from_position FROM webhook_endpoint
         WHERE game_id = $1 ORDER BY endpoint_id",
    )
    .bind(game_id)
    .fetch_all(connection)
    .await
}

/// An endpoint to which something may be sent; `None`, while it is disabled and once it was removed.
pub(super) async fn enabled(
    pool: &PgPool,
    endpoint_id: &str,
) -> Result<Option<EndpointRow>, sqlx::Error> {
    sqlx::query_as(
        "SELECT endpoint_id, game_id, endpoint, from_position FROM webhook_endpoint
         WHERE endpoint_id = $1 AND is_enabled",
    )
    .bind(endpoint_id)
    .fetch_optional(pool)
    .await
}

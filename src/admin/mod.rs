//! What a person who runs ToffeePay does to studios, games, keys and webhook endpoints.
//!
//! Each act is a command to the log under the person's name. Knows no command line: the same acts
//! serve `crate::cli` and whoever else lets people do them.

mod deliveries;
mod endpoints;
mod error;
mod games;
mod keys;

use sqlx::PgPool;

use crate::{
    clock::{Clock as _, SystemClock},
    domain::{Timestamp, id::GameId},
    event_store::{CommandContext, EventStore},
    projections::game::GameRow,
    vault::Key,
    webhooks::{EndpointSecrets, History, SecretKeys},
};

pub use error::AdminError;
pub use games::{NewGame, SettingsChange, StudioRef, default_settings};
pub use keys::{NewKey, RotatedKey};

/// The purpose under which the key that hashes API keys is derived from the master key.
pub const API_KEYS_PURPOSE: &str = "api-keys";

/// Does what its actor asks.
pub struct Admin {
    store: EventStore,
    pool: PgPool,
    api_keys: Key,
    secrets: EndpointSecrets,
    history: History,
    actor: String,
}

impl Admin {
    /// `actor` stands in the log beside all that is done: `operator:alice`, `process:dev`.
    pub fn new(store: EventStore, pool: PgPool, master: &Key, actor: impl Into<String>) -> Self {
        Self {
            store,
            history: History::new(pool.clone(), master),
            pool,
            api_keys: master.derive(API_KEYS_PURPOSE),
            secrets: EndpointSecrets::new(SecretKeys::of(master)),
            actor: actor.into(),
        }
    }

    /// The same, with keys of its own for the secrets of endpoints.
    #[must_use]
    pub fn with_secret_keys(self, keys: SecretKeys) -> Self {
        Self { secrets: EndpointSecrets::new(keys), ..self }
    }

    /// A game as it is now.
    ///
    /// # Errors
    ///
    /// [`AdminError::Game`] if there is none of this name, and [`AdminError::Database`].
    pub async fn game(&self, game_id: &GameId) -> Result<GameRow, AdminError> {
        let game = GameRow::find(&self.pool, game_id.as_str()).await?;
        game.ok_or(AdminError::Game(crate::domain::game::GameError::NotFound))
    }

    fn context(&self) -> (CommandContext, Timestamp) {
        let now = SystemClock.now();
        let correlation = crate::ids::new_command_id().to_string();
        (CommandContext::new(self.actor.as_str(), correlation, now), now)
    }
}

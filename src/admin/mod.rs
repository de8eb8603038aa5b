//! What people do to studios, games, keys and webhook endpoints.
//!
//! Each act is a command to the log under the person's name. Knows no command line and no page: the same
//! acts serve whoever runs ToffeePay (`crate::cli`) and who works at a studio (`crate::dashboard`).

mod deliveries;
mod endpoints;
mod error;
mod games;
mod keys;

use std::sync::Arc;

use sqlx::PgPool;
use uuid::Uuid;

use crate::{
    clock::{Clock, SystemClock},
    domain::{Timestamp, id::GameId, text::Reason},
    event_store::{CommandContext, EventStore},
    ids::NewId,
    projections::game::GameRow,
    vault::Key,
    webhooks::{EndpointSecrets, History, SecretKeys},
};

pub use error::AdminError;
pub use games::{NewGame, SettingsChange, StudioRef, default_settings};
pub use keys::{KEY_OVERLAP_HOURS_DEFAULT, KEY_OVERLAP_HOURS_MAX, NewKey, RotatedKey};

pub use crate::api::{ApiKey, last_uses};

/// The purpose under which the key that hashes API keys is derived from the master key.
pub const API_KEYS_PURPOSE: &str = "api-keys";

/// Does what somebody asks.
#[derive(Clone)]
pub struct Admin {
    store: EventStore,
    pool: PgPool,
    clock: Arc<dyn Clock>,
    api_keys: Arc<Key>,
    secrets: EndpointSecrets,
    history: Arc<History>,
    who: Who,
}

/// Who asks, and what for: written beside each event.
#[derive(Clone)]
struct Who {
    actor: String,
    causation: Option<String>,
    reason: Option<Reason>,
    /// A new one for each act, if `None`.
    correlation: Option<String>,
    /// What is asked: given again, nothing is done again. Each act is another one, if `None`.
    command_id: Option<Uuid>,
}

impl Admin {
    /// `actor` stands in the log beside all that is done: `operator:alice`, `process:dev`.
    pub fn new(store: EventStore, pool: PgPool, master: &Key, actor: impl Into<String>) -> Self {
        Self {
            store,
            history: Arc::new(History::new(pool.clone(), master)),
            pool,
            clock: Arc::new(SystemClock),
            api_keys: Arc::new(master.derive(API_KEYS_PURPOSE)),
            secrets: EndpointSecrets::new(SecretKeys::of(master)),
            who: Who {
                actor: actor.into(),
                causation: None,
                reason: None,
                correlation: None,
                command_id: None,
            },
        }
    }

    /// The same, with keys of its own for the secrets of endpoints.
    #[must_use]
    pub fn with_secret_keys(self, keys: SecretKeys) -> Self {
        Self { secrets: EndpointSecrets::new(keys), ..self }
    }

    /// The same, by another clock.
    #[must_use]
    pub fn with_clock(self, clock: Arc<dyn Clock>) -> Self {
        Self { clock, ..self }
    }

    /// The same for whoever sent a request: all that it leads to stands in the log under their name. Asked for
    /// one act by a repeat of the same request, it does nothing again.
    #[must_use]
    pub fn acting_as(&self, context: &CommandContext) -> Self {
        let who = Who {
            actor: context.actor.clone(),
            causation: context.causation.clone(),
            reason: context.reason.clone(),
            correlation: Some(context.correlation.clone()),
            command_id: context.is_repeatable.then_some(context.command_id),
        };
        Self { who, ..self.clone() }
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
        let (context, now) = self.own_context();
        match self.who.command_id {
            Some(command_id) => {
                (CommandContext { command_id, is_repeatable: true, ..context }, now)
            }
            None => (context, now),
        }
    }

    /// For what is done each time that it is asked for, or beside what is asked for.
    fn own_context(&self) -> (CommandContext, Timestamp) {
        let (now, who) = (self.clock.now(), &self.who);
        let correlation = who.correlation.clone();
        let correlation = correlation.unwrap_or_else(|| crate::ids::new_command_id().to_string());
        let context = CommandContext::new(who.actor.as_str(), correlation, now);
        let (causation, reason) = (who.causation.clone(), who.reason.clone());
        (CommandContext { causation, reason, ..context }, now)
    }
}

/// An id for what an act makes: of one that may be asked for again always the same.
fn new_id<T: NewId>(context: &CommandContext, at: Timestamp) -> T {
    if context.is_repeatable { T::of_command(context.command_id) } else { T::new(at) }
}

//! What all lanes of a worker share.

use std::sync::{Arc, atomic::AtomicBool};

use sqlx::PgPool;
use tokio::sync::Semaphore;

use super::{attempts::Attempts, bodies::Bodies, secrets::EndpointSecrets, sender::Sender};
use crate::{
    clock::Clock,
    domain::game::{DisabledBy, Game, GameCommand},
    domain::id::EndpointId,
    event_store::{CommandContext, EventStore},
    rate_limits::RateLimits,
};

/// Who disables an endpoint, in the log.
const ACTOR: &str = "process:webhooks";

pub(super) struct Engine {
    pub(super) pool: PgPool,
    pub(super) store: EventStore,
    pub(super) secrets: EndpointSecrets,
    pub(super) bodies: Bodies,
    pub(super) sender: Sender,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) attempts: Attempts,
    /// One permit for each attempt that may be under way.
    pub(super) places: Arc<Semaphore>,
    /// How often endpoints were sent something of late, by their ids.
    pub(super) rates: RateLimits<String>,
    /// Whether lanes may be waiting for one of ours to end.
    pub(super) is_crowded: AtomicBool,
}

impl Engine {
    /// Has nothing more sent to an endpoint, in the log. If that cannot be written, its next
    /// failure asks for it again.
    pub(super) async fn disable(&self, game_id: &str, endpoint_id: &str, by: DisabledBy) {
        let Ok(id) = EndpointId::parse(endpoint_id) else { return };
        let at = self.clock.now();
        let context = CommandContext::new(ACTOR, endpoint_id, at);
        let disable = GameCommand::DisableEndpoint { endpoint_id: id, by, at };
        match self.store.execute::<Game>(game_id, disable, &context).await {
            Ok(_) => tracing::warn!(endpoint_id, game_id, %by, "a webhook endpoint was disabled"),
            Err(error) => {
                tracing::warn!(%error, endpoint_id, "a webhook endpoint could not be disabled");
            }
        }
    }
}

//! `webhooks.v1.WebhookService`: a studio's tools see and change where its webhooks go.
//!
//! Each handler translates, as everywhere in the API. What an endpoint is the game's rules say, and
//! what is sent to it is the business of `crate::webhooks`.

pub(super) mod deliveries;
pub(super) mod endpoints;
mod fields;
mod message;
pub(super) mod recoveries;
pub(super) mod secrets;
pub(super) mod testing;

use sqlx::PgPool;
use tokio_util::sync::CancellationToken;

use crate::{
    vault::Key,
    webhooks::{
        EndpointSecrets, History, Listeners, PublicUrls, SecretKeys, TargetPolicy, TestEvents,
    },
};

/// What the handlers share.
pub struct Webhooks {
    /// Makes secrets.
    pub(super) secrets: EndpointSecrets,
    /// What was sent.
    pub(super) history: History,
    /// Invents events.
    pub(super) test_events: TestEvents,
    /// Keeps events for those that nothing can be sent to.
    pub(super) listeners: Listeners,
    /// Where webhooks may go.
    pub(super) targets: TargetPolicy,
    /// Whoever waits for something is answered at once then.
    pub(super) stopping: CancellationToken,
}

impl Webhooks {
    /// Secrets are sealed under `keys`, all else under keys derived from the master key.
    pub fn new(
        pool: &PgPool,
        master: &Key,
        keys: SecretKeys,
        urls: PublicUrls,
        targets: TargetPolicy,
        stopping: CancellationToken,
    ) -> Self {
        Self {
            secrets: EndpointSecrets::new(keys),
            history: History::new(pool.clone(), master),
            test_events: TestEvents::new(pool.clone(), master, urls),
            listeners: Listeners::new(pool.clone(), master),
            targets,
            stopping,
        }
    }
}

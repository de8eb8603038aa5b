//! The API that game servers call, and the endpoints around it.
//!
//! Each handler translates: who asks, parse, execute, answer. No rule about money lives here.

mod api_key;
mod caller;
mod cancel_session;
mod create_session;
mod description;
mod discovery;
mod error;
mod frame;
#[cfg(test)]
mod fuzz;
mod get_payment;
mod get_session;
mod grpc_health;
mod health;
mod held_payment;
mod idempotency;
pub mod image;
mod images;
mod interceptor;
mod json_shape;
mod key_limits;
mod key_use;
mod known_keys;
mod lists;
mod message;
mod notifications;
mod problems;
mod reference;
mod refunds;
mod rest;
mod running;
mod service;
mod session_status;
mod undecodable;
mod webhooks;

use std::sync::Arc;

use axum::Router;
use sqlx::PgPool;
use url::Url;

pub use api_key::{ApiKey, MalformedKey};
pub use error::ApiError;
pub use images::{PictureError, keep_picture};
pub use key_limits::KeyLimits;
pub use key_use::{KeyUse, last_uses};
pub use known_keys::KnownKeys;
pub use service::Calls;
pub use webhooks::Webhooks;

use crate::{
    clock::Clock, event_store::EventStore, projections::status::StatusReader, providers::Registry,
    vault::Key,
};

/// The largest request body, in bytes.
pub const REQUEST_BYTES_MAX: usize = 2 * 1024 * 1024;

/// What the handlers share.
#[derive(Clone)]
pub struct Api {
    /// Commands in, aggregates out.
    pub store: EventStore,
    /// For reads; and for what is neither event nor read model, such as pictures.
    pub pool: PgPool,
    /// Where sessions stand.
    pub statuses: StatusReader,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Hashes API keys.
    pub key_hasher: Arc<Key>,
    /// What was asked about keys a moment ago.
    pub known_keys: Arc<KnownKeys>,
    /// When keys were last used.
    pub key_use: Arc<KeyUse>,
    /// How often keys may call.
    pub rate_limits: Arc<KeyLimits>,
    /// Where players find the payment page; a session's URL is this and its id.
    pub pay_base_url: Url,
    /// Who takes payments.
    pub providers: Registry,
    /// What webhooks are made of and kept in.
    pub webhooks: Arc<Webhooks>,
}

impl Api {
    /// What answers the calls of game servers.
    pub fn calls(&self) -> Calls {
        Calls::of(self)
    }

    /// All routes of the API, but for the paths of those calls.
    pub fn routes(self) -> Router {
        Router::new()
            .merge(rest::routes(&self, self.calls()))
            .merge(reference::routes(&self.pay_base_url))
            .merge(images::routes(&self))
            .merge(notifications::routes(&self))
    }

    /// The paths of all methods that game servers may call, sorted.
    pub fn methods(&self) -> Vec<String> {
        let router = service::methods(self);
        let mut paths: Vec<String> = router.methods().map(|it| format!("/{it}")).collect();
        paths.sort();
        paths
    }
}

pub use discovery::routes as discovery_routes;
pub use health::{Health, routes as health_routes};

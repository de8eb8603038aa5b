//! What the handlers share.

use std::sync::Arc;

use axum::http::HeaderMap;
use sqlx::PgPool;
use url::Url;

use super::Feed;
use crate::{
    admin::Admin,
    clock::Clock,
    domain::id::SessionId,
    event_store::EventStore,
    ids::REQUEST_ID_HEADER,
    people::{People, Token},
    providers::Registry,
    webhooks::{History, PublicUrls, TargetPolicy, TestEvents},
};

/// What the dashboard works with.
#[derive(Clone)]
pub struct Dashboard {
    /// Who somebody is.
    pub people: Arc<People>,
    /// What people may do, under nobody's name yet: see `Act::admin`.
    pub admin: Admin,
    /// The log, for a session's whole story.
    pub store: EventStore,
    /// The rows that are made from it.
    pub pool: PgPool,
    /// What happens now.
    pub feed: Arc<Feed>,
    /// What was sent to games' endpoints.
    pub history: Arc<History>,
    /// Who takes payments, if anybody does: without, no link is made.
    pub providers: Registry,
    /// Invents events for endpoints of the test world.
    pub test_events: Arc<TestEvents>,
    /// Where webhooks may go.
    pub targets: TargetPolicy,
    /// The time, so that a page says of which moment it is.
    pub clock: Arc<dyn Clock>,
    /// Where people find it, without `/dashboard`.
    pub base_url: Url,
    /// Whether who has no second factor yet must choose one before they see anything.
    pub needs_second_factor: bool,
    /// How many proxies stand in front, each of which says from whom it got a request.
    pub proxies: u8,
}

impl Dashboard {
    /// Where a link leads that lets somebody in.
    pub(super) fn sign_in_url(&self, link: &Token) -> String {
        link.url(&self.base_url)
    }

    /// Where the player pays.
    pub(super) fn payment_url(&self, session_id: &SessionId) -> String {
        PublicUrls { pay_base_url: self.base_url.clone() }.session(session_id)
    }
}

/// The request's name in logs and events. Every request has one.
pub(super) fn request_id(headers: &HeaderMap) -> &str {
    headers.get(REQUEST_ID_HEADER).and_then(|it| it.to_str().ok()).unwrap_or_default()
}

//! The rules of a game's webhook endpoints: where webhooks go, which, and how many at once.
//!
//! An endpoint here is its settings. Secrets, and what was sent, are not known.

use std::num::{NonZeroU16, NonZeroU32};

use serde::{Deserialize, Serialize};

use super::super::{
    Timestamp,
    id::{EndpointId, RecoveryId},
    text::DisplayName,
    violation::Violation,
    words::words,
    world::World,
};
use super::words::{PayloadShape, WebhookType};
use super::{ENDPOINTS_MAX, GameError, GameEvent, GameState};

/// The most deliveries that an endpoint may have under way at once.
pub const AT_ONCE_MAX: u16 = 64;
/// The most that an endpoint may be limited to a second; more is no limit.
pub const PER_SECOND_MAX: u32 = 10_000;

/// How long rotated secrets sign too unless it is said, in hours.
pub const GRACE_HOURS_DEFAULT: i64 = 24;
/// The longest that they do: a week.
pub const GRACE_HOURS_MAX: i64 = 168;

/// Where webhooks go, and which.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoint {
    /// Of which world's sessions.
    pub world: World,
    /// Where to.
    pub url: url::Url,
    /// How the body is laid out.
    pub shape: PayloadShape,
    /// Which.
    pub types: Vec<WebhookType>,
    /// What people call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<DisplayName>,
    /// How many at once.
    #[serde(default, skip_serializing_if = "DeliveryLimits::are_usual")]
    pub limits: DeliveryLimits,
}

/// How much an endpoint is sent at most. The usual limits stand in no event, so that endpoints
/// without limits of their own are stored as they always were.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryLimits {
    /// Deliveries under way at the same time; the usual number, if `None`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_once: Option<NonZeroU16>,
    /// Deliveries begun in a second; as many as it takes, if `None`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_second: Option<NonZeroU32>,
}

/// What is to be different about an endpoint; the rest stays. Its world never changes: a receiver of
/// test webhooks must not begin to hear of real money.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EndpointChange {
    /// Where to.
    pub url: Option<url::Url>,
    /// How the body is laid out.
    pub shape: Option<PayloadShape>,
    /// Which.
    pub types: Option<Vec<WebhookType>>,
    /// What people call it; nothing, if that is `Some(None)`.
    pub description: Option<Option<DisplayName>>,
    /// How many at once; the usual number, if that is `Some(None)`.
    pub at_once: Option<Option<NonZeroU16>>,
    /// How many in a second; as many as it takes, if that is `Some(None)`.
    pub per_second: Option<Option<NonZeroU32>>,
}

words! {
    /// Who or what had nothing more sent to an endpoint.
    DisabledBy {
        /// Somebody of the studio, or an operator.
        Person = "person",
        /// The receiver, by its answer 410 Gone.
        Gone = "gone",
        /// Too long a time in which nothing was delivered.
        Failing = "failing",
    }
}

/// A place that webhooks are sent to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegisteredEndpoint {
    /// Its id.
    pub endpoint_id: EndpointId,
    /// Where and what.
    pub endpoint: Endpoint,
    /// When it was added.
    pub added_at: Timestamp,
    /// Why nothing is sent there, if that is so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled: Option<Disabled>,
}

/// Since when and why nothing is sent to an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disabled {
    /// Who or what wanted it.
    pub by: DisabledBy,
    /// When.
    pub at: Timestamp,
}

impl Endpoint {
    /// An endpoint with the usual limits and no description.
    pub fn new(world: World, url: url::Url, shape: PayloadShape, types: Vec<WebhookType>) -> Self {
        let limits = DeliveryLimits::default();
        Self { world, url, shape, types, description: None, limits }
    }

    fn check(&self) -> Result<(), GameError> {
        let has_twice =
            |it: &WebhookType| self.types.iter().filter(|other| it == *other).count() > 1;
        let is_too_wide =
            |it: &WebhookType| self.shape == PayloadShape::Flat && !it.is_of_session();
        if self.types.is_empty() || self.types.iter().any(|it| has_twice(it) || is_too_wide(it)) {
            return Err(GameError::WebhookTypes);
        }
        self.limits.check()
    }
}

impl EndpointChange {
    fn of(self, before: &Endpoint) -> Endpoint {
        let Self { url, shape, types, description, at_once, per_second } = self;
        let before = before.clone();
        Endpoint {
            world: before.world,
            url: url.unwrap_or(before.url),
            shape: shape.unwrap_or(before.shape),
            types: types.unwrap_or(before.types),
            description: description.unwrap_or(before.description),
            limits: DeliveryLimits {
                at_once: at_once.unwrap_or(before.limits.at_once),
                per_second: per_second.unwrap_or(before.limits.per_second),
            },
        }
    }
}

/// Numbers are told as numbers, and what is none as it was written.
fn of_limit(rule: &'static str, text: &str) -> Violation {
    let number = text.parse::<i64>().map(|it| Violation::of_number(rule, it));
    number.unwrap_or_else(|_| Violation::new(rule, text))
}

impl DeliveryLimits {
    /// Reads how many deliveries may be under way at once.
    ///
    /// # Errors
    ///
    /// A [`Violation`] if it is not 1 to [`AT_ONCE_MAX`].
    pub fn parse_at_once(text: &str) -> Result<NonZeroU16, Violation> {
        let limit = text.parse().ok().filter(|it: &NonZeroU16| it.get() <= AT_ONCE_MAX);
        limit.ok_or_else(|| of_limit("must be 1 to 64", text))
    }

    /// Reads how many deliveries may begin in a second.
    ///
    /// # Errors
    ///
    /// A [`Violation`] if it is not 1 to [`PER_SECOND_MAX`].
    pub fn parse_per_second(text: &str) -> Result<NonZeroU32, Violation> {
        let limit = text.parse().ok().filter(|it: &NonZeroU32| it.get() <= PER_SECOND_MAX);
        limit.ok_or_else(|| of_limit("must be 1 to 10,000", text))
    }

    fn are_usual(&self) -> bool {
        *self == Self::default()
    }

    fn check(self) -> Result<(), GameError> {
        let too_many = self.at_once.is_some_and(|it| AT_ONCE_MAX < it.get());
        let too_fast = self.per_second.is_some_and(|it| PER_SECOND_MAX < it.get());
        if too_many || too_fast { Err(GameError::DeliveryLimits) } else { Ok(()) }
    }
}

impl GameState {
    pub(super) fn add_endpoint(
        &self,
        endpoint_id: EndpointId,
        endpoint: Endpoint,
        at: Timestamp,
    ) -> Result<Vec<GameEvent>, GameError> {
        if self.require_endpoint(&endpoint_id).is_ok() {
            return Ok(vec![]);
        }
        if self.endpoints.len() >= ENDPOINTS_MAX {
            return Err(GameError::TooManyEndpoints);
        }
        endpoint.check()?;
        Ok(vec![GameEvent::EndpointAdded { endpoint_id, endpoint, added_at: at }])
    }

    pub(super) fn change_endpoint(
        &self,
        endpoint_id: EndpointId,
        change: EndpointChange,
        at: Timestamp,
    ) -> Result<Vec<GameEvent>, GameError> {
        let before = &self.require_endpoint(&endpoint_id)?.endpoint;
        let endpoint = change.of(before);
        endpoint.check()?;
        if *before == endpoint {
            return Ok(vec![]);
        }
        Ok(vec![GameEvent::EndpointChanged { endpoint_id, endpoint, changed_at: at }])
    }

    pub(super) fn disable_endpoint(
        &self,
        endpoint_id: EndpointId,
        by: DisabledBy,
        at: Timestamp,
    ) -> Result<Vec<GameEvent>, GameError> {
        if self.require_endpoint(&endpoint_id)?.disabled.is_some() {
            return Ok(vec![]);
        }
        Ok(vec![GameEvent::EndpointDisabled { endpoint_id, by, disabled_at: at }])
    }

    pub(super) fn enable_endpoint(
        &self,
        endpoint_id: EndpointId,
        at: Timestamp,
    ) -> Result<Vec<GameEvent>, GameError> {
        if self.require_endpoint(&endpoint_id)?.disabled.is_none() {
            return Ok(vec![]);
        }
        Ok(vec![GameEvent::EndpointEnabled { endpoint_id, enabled_at: at }])
    }

    pub(super) fn rotate_secret(
        &self,
        endpoint_id: EndpointId,
        previous_expires_at: Timestamp,
        at: Timestamp,
    ) -> Result<Vec<GameEvent>, GameError> {
        self.require_endpoint(&endpoint_id)?;
        let rotated_at = at;
        Ok(vec![GameEvent::EndpointSecretRotated { endpoint_id, previous_expires_at, rotated_at }])
    }

    /// Also when there is no old one: which secrets there are is not known here.
    pub(super) fn expire_secrets(
        &self,
        endpoint_id: EndpointId,
        at: Timestamp,
    ) -> Result<Vec<GameEvent>, GameError> {
        self.require_endpoint(&endpoint_id)?;
        Ok(vec![GameEvent::EndpointSecretsExpired { endpoint_id, expired_at: at }])
    }

    pub(super) fn reveal_secret(
        &self,
        endpoint_id: EndpointId,
        at: Timestamp,
    ) -> Result<Vec<GameEvent>, GameError> {
        self.require_endpoint(&endpoint_id)?;
        Ok(vec![GameEvent::EndpointSecretRevealed { endpoint_id, revealed_at: at }])
    }

    pub(super) fn test_endpoint(
        &self,
        endpoint_id: EndpointId,
        webhook_type: WebhookType,
        at: Timestamp,
    ) -> Result<Vec<GameEvent>, GameError> {
        self.require_endpoint(&endpoint_id)?;
        Ok(vec![GameEvent::EndpointTested { endpoint_id, webhook_type, tested_at: at }])
    }

    pub(super) fn resend_webhook(
        &self,
        endpoint_id: EndpointId,
        message_id: String,
        at: Timestamp,
    ) -> Result<Vec<GameEvent>, GameError> {
        self.require_endpoint(&endpoint_id)?;
        Ok(vec![GameEvent::WebhookResent { endpoint_id, message_id, resent_at: at }])
    }

    pub(super) fn recover_webhooks(
        &self,
        endpoint_id: EndpointId,
        recovery_id: RecoveryId,
        since: Timestamp,
        at: Timestamp,
    ) -> Result<Vec<GameEvent>, GameError> {
        self.require_endpoint(&endpoint_id)?;
        Ok(vec![GameEvent::WebhooksRecovered { endpoint_id, recovery_id, since, recovered_at: at }])
    }

    pub(super) fn remove_endpoint(
        &self,
        endpoint_id: EndpointId,
        at: Timestamp,
    ) -> Result<Vec<GameEvent>, GameError> {
        self.require_endpoint(&endpoint_id)?;
        Ok(vec![GameEvent::EndpointRemoved { endpoint_id, removed_at: at }])
    }

    pub(super) fn require_endpoint(
        &self,
        endpoint_id: &EndpointId,
    ) -> Result<&RegisteredEndpoint, GameError> {
        let known = self.endpoints.iter().find(|it| it.endpoint_id == *endpoint_id);
        known.ok_or(GameError::EndpointNotFound)
    }

    /// `None` if there is no such endpoint.
    pub(super) fn endpoint_mut(
        &mut self,
        endpoint_id: &EndpointId,
    ) -> Option<&mut RegisteredEndpoint> {
        self.endpoints.iter_mut().find(|it| it.endpoint_id == *endpoint_id)
    }
}

//! What can be asked of a game's settings, by an operator or a studio's own people.

use serde::{Deserialize, Serialize};

use super::super::{
    Timestamp,
    currency::Currency,
    id::{EndpointId, KeyId, RecoveryId, StudioId},
    return_url::ReturnUrls,
    session::CaptureMode,
    text::DisplayName,
    world::World,
};
use super::appearance::Appearance;
use super::endpoints::{DisabledBy, Endpoint, EndpointChange};
use super::rate_limit::RateLimit;
use super::words::{KeyScope, WebhookType};
use super::{GameError, SESSION_LIFETIME_S};

/// A wish; [`super::Game`] decides what comes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GameCommand {
    /// Take the game in.
    Register {
        /// Whose game.
        studio_id: StudioId,
        /// What players see.
        name: DisplayName,
        /// What new sessions get.
        settings: GameSettings,
        /// Now.
        at: Timestamp,
    },
    /// Change what new sessions get.
    ChangeSettings {
        /// All of them, as they shall be.
        settings: GameSettings,
        /// As whoever wants that has seen them: refused, if they are others by now.
        seen: Option<GameSettings>,
        /// Now.
        at: Timestamp,
    },
    /// Change how the pages look that its players see.
    ChangeAppearance {
        /// All of it, as it shall be.
        appearance: Appearance,
        /// As whoever wants that has seen it: refused, if it is another by now.
        seen: Option<Appearance>,
        /// Now.
        at: Timestamp,
    },
    /// Give out an API key.
    IssueKey(Box<IssueKey>),
    /// Give out an API key that takes another's place.
    RotateKey(Box<RotateKey>),
    /// Refuse an API key from now on.
    RevokeKey {
        /// Which.
        key_id: KeyId,
        /// Now.
        at: Timestamp,
    },
    /// Send webhooks to one more place.
    AddEndpoint {
        /// The new endpoint's id.
        endpoint_id: EndpointId,
        /// Where and what.
        endpoint: Endpoint,
        /// Now.
        at: Timestamp,
    },
    /// Send other webhooks, or to elsewhere.
    ChangeEndpoint {
        /// Which.
        endpoint_id: EndpointId,
        /// What is to be different.
        change: Box<EndpointChange>,
        /// Now.
        at: Timestamp,
    },
    /// Send nothing there until it is enabled again, and keep what was to be sent.
    DisableEndpoint {
        /// Which.
        endpoint_id: EndpointId,
        /// Who or what wants it.
        by: DisabledBy,
        /// Now.
        at: Timestamp,
    },
    /// Send webhooks there again.
    EnableEndpoint {
        /// Which.
        endpoint_id: EndpointId,
        /// Now.
        at: Timestamp,
    },
    /// Sign with a new secret.
    RotateSecret {
        /// Which endpoint's.
        endpoint_id: EndpointId,
        /// Until when the old one signs too.
        previous_expires_at: Timestamp,
        /// Now.
        at: Timestamp,
    },
    /// Sign with the current secret only.
    ExpireSecrets {
        /// Which endpoint's.
        endpoint_id: EndpointId,
        /// Now.
        at: Timestamp,
    },
    /// Show the secret to whoever asks, who has proved who they are.
    RevealSecret {
        /// Which endpoint's.
        endpoint_id: EndpointId,
        /// Now.
        at: Timestamp,
    },
    /// Send an event that never was: the log only notes who wanted it.
    TestEndpoint {
        /// To which endpoint.
        endpoint_id: EndpointId,
        /// Of what type.
        webhook_type: WebhookType,
        /// Now.
        at: Timestamp,
    },
    /// Send a message once more, whatever came of it: the log only notes who wanted it.
    ResendWebhook {
        /// To which endpoint.
        endpoint_id: EndpointId,
        /// The message's id, as its receiver knows it.
        message_id: String,
        /// Now.
        at: Timestamp,
    },
    /// Hand in again what an endpoint did not take: the log only notes who wanted it.
    RecoverWebhooks {
        /// To which endpoint.
        endpoint_id: EndpointId,
        /// The recovery's id.
        recovery_id: RecoveryId,
        /// What was noted since then.
        since: Timestamp,
        /// Now.
        at: Timestamp,
    },
    /// Send nothing there any more.
    RemoveEndpoint {
        /// Which.
        endpoint_id: EndpointId,
        /// Now.
        at: Timestamp,
    },
    /// Change nothing: what was asked for is not for the log, and only its repeat is to be known.
    Touch,
}

/// All that a new API key is made of, except the key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssueKey {
    /// The new key's name in the log.
    pub key_id: KeyId,
    /// Test or live.
    pub world: World,
    /// What people call it.
    pub name: DisplayName,
    /// What it may do.
    pub scopes: Vec<KeyScope>,
    /// From when on it is refused; never, if `None`.
    pub expires_at: Option<Timestamp>,
    /// How often it may be used.
    pub rate_limit: RateLimit,
    /// Now.
    pub at: Timestamp,
}

/// What a new API key is to take the place of; it may do the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RotateKey {
    /// The old key.
    pub key_id: KeyId,
    /// The new key's name in the log.
    pub new_key_id: KeyId,
    /// From when on the old one is refused, unless it ends before.
    pub previous_expires_at: Timestamp,
    /// Now.
    pub at: Timestamp,
}

/// What a game's new sessions get.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GameSettings {
    /// In which it may ask for money.
    pub currencies: Vec<Currency>,
    /// When its money is captured.
    pub capture_mode: CaptureMode,
    /// How long a player has to pay, in seconds.
    pub session_lifetime_s: u32,
    /// Where its players may be sent back to.
    #[serde(default, skip_serializing_if = "ReturnUrls::is_empty")]
    pub return_urls: ReturnUrls,
}

impl GameSettings {
    /// # Errors
    ///
    /// [`GameError::Currencies`], [`GameError::SessionLifetime`] and [`GameError::ReturnUrls`].
    pub(super) fn check(&self) -> Result<(), GameError> {
        let has_twice =
            |it: &Currency| self.currencies.iter().filter(|other| it == *other).count() > 1;
        if self.currencies.is_empty() || self.currencies.iter().any(has_twice) {
            return Err(GameError::Currencies);
        }
        if !SESSION_LIFETIME_S.contains(&self.session_lifetime_s) {
            return Err(GameError::SessionLifetime);
        }
        if !self.return_urls.is_sound() {
            return Err(GameError::ReturnUrls);
        }
        Ok(())
    }
}

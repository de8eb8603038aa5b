//! A game and its settings, each change a fact in the log: finance asks who could do what, when.
//!
//! Secrets never come here: of an API key the log knows the name, of an endpoint the URL.

mod appearance;
mod command;
mod endpoints;
mod event;
mod keys;
mod rate_limit;
mod words;

#[cfg(test)]
mod tests;

use cqrs_es::{Aggregate, event_sink::EventSink};
use serde::{Deserialize, Serialize};

pub use appearance::{Appearance, Logo};
pub use command::{GameCommand, GameSettings, IssueKey, RotateKey};
pub use endpoints::{
    AT_ONCE_MAX, DeliveryLimits, Disabled, DisabledBy, Endpoint, EndpointChange,
    GRACE_HOURS_DEFAULT, GRACE_HOURS_MAX, PER_SECOND_MAX, RegisteredEndpoint,
};
pub use event::GameEvent;
pub use keys::Key;
pub use rate_limit::RateLimit;
pub use words::{KeyScope, PayloadShape, WebhookType};

use super::{Timestamp, id::StudioId, text::DisplayName};

/// The shortest and longest time that a game may give its sessions, in seconds: a minute, 30 days.
pub const SESSION_LIFETIME_S: std::ops::RangeInclusive<u32> = 60..=2_592_000;

/// The most API keys that a game may have in use at once, expired ones among them.
pub const KEYS_MAX: usize = 50;

/// The most webhook endpoints that a game may have at once.
pub const ENDPOINTS_MAX: usize = 16;

/// A game as its events tell it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Game {
    /// Not registered.
    #[default]
    Absent,
    /// The usual case.
    Present(Box<GameState>),
    /// A history that the rules cannot have written: it refuses every further command.
    Corrupt,
}

/// What is known of a registered game.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GameState {
    /// Whose game.
    pub studio_id: StudioId,
    /// What players see.
    pub name: DisplayName,
    /// What new sessions get.
    pub settings: GameSettings,
    /// How the pages look that its players see.
    #[serde(default)]
    pub appearance: Appearance,
    /// When it was registered.
    pub registered_at: Timestamp,
    /// Keys that were not revoked.
    pub keys: Vec<Key>,
    /// Endpoints that were not removed.
    pub endpoints: Vec<RegisteredEndpoint>,
}

/// Why a game refuses a command. Nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GameError {
    /// There is no such game.
    #[error("there is no such game")]
    NotFound,
    /// A game id is taken once.
    #[error("the game exists already")]
    AlreadyRegistered,
    /// A game must take at least one currency.
    #[error("a game takes at least one currency, each once")]
    Currencies,
    /// The lifetime is outside of [`SESSION_LIFETIME_S`].
    #[error("a session lives 60 to 2,592,000 seconds")]
    SessionLifetime,
    /// More than [`RETURN_TARGETS_MAX`](super::return_url::RETURN_TARGETS_MAX), or one of them twice.
    #[error("a game allows at most 32 schemes and 32 hosts to return to, each once")]
    ReturnUrls,
    /// Whoever wanted a change had seen something else.
    #[error("it was changed meanwhile by somebody else; look at it again")]
    ChangedMeanwhile,
    /// [`KEYS_MAX`] are in use.
    #[error("a game has at most 50 API keys; revoke one first")]
    TooManyKeys,
    /// The game has no such key, or it was revoked.
    #[error("the game has no such key")]
    KeyNotFound,
    /// The key has a successor already.
    #[error("the key was rotated already; rotate its successor, or revoke the key to end it now")]
    KeyRotated,
    /// A key that may do nothing is a mistake.
    #[error("a key needs at least one scope, each once")]
    Scopes,
    /// [`ENDPOINTS_MAX`] are in use.
    #[error("a game has at most 16 webhook endpoints; remove one first")]
    TooManyEndpoints,
    /// A limit that is none.
    #[error("a key's limit is at most 100,000 requests a second; more is none")]
    RateLimit,
    /// What an endpoint takes does not fit its shape.
    #[error("an endpoint takes at least one type, each once; a flat one, sessions' types only")]
    WebhookTypes,
    /// A limit that is none.
    #[error("an endpoint takes 1 to 64 deliveries at once and 1 to 10,000 a second")]
    DeliveryLimits,
    /// The game has no such endpoint, or it was removed.
    #[error("the game has no such webhook endpoint")]
    EndpointNotFound,
    /// The history of this game cannot have been written by its rules.
    #[error("the game's history is damaged")]
    Corrupt,
}

impl Game {
    /// What is known of the game.
    ///
    /// # Errors
    ///
    /// [`GameError::NotFound`] and [`GameError::Corrupt`].
    pub fn present(&self) -> Result<&GameState, GameError> {
        match self {
            Self::Absent => Err(GameError::NotFound),
            Self::Present(state) => Ok(state),
            Self::Corrupt => Err(GameError::Corrupt),
        }
    }

    fn decide(&self, command: GameCommand) -> Result<Vec<GameEvent>, GameError> {
        if let (Self::Absent, GameCommand::Register { studio_id, name, settings, at }) =
            (self, &command)
        {
            settings.check()?;
            return Ok(vec![GameEvent::Registered {
                studio_id: studio_id.clone(),
                name: name.clone(),
                settings: settings.clone(),
                registered_at: *at,
            }]);
        }
        let state = self.present()?;
        match command {
            GameCommand::Register { .. } => Err(GameError::AlreadyRegistered),
            GameCommand::ChangeSettings { settings, seen, at } => {
                settings.check()?;
                require_seen(seen.as_ref(), &state.settings)?;
                if settings == state.settings {
                    return Ok(vec![]);
                }
                Ok(vec![GameEvent::SettingsChanged { settings, changed_at: at }])
            }
            GameCommand::ChangeAppearance { appearance, seen, at } => {
                require_seen(seen.as_ref(), &state.appearance)?;
                if appearance == state.appearance {
                    return Ok(vec![]);
                }
                Ok(vec![GameEvent::AppearanceChanged { appearance, changed_at: at }])
            }
            GameCommand::IssueKey(key) => state.issue_key(*key),
            GameCommand::RotateKey(rotate) => state.rotate_key(*rotate),
            GameCommand::RevokeKey { key_id, at } => state.revoke_key(key_id, at),
            GameCommand::AddEndpoint { endpoint_id, endpoint, at } => {
                state.add_endpoint(endpoint_id, endpoint, at)
            }
            GameCommand::ChangeEndpoint { endpoint_id, change, at } => {
                state.change_endpoint(endpoint_id, *change, at)
            }
            GameCommand::DisableEndpoint { endpoint_id, by, at } => {
                state.disable_endpoint(endpoint_id, by, at)
            }
            GameCommand::EnableEndpoint { endpoint_id, at } => {
                state.enable_endpoint(endpoint_id, at)
            }
            GameCommand::RotateSecret { endpoint_id, previous_expires_at, at } => {
                state.rotate_secret(endpoint_id, previous_expires_at, at)
            }
            GameCommand::ExpireSecrets { endpoint_id, at } => state.expire_secrets(endpoint_id, at),
            GameCommand::RevealSecret { endpoint_id, at } => state.reveal_secret(endpoint_id, at),
            GameCommand::TestEndpoint { endpoint_id, webhook_type, at } => {
                state.test_endpoint(endpoint_id, webhook_type, at)
            }
            GameCommand::ResendWebhook { endpoint_id, message_id, at } => {
                state.resend_webhook(endpoint_id, message_id, at)
            }
            GameCommand::RecoverWebhooks { endpoint_id, recovery_id, since, at } => {
                state.recover_webhooks(endpoint_id, recovery_id, since, at)
            }
            GameCommand::RemoveEndpoint { endpoint_id, at } => {
                state.remove_endpoint(endpoint_id, at)
            }
            GameCommand::Touch => Ok(vec![]),
        }
    }
}

/// Nobody's change is lost because somebody else did not see it.
fn require_seen<T: PartialEq>(seen: Option<&T>, now: &T) -> Result<(), GameError> {
    let is_seen = seen.is_none_or(|it| it == now);
    is_seen.then_some(()).ok_or(GameError::ChangedMeanwhile)
}

impl GameState {
    /// `None` if the event cannot have followed.
    fn step(&mut self, event: GameEvent) -> Option<()> {
        match event {
            GameEvent::Registered { .. } => return None,
            GameEvent::SettingsChanged { settings, .. } => self.settings = settings,
            GameEvent::AppearanceChanged { appearance, .. } => self.appearance = appearance,
            GameEvent::KeyIssued {
                key_id,
                world,
                name,
                scopes,
                expires_at,
                rate_limit,
                issued_at,
            } => {
                self.keys.iter().all(|it| it.key_id != key_id).then_some(())?;
                self.keys.push(Key {
                    key_id,
                    world,
                    name,
                    scopes,
                    expires_at,
                    rate_limit,
                    issued_at,
                    rotated_to: None,
                });
            }
            GameEvent::KeyRotated { key_id, new_key_id, previous_expires_at, .. } => {
                self.end_rotated_key(&key_id, new_key_id, previous_expires_at)?;
            }
            GameEvent::KeyRevoked { key_id, .. } => {
                let index = self.keys.iter().position(|it| it.key_id == key_id)?;
                self.keys.remove(index);
            }
            GameEvent::EndpointAdded { endpoint_id, endpoint, added_at } => {
                self.require_endpoint(&endpoint_id).is_err().then_some(())?;
                self.endpoints.push(RegisteredEndpoint {
                    endpoint_id,
                    endpoint,
                    added_at,
                    disabled: None,
                });
            }
            GameEvent::EndpointChanged { endpoint_id, endpoint, .. } => {
                self.endpoint_mut(&endpoint_id)?.endpoint = endpoint;
            }
            GameEvent::EndpointDisabled { endpoint_id, by, disabled_at } => {
                let it = self.endpoint_mut(&endpoint_id)?;
                it.disabled.is_none().then_some(())?;
                it.disabled = Some(Disabled { by, at: disabled_at });
            }
            GameEvent::EndpointEnabled { endpoint_id, .. } => {
                self.endpoint_mut(&endpoint_id)?.disabled.take()?;
            }
            // Neither secrets nor messages are in the log, so there is nothing to remember.
            GameEvent::EndpointSecretRotated { endpoint_id, .. }
            | GameEvent::EndpointSecretsExpired { endpoint_id, .. }
            | GameEvent::EndpointSecretRevealed { endpoint_id, .. }
            | GameEvent::EndpointTested { endpoint_id, .. }
            | GameEvent::WebhookResent { endpoint_id, .. }
            | GameEvent::WebhooksRecovered { endpoint_id, .. } => {
                self.require_endpoint(&endpoint_id).ok()?;
            }
            GameEvent::EndpointRemoved { endpoint_id, .. } => {
                let index = self.endpoints.iter().position(|it| it.endpoint_id == endpoint_id)?;
                self.endpoints.remove(index);
            }
        }
        Some(())
    }
}

impl Aggregate for Game {
    const TYPE: &'static str = "game";
    type Command = GameCommand;
    type Event = GameEvent;
    type Error = GameError;
    /// None, as for every aggregate here.
    type Services = ();

    async fn handle(
        &mut self,
        command: GameCommand,
        _services: &(),
        sink: &EventSink<Self>,
    ) -> Result<(), GameError> {
        for event in self.decide(command)? {
            sink.write(event, self).await;
        }
        Ok(())
    }

    fn apply(&mut self, event: GameEvent) {
        match (&mut *self, event) {
            (Self::Absent, GameEvent::Registered { studio_id, name, settings, registered_at }) => {
                let (keys, endpoints) = (vec![], vec![]);
                let appearance = Appearance::default();
                let state = GameState {
                    studio_id,
                    name,
                    settings,
                    appearance,
                    registered_at,
                    keys,
                    endpoints,
                };
                *self = Self::Present(Box::new(state));
            }
            (Self::Present(state), event) => {
                if state.step(event).is_none() {
                    *self = Self::Corrupt;
                }
            }
            _ => *self = Self::Corrupt,
        }
    }
}

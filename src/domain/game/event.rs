//! What can happen to a game's settings: facts that the log keeps for ever.

use cqrs_es::DomainEvent;
use serde::{Deserialize, Serialize};

use super::super::{
    Timestamp,
    id::{EndpointId, KeyId, RecoveryId, StudioId},
    text::DisplayName,
    world::World,
};
use super::appearance::Appearance;
use super::command::GameSettings;
use super::endpoints::{DisabledBy, Endpoint};
use super::rate_limit::RateLimit;
use super::words::{KeyScope, WebhookType};

/// A fact about one game.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum GameEvent {
    /// The game was taken in.
    Registered {
        /// Whose game.
        studio_id: StudioId,
        /// What players see.
        name: DisplayName,
        /// What new sessions get.
        settings: GameSettings,
        /// When.
        registered_at: Timestamp,
    },
    /// New sessions get something else.
    SettingsChanged {
        /// All settings from now on.
        settings: GameSettings,
        /// When.
        changed_at: Timestamp,
    },
    /// The pages that its players see look otherwise.
    AppearanceChanged {
        /// All of it from now on.
        appearance: Appearance,
        /// When.
        changed_at: Timestamp,
    },
    /// An API key was given out.
    KeyIssued {
        /// Its name. Not the key.
        key_id: KeyId,
        /// Test or live.
        world: World,
        /// What people call it.
        name: DisplayName,
        /// What it may do.
        scopes: Vec<KeyScope>,
        /// From when on it is refused.
        expires_at: Option<Timestamp>,
        /// How often it may be used.
        #[serde(default, skip_serializing_if = "RateLimit::is_by_world")]
        rate_limit: RateLimit,
        /// When.
        issued_at: Timestamp,
    },
    /// An API key, issued just before, takes another's place.
    KeyRotated {
        /// The old key.
        key_id: KeyId,
        /// The new one.
        new_key_id: KeyId,
        /// From when on the old one is refused: never later than before.
        previous_expires_at: Timestamp,
        /// When.
        rotated_at: Timestamp,
    },
    /// An API key is refused from now on.
    KeyRevoked {
        /// Which.
        key_id: KeyId,
        /// When.
        revoked_at: Timestamp,
    },
    /// Webhooks go to one more place.
    EndpointAdded {
        /// Its id.
        endpoint_id: EndpointId,
        /// Where and what.
        endpoint: Endpoint,
        /// When.
        added_at: Timestamp,
    },
    /// Other webhooks go there, or they go elsewhere.
    EndpointChanged {
        /// Which.
        endpoint_id: EndpointId,
        /// Where and what from now on.
        endpoint: Endpoint,
        /// When.
        changed_at: Timestamp,
    },
    /// Nothing is sent there until it is enabled again; what was to be sent is kept.
    EndpointDisabled {
        /// Which.
        endpoint_id: EndpointId,
        /// Who or what wanted it.
        by: DisabledBy,
        /// When.
        disabled_at: Timestamp,
    },
    /// Webhooks are sent there again.
    EndpointEnabled {
        /// Which.
        endpoint_id: EndpointId,
        /// When.
        enabled_at: Timestamp,
    },
    /// Webhooks are signed with a new secret.
    EndpointSecretRotated {
        /// Which endpoint's.
        endpoint_id: EndpointId,
        /// Until when the old one signs too.
        previous_expires_at: Timestamp,
        /// When.
        rotated_at: Timestamp,
    },
    /// Webhooks are signed with the current secret only.
    EndpointSecretsExpired {
        /// Which endpoint's.
        endpoint_id: EndpointId,
        /// When.
        expired_at: Timestamp,
    },
    /// Somebody has seen the current secret. The entry's actor says who.
    EndpointSecretRevealed {
        /// Which endpoint's.
        endpoint_id: EndpointId,
        /// When.
        revealed_at: Timestamp,
    },
    /// Somebody had an event sent that never was, to see whether it arrives. The entry's actor says who.
    EndpointTested {
        /// Which endpoint.
        endpoint_id: EndpointId,
        /// Of what type it was.
        webhook_type: WebhookType,
        /// When it was asked for.
        tested_at: Timestamp,
    },
    /// Somebody had a message sent once more. The entry's actor says who.
    WebhookResent {
        /// To which endpoint.
        endpoint_id: EndpointId,
        /// The message's id, as its receiver knows it.
        message_id: String,
        /// When it was asked for.
        resent_at: Timestamp,
    },
    /// Somebody had all handed in again that an endpoint did not take. The entry's actor says who.
    WebhooksRecovered {
        /// To which endpoint.
        endpoint_id: EndpointId,
        /// The recovery's id.
        recovery_id: RecoveryId,
        /// What was noted since then.
        since: Timestamp,
        /// When it was asked for.
        recovered_at: Timestamp,
    },
    /// Nothing is sent there any more.
    EndpointRemoved {
        /// Which.
        endpoint_id: EndpointId,
        /// When.
        removed_at: Timestamp,
    },
}

impl DomainEvent for GameEvent {
    fn event_type(&self) -> String {
        let name = match self {
            Self::Registered { .. } => "Registered",
            Self::SettingsChanged { .. } => "SettingsChanged",
            Self::AppearanceChanged { .. } => "AppearanceChanged",
            Self::KeyIssued { .. } => "KeyIssued",
            Self::KeyRotated { .. } => "KeyRotated",
            Self::KeyRevoked { .. } => "KeyRevoked",
            Self::EndpointAdded { .. } => "EndpointAdded",
            Self::EndpointChanged { .. } => "EndpointChanged",
            Self::EndpointDisabled { .. } => "EndpointDisabled",
            Self::EndpointEnabled { .. } => "EndpointEnabled",
            Self::EndpointSecretRotated { .. } => "EndpointSecretRotated",
            Self::EndpointSecretsExpired { .. } => "EndpointSecretsExpired",
            Self::EndpointSecretRevealed { .. } => "EndpointSecretRevealed",
            Self::EndpointTested { .. } => "EndpointTested",
            Self::WebhookResent { .. } => "WebhookResent",
            Self::WebhooksRecovered { .. } => "WebhooksRecovered",
            Self::EndpointRemoved { .. } => "EndpointRemoved",
        };
        name.to_owned()
    }

    /// All events are in their first version. A changed shape gets the next one and an upcaster.
    fn event_version(&self) -> String {
        "1.0".to_owned()
    }
}

impl GameEvent {
    /// When it happened, by the clock of whoever decided it.
    pub fn occurred_at(&self) -> Timestamp {
        match self {
            Self::Registered { registered_at: at, .. }
            | Self::SettingsChanged { changed_at: at, .. }
            | Self::AppearanceChanged { changed_at: at, .. }
            | Self::KeyIssued { issued_at: at, .. }
            | Self::KeyRotated { rotated_at: at, .. }
            | Self::KeyRevoked { revoked_at: at, .. }
            | Self::EndpointAdded { added_at: at, .. }
            | Self::EndpointChanged { changed_at: at, .. }
            | Self::EndpointDisabled { disabled_at: at, .. }
            | Self::EndpointEnabled { enabled_at: at, .. }
            | Self::EndpointSecretRotated { rotated_at: at, .. }
            | Self::EndpointSecretsExpired { expired_at: at, .. }
            | Self::EndpointSecretRevealed { revealed_at: at, .. }
            | Self::EndpointTested { tested_at: at, .. }
            | Self::WebhookResent { resent_at: at, .. }
            | Self::WebhooksRecovered { recovered_at: at, .. }
            | Self::EndpointRemoved { removed_at: at, .. } => *at,
        }
    }
}

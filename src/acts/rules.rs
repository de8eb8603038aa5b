//! Which events are acts, and of what kind. No wildcard arm: whoever adds an event says what it is here.

use super::ActKind as Kind;
use crate::domain::{game::GameEvent, id::StudioId, session::SessionEvent, studio::StudioEvent};

/// The actor of what we do ourselves: which of us it was stands in the log, and is no studio's business.
pub const TOFFEEPAY: &str = "toffeepay";

/// An actor as the rows have it.
pub(super) fn actor(text: &str) -> &str {
    match text.split_once(':') {
        Some(("person" | "key", _)) => text,
        _ => TOFFEEPAY,
    }
}

/// Whether an event of a session is an act: what players, games and the service itself do there is not.
pub(super) fn is_by_hand(actor: &str) -> bool {
    actor.starts_with("person:") || actor.starts_with("operator:")
}

/// What an act on a session is about.
pub fn kind_of_session(event: &SessionEvent) -> Kind {
    use SessionEvent as E;
    match event {
        E::RefundRequested { .. }
        | E::Refunded { .. }
        | E::RefundFailed { .. }
        | E::RefundCancelled { .. } => Kind::Refunds,
        E::Created { .. }
        | E::PageOpened { .. }
        | E::PaymentStarted { .. }
        | E::PaymentAuthorized { .. }
        | E::CaptureRequested { .. }
        | E::CaptureFailed { .. }
        | E::VoidRequested { .. }
        | E::VoidFailed { .. }
        | E::PaymentVoided { .. }
        | E::PaymentDeclined { .. }
        | E::Paid { .. }
        | E::PaidLate { .. }
        | E::CaptureMismatched { .. }
        | E::Failed { .. }
        | E::Cancelled { .. }
        | E::Expired { .. } => Kind::Sessions,
    }
}

/// What an act on a game is about.
pub fn kind_of_game(event: &GameEvent) -> Kind {
    use GameEvent as E;
    match event {
        E::Registered { .. } | E::SettingsChanged { .. } | E::AppearanceChanged { .. } => {
            Kind::Settings
        }
        E::KeyIssued { .. } | E::KeyRotated { .. } | E::KeyRevoked { .. } => Kind::Keys,
        E::EndpointAdded { .. }
        | E::EndpointChanged { .. }
        | E::EndpointDisabled { .. }
        | E::EndpointEnabled { .. }
        | E::EndpointTested { .. }
        | E::EndpointRemoved { .. } => Kind::Endpoints,
        E::EndpointSecretRotated { .. }
        | E::EndpointSecretsExpired { .. }
        | E::EndpointSecretRevealed { .. } => Kind::Secrets,
        E::WebhookResent { .. } | E::WebhooksRecovered { .. } => Kind::Deliveries,
    }
}

/// What an act on a studio is about.
pub fn kind_of_studio(event: &StudioEvent) -> Kind {
    match event {
        StudioEvent::Founded { .. } => Kind::Settings,
        StudioEvent::MemberAdded { .. }
        | StudioEvent::RoleChanged { .. }
        | StudioEvent::MemberRemoved { .. } => Kind::People,
    }
}

/// The key or the endpoint that an act on a game is about. Each is of one world.
pub(super) fn subject(event: &GameEvent) -> Option<&str> {
    use GameEvent as E;
    match event {
        E::Registered { .. } | E::SettingsChanged { .. } | E::AppearanceChanged { .. } => None,
        E::KeyIssued { key_id, .. }
        | E::KeyRotated { key_id, .. }
        | E::KeyRevoked { key_id, .. } => Some(key_id.as_str()),
        E::EndpointAdded { endpoint_id, .. }
        | E::EndpointChanged { endpoint_id, .. }
        | E::EndpointDisabled { endpoint_id, .. }
        | E::EndpointEnabled { endpoint_id, .. }
        | E::EndpointSecretRotated { endpoint_id, .. }
        | E::EndpointSecretsExpired { endpoint_id, .. }
        | E::EndpointSecretRevealed { endpoint_id, .. }
        | E::EndpointTested { endpoint_id, .. }
        | E::WebhookResent { endpoint_id, .. }
        | E::WebhooksRecovered { endpoint_id, .. }
        | E::EndpointRemoved { endpoint_id, .. } => Some(endpoint_id.as_str()),
    }
}

/// Whose a game is, as its first event says.
pub(super) fn studio_of(event: &GameEvent) -> Option<&StudioId> {
    if let GameEvent::Registered { studio_id, .. } = event { Some(studio_id) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_people_and_operators_act_on_sessions_and_all_of_ours_are_one() {
        for (text, by_hand, told) in [
            ("person:per_1", true, "person:per_1"),
            ("operator:ada", true, TOFFEEPAY),
            ("key:key_1", false, "key:key_1"),
            ("player", false, TOFFEEPAY),
            ("process:clock", false, TOFFEEPAY),
            ("provider:sandbox", false, TOFFEEPAY),
        ] {
            assert_eq!((is_by_hand(text), actor(text)), (by_hand, told), "{text}");
        }
    }
}

//! Acts in words. No wildcard arm for what people do by hand: whoever adds an event says how it is told.

use maud::{Markup, html};

use super::telling::{Event, Names, Told, member};
use crate::{
    acts::ActKind,
    dashboard::{
        sessions::happened,
        views::{moment, role_name, shown_money, untrusted},
    },
    domain::{
        game::{DisabledBy, GameEvent},
        id::EndpointId,
        money::Money,
        person::Proof,
        session::{Session, SessionEvent},
        studio::{Role, StudioEvent},
        world::World,
    },
    event_store::stream_id,
};

/// Of whom nothing is known any more: two of them are told apart by their ids.
const ERASED: &str = "Somebody whose data was erased";

/// Who did it.
pub(super) fn who(actor: &str, names: &Names) -> Markup {
    match actor.split_once(':') {
        Some(("person", id)) => person(id, names),
        Some(("key", id)) => {
            html! { "API key " (untrusted(names.keys.get(id).map_or(id, String::as_str))) }
        }
        _ => html! { "ToffeePay" },
    }
}

/// The same as plain text, for a choice of one.
pub(super) fn who_text(actor: &str, names: &Names) -> String {
    match actor.split_once(':') {
        Some(("person", id)) => {
            names.people.get(id).cloned().unwrap_or_else(|| format!("{ERASED}, {id}"))
        }
        Some(("key", id)) => {
            format!("API key {}", names.keys.get(id).map_or(id, String::as_str))
        }
        _ => "ToffeePay".to_owned(),
    }
}

fn person(id: &str, names: &Names) -> Markup {
    match names.people.get(id) {
        Some(name) => untrusted(name),
        None => html! { span class="erased" { (ERASED) } " " code { (id) } },
    }
}

/// What an act is about, in words.
pub(super) fn kind_words(kind: ActKind) -> &'static str {
    match kind {
        ActKind::Sessions => "Sessions",
        ActKind::Refunds => "Refunds",
        ActKind::Keys => "API keys",
        ActKind::Endpoints => "Webhook endpoints",
        ActKind::Secrets => "Webhook secrets",
        ActKind::Deliveries => "Webhooks sent again",
        ActKind::Settings => "Settings",
        ActKind::People => "People",
    }
}

/// How somebody proved who they are.
pub(super) fn proof_words(proof: Proof) -> &'static str {
    match proof {
        Proof::PasswordAndCode => "by password and code",
        Proof::Link => "by a link made for them",
    }
}

/// What was done.
pub(super) fn what(told: &Told, names: &Names) -> Markup {
    match told.event() {
        Some(Event::Session(event)) => on_session(told, event),
        Some(Event::Game(event)) => on_game(told, event, names),
        Some(Event::Studio(event)) => on_studio(told, event, names),
        None => html! {
            "Something that this version of ToffeePay cannot read: " code { (told.row.event_type) }
            " at position " (told.row.position) " of the log"
        },
    }
}

fn on_session(told: &Told, event: &SessionEvent) -> Markup {
    let id = stream_id::<Session>(&told.row.stream).unwrap_or_default();
    let game_id = told.row.game_id.as_deref().unwrap_or_default();
    let session = html! {
        @match told.world() {
            Some(world) => a href={ "/dashboard/" (game_id) "/" (world) "/sessions/" (id) } {
                code { (id) }
            },
            None => code { (id) },
        }
    };
    // An amount stands beside those of the other world: what is none is said with it.
    let money = |it: Money| {
        html! {
            (shown_money(it)) @if told.world() == Some(World::Test) { " of test money" }
        }
    };
    match event {
        SessionEvent::Created { item, .. } => html! {
            "Made a payment link for " (untrusted(item.title.as_str())) ", " (money(item.price))
            ": session " (session)
        },
        SessionEvent::Cancelled { .. } => html! { "Cancelled session " (session) },
        SessionEvent::RefundRequested { amount, .. } => {
            html! { "Refunded " (money(*amount)) ": session " (session) }
        }
        // What else comes of a command of theirs, as the session's own page tells it.
        event => html! { (happened(event)) ": session " (session) },
    }
}

fn on_game(told: &Told, event: &GameEvent, names: &Names) -> Markup {
    use GameEvent as E;
    let version = told.row.version;
    let key = |id: &str| html! { "the API key " (named(names.keys.get(id), id)) };
    let at = |id: &EndpointId| {
        let id = id.as_str();
        html! { "the endpoint " (named(names.url_at(id, version), id)) }
    };
    match event {
        E::Registered { name, .. } => html! { "Took in the game " (untrusted(name.as_str())) },
        E::SettingsChanged { .. } => html! { "Changed the game’s settings" },
        E::AppearanceChanged { .. } => html! { "Changed how the game’s payment pages look" },
        E::KeyIssued { key_id, .. } => html! { "Created " (key(key_id.as_str())) },
        E::KeyRotated { key_id, .. } => html! { "Rotated " (key(key_id.as_str())) },
        E::KeyRevoked { key_id, .. } => html! { "Revoked " (key(key_id.as_str())) },
        E::EndpointAdded { endpoint, .. } => {
            html! { "Added the endpoint " (untrusted(endpoint.url.as_str())) }
        }
        E::EndpointChanged { endpoint_id, endpoint, .. } => {
            let url = endpoint.url.as_str();
            let was = names.url_at(endpoint_id.as_str(), version - 1).filter(|was| *was != url);
            html! {
                "Changed the endpoint "
                @if let Some(was) = was { "from " (untrusted(was)) " to " }
                (untrusted(url))
            }
        }
        E::EndpointDisabled { endpoint_id, by, .. } => match by {
            DisabledBy::Person => html! { "Paused " (at(endpoint_id)) },
            DisabledBy::Gone => html! { "Stopped " (at(endpoint_id)) ": it is gone" },
            DisabledBy::Failing => html! { "Stopped " (at(endpoint_id)) ": it kept failing" },
        },
        E::EndpointEnabled { endpoint_id, .. } => html! { "Resumed " (at(endpoint_id)) },
        E::EndpointSecretRotated { endpoint_id, .. } => {
            html! { "Rotated the signing secret of " (at(endpoint_id)) }
        }
        E::EndpointSecretsExpired { endpoint_id, .. } => {
            html! { "Ended the old signing secrets of " (at(endpoint_id)) }
        }
        E::EndpointSecretRevealed { endpoint_id, .. } => {
            html! { "Saw the signing secret of " (at(endpoint_id)) }
        }
        E::EndpointTested { endpoint_id, webhook_type, .. } => html! {
            "Had a test of " code { (webhook_type) } " sent to " (at(endpoint_id))
        },
        E::WebhookResent { endpoint_id, message_id, .. } => {
            html! { "Had " code { (untrusted(message_id)) } " sent again to " (at(endpoint_id)) }
        }
        E::WebhooksRecovered { endpoint_id, since, .. } => html! {
            "Had all handed in again since " (moment(*since)) " that was not taken by " (at(endpoint_id))
        },
        E::EndpointRemoved { endpoint_id, .. } => html! { "Removed " (at(endpoint_id)) },
    }
}

fn on_studio(told: &Told, event: &StudioEvent, names: &Names) -> Markup {
    let whom = member(event).unwrap_or_default();
    let was = names.roles_before.get(&told.row.version).copied();
    let is_self = told.row.actor.strip_prefix("person:") == Some(whom);
    match event {
        StudioEvent::Founded { name, .. } => {
            html! { "Took in the studio " (untrusted(name.as_str())) }
        }
        StudioEvent::MemberAdded { role, .. } => {
            html! { "Took in " (person(whom, names)) " as " (role_word(*role)) }
        }
        StudioEvent::RoleChanged { role, .. } => html! {
            "Changed " (person(whom, names))
            @if let Some(was) = was { " from " (role_word(was)) }
            " to " (role_word(*role))
        },
        StudioEvent::MemberRemoved { .. } if is_self => html! { "Left the studio" },
        StudioEvent::MemberRemoved { .. } => html! {
            "Removed " (person(whom, names))
            @if let Some(was) = was { ", " (role_word(was)) "," }
            " from the studio"
        },
    }
}

fn role_word(role: Role) -> String {
    role_name(role).to_lowercase()
}

/// A thing by its name; by its id, where the log has no other.
fn named(name: Option<&String>, id: &str) -> Markup {
    match name {
        Some(name) => untrusted(name),
        None => html! { code { (id) } },
    }
}

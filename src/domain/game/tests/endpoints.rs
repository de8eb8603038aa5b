//! The specification of a game's webhook endpoints, as given/when/then.

use std::num::{NonZeroU16, NonZeroU32};

use super::*;
use crate::domain::id::{EndpointId, RecoveryId};

fn endpoint_id(number: u8) -> EndpointId {
    EndpointId::from_bytes(id_bytes(1, 0, [number; 16]))
}

fn endpoint(shape: PayloadShape, types: &[WebhookType]) -> Endpoint {
    let url = "https://game.example/hook".parse().unwrap();
    Endpoint::new(World::Test, url, shape, types.to_vec())
}

pub(super) fn paid_only() -> Endpoint {
    endpoint(PayloadShape::Flat, &[WebhookType::SessionPaid])
}

pub(super) fn add(number: u8, endpoint: Endpoint) -> GameCommand {
    GameCommand::AddEndpoint { endpoint_id: endpoint_id(number), endpoint, at: now() }
}

pub(super) fn added(number: u8) -> GameEvent {
    let endpoint_id = endpoint_id(number);
    GameEvent::EndpointAdded { endpoint_id, endpoint: paid_only(), added_at: now() }
}

pub(super) fn change(number: u8, change: EndpointChange) -> GameCommand {
    let change = Box::new(change);
    GameCommand::ChangeEndpoint { endpoint_id: endpoint_id(number), change, at: now() }
}

pub(super) fn disable(number: u8, by: DisabledBy) -> GameCommand {
    GameCommand::DisableEndpoint { endpoint_id: endpoint_id(number), by, at: now() }
}

pub(super) fn disabled(number: u8, by: DisabledBy) -> GameEvent {
    GameEvent::EndpointDisabled { endpoint_id: endpoint_id(number), by, disabled_at: now() }
}

pub(super) fn enable(number: u8) -> GameCommand {
    GameCommand::EnableEndpoint { endpoint_id: endpoint_id(number), at: now() }
}

pub(super) fn enabled(number: u8) -> GameEvent {
    GameEvent::EndpointEnabled { endpoint_id: endpoint_id(number), enabled_at: now() }
}

pub(super) fn rotate(number: u8) -> GameCommand {
    let previous_expires_at = now() + TimeDelta::days(1);
    GameCommand::RotateSecret { endpoint_id: endpoint_id(number), previous_expires_at, at: now() }
}

pub(super) fn rotated(number: u8) -> GameEvent {
    GameEvent::EndpointSecretRotated {
        endpoint_id: endpoint_id(number),
        previous_expires_at: now() + TimeDelta::days(1),
        rotated_at: now(),
    }
}

pub(super) fn remove(number: u8) -> GameCommand {
    GameCommand::RemoveEndpoint { endpoint_id: endpoint_id(number), at: now() }
}

pub(super) fn removed(number: u8) -> GameEvent {
    GameEvent::EndpointRemoved { endpoint_id: endpoint_id(number), removed_at: now() }
}

#[test]
fn an_endpoint_is_added_once_changed_and_removed() {
    given([registered()]).when(add(1, paid_only())).then_expect_events(vec![added(1)]);
    given([registered(), added(1)]).when(add(1, paid_only())).then_expect_events(vec![]);
    let endpoint = endpoint(PayloadShape::Envelope, WebhookType::ALL);
    let all = EndpointChange {
        shape: Some(PayloadShape::Envelope),
        types: Some(WebhookType::ALL.to_vec()),
        ..EndpointChange::default()
    };
    let changed =
        GameEvent::EndpointChanged { endpoint_id: endpoint_id(1), endpoint, changed_at: now() };
    given([registered(), added(1)]).when(change(1, all)).then_expect_events(vec![changed]);
    given([registered(), added(1)]).when(remove(1)).then_expect_events(vec![removed(1)]);
}

#[test]
fn an_endpoint_s_secret_can_be_rotated() {
    given([registered(), added(1)]).when(rotate(1)).then_expect_events(vec![rotated(1)]);
}

#[test]
fn an_unknown_or_removed_endpoint_can_be_asked_for_nothing() {
    for history in [vec![registered()], vec![registered(), added(1), removed(1)]] {
        for command in [
            change(1, EndpointChange::default()),
            disable(1, DisabledBy::Person),
            enable(1),
            rotate(1),
            remove(1),
        ] {
            given(history.clone()).when(command).then_expect_error(GameError::EndpointNotFound);
        }
    }
}

#[test]
fn a_flat_endpoint_takes_session_types_only() {
    for it in WebhookType::ALL {
        let flat = endpoint(PayloadShape::Flat, &[*it]);
        let taken = given([registered()]).when(add(1, flat)).inspect_result();
        let types = EndpointChange { types: Some(vec![*it]), ..EndpointChange::default() };
        let changed = given([registered(), added(2)]).when(change(2, types)).inspect_result();
        assert_eq!((taken.is_ok(), changed.is_ok()), (it.is_of_session(), it.is_of_session()));
        let envelope = endpoint(PayloadShape::Envelope, &[*it]);
        assert!(given([registered()]).when(add(1, envelope)).inspect_result().is_ok());
    }
}

#[test]
fn an_endpoint_takes_at_least_one_type_and_each_once() {
    for types in [&[][..], &[WebhookType::SessionPaid, WebhookType::SessionPaid]] {
        given([registered()])
            .when(add(1, endpoint(PayloadShape::Flat, types)))
            .then_expect_error(GameError::WebhookTypes);
    }
}

#[test]
fn the_seventeenth_endpoint_is_refused_until_one_is_removed() {
    let endpoints = |count: u8| std::iter::once(registered()).chain((1..=count).map(added));
    given(endpoints(15)).when(add(99, paid_only())).then_expect_events(vec![added(99)]);
    given(endpoints(16)).when(add(99, paid_only())).then_expect_error(GameError::TooManyEndpoints);
    given(endpoints(16).chain([removed(1)]))
        .when(add(99, paid_only()))
        .then_expect_events(vec![added(99)]);
}

#[test]
fn a_change_leaves_what_it_does_not_name_and_one_that_changes_nothing_is_no_event() {
    let nothing = EndpointChange::default();
    given([registered(), added(1)]).when(change(1, nothing)).then_expect_events(vec![]);
    let description = DisplayName::parse("the game servers in Frankfurt").unwrap();
    let limited = |at_once, per_second| EndpointChange {
        at_once: Some(NonZeroU16::new(at_once)),
        per_second: Some(NonZeroU32::new(per_second)),
        ..EndpointChange::default()
    };
    let described = EndpointChange {
        description: Some(Some(description.clone())),
        ..EndpointChange::default()
    };
    let changed = |endpoint| GameEvent::EndpointChanged {
        endpoint_id: endpoint_id(1),
        endpoint,
        changed_at: now(),
    };
    let limits = DeliveryLimits { at_once: NonZeroU16::new(4), per_second: NonZeroU32::new(50) };
    let with_limits = Endpoint { limits, ..paid_only() };
    let with_both = Endpoint { description: Some(description.clone()), ..with_limits.clone() };
    let with_words = Endpoint { description: Some(description), ..paid_only() };
    given([registered(), added(1)])
        .when(change(1, limited(4, 50)))
        .then_expect_events(vec![changed(with_limits.clone())]);
    given([registered(), added(1), changed(with_limits)])
        .when(change(1, described))
        .then_expect_events(vec![changed(with_both.clone())]);
    given([registered(), added(1), changed(with_both)])
        .when(change(1, limited(0, 0)))
        .then_expect_events(vec![changed(with_words)]);
}

#[test]
fn an_endpoint_takes_at_most_64_at_once_and_10_000_a_second() {
    for (at_once, per_second, is_allowed) in
        [(64, 10_000, true), (65, 10_000, false), (64, 10_001, false)]
    {
        let limits = DeliveryLimits {
            at_once: NonZeroU16::new(at_once),
            per_second: NonZeroU32::new(per_second),
        };
        let limited = add(1, Endpoint { limits, ..paid_only() });
        let added = given([registered()]).when(limited).inspect_result();
        assert_eq!(added.is_ok(), is_allowed, "{at_once} at once, {per_second} a second");
        assert!(is_allowed || added == Err(GameError::DeliveryLimits));
    }
}

#[test]
fn a_limit_is_typed_as_a_number_within_its_bounds() {
    let at_once = |text| DeliveryLimits::parse_at_once(text).map(NonZeroU16::get).ok();
    assert_eq!((at_once("1"), at_once("64")), (Some(1), Some(64)));
    let per_second = |text| DeliveryLimits::parse_per_second(text).map(NonZeroU32::get).ok();
    assert_eq!((per_second("1"), per_second("10000")), (Some(1), Some(10_000)));
    for text in ["0", "-1", "", "many", "1.5", "99999999999"] {
        assert_eq!((at_once(text), per_second(text)), (None, None), "{text}");
    }
    assert_eq!((at_once("65"), per_second("10001")), (None, None));
}

#[test]
fn an_endpoint_is_disabled_once_for_the_first_reason_and_can_be_enabled_again() {
    for by in DisabledBy::ALL.iter().copied() {
        let of_it = vec![disabled(1, by)];
        given([registered(), added(1)]).when(disable(1, by)).then_expect_events(of_it);
        given([registered(), added(1), disabled(1, DisabledBy::Person)])
            .when(disable(1, by))
            .then_expect_events(vec![]);
    }
    given([registered(), added(1)]).when(enable(1)).then_expect_events(vec![]);
    let resting = [registered(), added(1), disabled(1, DisabledBy::Failing)];
    given(resting.clone()).when(enable(1)).then_expect_events(vec![enabled(1)]);
    given(resting.into_iter().chain([enabled(1)]))
        .when(disable(1, DisabledBy::Gone))
        .then_expect_events(vec![disabled(1, DisabledBy::Gone)]);
}

#[test]
fn what_the_log_only_notes_is_noted_each_time_and_of_an_endpoint_that_is_there() {
    let (endpoint_id, at) = (endpoint_id(1), now());
    let expire = GameCommand::ExpireSecrets { endpoint_id: endpoint_id.clone(), at };
    let reveal = GameCommand::RevealSecret { endpoint_id: endpoint_id.clone(), at };
    let id = endpoint_id.clone();
    let expired = GameEvent::EndpointSecretsExpired { endpoint_id: id, expired_at: at };
    let id = endpoint_id.clone();
    let revealed = GameEvent::EndpointSecretRevealed { endpoint_id: id, revealed_at: at };
    let (id, message_id) = (endpoint_id.clone(), "msg_1".to_owned());
    let resend = GameCommand::ResendWebhook { endpoint_id: id, message_id, at };
    let (id, message_id) = (endpoint_id.clone(), "msg_1".to_owned());
    let resent = GameEvent::WebhookResent { endpoint_id: id, message_id, resent_at: at };
    let (id, webhook_type) = (endpoint_id.clone(), WebhookType::SessionPaid);
    let test = GameCommand::TestEndpoint { endpoint_id: id.clone(), webhook_type, at };
    let tested = GameEvent::EndpointTested { endpoint_id: id, webhook_type, tested_at: at };
    let recovery_id =
        RecoveryId::parse(format!("rec_{}", endpoint_id.as_str().trim_start_matches("whe_")))
            .unwrap();
    let (id, recovery) = (endpoint_id.clone(), recovery_id.clone());
    let recover =
        GameCommand::RecoverWebhooks { endpoint_id: id, recovery_id: recovery, since: at, at };
    let recovered =
        GameEvent::WebhooksRecovered { endpoint_id, recovery_id, since: at, recovered_at: at };
    for (command, event) in [
        (expire, expired),
        (reveal, revealed),
        (test, tested),
        (resend, resent),
        (recover, recovered),
    ] {
        given([registered(), added(1)])
            .when(command.clone())
            .then_expect_events(vec![event.clone()]);
        // Each time anew: each is an act of its own.
        given([registered(), added(1), event.clone()])
            .when(command.clone())
            .then_expect_events(vec![event]);
        given([registered(), added(1), removed(1)])
            .when(command)
            .then_expect_error(GameError::EndpointNotFound);
    }
}

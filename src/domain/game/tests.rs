//! The specification of a game's settings, as given/when/then.

mod endpoints;
mod settings;

use chrono::{TimeDelta, TimeZone, Utc};
use cqrs_es::test::{AggregateTestExecutor, TestFramework};

use super::*;
use crate::domain::id::KeyId;
use crate::domain::return_url::ReturnUrls;
use crate::domain::world::World;
use crate::domain::{currency::Currency, id::id_bytes, session::CaptureMode};
use endpoints::{
    add, added, change, disable, disabled, enable, enabled, paid_only, remove, removed, rotate,
    rotated,
};

fn given(history: impl IntoIterator<Item = GameEvent>) -> AggregateTestExecutor<Game> {
    TestFramework::with(()).given(history.into_iter().collect())
}

fn now() -> Timestamp {
    Utc.with_ymd_and_hms(2026, 3, 1, 12, 0, 0).unwrap()
}

fn name() -> DisplayName {
    DisplayName::parse("Space Shooter").unwrap()
}

fn studio() -> StudioId {
    StudioId::from_bytes(id_bytes(1, 0, [1; 16]))
}

fn key(number: u8) -> KeyId {
    KeyId::from_bytes(id_bytes(1, 0, [number; 16]))
}

fn settings(codes: &[&str], session_lifetime_s: u32) -> GameSettings {
    let currencies = codes.iter().map(|code| Currency::parse(code).unwrap()).collect();
    GameSettings {
        currencies,
        capture_mode: CaptureMode::Automatic,
        session_lifetime_s,
        return_urls: ReturnUrls::default(),
    }
}

fn usual() -> GameSettings {
    settings(&["USD", "EUR", "GBP"], 86_400)
}

fn register(settings: GameSettings) -> GameCommand {
    GameCommand::Register { studio_id: studio(), name: name(), settings, at: now() }
}

fn registered() -> GameEvent {
    GameEvent::Registered {
        studio_id: studio(),
        name: name(),
        settings: usual(),
        registered_at: now(),
    }
}

fn issue(number: u8, scopes: &[KeyScope]) -> GameCommand {
    GameCommand::IssueKey(Box::new(IssueKey {
        key_id: key(number),
        world: World::Test,
        name: name(),
        scopes: scopes.to_vec(),
        expires_at: None,
        rate_limit: RateLimit::ByWorld,
        at: now(),
    }))
}

fn issued(number: u8) -> GameEvent {
    GameEvent::KeyIssued {
        key_id: key(number),
        world: World::Test,
        name: name(),
        scopes: vec![KeyScope::Read],
        expires_at: None,
        rate_limit: RateLimit::ByWorld,
        issued_at: now(),
    }
}

fn revoke(number: u8) -> GameCommand {
    GameCommand::RevokeKey { key_id: key(number), at: now() }
}

fn revoked(number: u8) -> GameEvent {
    GameEvent::KeyRevoked { key_id: key(number), revoked_at: now() }
}

fn rotate_key(old: u8, new: u8, previous_expires_at: Timestamp) -> GameCommand {
    let (key_id, new_key_id, at) = (key(old), key(new), now());
    GameCommand::RotateKey(Box::new(RotateKey { key_id, new_key_id, previous_expires_at, at }))
}

fn key_rotated(old: u8, new: u8, previous_expires_at: Timestamp) -> GameEvent {
    let (key_id, new_key_id, rotated_at) = (key(old), key(new), now());
    GameEvent::KeyRotated { key_id, new_key_id, previous_expires_at, rotated_at }
}

fn tomorrow() -> Timestamp {
    now() + TimeDelta::days(1)
}

fn change_settings(settings: GameSettings) -> GameCommand {
    GameCommand::ChangeSettings { settings, seen: None, at: now() }
}

#[test]
fn a_game_is_registered_once() {
    given([]).when(register(usual())).then_expect_events(vec![registered()]);
    given([registered()]).when(register(usual())).then_expect_error(GameError::AlreadyRegistered);
}

#[test]
fn nothing_can_be_asked_of_a_game_that_does_not_exist() {
    for command in [
        change_settings(usual()),
        issue(1, &[KeyScope::Read]),
        revoke(1),
        rotate_key(1, 2, tomorrow()),
        add(1, paid_only()),
        change(1, EndpointChange::default()),
        disable(1, DisabledBy::Person),
        enable(1),
        rotate(1),
        remove(1),
    ] {
        given([]).when(command).then_expect_error(GameError::NotFound);
    }
}

#[test]
fn a_game_takes_at_least_one_currency_and_each_once() {
    for codes in [&[][..], &["USD", "EUR", "USD"]] {
        let wrong = settings(codes, 86_400);
        given([]).when(register(wrong.clone())).then_expect_error(GameError::Currencies);
        given([registered()]).when(change_settings(wrong)).then_expect_error(GameError::Currencies);
    }
}

#[test]
fn a_session_lives_a_minute_to_thirty_days() {
    for (seconds, allowed) in [(59, false), (60, true), (2_592_000, true), (2_592_001, false)] {
        let settings = settings(&["USD"], seconds);
        let result = given([registered()]).when(change_settings(settings)).inspect_result();
        assert_eq!(result.is_ok(), allowed, "{seconds} seconds");
        assert!(allowed || result == Err(GameError::SessionLifetime));
    }
}

#[test]
fn changed_settings_are_written_down_and_unchanged_ones_are_not() {
    let yen = settings(&["JPY"], 3_600);
    let changed = GameEvent::SettingsChanged { settings: yen.clone(), changed_at: now() };
    given([registered()]).when(change_settings(yen)).then_expect_events(vec![changed]);
    given([registered()]).when(change_settings(usual())).then_expect_events(vec![]);
}

#[test]
fn a_key_is_issued_once_and_can_be_revoked() {
    given([registered()]).when(issue(1, &[KeyScope::Read])).then_expect_events(vec![issued(1)]);
    given([registered(), issued(1)]).when(issue(1, &[KeyScope::Write])).then_expect_events(vec![]);
    given([registered(), issued(1)]).when(revoke(1)).then_expect_events(vec![revoked(1)]);
}

#[test]
fn an_unknown_or_revoked_key_cannot_be_revoked() {
    given([registered()]).when(revoke(1)).then_expect_error(GameError::KeyNotFound);
    given([registered(), issued(1), revoked(1)])
        .when(revoke(1))
        .then_expect_error(GameError::KeyNotFound);
}

#[test]
fn a_rotated_key_s_successor_may_do_the_same_and_the_old_one_ends_after_the_overlap() {
    let old = |key_id| GameEvent::KeyIssued {
        key_id,
        world: World::Live,
        name: name(),
        scopes: vec![KeyScope::Refund, KeyScope::Read],
        expires_at: None,
        rate_limit: RateLimit::Unlimited,
        issued_at: now(),
    };
    given([registered(), old(key(1))])
        .when(rotate_key(1, 2, tomorrow()))
        .then_expect_events(vec![old(key(2)), key_rotated(1, 2, tomorrow())]);
}

/// Issued a day ago for three days: it ends the day after tomorrow.
fn issued_for_three_days(number: u8) -> GameEvent {
    GameEvent::KeyIssued {
        key_id: key(number),
        world: World::Test,
        name: name(),
        scopes: vec![KeyScope::Read],
        expires_at: Some(now() + TimeDelta::days(2)),
        rate_limit: RateLimit::ByWorld,
        issued_at: now() - TimeDelta::days(1),
    }
}

#[test]
fn a_rotation_moves_an_end_earlier_and_never_later_and_gives_as_long_a_life_again() {
    let end = now() + TimeDelta::days(2);
    for (asked, comes_to) in [(now(), now()), (tomorrow(), tomorrow()), (end, end)]
        .into_iter()
        .chain([(end + TimeDelta::microseconds(1), end)])
    {
        let new = GameEvent::KeyIssued {
            key_id: key(2),
            world: World::Test,
            name: name(),
            scopes: vec![KeyScope::Read],
            expires_at: Some(now() + TimeDelta::days(3)),
            rate_limit: RateLimit::ByWorld,
            issued_at: now(),
        };
        given([registered(), issued_for_three_days(1)])
            .when(rotate_key(1, 2, asked))
            .then_expect_events(vec![new, key_rotated(1, 2, comes_to)]);
    }
}

#[test]
fn a_key_is_rotated_once_and_its_successor_then() {
    let rotated = [registered(), issued(1), issued(2), key_rotated(1, 2, tomorrow())];
    let again = |new| rotate_key(1, new, now());
    given(rotated.clone()).when(again(2)).then_expect_events(vec![]);
    given(rotated.clone()).when(again(3)).then_expect_error(GameError::KeyRotated);
    given(rotated.clone())
        .when(rotate_key(2, 3, tomorrow()))
        .then_expect_events(vec![issued(3), key_rotated(2, 3, tomorrow())]);
    given(rotated).when(revoke(1)).then_expect_events(vec![revoked(1)]);
}

#[test]
fn an_unknown_or_revoked_key_cannot_be_rotated() {
    for history in [vec![registered()], vec![registered(), issued(1), revoked(1)]] {
        let rotate = rotate_key(1, 2, tomorrow());
        given(history).when(rotate).then_expect_error(GameError::KeyNotFound);
    }
}

#[test]
fn a_key_needs_at_least_one_scope_and_each_once() {
    for scopes in [&[][..], &[KeyScope::Read, KeyScope::Read]] {
        given([registered()]).when(issue(1, scopes)).then_expect_error(GameError::Scopes);
    }
}

#[test]
fn a_key_s_own_limit_is_one_that_can_be_counted() {
    for (per_second, allowed) in [(100_000, true), (100_001, false)] {
        let rate_limit = RateLimit::PerSecond(per_second.try_into().unwrap());
        let GameCommand::IssueKey(key) = issue(1, &[KeyScope::Read]) else { unreachable!() };
        let issue = GameCommand::IssueKey(Box::new(IssueKey { rate_limit, ..*key }));
        let result = given([registered()]).when(issue).inspect_result();
        assert_eq!(result.is_ok(), allowed, "{per_second} requests/s");
        assert!(allowed || result == Err(GameError::RateLimit));
    }
}

#[test]
fn the_fifty_first_key_is_refused_until_one_is_revoked() {
    let keys = |count: u8| std::iter::once(registered()).chain((1..=count).map(issued));
    given(keys(49)).when(issue(99, &[KeyScope::Read])).then_expect_events(vec![issued(99)]);
    given(keys(50)).when(issue(99, &[KeyScope::Read])).then_expect_error(GameError::TooManyKeys);
    let rotate = rotate_key(1, 99, tomorrow());
    given(keys(50)).when(rotate).then_expect_error(GameError::TooManyKeys);
    given(keys(50).chain([revoked(1)]))
        .when(issue(99, &[KeyScope::Read]))
        .then_expect_events(vec![issued(99)]);
}

#[test]
fn a_history_that_the_rules_cannot_have_written_refuses_every_command() {
    let end = || now() + TimeDelta::days(3);
    for damaged in [
        vec![issued(1)],
        vec![registered(), registered()],
        vec![registered(), revoked(1)],
        vec![registered(), issued(1), issued(1)],
        vec![registered(), issued(1), key_rotated(1, 2, tomorrow())],
        vec![registered(), issued(2), key_rotated(1, 2, tomorrow())],
        vec![registered(), issued_for_three_days(1), issued(2), key_rotated(1, 2, end())],
        vec![registered(), added(1), added(1)],
        vec![registered(), removed(1)],
        vec![registered(), rotated(1)],
        vec![registered(), disabled(1, DisabledBy::Gone)],
        vec![registered(), added(1), enabled(1)],
        vec![registered(), added(1), disabled(1, DisabledBy::Gone), disabled(1, DisabledBy::Gone)],
    ] {
        for command in [register(usual()), change_settings(usual()), revoke(1), remove(1)] {
            given(damaged.clone()).when(command).then_expect_error(GameError::Corrupt);
        }
    }
}

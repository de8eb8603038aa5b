//! The rules of a studio, as sentences.

use chrono::{TimeZone, Utc};
use cqrs_es::test::TestFramework;

use super::*;
use crate::domain::id::id_bytes;

fn now() -> Timestamp {
    Utc.with_ymd_and_hms(2026, 3, 1, 12, 0, 0).unwrap()
}

fn person(number: u64) -> PersonId {
    PersonId::from_bytes(id_bytes(number, 0, [0; 16]))
}

fn found() -> StudioCommand {
    StudioCommand::Found { name: DisplayName::parse("Nebula Games").unwrap(), at: now() }
}

fn founded() -> StudioEvent {
    let name = DisplayName::parse("Nebula Games").unwrap();
    StudioEvent::Founded { name, founded_at: now() }
}

fn added(number: u64, role: Role) -> StudioEvent {
    StudioEvent::MemberAdded { person_id: person(number), role, added_at: now() }
}

fn add(number: u64, role: Role) -> StudioCommand {
    StudioCommand::AddMember { person_id: person(number), role, at: now() }
}

fn change(number: u64, role: Role) -> StudioCommand {
    StudioCommand::ChangeRole { person_id: person(number), role, at: now() }
}

fn changed(number: u64, role: Role) -> StudioEvent {
    StudioEvent::RoleChanged { person_id: person(number), role, changed_at: now() }
}

fn remove(number: u64) -> StudioCommand {
    StudioCommand::RemoveMember { person_id: person(number), at: now() }
}

fn removed(number: u64) -> StudioEvent {
    StudioEvent::MemberRemoved { person_id: person(number), removed_at: now() }
}

fn given(history: Vec<StudioEvent>) -> cqrs_es::test::AggregateTestExecutor<Studio> {
    TestFramework::with(()).given(history)
}

#[test]
fn a_studio_is_taken_in_once() {
    given(vec![]).when(found()).then_expect_events(vec![founded()]);
    given(vec![founded()]).when(found()).then_expect_error(StudioError::AlreadyFounded);
}

#[test]
fn nobody_works_at_a_studio_that_is_not_there() {
    given(vec![]).when(add(1, Role::Owner)).then_expect_error(StudioError::NotFound);
}

#[test]
fn a_person_is_a_member_once() {
    let history = vec![founded(), added(1, Role::Owner)];
    given(vec![founded()]).when(add(1, Role::Owner)).then_expect_events(vec![history[1].clone()]);
    given(history).when(add(1, Role::Finance)).then_expect_error(StudioError::AlreadyMember);
}

#[test]
fn the_last_owner_stays_one_until_there_is_another() {
    let alone = vec![founded(), added(1, Role::Owner), added(2, Role::Developer)];
    given(alone.clone()).when(remove(1)).then_expect_error(StudioError::LastOwner);
    given(alone.clone()).when(change(1, Role::Support)).then_expect_error(StudioError::LastOwner);
    let mut two = alone;
    two.push(changed(2, Role::Owner));
    given(two.clone()).when(remove(1)).then_expect_events(vec![removed(1)]);
    given(two).when(change(1, Role::Support)).then_expect_events(vec![changed(1, Role::Support)]);
}

#[test]
fn the_same_role_again_changes_nothing() {
    let history = vec![founded(), added(1, Role::Owner), added(2, Role::Support)];
    given(history.clone()).when(change(2, Role::Support)).then_expect_events(vec![]);
    given(history).when(change(1, Role::Owner)).then_expect_events(vec![]);
}

#[test]
fn who_was_let_go_is_no_member_and_may_be_taken_in_again() {
    let history = vec![founded(), added(1, Role::Owner), added(2, Role::Support), removed(2)];
    given(history.clone()).when(remove(2)).then_expect_error(StudioError::NotMember);
    given(history.clone()).when(change(2, Role::Owner)).then_expect_error(StudioError::NotMember);
    given(history).when(add(2, Role::Finance)).then_expect_events(vec![added(2, Role::Finance)]);
}

#[test]
fn a_studio_has_at_most_500_members() {
    let mut history = vec![founded()];
    history.extend((1..MEMBERS_MAX as u64).map(|it| added(it, Role::Owner)));
    given(history.clone())
        .when(add(500, Role::Owner))
        .then_expect_events(vec![added(500, Role::Owner)]);
    history.push(added(500, Role::Owner));
    given(history).when(add(501, Role::Owner)).then_expect_error(StudioError::TooManyMembers);
}

#[test]
fn a_history_that_cannot_be_is_damaged_and_refuses_everything() {
    for history in [
        vec![founded(), founded()],
        vec![added(1, Role::Owner)],
        vec![founded(), added(1, Role::Owner), added(1, Role::Owner)],
        vec![founded(), changed(1, Role::Owner)],
        vec![founded(), removed(1)],
    ] {
        given(history).when(found()).then_expect_error(StudioError::Corrupt);
    }
}

//! The rules of a person's account, as sentences.

use chrono::{TimeDelta, TimeZone, Utc};
use cqrs_es::test::TestFramework;

use super::*;
use crate::domain::id::id_bytes;

fn now() -> Timestamp {
    Utc.with_ymd_and_hms(2026, 3, 1, 12, 0, 0).unwrap()
}

fn email() -> EmailAddress {
    EmailAddress::parse("ada@studio.example").unwrap()
}

fn name() -> DisplayName {
    DisplayName::parse("Ada").unwrap()
}

fn stay() -> SignInId {
    SignInId::from_bytes(id_bytes(1, 0, [7; 16]))
}

fn from() -> Origin {
    Origin { address: Some("203.0.113.7".to_owned()), agent: None }
}

fn invite() -> PersonCommand {
    PersonCommand::Invite { email: email(), at: now() }
}

fn invited() -> PersonEvent {
    PersonEvent::Invited { email: email().into(), invited_at: now() }
}

fn enrolled() -> PersonEvent {
    PersonEvent::Enrolled { name: name().into(), enrolled_at: now() }
}

fn shut_out() -> PersonEvent {
    PersonEvent::ShutOut { shut_out_at: now() }
}

fn sign_in(proof: Proof) -> PersonCommand {
    PersonCommand::SignIn { sign_in_id: stay(), proof, from: from(), at: now() }
}

fn signed_in(proof: Proof) -> PersonEvent {
    let from = from().into();
    PersonEvent::SignedIn { sign_in_id: stay(), proof, from, signed_in_at: now() }
}

fn given(history: Vec<PersonEvent>) -> cqrs_es::test::AggregateTestExecutor<Person> {
    TestFramework::with(()).given(history)
}

#[test]
fn nobody_has_an_account_who_was_not_invited() {
    given(vec![]).when(invite()).then_expect_events(vec![invited()]);
    for command in [
        sign_in(Proof::Link),
        PersonCommand::Enroll { name: name(), at: now() },
        PersonCommand::IssueLink { expires_at: now(), at: now() },
        PersonCommand::ShutOut { at: now() },
    ] {
        given(vec![]).when(command).then_expect_error(PersonError::NotFound);
    }
}

#[test]
fn an_account_keeps_its_address_however_that_is_spelled() {
    let again =
        |text| PersonCommand::Invite { email: EmailAddress::parse(text).unwrap(), at: now() };
    given(vec![invited()]).when(again("ADA@studio.example")).then_expect_events(vec![]);
    given(vec![invited()])
        .when(again("eve@studio.example"))
        .then_expect_error(PersonError::OtherEmail);
}

#[test]
fn a_password_lets_in_only_who_has_chosen_one_and_a_link_lets_in_before() {
    let by_password = || sign_in(Proof::PasswordAndCode);
    given(vec![invited()]).when(by_password()).then_expect_error(PersonError::NotEnrolled);
    given(vec![invited()])
        .when(sign_in(Proof::Link))
        .then_expect_events(vec![signed_in(Proof::Link)]);
    given(vec![invited(), enrolled()])
        .when(by_password())
        .then_expect_events(vec![signed_in(Proof::PasswordAndCode)]);
}

#[test]
fn who_was_shut_out_comes_in_by_nothing_until_they_are_let_in_again() {
    let out = vec![invited(), enrolled(), shut_out()];
    for command in [
        sign_in(Proof::Link),
        sign_in(Proof::PasswordAndCode),
        PersonCommand::Prove { sign_in_id: stay(), at: now() },
        PersonCommand::IssueLink { expires_at: now() + TimeDelta::hours(1), at: now() },
        PersonCommand::Enroll { name: name(), at: now() },
    ] {
        given(out.clone()).when(command).then_expect_error(PersonError::ShutOut);
    }
    let mut again = out;
    again.push(PersonEvent::LetIn { let_in_at: now() });
    given(again)
        .when(sign_in(Proof::PasswordAndCode))
        .then_expect_events(vec![signed_in(Proof::PasswordAndCode)]);
}

#[test]
fn shutting_out_and_letting_in_again_change_nothing_the_second_time() {
    let out = PersonCommand::ShutOut { at: now() };
    given(vec![invited()]).when(out.clone()).then_expect_events(vec![shut_out()]);
    given(vec![invited(), shut_out()]).when(out).then_expect_events(vec![]);
    let let_in = PersonCommand::LetIn { at: now() };
    given(vec![invited()]).when(let_in.clone()).then_expect_events(vec![]);
    given(vec![invited(), shut_out()])
        .when(let_in)
        .then_expect_events(vec![PersonEvent::LetIn { let_in_at: now() }]);
}

#[test]
fn who_was_erased_stays_so_and_nothing_else_happens_to_them() {
    let erase = PersonCommand::Erase { at: now() };
    let erased = PersonEvent::Erased { erased_at: now() };
    given(vec![invited(), enrolled()]).when(erase.clone()).then_expect_events(vec![erased.clone()]);
    let gone = vec![invited(), enrolled(), erased];
    given(gone.clone()).when(erase).then_expect_events(vec![]);
    for command in [
        invite(),
        sign_in(Proof::Link),
        PersonCommand::IssueLink { expires_at: now(), at: now() },
        PersonCommand::LetIn { at: now() },
        PersonCommand::SignOut { sign_in_id: stay(), at: now() },
    ] {
        given(gone.clone()).when(command).then_expect_error(PersonError::Erased);
    }
}

#[test]
fn an_erased_person_is_the_same_whether_their_key_is_there_still_or_not() {
    let fold = |events: Vec<PersonEvent>| {
        let mut person = Person::default();
        events.into_iter().for_each(|it| person.apply(it));
        person
    };
    let erased = || PersonEvent::Erased { erased_at: now() };
    let with_key = fold(vec![invited(), enrolled(), erased()]);
    let without_key = fold(vec![
        PersonEvent::Invited { email: Private::Erased, invited_at: now() },
        PersonEvent::Enrolled { name: Private::Erased, enrolled_at: now() },
        erased(),
    ]);
    assert_eq!(with_key, without_key);
    assert_eq!(with_key.present().unwrap().email.known(), None);
}

#[test]
fn a_history_that_cannot_be_is_damaged_and_refuses_everything() {
    for history in [
        vec![enrolled()],
        vec![invited(), invited()],
        vec![invited(), shut_out(), shut_out()],
        vec![invited(), PersonEvent::LetIn { let_in_at: now() }],
        vec![invited(), PersonEvent::Erased { erased_at: now() }, enrolled()],
    ] {
        given(history).when(invite()).then_expect_error(PersonError::Corrupt);
    }
}

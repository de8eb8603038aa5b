//! The bank holds the money: what happens next depends on the game's capture mode.

use super::*;

#[test]
fn held_money_is_captured_at_once_for_a_game_that_captures_automatically() {
    given(processing()).when(provider_authorizes(1)).then([authorized(1), capture_requested(1)]);
}

#[test]
fn held_money_waits_for_complete_payment_for_a_game_that_captures_itself() {
    given([created_manual(), started_manual(1)]).when(provider_authorizes(1)).then([authorized(1)]);
}

#[test]
fn a_repeated_or_late_authorization_changes_nothing() {
    let automatic = vec![created(), started(1), authorized(1), capture_requested(1)];
    let let_go = and(held(), [voided(1)]);
    let mismatch = and(processing(), [mismatched(1, usd(498))]);
    for history in [held(), automatic, sold(), let_go, mismatch] {
        given(history).when(provider_authorizes(1)).then_nothing_new();
    }
}

#[test]
fn money_held_for_an_attempt_already_declined_is_let_go() {
    given([created(), started(1), declined(1)])
        .when(provider_authorizes(1))
        .then([authorized(1), void_requested(1, VoidReason::AuthorizedLate)]);
}

#[test]
fn money_held_for_an_attempt_already_voided_is_let_go() {
    given([created(), started(1), voided(1)])
        .when(provider_authorizes(1))
        .then([authorized(1), void_requested(1, VoidReason::AuthorizedLate)]);
}

#[test]
fn money_held_too_late_is_let_go_once_however_often_the_bank_says_so() {
    let late = VoidReason::AuthorizedLate;
    let noticed = vec![created(), started(1), declined(1), authorized(1), void_requested(1, late)];
    given(noticed.clone()).when(provider_authorizes(1)).then_nothing_new();
    given(noticed.clone()).when(provider_voids(1)).then([voided(1)]);
    given(and(noticed.clone(), [voided(1)])).when(provider_authorizes(1)).then_nothing_new();
    given(and(noticed, [voided(1)])).when(provider_voids(1)).then_nothing_new();
}

#[test]
fn money_held_too_late_neither_blocks_the_player_nor_makes_the_attempt_authorized() {
    let late = VoidReason::AuthorizedLate;
    let noticed = vec![created(), started(1), declined(1), authorized(1), void_requested(1, late)];
    assert_eq!(state_after(noticed.clone()).attempts[0].status(), PaymentStatus::Failed);
    given(noticed).when(start(2)).then([started(2)]);
}

#[test]
fn money_held_for_a_session_that_another_attempt_has_paid_is_let_go() {
    given([created(), started(1), declined(1), started(2), paid(1)])
        .when(provider_authorizes(2))
        .then([authorized(2), void_requested(2, VoidReason::PaidOtherwise)]);
}

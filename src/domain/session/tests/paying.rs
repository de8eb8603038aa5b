//! The player presses pay, and the bank says yes or no.

use super::*;

#[test]
fn pressing_pay_starts_an_attempt_for_exactly_the_price() {
    given([created()]).when(start(1)).then([started(1)]);
    given([created(), page_opened()]).when(start(1)).then([started(1)]);
}

#[test]
fn an_attempt_is_captured_in_the_way_that_the_session_was_created_with() {
    given([created_manual()]).when(start(1)).then([started_manual(1)]);
}

#[test]
fn a_double_click_starts_one_attempt() {
    given(processing()).when(start(1)).then_nothing_new();
}

#[test]
fn a_resent_click_starts_nothing_however_its_attempt_ended() {
    for status in SessionStatus::ALL {
        given(over(*status)).when(start(1)).then_nothing_new();
    }
}

#[test]
fn a_second_tab_cannot_pay_while_an_attempt_is_under_way() {
    let held_for_capture = vec![created(), started(1), authorized(1), capture_requested(1)];
    let being_let_go = and(held(), [void_requested(1, VoidReason::Game)]);
    for under_way in [processing(), held(), held_for_capture, being_let_go] {
        given(under_way).when(start(2)).then_refused(SessionError::PaymentInProgress);
    }
}

#[test]
fn an_attempt_starts_until_a_microsecond_before_the_time_is_over() {
    let last_moment = a_microsecond_before(expiry());
    let events = decide(&[created()], start_at(1, last_moment)).unwrap();
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].occurred_at(), last_moment);
    given([created()]).when(start_at(1, expiry())).then_refused(SessionError::Expired);
}

#[test]
fn no_attempt_starts_after_a_final_status() {
    for status in final_statuses() {
        given(over(status)).when(start(9)).then_refused(SessionError::NotPending(status));
    }
}

#[test]
fn a_charge_that_the_bank_took_at_once_pays_the_session() {
    given(processing()).when(provider_captures(1)).then([paid(1)]);
    assert_eq!(state_after(and(processing(), [paid(1)])).status, SessionStatus::Paid);
}

#[test]
fn a_declined_card_leaves_the_session_pending_and_the_player_may_try_again() {
    let once = vec![created(), started(1), declined(1)];
    given(processing()).when(provider_declines(1)).then([declined(1)]);
    assert_eq!(state_after(once.clone()).status, SessionStatus::Pending);
    given(once).when(start(2)).then([started(2)]);
}

#[test]
fn the_second_decline_leaves_the_session_pending() {
    given([created(), started(1), declined(1), started(2)])
        .when(provider_declines(2))
        .then([declined(2)]);
}

#[test]
fn the_third_decline_fails_the_session() {
    given([created(), started(1), declined(1), started(2), declined(2), started(3)])
        .when(provider_declines(3))
        .then([declined(3), failed()]);
}

#[test]
fn voided_attempts_do_not_count_as_declined_ones() {
    given([created(), started(1), voided(1), started(2), declined(2), started(3)])
        .when(provider_declines(3))
        .then([declined(3)]);
}

#[test]
fn an_attempt_after_two_declines_can_still_pay() {
    given([created(), started(1), declined(1), started(2), declined(2), started(3)])
        .when(provider_captures(3))
        .then([paid(3)]);
}

#[test]
fn the_bank_s_word_counts_after_the_session_s_time_too() {
    let SessionCommand::RecordPayment { payment_id, outcome, .. } = provider_captures(1) else {
        unreachable!()
    };
    let late = SessionCommand::RecordPayment { payment_id, outcome, at: expiry() };
    let events = decide(&processing(), late).unwrap();
    assert!(matches!(events[..], [SessionEvent::Paid { paid_at, .. }] if paid_at == expiry()));
}

#[test]
fn a_decline_of_an_attempt_that_is_known_to_be_held_taken_or_over_is_ignored() {
    let voided_before = and(held(), [voided(1)]);
    for history in [held(), sold(), voided_before, over(SessionStatus::Pending)] {
        given(history).when(provider_declines(1)).then_nothing_new();
    }
}

#[test]
fn word_of_an_attempt_that_the_session_never_made_is_refused() {
    for word in every_word_about(9) {
        given(processing()).when(word).then_refused(SessionError::PaymentNotFound);
    }
}

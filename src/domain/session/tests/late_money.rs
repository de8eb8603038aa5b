//! Money that arrives for an attempt given up, or for a session that is over: never dropped.

use super::*;

#[test]
fn money_for_an_attempt_given_up_pays_a_session_that_is_still_pending() {
    given([created(), started(1), declined(1)]).when(provider_captures(1)).then([paid(1)]);
    given([created(), started(1), voided(1)]).when(provider_captures(1)).then([paid(1)]);
}

#[test]
fn a_payment_that_was_taken_after_all_shows_no_failure() {
    for given_up in [declined(1), voided(1)] {
        let attempt = &state_after([created(), started(1), given_up, paid(1)]).attempts[0];
        assert_eq!((attempt.decline, attempt.failed_at, attempt.cancelled_at), (None, None, None));
        assert_eq!(attempt.succeeded_at, Some(now()));
    }
}

#[test]
fn money_for_an_attempt_given_up_pays_while_another_is_being_charged() {
    given([created(), started(1), declined(1), started(2)])
        .when(provider_captures(1))
        .then([paid(1)]);
}

#[test]
fn money_for_an_attempt_given_up_lets_go_what_another_holds() {
    given([created_manual(), started_manual(1), declined(1), started_manual(2), authorized(2)])
        .when(provider_captures(1))
        .then([paid(1), void_requested(2, VoidReason::PaidOtherwise)]);
}

#[test]
fn money_for_an_attempt_given_up_waits_for_the_answer_to_what_another_was_asked() {
    let other_held =
        vec![created_manual(), started_manual(1), declined(1), started_manual(2), authorized(2)];
    given(and(other_held.clone(), [capture_requested(2)]))
        .when(provider_captures(1))
        .then([paid(1)]);
    given(and(other_held, [void_requested(2, VoidReason::Game)]))
        .when(provider_captures(1))
        .then([paid(1)]);
}

#[test]
fn money_that_comes_after_the_end_is_a_fact_of_its_own() {
    for status in final_statuses().filter(|it| *it != SessionStatus::Paid) {
        given(over(status)).when(provider_captures(1)).then([paid_late(1)]);
    }
}

#[test]
fn money_of_a_second_attempt_after_the_first_paid_is_a_fact_of_its_own() {
    given([created(), started(1), declined(1), started(2), paid(1)])
        .when(provider_captures(2))
        .then([paid_late(2)]);
}

#[test]
fn money_taken_while_a_cancelled_session_was_letting_it_go_came_late() {
    let ending = [cancelled(CancelReason::Player), void_requested(1, VoidReason::SessionCancelled)];
    given(and(held(), ending)).when(provider_captures(1)).then([paid_late(1)]);
}

#[test]
fn repeated_word_of_late_money_changes_nothing() {
    for status in final_statuses().filter(|it| *it != SessionStatus::Paid) {
        let history = and(over(status), [paid_late(1)]);
        given(history).when(provider_captures(1)).then_nothing_new();
    }
}

#[test]
fn late_money_leaves_the_session_as_it_ended() {
    for status in final_statuses().filter(|it| *it != SessionStatus::Paid) {
        let state = state_after(and(over(status), [paid_late(1)]));
        assert_eq!(state.status, status);
        assert_eq!(state.attempts[0].status(), PaymentStatus::Succeeded);
    }
}

#[test]
fn late_money_can_be_given_back() {
    for status in final_statuses().filter(|it| *it != SessionStatus::Paid) {
        given(and(over(status), [paid_late(1)]))
            .when(request_refund_as(RefundCause::PaidLate, 1, 1))
            .then([refund_requested_of(1, 1, price(), RefundCause::PaidLate)]);
    }
}

#[test]
fn a_decline_after_the_session_was_paid_otherwise_does_not_fail_it() {
    let two_declined = vec![created(), started(1), declined(1), started(2), declined(2)];
    given(and(two_declined, [started(3), paid(1)])).when(provider_declines(3)).then([declined(3)]);
}

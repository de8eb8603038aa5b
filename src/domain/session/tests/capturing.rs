//! Taking held money: CompletePayment, and the bank's answer.

use super::*;

#[test]
fn complete_payment_asks_for_the_held_money() {
    given(held()).when(capture(1)).then([capture_requested(1)]);
}

#[test]
fn complete_payment_may_be_repeated_while_it_is_under_way_and_after_it_succeeded() {
    given(and(held(), [capture_requested(1)])).when(capture(1)).then_nothing_new();
    given(and(held(), [capture_requested(1), paid(1)])).when(capture(1)).then_nothing_new();
}

#[test]
fn complete_payment_is_refused_while_the_bank_has_not_answered() {
    given([created_manual(), started_manual(1)])
        .when(capture(1))
        .then_refused(SessionError::PaymentInProgress);
}

#[test]
fn complete_payment_is_refused_while_the_money_is_being_let_go() {
    given(and(held(), [void_requested(1, VoidReason::Game)]))
        .when(capture(1))
        .then_refused(SessionError::PaymentInProgress);
}

#[test]
fn complete_payment_is_refused_where_nothing_is_held() {
    let was_declined = vec![created(), started(1), declined(1)];
    let was_voided = and(held(), [void_requested(1, VoidReason::Game), voided(1)]);
    let came_late = and(over(SessionStatus::Expired), [paid_late(1)]);
    let mismatch = and(processing(), [mismatched(1, usd(498))]);
    for history in [was_declined, was_voided, came_late, mismatch] {
        given(history).when(capture(1)).then_refused(SessionError::PaymentNotAuthorized);
    }
    given([created()]).when(capture(1)).then_refused(SessionError::PaymentNotFound);
}

#[test]
fn complete_payment_is_refused_once_the_session_is_over_though_money_is_still_held() {
    let ending = [
        cancelled(CancelReason::Game),
        void_requested(1, VoidReason::SessionCancelled),
        void_failed(1),
    ];
    let refused = SessionError::NotPending(SessionStatus::Cancelled);
    given(and(held(), ending)).when(capture(1)).then_refused(refused);
}

#[test]
fn captured_money_pays_the_session() {
    given(and(held(), [capture_requested(1)])).when(provider_captures(1)).then([paid(1)]);
}

#[test]
fn money_that_was_captured_without_our_asking_pays_all_the_same() {
    given(held()).when(provider_captures(1)).then([paid(1)]);
}

#[test]
fn a_repeated_capture_changes_nothing() {
    given(sold()).when(provider_captures(1)).then_nothing_new();
    let given_back = and(sold(), [refund_requested(1, 1), refunded(1, 1)]);
    given(given_back).when(provider_captures(1)).then_nothing_new();
}

#[test]
fn complete_payment_of_money_that_was_given_back_changes_nothing() {
    let given_back = and(sold(), [refund_requested(1, 1), refunded(1, 1)]);
    given(given_back).when(capture(1)).then_nothing_new();
}

#[test]
fn money_that_is_no_longer_held_when_it_is_to_be_taken_is_let_go() {
    let word = word_of(1, PaymentOutcome::CaptureFailed(lapsed()));
    let failed = SessionEvent::CaptureFailed {
        payment_id: pay(1),
        reason: DeclineReason::AuthorizationExpired,
        provider_text: lapsed().text.into(),
        failed_at: now(),
    };
    let asked = and(held(), [capture_requested(1)]);
    given(asked.clone()).when(word).then([failed.clone(), voided(1)]);
    given(and(asked, [failed, voided(1)])).when(start(2)).then([started_manual(2)]);
}

#[test]
fn a_failed_capture_leaves_the_money_held_and_the_game_may_ask_again() {
    let asked = and(held(), [capture_requested(1)]);
    given(asked.clone()).when(provider_fails_to_capture(1)).then([capture_failed(1)]);
    let failed = and(asked, [capture_failed(1)]);
    assert_eq!(state_after(failed.clone()).attempts[0].status(), PaymentStatus::Authorized);
    given(failed.clone()).when(provider_fails_to_capture(1)).then_nothing_new();
    given(failed.clone()).when(capture(1)).then([as_the(2, capture_requested(1))]);
    given(failed).when(void(1)).then([as_the(2, void_requested(1, VoidReason::Game))]);
}

#[test]
fn a_refusal_of_an_earlier_request_leaves_the_later_one_to_be_answered() {
    let refused = PaymentOutcome::CaptureFailed(refusal());
    let first = [capture_requested(1), capture_failed(1)];
    let asked_again = and(and(held(), first), [as_the(2, capture_requested(1))]);
    given(asked_again.clone()).when(answer(1, 1, refused.clone())).then_nothing_new();
    given(asked_again.clone()).when(answer(1, 2, refused)).then([capture_failed(1)]);
    // Money that was taken is never dropped, whatever it answers.
    let taken = PaymentOutcome::Captured { amount: price(), reference: charge_name(1) };
    given(asked_again).when(answer(1, 1, taken)).then([paid(1)]);
}

#[test]
fn money_that_could_not_be_captured_at_once_is_let_go_so_that_the_player_may_try_again() {
    given([created(), started(1), authorized(1), capture_requested(1)])
        .when(provider_fails_to_capture(1))
        .then([capture_failed(1), as_the(2, void_requested(1, VoidReason::CaptureFailed))]);
}

#[test]
fn money_that_could_not_be_captured_for_a_session_paid_otherwise_is_let_go() {
    given([
        created_manual(),
        started_manual(1),
        declined(1),
        started_manual(2),
        authorized(2),
        capture_requested(2),
        paid(1),
    ])
    .when(provider_fails_to_capture(2))
    .then([capture_failed(2), as_the(2, void_requested(2, VoidReason::CaptureFailed))]);
}

#[test]
fn a_failed_capture_that_nobody_asked_for_is_ignored() {
    let was_voided = and(held(), [voided(1)]);
    for history in [processing(), held(), sold(), over(SessionStatus::Pending), was_voided] {
        given(history).when(provider_fails_to_capture(1)).then_nothing_new();
    }
}

//! Giving money back: the whole payment, once.

use super::*;

#[test]
fn a_refund_asks_for_the_whole_payment() {
    given(sold()).when(request_refund(1, 1)).then([refund_requested(1, 1)]);
}

#[test]
fn whoever_asks_for_a_refund_is_written_down() {
    for cause in RefundCause::ALL {
        given(sold()).when(request_refund_as(*cause, 1, 1)).then([refund_requested_of(
            1,
            1,
            price(),
            *cause,
        )]);
    }
}

#[test]
fn a_refund_without_a_reason_is_a_refund() {
    let command = SessionCommand::RequestRefund {
        refund_id: refund(1),
        payment_id: pay(1),
        cause: RefundCause::Game,
        reason: None,
        at: now(),
    };
    let events = decide(&sold(), command).unwrap();
    assert!(matches!(
        &events[..],
        [SessionEvent::RefundRequested { reason, .. }] if reason.known() == Some(&None)
    ));
}

#[test]
fn only_money_that_was_taken_can_be_refunded() {
    let was_voided = and(held(), [voided(1)]);
    for history in [processing(), held(), was_voided, over(SessionStatus::Pending)] {
        given(history).when(request_refund(1, 1)).then_refused(SessionError::RefundNotAllowed);
    }
    given(sold()).when(request_refund(1, 9)).then_refused(SessionError::PaymentNotFound);
}

#[test]
fn the_same_refund_may_be_asked_for_again_whatever_became_of_it() {
    let asked = and(sold(), [refund_requested(1, 1)]);
    let became = [refunded(1, 1), refund_failed(1, 1), refund_cancelled(1, 1)];
    given(asked.clone()).when(request_refund(1, 1)).then_nothing_new();
    for outcome in became {
        given(and(asked.clone(), [outcome])).when(request_refund(1, 1)).then_nothing_new();
    }
}

#[test]
fn a_second_refund_is_refused_while_one_is_pending_and_after_it_succeeded() {
    let asked = and(sold(), [refund_requested(1, 1)]);
    let refused = SessionError::AlreadyRefunded;
    given(asked.clone()).when(request_refund(2, 1)).then_refused(refused);
    given(and(asked, [refunded(1, 1)])).when(request_refund(2, 1)).then_refused(refused);
}

#[test]
fn another_refund_may_be_asked_for_after_a_failed_or_cancelled_one() {
    for outcome in [refund_failed(1, 1), refund_cancelled(1, 1)] {
        given(and(sold(), [refund_requested(1, 1), outcome]))
            .when(request_refund(2, 1))
            .then([refund_requested(2, 1)]);
    }
}

#[test]
fn money_given_back_makes_the_payment_refunded_and_the_session_stays_paid() {
    let asked = and(sold(), [refund_requested(1, 1)]);
    given(asked.clone()).when(provider_refunds(1)).then([refunded(1, 1)]);
    let state = state_after(and(asked, [refunded(1, 1)]));
    assert_eq!(state.status, SessionStatus::Paid);
    assert_eq!(state.attempts[0].status(), PaymentStatus::Refunded);
    assert_eq!(state.attempts[0].refunded, Some(price()));
    assert_eq!(state.refunds[0].status, RefundStatus::Succeeded);
}

#[test]
fn a_refund_that_the_bank_refuses_leaves_the_payment_succeeded() {
    let asked = and(sold(), [refund_requested(1, 1)]);
    given(asked.clone()).when(provider_fails_to_refund(1)).then([refund_failed(1, 1)]);
    let state = state_after(and(asked, [refund_failed(1, 1)]));
    assert_eq!(state.attempts[0].status(), PaymentStatus::Succeeded);
    assert_eq!(state.refunds[0].status, RefundStatus::Failed);
    assert_eq!(state.refunds[0].decline, Some(refusal().reason));
}

#[test]
fn a_pending_refund_can_be_called_off_by_us_or_by_the_bank() {
    let asked = and(sold(), [refund_requested(1, 1)]);
    given(asked.clone()).when(cancel_refund(1)).then([refund_cancelled(1, 1)]);
    given(asked).when(provider_cancels_refund(1)).then([refund_cancelled(1, 1)]);
}

#[test]
fn calling_a_refund_off_may_be_repeated() {
    let off = and(sold(), [refund_requested(1, 1), refund_cancelled(1, 1)]);
    given(off).when(cancel_refund(1)).then_nothing_new();
}

#[test]
fn a_refund_that_succeeded_or_failed_cannot_be_called_off() {
    for outcome in [refunded(1, 1), refund_failed(1, 1)] {
        given(and(sold(), [refund_requested(1, 1), outcome]))
            .when(cancel_refund(1))
            .then_refused(SessionError::RefundNotPending);
    }
}

#[test]
fn a_refund_that_was_never_asked_for_cannot_be_called_off_or_answered() {
    for command in [
        cancel_refund(9),
        provider_refunds(9),
        provider_fails_to_refund(9),
        provider_cancels_refund(9),
    ] {
        given(sold()).when(command).then_refused(SessionError::RefundNotFound);
    }
}

#[test]
fn repeated_or_contradicting_word_of_a_settled_refund_changes_nothing() {
    let asked = and(sold(), [refund_requested(1, 1)]);
    for outcome in [refunded(1, 1), refund_failed(1, 1), refund_cancelled(1, 1)] {
        let settled = and(asked.clone(), [outcome]);
        given(settled.clone()).when(provider_fails_to_refund(1)).then_nothing_new();
        given(settled).when(provider_cancels_refund(1)).then_nothing_new();
    }
    given(and(asked, [refunded(1, 1)])).when(provider_refunds(1)).then_nothing_new();
}

#[test]
fn money_given_back_by_a_refund_given_up_counts() {
    for outcome in [refund_failed(1, 1), refund_cancelled(1, 1)] {
        given(and(sold(), [refund_requested(1, 1), outcome]))
            .when(provider_refunds(1))
            .then([refunded(1, 1)]);
    }
}

#[test]
fn money_given_back_by_a_refund_given_up_never_adds_to_another() {
    for outcome in [refund_failed(1, 1), refund_cancelled(1, 1)] {
        let second = and(sold(), [refund_requested(1, 1), outcome, refund_requested(2, 1)]);
        let refused = SessionError::RefundConflict;
        given(second.clone()).when(provider_refunds(1)).then_refused(refused);
        given(and(second, [refunded(2, 1)])).when(provider_refunds(1)).then_refused(refused);
    }
}

#[test]
fn two_payments_of_one_session_are_refunded_each_by_itself() {
    let both = vec![
        created(),
        started(1),
        declined(1),
        started(2),
        paid(1),
        paid_late(2),
        refund_requested_of(1, 2, price(), RefundCause::PaidLate),
    ];
    given(both).when(request_refund(2, 1)).then([refund_requested(2, 1)]);
}

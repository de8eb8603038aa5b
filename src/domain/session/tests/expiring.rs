//! The session's time runs out.

use super::*;

#[test]
fn a_session_expires_at_its_time_and_not_a_microsecond_before() {
    given([created()])
        .when(expire_at(a_microsecond_before(expiry())))
        .then_refused(SessionError::NotExpiredYet);
    given([created()]).when(expire_at(expiry())).then([expired()]);
}

#[test]
fn a_session_with_failed_tries_expires_too() {
    given([created(), started(1), declined(1)]).when(expire_at(expiry())).then([expired()]);
    given([created(), started(1), voided(1)]).when(expire_at(expiry())).then([expired()]);
}

#[test]
fn expiry_waits_for_an_attempt_under_way() {
    let being_taken = and(held(), [capture_requested(1)]);
    let being_let_go = and(held(), [void_requested(1, VoidReason::Game)]);
    let unsettled = and(processing(), [mismatched(1, usd(498))]);
    for under_way in [processing(), held(), being_taken, being_let_go, unsettled] {
        given(under_way).when(expire_at(expiry())).then_refused(SessionError::PaymentInProgress);
    }
}

#[test]
fn a_session_whose_wrong_amount_was_given_back_expires() {
    let amount = usd(498);
    given(and(
        processing(),
        [
            mismatched(1, amount),
            refund_requested_of(1, 1, amount, RefundCause::Operator),
            refunded_of(1, 1, amount),
        ],
    ))
    .when(expire_at(expiry()))
    .then([expired()]);
}

#[test]
fn a_final_session_does_not_expire_whenever_it_is_asked() {
    for status in final_statuses() {
        given(over(status)).when(expire_at(expiry())).then_nothing_new();
        given(over(status)).when(expire_at(birth())).then_nothing_new();
    }
}

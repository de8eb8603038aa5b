//! The bank took another amount or currency than was asked for: for a person to settle.

use super::*;

#[test]
fn a_cent_more_or_less_or_another_currency_does_not_pay_the_session() {
    for amount in [usd(498), usd(500), eur(499), usd(0)] {
        given(processing()).when(provider_captures_amount(1, amount)).then([mismatched(1, amount)]);
        let state = state_after(and(processing(), [mismatched(1, amount)]));
        assert_eq!(state.status, SessionStatus::Pending);
        assert_eq!(state.attempts[0].captured, Some(amount));
        assert_eq!(state.attempts[0].status(), PaymentStatus::Processing);
    }
}

#[test]
fn a_wrong_amount_is_told_once() {
    given(and(processing(), [mismatched(1, usd(498))]))
        .when(provider_captures_amount(1, usd(498)))
        .then_nothing_new();
}

#[test]
fn each_further_amount_is_a_fact_of_its_own_even_the_right_one() {
    let once = and(processing(), [mismatched(1, usd(498))]);
    given(once.clone()).when(provider_captures(1)).then([mismatched(1, price())]);
    given(and(once.clone(), [mismatched(1, price())]))
        .when(provider_captures(1))
        .then_nothing_new();
    given(once).when(provider_captures_amount(1, usd(497))).then([mismatched(1, usd(497))]);
}

#[test]
fn a_wrong_amount_on_top_of_a_paid_session_leaves_it_paid() {
    given(sold()).when(provider_captures_amount(1, usd(500))).then([mismatched(1, usd(500))]);
    let state = state_after(and(sold(), [mismatched(1, usd(500))]));
    assert_eq!(state.status, SessionStatus::Paid);
    assert_eq!(state.attempts[0].captured, Some(price()));
    assert_eq!(state.attempts[0].taken().collect::<Vec<_>>(), [price(), usd(500)]);
    given(and(sold(), [mismatched(1, usd(500))]))
        .when(provider_captures_amount(1, usd(500)))
        .then_nothing_new();
}

#[test]
fn a_wrong_amount_after_the_end_is_for_a_person_too() {
    for status in final_statuses().filter(|it| *it != SessionStatus::Paid) {
        given(over(status))
            .when(provider_captures_amount(1, usd(500)))
            .then([mismatched(1, usd(500))]);
    }
}

#[test]
fn nobody_can_pay_again_until_the_wrong_amount_is_settled() {
    let unsettled = and(processing(), [mismatched(1, usd(498))]);
    given(unsettled.clone()).when(start(2)).then_refused(SessionError::PaymentInProgress);
    let request = refund_requested_of(1, 1, usd(498), RefundCause::Operator);
    let settled = and(unsettled, [request, refunded_of(1, 1, usd(498))]);
    given(settled).when(start(2)).then([started(2)]);
}

#[test]
fn only_a_person_of_ours_can_give_a_wrong_amount_back() {
    let unsettled = and(processing(), [mismatched(1, usd(498))]);
    for cause in RefundCause::ALL.iter().filter(|it| **it != RefundCause::Operator) {
        given(unsettled.clone())
            .when(request_refund_as(*cause, 1, 1))
            .then_refused(SessionError::RefundNotAllowed);
    }
    given(unsettled)
        .when(request_refund_as(RefundCause::Operator, 1, 1))
        .then([refund_requested_of(1, 1, usd(498), RefundCause::Operator)]);
}

#[test]
fn the_price_taken_under_a_second_and_a_third_name_is_no_repeat() {
    let again_as = |name| provider_captures_as(1, price(), charge_name(name));
    let again = |name| mismatched_as(1, price(), charge_name(name));
    given(sold()).when(again_as(2)).then([again(2)]);
    given(and(sold(), [again(2)])).when(again_as(2)).then_nothing_new();
    given(and(sold(), [again(2)])).when(again_as(3)).then([again(3)]);
    let taken = state_after(and(sold(), [again(2), again(3)])).attempts[0].taken().count();
    assert_eq!(taken, 3);
}

#[test]
fn a_wrong_amount_under_another_name_is_no_repeat() {
    let once = and(processing(), [mismatched(1, usd(498))]);
    given(once.clone())
        .when(provider_captures_as(1, usd(498), charge_name(2)))
        .then([mismatched_as(1, usd(498), charge_name(2))]);
    assert_eq!(state_after(once).attempts[0].taken().collect::<Vec<_>>(), [usd(498)]);
}

#[test]
fn a_payment_in_dispute_has_not_succeeded() {
    let attempt = &state_after(and(processing(), [mismatched(1, usd(498))])).attempts[0];
    assert_eq!(attempt.succeeded_at, None);
}

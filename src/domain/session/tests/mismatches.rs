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
    assert_eq!(state.attempts[0].disputed, [usd(500)]);
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
fn the_price_taken_twice_under_two_names_is_not_a_repeat() {
    let other = Reference::parse("another-charge").unwrap();
    let outcome = PaymentOutcome::Captured { amount: price(), reference: other };
    let again = SessionCommand::RecordPayment { payment_id: pay(1), outcome, at: now() };
    let events = decide(&sold(), again.clone()).unwrap();
    assert!(matches!(events[..], [SessionEvent::CaptureMismatched { .. }]), "{events:?}");
    given(sold().into_iter().chain(events)).when(again).then_nothing_new();
}

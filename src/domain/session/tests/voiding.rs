//! Letting held money go: CancelPayment, the clock, and the bank's answer.

use chrono::TimeDelta;

use super::*;
use crate::domain::Timestamp;

#[test]
fn cancel_payment_asks_to_let_the_money_go() {
    given(held()).when(void(1)).then([void_requested(1, VoidReason::Game)]);
}

#[test]
fn cancel_payment_may_be_repeated_while_it_is_under_way_and_after_it_succeeded() {
    let asked = and(held(), [void_requested(1, VoidReason::Game)]);
    given(asked.clone()).when(void(1)).then_nothing_new();
    given(and(asked, [voided(1)])).when(void(1)).then_nothing_new();
}

#[test]
fn cancel_payment_is_refused_while_the_bank_has_not_answered() {
    given(processing()).when(void(1)).then_refused(SessionError::PaymentInProgress);
}

#[test]
fn cancel_payment_is_refused_while_the_money_is_being_taken() {
    given(and(held(), [capture_requested(1)]))
        .when(void(1))
        .then_refused(SessionError::PaymentInProgress);
}

#[test]
fn cancel_payment_is_refused_where_nothing_is_held() {
    let was_declined = vec![created(), started(1), declined(1)];
    let came_late = and(over(SessionStatus::Expired), [paid_late(1)]);
    let mismatch = and(processing(), [mismatched(1, usd(498))]);
    for history in [was_declined, sold(), came_late, mismatch] {
        given(history).when(void(1)).then_refused(SessionError::PaymentNotAuthorized);
    }
    given([created()]).when(void(1)).then_refused(SessionError::PaymentNotFound);
}

#[test]
fn money_let_go_leaves_the_session_pending_and_the_player_may_try_again() {
    let asked = and(held(), [void_requested(1, VoidReason::Game)]);
    given(asked.clone()).when(provider_voids(1)).then([voided(1)]);
    let let_go = and(asked, [voided(1)]);
    assert_eq!(state_after(let_go.clone()).attempts[0].status(), PaymentStatus::Cancelled);
    given(let_go).when(start(2)).then([started_manual(2)]);
}

#[test]
fn money_that_the_bank_let_go_without_our_asking_is_let_go() {
    given(processing()).when(provider_voids(1)).then([voided(1)]);
    given(held()).when(provider_voids(1)).then([voided(1)]);
    given(and(held(), [capture_requested(1)])).when(provider_voids(1)).then([voided(1)]);
}

#[test]
fn the_second_voided_attempt_leaves_the_session_pending() {
    given([created(), started(1), voided(1), started(2)]).when(provider_voids(2)).then([voided(2)]);
}

#[test]
fn the_third_voided_attempt_cancels_the_session() {
    given([created(), started(1), voided(1), started(2), voided(2), started(3)])
        .when(provider_voids(3))
        .then([voided(3), cancelled(CancelReason::AttemptsVoided)]);
}

#[test]
fn declined_attempts_do_not_count_as_voided_ones() {
    given([created(), started(1), declined(1), started(2), voided(2), started(3)])
        .when(provider_voids(3))
        .then([voided(3)]);
}

#[test]
fn the_third_voided_attempt_of_a_cancelled_session_does_not_cancel_it_again() {
    given([
        created_manual(),
        started_manual(1),
        voided(1),
        started_manual(2),
        voided(2),
        started_manual(3),
        authorized(3),
        cancelled(CancelReason::Game),
        void_requested(3, VoidReason::SessionCancelled),
    ])
    .when(provider_voids(3))
    .then([voided(3)]);
}

#[test]
fn a_repeated_void_or_one_that_came_too_late_changes_nothing() {
    let came_late = and(over(SessionStatus::Expired), [paid_late(1)]);
    let mismatch = and(processing(), [mismatched(1, usd(498))]);
    let was_voided = and(held(), [void_requested(1, VoidReason::Game), voided(1)]);
    for history in [was_voided, over(SessionStatus::Pending), sold(), came_late, mismatch] {
        given(history).when(provider_voids(1)).then_nothing_new();
    }
}

#[test]
fn a_failed_void_leaves_the_money_held_and_the_game_may_ask_again() {
    let asked = and(held(), [void_requested(1, VoidReason::Game)]);
    given(asked.clone()).when(provider_fails_to_void(1)).then([void_failed(1)]);
    let failed = and(asked, [void_failed(1)]);
    assert_eq!(state_after(failed.clone()).attempts[0].status(), PaymentStatus::Authorized);
    given(failed.clone()).when(provider_fails_to_void(1)).then_nothing_new();
    given(failed.clone()).when(void(1)).then([as_the(2, void_requested(1, VoidReason::Game))]);
    given(failed).when(capture(1)).then([as_the(2, capture_requested(1))]);
}

#[test]
fn a_refusal_of_an_earlier_request_leaves_the_later_one_to_be_answered() {
    let refused = PaymentOutcome::VoidFailed(refusal());
    let first = [void_requested(1, VoidReason::Game), void_failed(1)];
    let second = as_the(2, void_requested(1, VoidReason::Game));
    let asked_again = and(and(held(), first), [second]);
    given(asked_again.clone()).when(answer(1, 1, refused.clone())).then_nothing_new();
    given(asked_again.clone()).when(answer(1, 2, refused)).then([void_failed(1)]);
    // That the money was let go is true, whatever it answers.
    given(asked_again).when(answer(1, 1, PaymentOutcome::Voided)).then([voided(1)]);
}

#[test]
fn a_failed_void_that_nobody_asked_for_is_ignored() {
    for history in [processing(), held(), sold(), over(SessionStatus::Pending)] {
        given(history).when(provider_fails_to_void(1)).then_nothing_new();
    }
}

#[test]
fn money_taken_while_it_was_to_be_let_go_answers_the_void() {
    let taken = and(held(), [void_requested(1, VoidReason::Game), paid(1)]);
    given(taken.clone()).when(provider_fails_to_void(1)).then_nothing_new();
    assert!(!state_after(taken).attempts[0].void_requested);
}

#[test]
fn money_let_go_while_it_was_to_be_taken_answers_the_capture() {
    let let_go = and(held(), [capture_requested(1), voided(1)]);
    assert!(!state_after(let_go).attempts[0].capture_requested);
}

#[test]
fn money_is_held_seven_days_and_not_a_microsecond_more() {
    let seven_days = now() + TimeDelta::days(7);
    given(held())
        .when(void_uncaptured(1, a_microsecond_before(seven_days)))
        .then_refused(SessionError::AuthorizationStillValid);
    let events = decide(&held(), void_uncaptured(1, seven_days)).unwrap();
    let expected = SessionEvent::VoidRequested {
        payment_id: pay(1),
        number: 1,
        reason: VoidReason::NotCapturedInTime,
        requested_at: seven_days,
    };
    assert_eq!(events, [expected]);
}

#[test]
fn the_clock_lets_only_idle_held_money_go() {
    let seven_days = now() + TimeDelta::days(7);
    let being_taken = and(held(), [capture_requested(1)]);
    let being_let_go = and(held(), [void_requested(1, VoidReason::Game)]);
    let idle = [processing(), sold(), over(SessionStatus::Pending), being_taken, being_let_go];
    for history in idle {
        given(history).when(void_uncaptured(1, seven_days)).then_nothing_new();
    }
    given([created()])
        .when(void_uncaptured(1, seven_days))
        .then_refused(SessionError::PaymentNotFound);
}

/// A cancelled session whose held money the provider refused to let go `times` times, now.
fn refused_to_let_go(times: u32) -> Vec<SessionEvent> {
    let asked = void_requested(1, VoidReason::SessionCancelled);
    let cancelled = and(held(), [cancelled(CancelReason::Player)]);
    (1..=times)
        .fold(cancelled, |history, nth| and(history, [as_the(nth, asked.clone()), void_failed(1)]))
}

#[test]
fn the_clock_asks_again_for_money_that_a_cancelled_session_could_not_let_go() {
    for (refusals, hours) in [(1, 1), (2, 2), (3, 4), (7, 64)] {
        let again = now() + TimeDelta::hours(hours);
        given(refused_to_let_go(refusals))
            .when(void_uncaptured(1, a_microsecond_before(again)))
            .then_refused(SessionError::AuthorizationStillValid);
        let events = decide(&refused_to_let_go(refusals), void_uncaptured(1, again)).unwrap();
        assert!(matches!(events[..], [SessionEvent::VoidRequested { .. }]), "{events:?}");
    }
}

#[test]
fn after_the_eighth_refusal_a_human_must_let_the_money_go() {
    let far = now() + TimeDelta::days(365);
    given(refused_to_let_go(8)).when(void_uncaptured(1, far)).then_nothing_new();
}

#[test]
fn money_held_for_an_attempt_given_up_is_asked_for_again_too() {
    let late = [authorized(1), void_requested(1, VoidReason::AuthorizedLate), void_failed(1)];
    let history = and([created_manual(), started_manual(1), declined(1)].to_vec(), late);
    let events = decide(&history, void_uncaptured(1, now() + TimeDelta::hours(1))).unwrap();
    assert!(matches!(events[..], [SessionEvent::VoidRequested { .. }]), "{events:?}");
}

#[test]
fn what_the_provider_no_longer_holds_counts_as_let_go() {
    let word = word_of(1, PaymentOutcome::VoidFailed(lapsed()));
    given(and(held(), [void_requested(1, VoidReason::Game)])).when(word.clone()).then([voided(1)]);
    given(held()).when(word).then([voided(1)]);
}

#[test]
fn what_lapses_after_the_attempt_was_given_up_is_let_go_too() {
    let late = [authorized(1), void_requested(1, VoidReason::AuthorizedLate), void_failed(1)];
    let history = and([created_manual(), started_manual(1), declined(1)].to_vec(), late);
    given(history.clone()).when(provider_voids(1)).then([voided(1)]);
    given(history).when(word_of(1, PaymentOutcome::VoidFailed(lapsed()))).then([voided(1)]);
}

#[test]
fn what_the_provider_never_held_cannot_lapse() {
    let word = word_of(1, PaymentOutcome::VoidFailed(lapsed()));
    for history in [processing(), sold(), over(SessionStatus::Pending), and(held(), [voided(1)])] {
        given(history).when(word.clone()).then_nothing_new();
    }
}

#[test]
fn refusals_of_what_the_game_asked_for_do_not_stop_the_clock() {
    let eight_refused = (1..=8).fold(held(), |history, nth| {
        and(history, [as_the(nth, void_requested(1, VoidReason::Game)), void_failed(1)])
    });
    let seven_days = now() + TimeDelta::days(7);
    given(eight_refused.clone())
        .when(void_uncaptured(1, a_microsecond_before(seven_days)))
        .then_refused(SessionError::AuthorizationStillValid);
    let events = decide(&eight_refused, void_uncaptured(1, seven_days)).unwrap();
    assert!(matches!(events[..], [SessionEvent::VoidRequested { number: 9, .. }]), "{events:?}");
}

#[test]
fn money_held_until_the_end_of_the_calendar_is_never_due() {
    let mut history = held();
    for event in &mut history {
        if let SessionEvent::PaymentAuthorized { authorized_at, .. } = event {
            *authorized_at = Timestamp::MAX_UTC;
        }
    }
    given(history).when(void_uncaptured(1, Timestamp::MAX_UTC)).then_nothing_new();
}

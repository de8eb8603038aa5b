//! Giving up: CancelSession, or the player pressing cancel.

use super::*;

const BOTH: [(CancelledBy, CancelReason); 2] =
    [(CancelledBy::Game, CancelReason::Game), (CancelledBy::Player, CancelReason::Player)];

#[test]
fn the_game_and_the_player_can_cancel_a_pending_session() {
    for (by, reason) in BOTH {
        given([created()]).when(cancel(by)).then([cancelled(reason)]);
        given([created(), started(1), declined(1)]).when(cancel(by)).then([cancelled(reason)]);
        given([created(), started(1), voided(1)]).when(cancel(by)).then([cancelled(reason)]);
    }
}

#[test]
fn a_session_can_be_cancelled_after_its_time_until_it_is_marked_expired() {
    let late = SessionCommand::Cancel { by: CancelledBy::Player, at: expiry() };
    assert_eq!(decide(&[created()], late).unwrap().len(), 1);
}

#[test]
fn nobody_can_cancel_while_the_bank_has_not_answered() {
    for (by, _) in BOTH {
        given(processing()).when(cancel(by)).then_refused(SessionError::PaymentInProgress);
    }
}

#[test]
fn nobody_can_cancel_while_the_money_is_being_taken() {
    for (by, _) in BOTH {
        given([created(), started(1), authorized(1), capture_requested(1)])
            .when(cancel(by))
            .then_refused(SessionError::PaymentInProgress);
    }
}

#[test]
fn cancelling_while_money_is_held_lets_it_go() {
    for (by, reason) in BOTH {
        given(held())
            .when(cancel(by))
            .then([cancelled(reason), void_requested(1, VoidReason::SessionCancelled)]);
    }
}

#[test]
fn cancelling_while_money_is_being_let_go_does_not_ask_for_it_twice() {
    given(and(held(), [void_requested(1, VoidReason::Game)]))
        .when(cancel(CancelledBy::Game))
        .then([cancelled(CancelReason::Game)]);
}

#[test]
fn nobody_can_cancel_while_a_person_has_to_settle_a_wrong_amount() {
    given(and(processing(), [mismatched(1, usd(498))]))
        .when(cancel(CancelledBy::Game))
        .then_refused(SessionError::PaymentInProgress);
}

#[test]
fn a_final_session_cannot_be_cancelled() {
    for status in final_statuses() {
        for (by, _) in BOTH {
            given(over(status)).when(cancel(by)).then_refused(SessionError::NotPending(status));
        }
    }
}

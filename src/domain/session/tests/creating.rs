//! A game server asks for a payment, and the player opens the page.

use super::*;

#[test]
fn a_session_is_created_with_all_that_the_game_asked_for() {
    given_nothing().when(create()).then([created()]);
    given_nothing().when(create_manual()).then([created_manual()]);
}

#[test]
fn a_session_is_created_only_once() {
    given([created()]).when(create()).then_refused(SessionError::AlreadyCreated);
    for status in final_statuses() {
        given(over(status)).when(create()).then_refused(SessionError::AlreadyCreated);
    }
}

#[test]
fn nothing_can_be_asked_of_a_session_that_does_not_exist() {
    for command in every_command_but_create() {
        given_nothing().when(command).then_refused(SessionError::NotFound);
    }
}

#[test]
fn the_first_view_of_the_page_is_noted_and_later_ones_are_not() {
    given([created()]).when(open_page()).then([page_opened()]);
    given([created(), page_opened()]).when(open_page()).then_nothing_new();
}

#[test]
fn the_first_view_is_noted_even_while_a_payment_is_under_way() {
    given(processing()).when(open_page()).then([page_opened()]);
}

#[test]
fn a_view_after_the_end_is_not_worth_noting() {
    for status in final_statuses() {
        given(over(status)).when(open_page()).then_nothing_new();
    }
}

#[test]
fn a_new_session_is_pending_and_knows_when_its_time_is_over() {
    let state = state_after([created()]);
    assert_eq!(state.status, SessionStatus::Pending);
    assert_eq!((state.created_at, state.expires_at), (birth(), expiry()));
    assert_eq!(state.closed_at, None);
    assert!(state.attempts.is_empty() && state.refunds.is_empty());
}

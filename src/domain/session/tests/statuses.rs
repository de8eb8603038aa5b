//! What a client reads: statuses and the times beside them.

use super::*;

#[test]
fn a_session_shows_how_it_ended_and_when() {
    for status in SessionStatus::ALL {
        let state = state_after(over(*status));
        let ended_at = match status {
            SessionStatus::Pending => None,
            SessionStatus::Expired => Some(expiry()),
            SessionStatus::Paid | SessionStatus::Failed | SessionStatus::Cancelled => Some(now()),
        };
        assert_eq!((state.status, state.closed_at), (*status, ended_at));
    }
}

#[test]
fn an_attempt_shows_each_status_of_its_way() {
    let given_back = and(sold(), [refund_requested(1, 1), refunded(1, 1)]);
    for (history, status) in [
        (processing(), PaymentStatus::Processing),
        (held(), PaymentStatus::Authorized),
        (and(held(), [capture_requested(1)]), PaymentStatus::Authorized),
        (and(held(), [void_requested(1, VoidReason::Game)]), PaymentStatus::Authorized),
        (sold(), PaymentStatus::Succeeded),
        (given_back, PaymentStatus::Refunded),
        (over(SessionStatus::Pending), PaymentStatus::Failed),
        (and(held(), [voided(1)]), PaymentStatus::Cancelled),
        (and(over(SessionStatus::Expired), [paid_late(1)]), PaymentStatus::Succeeded),
    ] {
        assert_eq!(state_after(history.clone()).attempts[0].status(), status, "{history:#?}");
    }
}

#[test]
fn an_attempt_knows_when_each_thing_happened_to_it() {
    let held = state_after(held()).attempts.remove(0);
    assert_eq!((held.started_at, held.authorized_at), (now(), Some(now())));
    let given_back = and(sold(), [refund_requested(1, 1), refunded(1, 1)]);
    let given_back = state_after(given_back).attempts.remove(0);
    assert_eq!((given_back.succeeded_at, given_back.refunded_at), (Some(now()), Some(now())));
    let declined = state_after(over(SessionStatus::Pending)).attempts.remove(0);
    assert_eq!((declined.failed_at, declined.decline), (Some(now()), Some(refusal().reason)));
    let voided = state_after([created(), started(1), voided(1)]).attempts.remove(0);
    assert_eq!(voided.cancelled_at, Some(now()));
}

#[test]
fn an_attempt_keeps_the_provider_s_name_for_the_charge() {
    assert_eq!(state_after(processing()).attempts[0].provider_reference, None);
    assert_eq!(state_after(held()).attempts[0].provider_reference, Some(charge_name(1)));
    assert_eq!(state_after(sold()).attempts[0].provider_reference, Some(charge_name(1)));
}

#[test]
fn a_session_knows_when_its_page_was_first_seen() {
    assert_eq!(state_after([created()]).page_opened_at, None);
    assert_eq!(state_after([created(), page_opened()]).page_opened_at, Some(now()));
}

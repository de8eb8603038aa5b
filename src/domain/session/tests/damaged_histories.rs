//! Histories that the rules cannot have written: they are noticed, and nothing more happens.

use super::*;

/// Each with what is wrong with it.
type Damaged = Vec<(&'static str, Vec<SessionEvent>)>;

fn damaged() -> Damaged {
    [damaged_payments(), damaged_refunds()].concat()
}

fn damaged_payments() -> Damaged {
    vec![
        ("it does not begin with Created", vec![page_opened()]),
        ("it was created twice", vec![created(), created()]),
        ("its first view came twice", vec![created(), page_opened(), page_opened()]),
        ("an attempt started twice", vec![created(), started(1), started(1)]),
        ("two attempts at once", vec![created(), started(1), started(2)]),
        ("an attempt after the end", and(sold(), [started(2)])),
        ("an unknown attempt was authorized", vec![created(), authorized(1)]),
        ("an unknown attempt was captured", vec![created(), paid(1)]),
        ("an unknown attempt was voided", vec![created(), voided(1)]),
        ("an unknown attempt mismatched", vec![created(), mismatched(1, usd(1))]),
        ("a request whose number was left out", and(held(), [as_the(2, capture_requested(1))])),
        (
            "two requests of one number",
            and(held(), [capture_requested(1), capture_failed(1), capture_requested(1)]),
        ),
        ("a capture of nothing held", and(processing(), [capture_requested(1)])),
        (
            "a declined attempt declined again",
            vec![created(), started(1), declined(1), declined(1)],
        ),
        ("paid twice", and(sold(), [paid(1)])),
        ("paid and cancelled", and(sold(), [cancelled(CancelReason::Game)])),
        ("paid and expired", and(sold(), [expired()])),
        ("paid and failed", and(sold(), [failed()])),
        ("cancelled and paid", and(over(SessionStatus::Cancelled), [paid(1)])),
        ("expired twice", and(over(SessionStatus::Expired), [expired()])),
        ("late money although nothing was over", and(processing(), [paid_late(1)])),
        ("late money twice", and(over(SessionStatus::Failed), [paid_late(1), paid_late(1)])),
    ]
}

fn damaged_refunds() -> Damaged {
    let asked_back = and(sold(), [refund_requested(1, 1)]);
    let given_back = and(asked_back.clone(), [refunded(1, 1)]);
    vec![
        ("a refund of nothing taken", and(held(), [refund_requested(1, 1)])),
        (
            "a refund of another amount",
            and(sold(), [refund_requested_of(1, 1, usd(500), RefundCause::Game)]),
        ),
        ("a refund asked for twice", and(asked_back.clone(), [refund_requested(1, 1)])),
        ("two refunds at once", and(asked_back.clone(), [refund_requested(2, 1)])),
        ("a refund that nobody asked for", and(sold(), [refunded(1, 1)])),
        ("more back than was taken", and(asked_back.clone(), [refunded_of(1, 1, usd(500))])),
        ("back in another currency", and(asked_back.clone(), [refunded_of(1, 1, eur(1))])),
        ("back twice", and(given_back.clone(), [refunded(1, 1)])),
        ("refused after it was paid back", and(given_back.clone(), [refund_failed(1, 1)])),
        ("called off after it was paid back", and(given_back, [refund_cancelled(1, 1)])),
        (
            "refused after it was called off",
            and(asked_back.clone(), [refund_cancelled(1, 1), refund_failed(1, 1)]),
        ),
        (
            "back twice by two refunds",
            and(
                asked_back.clone(),
                [refund_failed(1, 1), refund_requested(2, 1), refunded(2, 1), refunded(1, 1)],
            ),
        ),
        (
            "a refund of another attempt",
            vec![
                created(),
                started(1),
                declined(1),
                started(2),
                paid(1),
                paid_late(2),
                refund_requested(1, 1),
                refunded(1, 2),
            ],
        ),
        ("an unknown refund failed", and(sold(), [refund_failed(1, 1)])),
        ("an unknown refund was called off", and(sold(), [refund_cancelled(1, 1)])),
    ]
}

#[test]
fn a_history_that_the_rules_cannot_have_written_is_noticed() {
    for (what, history) in damaged() {
        assert_eq!(fold(&history), Session::Corrupt, "{what}");
    }
}

#[test]
fn a_damaged_session_refuses_every_command() {
    for command in every_command_but_create().into_iter().chain([create()]) {
        for (what, history) in damaged() {
            let answer = decide(&history, command.clone());
            assert_eq!(answer, Err(SessionError::Corrupt), "{what}: {command:?}");
        }
    }
}

#[test]
fn a_damaged_session_stays_damaged_whatever_follows() {
    for event in sold() {
        assert_eq!(fold(&[page_opened(), event]), Session::Corrupt);
    }
}

#[test]
fn erased_personal_data_damages_nothing() {
    let mut history = sold();
    for event in &mut history {
        if let SessionEvent::Created { user_id, return_url, .. } = event {
            *user_id = crate::domain::private::Private::Erased;
            *return_url = crate::domain::private::Private::Erased;
        }
    }
    given(history).when(request_refund(1, 1)).then([refund_requested(1, 1)]);
}

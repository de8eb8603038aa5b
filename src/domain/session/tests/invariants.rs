//! What holds whatever is asked, answered, repeated or reordered: random lives of a session.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use proptest::{prelude::*, sample::select, strategy::ValueTree, test_runner::TestRunner};

use super::*;
use crate::domain::{Timestamp, money::Money};

/// Attempts, requests of an attempt and refunds that random commands speak of. One more than a session can have, so that
/// unknown ones are among them.
const PAYMENTS: std::ops::RangeInclusive<u8> = 1..=6;
const NUMBERS: std::ops::RangeInclusive<u32> = 1..=3;
const REFUNDS: std::ops::RangeInclusive<u8> = 1..=3;

/// Enough for a session to end, be paid late and be refunded after failed tries.
const EPISODES_MAX: usize = 30;

/// Random lives in each test: more find little more, and the whole run takes seconds.
const CASES: u32 = 256;
const LIVES: usize = 1_500;

fn command() -> impl Strategy<Value = SessionCommand> {
    prop_oneof![
        1 => when().prop_map(|at| SessionCommand::OpenPage { at }),
        6 => (PAYMENTS, when()).prop_map(|(number, at)| start_at(number, at)),
        2 => (PAYMENTS, when())
            .prop_map(|(n, at)| SessionCommand::RequestCapture { payment_id: pay(n), at }),
        2 => (PAYMENTS, when())
            .prop_map(|(n, at)| SessionCommand::RequestVoid { payment_id: pay(n), at }),
        1 => (PAYMENTS, when()).prop_map(|(number, at)| void_uncaptured(number, at)),
        1 => (select(vec![CancelledBy::Game, CancelledBy::Player]), when())
            .prop_map(|(by, at)| SessionCommand::Cancel { by, at }),
        1 => when().prop_map(expire_at),
        14 => (PAYMENTS, outcome(), when()).prop_map(|(n, outcome, at)| {
            SessionCommand::RecordPayment { payment_id: pay(n), outcome, at }
        }),
        2 => (PAYMENTS, NUMBERS, outcome())
            .prop_map(|(payment, number, outcome)| answer(payment, number, outcome)),
        5 => (REFUNDS, PAYMENTS, select(RefundCause::ALL))
            .prop_map(|(number, payment, cause)| request_refund_as(cause, number, payment)),
        1 => REFUNDS.prop_map(cancel_refund),
        4 => (REFUNDS, refund_outcome(), when()).prop_map(|(n, outcome, at)| {
            SessionCommand::RecordRefund { refund_id: refund(n), outcome, at }
        }),
        1 => Just(create()),
    ]
}

fn when() -> impl Strategy<Value = Timestamp> {
    let later = expiry() + TimeDelta::days(8);
    prop_oneof![
        6 => Just(now()),
        1 => Just(a_microsecond_before(expiry())),
        1 => Just(expiry()),
        1 => Just(later),
    ]
}

fn amount() -> impl Strategy<Value = Money> {
    prop_oneof![6 => Just(price()), 1 => Just(usd(498)), 1 => Just(usd(500)), 1 => Just(eur(499))]
}

fn reference() -> impl Strategy<Value = Reference> {
    prop_oneof![4 => Just(1), 1 => 2..=3_u8].prop_map(charge_name)
}

fn no() -> impl Strategy<Value = Refusal> {
    prop_oneof![3 => Just(refusal()), 1 => Just(lapsed())]
}

fn outcome() -> impl Strategy<Value = PaymentOutcome> {
    let charge = || (amount(), reference());
    prop_oneof![
        3 => charge().prop_map(|(amount, reference)| {
            PaymentOutcome::Authorized { amount, reference }
        }),
        2 => charge().prop_map(|(amount, reference)| {
            PaymentOutcome::Captured { amount, reference }
        }),
        2 => no().prop_map(PaymentOutcome::Declined),
        1 => no().prop_map(PaymentOutcome::CaptureFailed),
        2 => Just(PaymentOutcome::Voided),
        1 => no().prop_map(PaymentOutcome::VoidFailed),
    ]
}

fn refund_outcome() -> impl Strategy<Value = RefundOutcome> {
    prop_oneof![
        Just(RefundOutcome::Succeeded { reference: refund_name(1) }),
        Just(RefundOutcome::Failed(refusal())),
        Just(RefundOutcome::Cancelled),
    ]
}

/// One try to pay or one refund, with what the bank says of it; or any command at all.
fn episode() -> impl Strategy<Value = Vec<SessionCommand>> {
    let word =
        |(n, outcome)| SessionCommand::RecordPayment { payment_id: pay(n), outcome, at: now() };
    let tried =
        (PAYMENTS, prop::collection::vec(outcome(), 1..=2)).prop_map(move |(n, outcomes)| {
            let words = outcomes.into_iter().map(|outcome| word((n, outcome)));
            std::iter::once(start(n)).chain(words).collect()
        });
    let returned = (REFUNDS, PAYMENTS, refund_outcome()).prop_map(|(number, payment, outcome)| {
        let word = SessionCommand::RecordRefund { refund_id: refund(number), outcome, at: now() };
        vec![request_refund(number, payment), word]
    });
    let returned_after_all = PAYMENTS.prop_map(|payment| {
        let (given_up, failed) = (request_refund(1, payment), provider_fails_to_refund(1));
        vec![given_up, failed, request_refund(2, payment), provider_refunds(1)]
    });
    prop_oneof![2 => tried, 1 => returned, 1 => returned_after_all, 5 => command().prop_map(|it| vec![it])]
}

/// Commands to a session of either capture mode.
fn life() -> impl Strategy<Value = Vec<SessionCommand>> {
    let birth = prop_oneof![Just(create()), Just(create_manual())];
    (birth, prop::collection::vec(episode(), 0..=EPISODES_MAX))
        .prop_map(|(birth, rest)| [vec![birth], rest.concat()].concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: CASES, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_life_of_a_session_breaks_a_promise(commands in life()) {
        let (mut history, mut told) = (vec![], vec![]);
        let mut session = Session::default();
        for command in commands {
            if stays_true(&session, &command) {
                told.push(command.clone());
            }
            let answer = rules::decide(&session, command.clone());
            for event in answer.iter().flatten() {
                history.push(event.clone());
                session.apply(event.clone());
            }
            prop_assert_ne!(&session, &Session::Corrupt);
            a_refusal_is_not_a_fact_and_a_repeat_is_none(&session, &command, &answer)?;
            what_was_told_before_changes_nothing(&session, &told)?;
            each_capture_is_a_fact_once(&session, &command, &history)?;
            nothing_starts_too_late(&command, &answer)?;
            a_session_ends_once(&history)?;
            no_more_is_given_back_than_was_taken(&history)?;
            one_attempt_at_a_time(&session)?;
        }
        a_replay_comes_to_the_same(&session, &history)?;
    }

    #[test]
    fn no_damaged_history_makes_a_replay_panic_or_accepts_a_command(
        lives in prop::collection::vec(life(), 1..=3),
        picks in prop::collection::vec((any::<prop::sample::Index>(), 0..8_u8), 0..=80),
        asked in command(),
    ) {
        let events: Vec<_> = lives.into_iter().flat_map(live).collect();
        let mut damaged = events.clone();
        for (place, harm) in picks {
            if damaged.is_empty() {
                break;
            }
            let index = place.index(damaged.len());
            match harm {
                0..=2 => drop(damaged.remove(index)),
                3..=5 => damaged.insert(index, events[index % events.len()].clone()),
                _ => damaged.swap(0, index),
            }
        }
        let session = fold(&damaged);
        if session == Session::Corrupt {
            prop_assert_eq!(rules::decide(&session, asked), Err(SessionError::Corrupt));
        } else {
            // Whatever the rules make of it, they answer without a panic.
            let _ = rules::decide(&session, asked);
            one_attempt_at_a_time(&session)?;
            no_more_is_given_back_than_was_taken(&damaged)?;
        }
    }
}

/// All facts that commands come to, one after the other.
fn live(commands: Vec<SessionCommand>) -> Vec<SessionEvent> {
    let (mut session, mut history) = (Session::default(), vec![]);
    for command in commands {
        for event in rules::decide(&session, command).into_iter().flatten() {
            history.push(event.clone());
            session.apply(event);
        }
    }
    history
}

/// Random lives are worth something only if they come to everything that can happen.
#[test]
fn random_lives_come_to_every_kind_of_fact_and_refusal() {
    let mut runner = TestRunner::deterministic();
    let (mut facts, mut refusals) = (BTreeSet::new(), BTreeSet::new());
    for _ in 0..LIVES {
        let commands = life().new_tree(&mut runner).unwrap().current();
        let mut session = Session::default();
        for command in commands {
            match rules::decide(&session, command) {
                Ok(events) => events.into_iter().for_each(|event| {
                    facts.insert(event.name());
                    session.apply(event);
                }),
                Err(error) => {
                    refusals.insert(error.to_string());
                }
            }
        }
    }
    assert_eq!(facts.len(), 20, "{facts:?}");
    // All but NotFound and Corrupt, and NotPending in each final status.
    assert_eq!(refusals.len(), 12 + 4, "{refusals:#?}");
}

fn a_refusal_is_not_a_fact_and_a_repeat_is_none(
    session: &Session,
    command: &SessionCommand,
    answer: &Result<Vec<SessionEvent>, SessionError>,
) -> Result<(), TestCaseError> {
    use SessionCommand as It;
    let may_be_repeated = match command {
        It::RecordPayment { .. }
        | It::RecordAnswer { .. }
        | It::RecordRefund { .. }
        | It::OpenPage { .. }
        | It::StartPayment(_)
        | It::RequestCapture { .. }
        | It::RequestVoid { .. }
        | It::VoidUncaptured { .. }
        | It::RequestRefund { .. }
        | It::CancelRefund { .. }
        | It::Expire { .. } => true,
        It::Create(_) | It::Cancel { .. } => false,
    };
    if may_be_repeated {
        let expected = answer.clone().map(|_| vec![]);
        prop_assert_eq!(rules::decide(session, command.clone()), expected);
    }
    Ok(())
}

/// Whether a provider's word, once taken in, may come again at any time and add nothing.
///
/// A refusal, or word that money was let go, must name the request that it answers: without its
/// number it may be the answer to a later one.
fn stays_true(session: &Session, command: &SessionCommand) -> bool {
    use PaymentOutcome as Outcome;
    if rules::decide(session, command.clone()).is_err() {
        return false;
    }
    match command {
        SessionCommand::RecordPayment { outcome, .. } => match outcome {
            Outcome::Authorized { .. } | Outcome::Captured { .. } | Outcome::Declined(_) => true,
            Outcome::CaptureFailed(_) | Outcome::Voided | Outcome::VoidFailed(_) => false,
        },
        SessionCommand::RecordAnswer { payment_id, number, outcome, .. } => {
            let attempt = session.present().ok().and_then(|it| it.attempt(payment_id));
            let was_asked = attempt.is_some_and(|it| *number <= it.requests);
            was_asked && matches!(outcome, Outcome::CaptureFailed(_) | Outcome::VoidFailed(_))
        }
        SessionCommand::RecordRefund { .. } => true,
        _ => false,
    }
}

fn what_was_told_before_changes_nothing(
    session: &Session,
    told: &[SessionCommand],
) -> Result<(), TestCaseError> {
    for word in told {
        prop_assert_eq!(rules::decide(session, word.clone()), Ok(vec![]), "{:?}", word);
    }
    Ok(())
}

/// Word of taken money is never dropped, and never counted twice.
fn each_capture_is_a_fact_once(
    session: &Session,
    command: &SessionCommand,
    history: &[SessionEvent],
) -> Result<(), TestCaseError> {
    use SessionEvent as Fact;
    if let SessionCommand::RecordPayment { payment_id, outcome, .. }
    | SessionCommand::RecordAnswer { payment_id, outcome, .. } = command
        && let PaymentOutcome::Captured { amount, reference } = outcome
        && session.present().is_ok_and(|it| it.attempt(payment_id).is_some())
    {
        let facts = history.iter().filter(|event| match event {
            Fact::Paid { payment_id: of, amount: taken, provider_reference, .. }
            | Fact::PaidLate { payment_id: of, amount: taken, provider_reference, .. }
            | Fact::CaptureMismatched {
                payment_id: of, captured: taken, provider_reference, ..
            } => (of, taken, provider_reference) == (payment_id, amount, reference),
            _ => false,
        });
        prop_assert_eq!(facts.count(), 1, "{:?}", command);
    }
    Ok(())
}

fn nothing_starts_too_late(
    command: &SessionCommand,
    answer: &Result<Vec<SessionEvent>, SessionError>,
) -> Result<(), TestCaseError> {
    if let SessionCommand::StartPayment(attempt) = command {
        let has_started = answer.as_ref().is_ok_and(|events| !events.is_empty());
        prop_assert!(!has_started || attempt.at < expiry());
    }
    Ok(())
}

fn a_session_ends_once(history: &[SessionEvent]) -> Result<(), TestCaseError> {
    let endings = history.iter().filter(|event| match event {
        SessionEvent::Paid { amount, .. } => {
            assert_eq!(*amount, price(), "paid for another price");
            true
        }
        SessionEvent::Failed { .. }
        | SessionEvent::Cancelled { .. }
        | SessionEvent::Expired { .. } => true,
        _ => false,
    });
    prop_assert!(endings.count() <= 1);
    Ok(())
}

/// Counted from the facts themselves, not from the state that the rules looked at.
fn no_more_is_given_back_than_was_taken(history: &[SessionEvent]) -> Result<(), TestCaseError> {
    for number in PAYMENTS {
        let mut taken: Vec<Money> = vec![];
        let mut given_back: Vec<Money> = vec![];
        for event in history {
            match event {
                SessionEvent::Paid { payment_id, amount, .. }
                | SessionEvent::PaidLate { payment_id, amount, .. }
                | SessionEvent::CaptureMismatched { payment_id, captured: amount, .. }
                    if *payment_id == pay(number) =>
                {
                    taken.push(*amount);
                }
                SessionEvent::Refunded { payment_id, amount, refunded_total, .. }
                    if *payment_id == pay(number) =>
                {
                    given_back.push(*amount);
                    prop_assert_eq!(sum(&given_back, *amount), refunded_total.minor_units());
                }
                _ => {}
            }
        }
        for amount in &given_back {
            prop_assert!(sum(&given_back, *amount) <= sum(&taken, *amount));
        }
    }
    Ok(())
}

/// The minor units of all amounts in the currency of `like`.
fn sum(amounts: &[Money], like: Money) -> i64 {
    let alike = amounts.iter().filter(|it| it.currency() == like.currency());
    alike.map(|it| it.minor_units()).sum()
}

fn one_attempt_at_a_time(session: &Session) -> Result<(), TestCaseError> {
    if let Ok(state) = session.present() {
        let busy = state.attempts_at(Stage::Processing) + state.attempts_at(Stage::Authorized);
        prop_assert!(busy <= 1);
        for attempt in &state.attempts {
            // Asked for and let go at once, the bank could do either.
            prop_assert!(!(attempt.capture_requested && attempt.void_requested));
            prop_assert!(!attempt.capture_requested || attempt.stage == Stage::Authorized);
        }
    }
    Ok(())
}

fn a_replay_comes_to_the_same(
    session: &Session,
    history: &[SessionEvent],
) -> Result<(), TestCaseError> {
    prop_assert_eq!(&fold(history), session);
    let stored = serde_json::to_string(history).unwrap();
    let read: Vec<SessionEvent> = serde_json::from_str(&stored).unwrap();
    prop_assert_eq!(&read[..], history);
    let state = serde_json::to_string(session).unwrap();
    prop_assert_eq!(&serde_json::from_str::<Session>(&state).unwrap(), session);
    Ok(())
}

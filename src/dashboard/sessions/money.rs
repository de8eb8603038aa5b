//! What became of a session's money, event by event: what moved, and what is held for the game after it.

use crate::domain::{
    currency::Currency,
    id::{PaymentId, RefundId},
    money::Money,
    session::SessionEvent as Event,
};

/// What an event says of money.
#[derive(Clone, Copy)]
pub(super) struct Movement<'a> {
    pub(super) of: Of<'a>,
    pub(super) way: Way,
    pub(super) amount: Money,
}

/// Whose money it is.
#[derive(Clone, Copy)]
pub(super) enum Of<'a> {
    Payment(&'a PaymentId),
    Refund(&'a RefundId),
}

/// Which way it went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// From the player to the game.
    In,
    /// Back to the player.
    Back,
    /// It stayed where it was: something was asked for, or did not come about.
    Stayed,
}

/// What is held for the game, in minor units: each currency for itself, in the order in which they came.
#[derive(Debug, Default)]
pub(super) struct Held(pub(super) Vec<(Currency, i128)>);

impl Movement<'_> {
    /// By how much more is held for the game, in minor units.
    pub(super) fn minor_units(&self) -> i128 {
        let amount = i128::from(self.amount.minor_units());
        match self.way {
            Way::In => amount,
            Way::Back => -amount,
            Way::Stayed => 0,
        }
    }
}

impl Held {
    /// What is held of its currency after a movement, in minor units.
    pub(super) fn after(&mut self, movement: &Movement<'_>) -> i128 {
        let (currency, moved) = (movement.amount.currency(), movement.minor_units());
        // Amounts of another exponent cannot be added, whatever their code.
        if let Some((_, held)) = self.0.iter_mut().find(|(it, _)| *it == currency) {
            *held += moved;
            return *held;
        }
        self.0.push((currency, moved));
        moved
    }
}

/// What an event says of money, if it does.
///
/// No wildcard arm: whoever adds an event says whether money moves by it.
pub(super) fn movement(event: &Event) -> Option<Movement<'_>> {
    let (of, way, amount) = match event {
        Event::Paid { payment_id, amount, .. } | Event::PaidLate { payment_id, amount, .. } => {
            (Of::Payment(payment_id), Way::In, *amount)
        }
        Event::CaptureMismatched { payment_id, captured, .. } => {
            (Of::Payment(payment_id), Way::In, *captured)
        }
        Event::Refunded { refund_id, amount, .. } => (Of::Refund(refund_id), Way::Back, *amount),
        Event::RefundRequested { refund_id, amount, .. }
        | Event::RefundFailed { refund_id, amount, .. }
        | Event::RefundCancelled { refund_id, amount, .. } => {
            (Of::Refund(refund_id), Way::Stayed, *amount)
        }
        // What is only held is still the player's.
        Event::Created { .. }
        | Event::PageOpened { .. }
        | Event::PaymentStarted { .. }
        | Event::PaymentAuthorized { .. }
        | Event::CaptureRequested { .. }
        | Event::CaptureFailed { .. }
        | Event::VoidRequested { .. }
        | Event::VoidFailed { .. }
        | Event::PaymentVoided { .. }
        | Event::PaymentDeclined { .. }
        | Event::Failed { .. }
        | Event::Cancelled { .. }
        | Event::Expired { .. } => return None,
    };
    Some(Movement { of, way, amount })
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use cqrs_es::Aggregate;
    use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};

    use super::*;
    use crate::{
        domain::{
            Timestamp,
            id::GameId,
            item::Item,
            private::Private,
            session::{
                CaptureMode, DeclineReason, PaymentMethod, ProviderName, Reference, RefundCause,
                Session,
            },
            text::ItemTitle,
            world::World,
        },
        figures::{FigureKind, Origin, Sums, count},
    };

    fn at() -> Timestamp {
        Timestamp::UNIX_EPOCH
    }

    fn money(minor_units: i64, code: &str) -> Money {
        Money::new(minor_units, Currency::parse(code).unwrap()).unwrap()
    }

    fn price() -> Money {
        money(499, "USD")
    }

    fn reference() -> Reference {
        Reference::parse("r").unwrap()
    }

    fn pay(number: u32) -> PaymentId {
        PaymentId::parse(format!("pay_{number:038}0")).unwrap()
    }

    fn refund(number: u32) -> RefundId {
        RefundId::parse(format!("ref_{number:038}0")).unwrap()
    }

    fn created() -> Event {
        let title = ItemTitle::parse("Gold").unwrap();
        Event::Created {
            game_id: GameId::parse("g").unwrap(),
            world: World::Test,
            user_id: Private::default(),
            item: Item { title, price: price(), image: None, country: None },
            return_url: Private::default(),
            capture_mode: CaptureMode::Automatic,
            wallet_enabled: false,
            created_at: at(),
            expires_at: at(),
        }
    }

    fn started(number: u32) -> Event {
        Event::PaymentStarted {
            payment_id: pay(number),
            number,
            method: PaymentMethod::Card,
            amount: price(),
            provider: ProviderName::parse("sandbox").unwrap(),
            instrument: Private::default(),
            capture_mode: CaptureMode::Automatic,
            started_at: at(),
        }
    }

    fn requested(number: u32, payment: u32, amount: Money) -> Event {
        Event::RefundRequested {
            refund_id: refund(number),
            payment_id: pay(payment),
            amount,
            cause: RefundCause::Game,
            reason: Private::default(),
            requested_at: at(),
        }
    }

    /// Any event about money, possible or not.
    fn event() -> impl Strategy<Value = Event> {
        let amount = prop_oneof![
            4 => Just(price()), 1 => Just(money(500, "USD")), 1 => Just(money(499, "JPY"))
        ];
        let parts = (0..9, 1..=3_u32, 1..=4_u32, amount);
        parts.prop_map(|(kind, payment, number, amount)| {
            let (payment_id, refund_id) = (pay(payment), refund(number));
            let (provider_reference, reason) = (reference(), DeclineReason::InsufficientFunds);
            let (provider_text, captured_at) = (Private::default(), at());
            match kind {
                0 => started(payment),
                1 => Event::Paid { payment_id, amount, provider_reference, paid_at: at() },
                2 => Event::PaidLate { payment_id, amount, provider_reference, captured_at },
                3 => Event::CaptureMismatched {
                    payment_id,
                    expected: price(),
                    captured: amount,
                    provider_reference,
                    captured_at,
                },
                4 => requested(number, payment, amount),
                5 | 6 => Event::Refunded {
                    refund_id,
                    payment_id,
                    amount,
                    refunded_total: amount,
                    provider_reference,
                    refunded_at: at(),
                },
                7 => Event::RefundFailed {
                    refund_id,
                    payment_id,
                    amount,
                    reason,
                    provider_text,
                    failed_at: at(),
                },
                _ => Event::Expired { expired_at: at() },
            }
        })
    }

    type Totals = BTreeMap<String, (i128, i128)>;

    fn put(totals: &mut Totals, currency: &str, taken: i128, returned: i128) {
        let sum = totals.entry(currency.to_owned()).or_default();
        *sum = (sum.0 + taken, sum.1 + returned);
    }

    fn minor_units(it: Money) -> i128 {
        it.minor_units().into()
    }

    /// Taken and given back by currency, as the audit adds it up from a session as it ended.
    fn audited(session: &Session) -> Totals {
        let mut totals = Totals::new();
        for attempt in &session.present().unwrap().attempts {
            for it in attempt.taken() {
                put(&mut totals, it.currency().code(), minor_units(it), 0);
            }
            if let Some(it) = attempt.refunded {
                put(&mut totals, it.currency().code(), 0, minor_units(it));
            }
        }
        totals
    }

    /// The same, as the figures count it.
    fn counted(history: &[Event]) -> Totals {
        let (mut totals, mut sums) = (Totals::new(), Sums::default());
        let origin = Origin::of(&history[0]).unwrap();
        history.iter().for_each(|it| count(&mut sums, &origin, it));
        for (key, figure) in &sums.0 {
            match FigureKind::parse(&key.kind).unwrap() {
                FigureKind::Paid | FigureKind::PaidLate | FigureKind::Mismatched => {
                    put(&mut totals, &key.subject, figure.minor_units, 0);
                }
                FigureKind::Refunded => put(&mut totals, &key.subject, 0, figure.minor_units),
                _ => {}
            }
        }
        totals
    }

    /// The same, as a person adds up the lines of the page; what the page says is held, checked on the way.
    fn told(history: &[Event]) -> Totals {
        let (mut totals, mut held) = (Totals::new(), Held::default());
        for it in history.iter().filter_map(movement) {
            let code = it.amount.currency().code();
            match it.way {
                Way::In => put(&mut totals, code, it.minor_units(), 0),
                Way::Back => put(&mut totals, code, 0, -it.minor_units()),
                Way::Stayed => {}
            }
            let (taken, returned) = totals.get(code).copied().unwrap_or_default();
            assert_eq!(held.after(&it), taken - returned);
        }
        totals
    }

    /// As much of it as can have happened.
    fn possible(events: Vec<Event>) -> (Session, Vec<Event>) {
        let (mut session, mut history) = (Session::default(), vec![]);
        for event in [created()].into_iter().chain(events) {
            let mut next = session.clone();
            next.apply(event.clone());
            if next != Session::Corrupt {
                session = next;
                history.push(event);
            }
        }
        (session, history)
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn the_lines_come_to_what_the_audit_and_the_figures_say(
            events in prop::collection::vec(event(), 0..200)
        ) {
            let (session, history) = possible(events);
            prop_assert_eq!(told(&history), audited(&session));
            prop_assert_eq!(told(&history), counted(&history));
        }
    }

    #[test]
    fn random_histories_have_money_that_came_late_was_wrong_and_went_back() {
        let mut runner = TestRunner::deterministic();
        let lives = prop::collection::vec(event(), 0..200);
        let mut seen = BTreeSet::new();
        for _ in 0..200 {
            let events = lives.new_tree(&mut runner).unwrap().current();
            seen.extend(
                possible(events).1.iter().filter(|it| movement(it).is_some()).map(Event::name),
            );
        }
        let expected = [
            "CaptureMismatched",
            "Paid",
            "PaidLate",
            "RefundFailed",
            "RefundRequested",
            "Refunded",
        ];
        assert!(expected.iter().all(|it| seen.contains(it)), "{seen:?}");
    }
}

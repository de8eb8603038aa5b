//! What all streams together come to: how many of which kind, and the money.

use std::collections::BTreeMap;

use serde::Serialize;

use super::fold::{Folded, FoldedAs};
use crate::domain::{
    currency::Currency, money::Money, session::SessionState, session::SessionStatus, world::World,
};

/// Sums over all streams that could be folded.
#[derive(Debug, Default, Serialize)]
pub struct Totals {
    /// How many streams there are of each kind.
    pub streams: BTreeMap<&'static str, u64>,
    /// How many sessions stand at each status.
    pub sessions: BTreeMap<&'static str, u64>,
    /// The money that moved: pretended and real money apart, each currency for itself.
    pub money: Vec<MoneyTotal>,
}

/// The money of one world in one currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct MoneyTotal {
    /// Pretended or real.
    pub world: World,
    /// Which.
    pub currency: Currency,
    /// Taken from players, in minor units: also what is in dispute.
    pub captured_minor_units: i128,
    /// Given back to players, in minor units.
    pub refunded_minor_units: i128,
}

impl Totals {
    pub(super) fn count(&mut self, folded: &Folded) {
        *self.streams.entry(folded.kind).or_default() += 1;
        if let FoldedAs::Session(session, _) = &folded.aggregate
            && let Ok(state) = session.present()
        {
            self.count_session(state);
        }
    }

    fn count_session(&mut self, state: &SessionState) {
        *self.sessions.entry(SessionStatus::as_str(state.status)).or_default() += 1;
        for attempt in &state.attempts {
            for taken in attempt.taken() {
                self.money(state.world, taken).captured_minor_units += amount(taken);
            }
            if let Some(refunded) = attempt.refunded {
                self.money(state.world, refunded).refunded_minor_units += amount(refunded);
            }
        }
    }

    fn money(&mut self, world: World, money: Money) -> &mut MoneyTotal {
        let currency = money.currency();
        // Amounts of another exponent cannot be added, whatever their code.
        let key = |world: World, it: Currency| (world.as_str(), it.code(), it.exponent());
        let place = |it: &MoneyTotal| key(it.world, it.currency);
        let wanted = key(world, currency);
        let index = self.money.binary_search_by_key(&wanted, place).unwrap_or_else(|index| {
            let (captured_minor_units, refunded_minor_units) = (0, 0);
            let new = MoneyTotal { world, currency, captured_minor_units, refunded_minor_units };
            self.money.insert(index, new);
            index
        });
        &mut self.money[index]
    }
}

fn amount(money: Money) -> i128 {
    money.minor_units().into()
}

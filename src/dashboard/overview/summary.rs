//! Adds up what was counted in the hours of a page into what the page shows.

use std::collections::BTreeMap;

use super::{beside::Beside, hours::Hours};
use crate::{
    domain::{
        currency::Currency,
        session::{DeclineReason, PaymentMethod},
    },
    figures::{FigureKind as Kind, Sum},
};

/// Of which span a sum is, in the order in which they are asked for.
pub(super) const THIS: usize = 0;

/// All that is shown of a span.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Summary {
    /// Sessions on their way, each step a part of the one before.
    pub(super) steps: Steps,
    /// Sessions that were paid in the span, whenever they were created.
    pub(super) paid: Beside,
    /// Attempts that were declined.
    pub(super) declined: Beside,
    /// Why, the most frequent reason first.
    pub(super) reasons: Vec<(DeclineReason, Beside)>,
    /// With what players tried to pay, the most frequent method first.
    pub(super) methods: Vec<(PaymentMethod, Beside)>,
    /// Money, the currency with the most payments first.
    pub(super) volumes: Vec<Volume>,
}

/// How far the sessions came that were created in the span.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Steps {
    pub(super) created: Beside,
    pub(super) opened: Beside,
    pub(super) started: Beside,
    pub(super) paid: Beside,
}

/// The money of one currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Volume {
    pub(super) currency: Currency,
    /// What paid for its session.
    pub(super) paid: Flow,
    /// What came after its session was over.
    pub(super) late: Flow,
    /// What nobody asked for.
    pub(super) mismatched: Flow,
    /// What was given back.
    pub(super) refunded: Flow,
    /// One for each hour or day.
    pub(super) buckets: Vec<Bucket>,
}

/// How often money moved in a way, and how much.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Flow {
    pub(super) count: Beside,
    pub(super) money: Beside,
}

/// The money of one hour or day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Bucket {
    pub(super) gross: i128,
    pub(super) refunded: i128,
    /// The same hour or day of the span before, all of it.
    pub(super) gross_before: i128,
    pub(super) refunded_before: i128,
}

impl Volume {
    fn new(currency: Currency, buckets: usize) -> Self {
        let [paid, late, mismatched, refunded] = [Flow::default(); 4];
        let buckets = vec![Bucket::default(); buckets];
        Self { currency, paid, late, mismatched, refunded, buckets }
    }

    /// All that was taken, for whatever reason.
    pub(super) fn gross(&self) -> Beside {
        self.paid.money.plus(self.late.money).plus(self.mismatched.money)
    }

    /// What is left of the gross.
    pub(super) fn net(&self) -> Beside {
        self.gross().less(self.refunded.money)
    }

    fn add(&mut self, sum: &Sum) {
        let flow = match sum.kind {
            Kind::PaidLate => &mut self.late,
            Kind::Mismatched => &mut self.mismatched,
            Kind::Refunded => &mut self.refunded,
            _ => &mut self.paid,
        };
        let money = i128::from(sum.minor_units);
        put(&mut flow.count, sum, sum.count.into());
        put(&mut flow.money, sum, money);
        let Some(bucket) = self.buckets.get_mut(sum.bucket) else { return };
        let place = match (sum.kind == Kind::Refunded, sum.span == THIS) {
            (false, true) => &mut bucket.gross,
            (false, false) => &mut bucket.gross_before,
            (true, true) => &mut bucket.refunded,
            (true, false) => &mut bucket.refunded_before,
        };
        *place += money;
    }
}

impl Summary {
    /// What some sums come to.
    pub(super) fn of(sums: &[Sum], hours: &Hours) -> Self {
        let (mut steps, mut paid, mut declined) =
            (Steps::default(), Beside::default(), Beside::default());
        let mut volumes: BTreeMap<(&str, u8), Volume> = BTreeMap::new();
        let (mut reasons, mut methods) = (vec![], vec![]);
        for sum in sums {
            let count = sum.count.into();
            match sum.kind {
                Kind::Created => put(&mut steps.created, sum, count),
                Kind::Opened => put(&mut steps.opened, sum, count),
                Kind::Started => put(&mut steps.started, sum, count),
                Kind::Bought => put(&mut steps.paid, sum, count),
                Kind::Attempt => put_into(&mut methods, PaymentMethod::parse(&sum.subject), sum),
                Kind::Declined => {
                    put(&mut declined, sum, count);
                    put_into(&mut reasons, DeclineReason::parse(&sum.subject), sum);
                }
                Kind::Paid | Kind::PaidLate | Kind::Mismatched | Kind::Refunded => {
                    if sum.kind == Kind::Paid {
                        put(&mut paid, sum, count);
                    }
                    let Ok(currency) = Currency::from_stored(&sum.subject, sum.exponent) else {
                        continue;
                    };
                    let new = || Volume::new(currency, hours.buckets());
                    volumes.entry((&sum.subject, sum.exponent)).or_insert_with(new).add(sum);
                }
            }
        }
        let mut volumes: Vec<Volume> = volumes.into_values().collect();
        volumes.sort_by_key(|it| std::cmp::Reverse((it.paid.count.all, it.paid.count.before)));
        reasons.sort_by_key(|(_, count)| std::cmp::Reverse((count.all, count.before)));
        methods.sort_by_key(|(_, count): &(PaymentMethod, Beside)| {
            std::cmp::Reverse((count.all, count.before))
        });
        Self { steps, paid, declined, reasons, methods, volumes }
    }

    /// Whether nothing happened in either span.
    pub(super) fn is_empty(&self) -> bool {
        let counts = [self.steps.created, self.steps.opened, self.steps.started, self.steps.paid];
        let counts = counts.into_iter().chain([self.paid, self.declined]);
        counts.into_iter().all(Beside::is_nothing)
            && self.methods.is_empty()
            && self.volumes.is_empty()
    }
}

/// Adds something to where its span and its hour belong.
fn put(beside: &mut Beside, sum: &Sum, value: i128) {
    match (sum.span == THIS, sum.is_after_split) {
        (true, true) => beside.all += value,
        (true, false) => {
            beside.all += value;
            beside.upto += value;
        }
        (false, false) => beside.before += value,
        // Later than it is now: nothing to compare it with yet.
        (false, true) => {}
    }
}

/// A word of another version is none of this one's.
fn put_into<T: PartialEq>(all: &mut Vec<(T, Beside)>, word: Option<T>, sum: &Sum) {
    let Some(word) = word else { return };
    let count = sum.count.into();
    if let Some((_, beside)) = all.iter_mut().find(|(it, _)| *it == word) {
        return put(beside, sum, count);
    }
    let mut beside = Beside::default();
    put(&mut beside, sum, count);
    all.push((word, beside));
}

#[cfg(test)]
mod tests {
    use super::{super::choice::Choice, *};

    fn hours() -> Hours {
        Hours::of(Choice::Today, "2026-11-28T15:23:41Z".parse().unwrap())
    }

    fn sum(span: usize, bucket: usize, kind: Kind, subject: &str, count: i64, money: i64) -> Sum {
        Sum {
            span,
            bucket,
            is_after_split: 15 <= bucket,
            kind,
            subject: subject.to_owned(),
            exponent: if subject == "JPY" { 0 } else { 2 },
            count,
            minor_units: money,
        }
    }

    #[test]
    fn the_hour_under_way_counts_but_is_not_compared() {
        let sums = [
            sum(0, 14, Kind::Created, "", 3, 0),
            sum(0, 15, Kind::Created, "", 2, 0),
            sum(1, 14, Kind::Created, "", 7, 0),
            sum(1, 15, Kind::Created, "", 90, 0),
        ];
        let created = Summary::of(&sums, &hours()).steps.created;
        assert_eq!(created, Beside { all: 5, upto: 3, before: 7 });
    }

    #[test]
    fn gross_is_all_that_was_taken_and_net_what_is_left_of_it() {
        let sums = [
            sum(0, 1, Kind::Paid, "USD", 2, 998),
            sum(0, 2, Kind::PaidLate, "USD", 1, 499),
            sum(0, 2, Kind::Mismatched, "USD", 1, 100),
            sum(0, 3, Kind::Refunded, "USD", 4, 2_000),
            sum(0, 3, Kind::Paid, "JPY", 3, 300),
            sum(1, 2, Kind::PaidLate, "USD", 9, 9),
        ];
        let summary = Summary::of(&sums, &hours());
        assert_eq!(summary.paid.all, 5);
        let [yen, dollars] = &summary.volumes[..] else { panic!("{summary:?}") };
        assert_eq!((yen.currency.code(), yen.net().all), ("JPY", 300));
        assert_eq!((dollars.gross().all, dollars.net().all), (1_597, -403));
        let told = [dollars.paid, dollars.late, dollars.mismatched, dollars.refunded];
        let told = told.map(|it| (it.count.all, it.money.all));
        assert_eq!(told, [(2, 998), (1, 499), (1, 100), (4, 2_000)]);
        let expected = Bucket { gross: 599, gross_before: 9, ..Bucket::default() };
        assert_eq!(dollars.buckets[2], expected);
    }

    #[test]
    fn money_with_another_exponent_is_other_money() {
        let now = sum(0, 1, Kind::Paid, "USD", 1, 499);
        let then = Sum { exponent: 0, ..now.clone() };
        assert_eq!(Summary::of(&[now, then], &hours()).volumes.len(), 2);
    }

    #[test]
    fn the_most_frequent_stands_first() {
        let sums = [
            sum(0, 1, Kind::Declined, "expired_card", 1, 0),
            sum(0, 2, Kind::Declined, "card_declined", 2, 0),
            sum(0, 2, Kind::Declined, "a_word_of_tomorrow", 9, 0),
        ];
        let summary = Summary::of(&sums, &hours());
        let reasons: Vec<_> = summary.reasons.iter().map(|(it, _)| *it).collect();
        assert_eq!(reasons, [DeclineReason::CardDeclined, DeclineReason::ExpiredCard]);
        assert_eq!(summary.declined.all, 12);
        assert!(!summary.is_empty() && Summary::of(&[], &hours()).is_empty());
    }
}

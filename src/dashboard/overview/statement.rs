//! The money of each day and currency, and how it is written as a file that spreadsheets read.
//!
//! No cell holds a text of others: days, codes of currencies, and numbers, of which a spreadsheet runs none.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};
use csv::{Terminator, WriterBuilder};

use super::{hours::Hours, summary::THIS};
use crate::{
    domain::currency::Currency,
    figures::{FigureKind as Kind, Sum},
    money_text::format_decimal,
};

const HEADINGS: [&str; 17] = [
    "day",
    "currency",
    "decimals",
    "paid_count",
    "paid",
    "paid_minor_units",
    "paid_late_count",
    "paid_late",
    "paid_late_minor_units",
    "mismatched_count",
    "mismatched",
    "mismatched_minor_units",
    "refunded_count",
    "refunded",
    "refunded_minor_units",
    "net",
    "net_minor_units",
];

/// How often, and how much.
type Moved = (i128, i128);

/// The money of one day in one currency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Line {
    paid: Moved,
    late: Moved,
    mismatched: Moved,
    refunded: Moved,
}

/// The lines of a span, by day and currency; amounts of a currency with other decimals are other money.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Statement(BTreeMap<(NaiveDate, &'static str, u8), (Currency, Line)>);

impl Statement {
    /// What some sums by the day come to.
    pub(super) fn of(sums: &[Sum], hours: &Hours) -> Self {
        let mut lines = Self::default();
        for sum in sums.iter().filter(|it| it.span == THIS) {
            let Ok(currency) = Currency::from_stored(&sum.subject, sum.exponent) else { continue };
            let into = u64::try_from(sum.bucket).unwrap_or_default();
            let Some(day) = hours.this.from.date_naive().checked_add_days(Days::new(into)) else {
                continue;
            };
            let mut line = Line::default();
            let moved = match sum.kind {
                Kind::Paid => &mut line.paid,
                Kind::PaidLate => &mut line.late,
                Kind::Mismatched => &mut line.mismatched,
                Kind::Refunded => &mut line.refunded,
                _ => continue,
            };
            *moved = (sum.count.into(), sum.minor_units.into());
            let key = (day, currency.code(), currency.exponent());
            let (_, there) = lines.0.entry(key).or_insert((currency, Line::default()));
            *there = there.plus(line);
        }
        lines
    }

    /// As RFC 4180 has it, with a heading. Amounts are exact: with a point and all decimals, and in minor units.
    pub(super) fn csv(&self) -> Result<Vec<u8>, csv::Error> {
        let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(vec![]);
        writer.write_record(HEADINGS)?;
        for ((day, code, decimals), (currency, line)) in &self.0 {
            let mut cells = vec![day.to_string(), (*code).to_owned(), decimals.to_string()];
            for (count, money) in [line.paid, line.late, line.mismatched, line.refunded] {
                let decimal = format_decimal(money, *currency);
                cells.extend([count.to_string(), decimal, money.to_string()]);
            }
            cells.extend([format_decimal(line.net(), *currency), line.net().to_string()]);
            writer.write_record(cells)?;
        }
        writer.into_inner().map_err(|it| it.into_error().into())
    }
}

impl Line {
    fn plus(self, other: Self) -> Self {
        let plus = |one: Moved, other: Moved| (one.0 + other.0, one.1 + other.1);
        Self {
            paid: plus(self.paid, other.paid),
            late: plus(self.late, other.late),
            mismatched: plus(self.mismatched, other.mismatched),
            refunded: plus(self.refunded, other.refunded),
        }
    }

    fn net(self) -> i128 {
        self.paid.1 + self.late.1 + self.mismatched.1 - self.refunded.1
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::{choice::Choice, month::Month},
        *,
    };

    fn sum(bucket: usize, kind: Kind, subject: &str, exponent: u8, minor_units: i64) -> Sum {
        Sum {
            span: THIS,
            bucket,
            is_after_split: false,
            kind,
            subject: subject.to_owned(),
            exponent,
            count: 2,
            minor_units,
        }
    }

    fn written(sums: &[Sum]) -> Vec<String> {
        let october = Choice::Month(Month::parse("2026-10").unwrap());
        let hours = Hours::of(october, "2026-11-28T15:23:41Z".parse().unwrap());
        let file = String::from_utf8(Statement::of(sums, &hours).csv().unwrap()).unwrap();
        assert!(file.ends_with("\r\n"), "{file:?}");
        let lines = file.split_terminator("\r\n").skip(1).map(str::to_owned).collect();
        assert!(!file.replace("\r\n", "").contains(['\r', '\n']));
        lines
    }

    #[test]
    fn each_day_and_currency_has_a_line_with_exact_amounts_and_what_is_left() {
        let lines = written(&[
            sum(30, Kind::Paid, "USD", 2, 123_456),
            sum(0, Kind::Paid, "USD", 2, 998),
            // The hours of a day that is cut come apart.
            sum(0, Kind::Paid, "USD", 2, 1),
            sum(0, Kind::PaidLate, "USD", 2, 5),
            sum(0, Kind::Mismatched, "USD", 2, 100),
            sum(0, Kind::Refunded, "USD", 2, 2_000),
            sum(0, Kind::Paid, "JPY", 0, 1_205),
            sum(0, Kind::Paid, "BHD", 3, 1_250),
            sum(0, Kind::Declined, "card_declined", 0, 0),
            Sum { span: 1, ..sum(0, Kind::Paid, "EUR", 2, 1) },
        ]);
        let expected = [
            "2026-10-01,BHD,3,2,1.250,1250,0,0.000,0,0,0.000,0,0,0.000,0,1.250,1250",
            "2026-10-01,JPY,0,2,1205,1205,0,0,0,0,0,0,0,0,0,1205,1205",
            "2026-10-01,USD,2,4,9.99,999,2,0.05,5,2,1.00,100,2,20.00,2000,-8.96,-896",
            "2026-10-31,USD,2,2,1234.56,123456,0,0.00,0,0,0.00,0,0,0.00,0,1234.56,123456",
        ];
        assert_eq!(lines, expected);
    }

    #[test]
    fn no_cell_is_anything_but_a_day_a_code_or_a_number() {
        let largest = sum(3, Kind::Refunded, "USD", 2, i64::MAX);
        let odd = sum(3, Kind::Paid, "=1+1", 2, 5);
        let lines = written(&[largest.clone(), largest, odd]);
        let [line] = &lines[..] else { panic!("{lines:?}") };
        let mut cells = line.split(',');
        assert_eq!((cells.next(), cells.next()), (Some("2026-10-04"), Some("USD")));
        for cell in cells {
            let number = cell.strip_prefix('-').unwrap_or(cell);
            assert!(number.bytes().all(|it| it.is_ascii_digit() || it == b'.'), "{cell:?}");
        }
        assert!(line.ends_with(",-184467440737095516.14,-18446744073709551614"), "{line}");
    }
}

//! An amount of money as people read and type it, in English: `$4.99`, `¥499`, `BHD 1.250`.
//!
//! Written here because nothing stable does it: ICU4X's currency formatter is experimental and
//! carries locale data that one language does not need, and `iso_currency` has one `$` for every
//! dollar, so that a price in Canada would look like one in the United States.

use crate::domain::{currency::Currency, money::Money, violation::Violation};

/// Keeps the code and its amount on one line, as CLDR asks.
const NO_BREAK_SPACE: char = '\u{a0}';

/// Digits between two thousands separators.
const GROUP_DIGITS: usize = 3;

/// Currencies whose sign an English reader takes for no other currency; the others show their code.
///
/// Source: CLDR, main/en, the standard symbols of numbers/currencies.
const SIGNS: [(&str, &str); 19] = [
    ("AUD", "A$"),
    ("BRL", "R$"),
    ("CAD", "CA$"),
    ("CNY", "CN¥"),
    ("EUR", "€"),
    ("GBP", "£"),
    ("HKD", "HK$"),
    ("ILS", "₪"),
    ("INR", "₹"),
    ("JPY", "¥"),
    ("KRW", "₩"),
    ("MXN", "MX$"),
    ("NZD", "NZ$"),
    ("PHP", "₱"),
    ("TWD", "NT$"),
    ("USD", "$"),
    ("VND", "₫"),
    ("XCD", "EC$"),
    ("XPF", "CFPF"),
];

/// Stands before what is below zero: as wide as a plus, and no hyphen at which a line may break.
const MINUS: &str = "\u{2212}";

/// Writes an amount with its currency's sign or code and as many decimals as the currency has.
pub fn format_money(money: Money) -> String {
    format_sum(money.minor_units().into(), money.currency())
}

/// The same of a sum, which may be below zero, where more went out than came in.
pub fn format_sum(minor_units: i128, currency: Currency) -> String {
    let minus = if minor_units < 0 { MINUS } else { "" };
    format!("{minus}{}", without_sign(minor_units.unsigned_abs(), currency))
}

/// The same for machines: digits, a point before the decimals, and a hyphen before what is below zero.
pub fn format_decimal(minor_units: i128, currency: Currency) -> String {
    let minus = if minor_units < 0 { "-" } else { "" };
    let (whole, fraction) = digits(minor_units.unsigned_abs(), currency);
    format!("{minus}{whole}{fraction}")
}

/// The whole part, and the decimals with the point before them.
fn digits(minor_units: u128, currency: Currency) -> (String, String) {
    let decimals = usize::from(currency.exponent());
    let digits = format!("{minor_units:0>width$}", width = decimals + 1);
    let (whole, fraction) = digits.split_at(digits.len() - decimals);
    let point = if decimals == 0 { "" } else { "." };
    (whole.to_owned(), format!("{point}{fraction}"))
}

fn without_sign(minor_units: u128, currency: Currency) -> String {
    let (whole, fraction) = digits(minor_units, currency);
    let amount = format!("{}{fraction}", grouped(&whole));
    let sign = SIGNS.iter().find(|(code, _)| *code == currency.code()).map(|(_, sign)| *sign);
    match sign {
        // A sign that ends in a letter would run into the digits.
        Some(sign) if !sign.ends_with(|it: char| it.is_ascii_alphabetic()) => {
            format!("{sign}{amount}")
        }
        _ => format!("{}{NO_BREAK_SPACE}{amount}", sign.unwrap_or(currency.code())),
    }
}

/// Reads an amount that a person typed, such as `4.99`, exactly: in minor units, with at most as many decimals
/// as the currency has.
///
/// # Errors
///
/// A [`Violation`] for all else. A comma is refused: it separates decimals for some and thousands for others.
pub fn parse_amount(text: &str, currency: Currency) -> Result<i64, Violation> {
    let rule = "must be an amount such as 4.99, with no more decimals than its currency has";
    let refused = || Violation::new(rule, text);
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let decimals = usize::from(currency.exponent());
    let is_digits = |it: &str| it.bytes().all(|it| it.is_ascii_digit());
    let has_point = text.contains('.');
    let is_whole = !whole.is_empty() && is_digits(whole);
    let is_fraction = is_digits(fraction) && fraction.len() <= decimals;
    if !is_whole || !is_fraction || (has_point && fraction.is_empty()) {
        return Err(refused());
    }
    format!("{whole}{fraction:0<decimals$}").parse().map_err(|_| refused())
}

/// Puts a comma before every third digit from the right.
fn grouped(digits: &str) -> String {
    let mut text = String::with_capacity(digits.len() + digits.len() / GROUP_DIGITS);
    for (index, digit) in digits.char_indices() {
        if 0 < index && (digits.len() - index).is_multiple_of(GROUP_DIGITS) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn formatted(minor_units: i64, code: &str) -> String {
        format_money(Money::new(minor_units, Currency::parse(code).unwrap()).unwrap())
    }

    #[test]
    fn a_total_is_written_in_its_currencys_own_way() {
        for (minor_units, code, expected) in [
            (499, "USD", "$4.99"),
            (499, "EUR", "€4.99"),
            (499, "GBP", "£4.99"),
            (499, "JPY", "¥499"),
            (499, "CAD", "CA$4.99"),
            (499, "CNY", "CN¥4.99"),
            (499, "XPF", "CFPF\u{a0}499"),
            (1250, "BHD", "BHD\u{a0}1.250"),
            (499, "SEK", "SEK\u{a0}4.99"),
            (499, "CHF", "CHF\u{a0}4.99"),
            (12_345, "CLF", "CLF\u{a0}1.2345"),
        ] {
            assert_eq!(formatted(minor_units, code), expected);
        }
    }

    #[test]
    fn a_typed_amount_is_read_exactly_or_not_at_all() {
        let read = |text, code| parse_amount(text, Currency::parse(code).unwrap()).ok();
        for (text, code, expected) in [
            ("4.99", "USD", Some(499)),
            ("4.9", "USD", Some(490)),
            ("5", "USD", Some(500)),
            ("0.01", "USD", Some(1)),
            ("499", "JPY", Some(499)),
            ("1.25", "BHD", Some(1250)),
            ("4.999", "USD", None),
            ("4.99", "JPY", None),
            ("4,99", "USD", None),
            ("1,000", "JPY", None),
            (".5", "USD", None),
            ("5.", "USD", None),
            ("5.", "JPY", None),
            ("-5", "USD", None),
            ("+5", "USD", None),
            ("5e3", "USD", None),
            ("", "USD", None),
            ("٤", "USD", None),
            ("99999999999999999999", "USD", None),
        ] {
            assert_eq!(read(text, code), expected, "{text} {code}");
        }
    }

    #[test]
    fn small_amounts_keep_their_zeros() {
        for (minor_units, code, expected) in [
            (0, "USD", "$0.00"),
            (5, "USD", "$0.05"),
            (50, "USD", "$0.50"),
            (1, "BHD", "BHD\u{a0}0.001"),
        ] {
            assert_eq!(formatted(minor_units, code), expected);
        }
        assert_eq!(formatted(0, "JPY"), "¥0");
    }

    #[test]
    fn a_sum_below_zero_has_its_minus_before_all_else() {
        let sum = |minor_units, code| format_sum(minor_units, Currency::parse(code).unwrap());
        assert_eq!(sum(-499, "USD"), "\u{2212}$4.99");
        assert_eq!(sum(-5, "BHD"), "\u{2212}BHD\u{a0}0.005");
        assert_eq!(sum(0, "JPY"), "¥0");
        assert_eq!(sum(i128::from(i64::MAX) * 10, "JPY"), "¥92,233,720,368,547,758,070");
    }

    #[test]
    fn for_machines_an_amount_is_plain_digits() {
        let written =
            |minor_units, code| format_decimal(minor_units, Currency::parse(code).unwrap());
        assert_eq!(written(123_456_789, "USD"), "1234567.89");
        assert_eq!(written(-5, "BHD"), "-0.005");
        assert_eq!(written(-1_205, "JPY"), "-1205");
        assert_eq!(written(0, "USD"), "0.00");
    }

    #[test]
    fn thousands_are_separated() {
        for (minor_units, code, expected) in [
            (99_999, "USD", "$999.99"),
            (100_000, "USD", "$1,000.00"),
            (99_999_999, "USD", "$999,999.99"),
            (999, "JPY", "¥999"),
            (1_000, "JPY", "¥1,000"),
            (99_999_999, "JPY", "¥99,999,999"),
            (i64::MAX, "USD", "$92,233,720,368,547,758.07"),
        ] {
            assert_eq!(formatted(minor_units, code), expected);
        }
    }
}

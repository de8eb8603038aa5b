//! Values of the log as people read them: money with its currency, nesting by indentation.

use serde_json::{Map, Value};

use crate::domain::{money::Money, private::MARK};

/// Spaces of one level.
const INDENT: usize = 2;
/// Stands in the place of what identifies a player.
const HIDDEN: &str = "(private: --show-private shows it)";

/// Digits between two thousands separators.
const GROUP_DIGITS: usize = 3;

/// A whole number with a comma before every third digit from the right.
pub(super) fn grouped(number: i128) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = String::from(if number < 0 { "-" } else { "" });
    for (index, digit) in digits.char_indices() {
        if 0 < index && (digits.len() - index).is_multiple_of(GROUP_DIGITS) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// An amount of minor units, with as many decimals as its currency has: `1,234.50 USD`.
pub(super) fn amount(minor_units: i128, exponent: u8, code: &str) -> String {
    let scale = 10_i128.pow(exponent.into());
    let (whole, fraction) = (minor_units / scale, (minor_units % scale).unsigned_abs());
    let sign = if minor_units < 0 && whole == 0 { "-" } else { "" };
    match exponent {
        0 => format!("{} {code}", grouped(whole)),
        digits => {
            let width = digits.into();
            format!("{sign}{}.{fraction:0width$} {code}", grouped(whole))
        }
    }
}

/// Writes the fields of an object as `name  value` lines, deeper ones indented.
pub(super) fn fields(object: &Map<String, Value>, depth: usize, show_private: bool) -> String {
    let width = object.keys().map(String::len).max().unwrap_or_default();
    let indent = " ".repeat(depth * INDENT);
    let mut text = String::new();
    for (name, value) in object {
        let value = value_text(value, depth + 1, show_private);
        let line = match value.strip_prefix('\n') {
            Some(block) => format!("{indent}{name}\n{block}\n"),
            None => format!("{indent}{name:width$}  {value}\n"),
        };
        text.push_str(&line);
    }
    text
}

fn value_text(value: &Value, depth: usize, show_private: bool) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::Bool(it) => (if *it { "yes" } else { "no" }).to_owned(),
        // As it was written, but unable to play with the terminal.
        Value::String(it) => it.escape_debug().to_string(),
        Value::Number(it) => it.to_string(),
        Value::Array(items) if items.is_empty() => "-".to_owned(),
        Value::Array(items) => {
            let indent = " ".repeat(depth * INDENT);
            let items = items.iter().map(|it| value_text(it, depth + 1, show_private));
            items.map(|it| format!("\n{indent}- {}", it.trim_start())).collect()
        }
        Value::Object(object) => object_text(object, value, depth, show_private),
    }
}

fn object_text(
    object: &Map<String, Value>,
    whole: &Value,
    depth: usize,
    show_private: bool,
) -> String {
    match object.get(MARK).filter(|_| object.len() == 1) {
        Some(_) if !show_private => return HIDDEN.to_owned(),
        Some(known) => return value_text(known, depth, show_private),
        None => {}
    }
    if let Ok(money) = serde_json::from_value::<Money>(whole.clone()) {
        let currency = money.currency();
        return amount(money.minor_units().into(), currency.exponent(), currency.code());
    }
    format!("\n{}", fields(object, depth, show_private).trim_end())
}

/// Takes what identifies a player out of a value, for machines.
pub(super) fn without_private(value: &mut Value) {
    match value {
        Value::Object(object) if object.len() == 1 && object.contains_key(MARK) => {
            *value = Value::Null;
        }
        Value::Object(object) => object.values_mut().for_each(without_private),
        Value::Array(items) => items.iter_mut().for_each(without_private),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn text(value: Value, show_private: bool) -> String {
        fields(value.as_object().unwrap(), 0, show_private)
    }

    #[test]
    fn amounts_have_as_many_decimals_as_their_currency() {
        assert_eq!(amount(123_450, 2, "USD"), "1,234.50 USD");
        assert_eq!(amount(1_234, 0, "JPY"), "1,234 JPY");
        assert_eq!(amount(5, 3, "BHD"), "0.005 BHD");
        assert_eq!(amount(-5, 2, "USD"), "-0.05 USD");
        assert_eq!(amount(-1_000_000, 2, "USD"), "-10,000.00 USD");
    }

    #[test]
    fn an_event_is_shown_with_its_money_and_without_its_player() {
        let event = json!({
            "price": { "minor_units": 499, "currency": "USD", "exponent": 2 },
            "user_id": { "private": "player-7" },
            "wallet_enabled": true,
        });
        let hidden = text(event.clone(), false);
        assert!(hidden.contains("price           4.99 USD\n"), "{hidden}");
        assert!(hidden.contains("wallet_enabled  yes\n"), "{hidden}");
        assert!(!hidden.contains("player-7"), "{hidden}");
        assert!(text(event, true).contains("user_id         player-7\n"));
    }

    #[test]
    fn a_title_cannot_play_with_the_terminal() {
        assert!(!text(json!({ "title": "\u{1b}[2J\u{202e}" }), false).contains('\u{1b}'));
    }

    #[test]
    fn machines_get_nothing_private_unless_it_was_asked_for() {
        let mut event = json!({ "a": [{ "private": 1 }], "b": 2 });
        without_private(&mut event);
        assert_eq!(event, json!({ "a": [null], "b": 2 }));
    }
}

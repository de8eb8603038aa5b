//! JSON for people: each message's fields in the order in which the proto has them.

use serde_json::Value;

use crate::api::description::{Field, Kind, Message, message};

/// `value` on lines of its own, as it is indented in the page's examples.
pub(super) fn pretty(value: &Value, of: Option<&Message>) -> String {
    let mut text = String::new();
    write(value, of, 0, &mut text);
    text
}

fn write(value: &Value, of: Option<&Message>, depth: usize, text: &mut String) {
    match (value, of) {
        (Value::Object(fields), Some(of)) if !fields.is_empty() => {
            let given = of.fields.iter().filter_map(|it| Some((it, fields.get(it.name)?)));
            let one = |text: &mut String, (field, value): (&Field, &Value)| {
                text.push_str(&format!("\"{}\": ", field.name));
                let inner = match field.kind {
                    Kind::Message(name) => message(name),
                    _ => None,
                };
                write(value, inner, depth + 1, text);
            };
            lines(given, ('{', '}'), depth, text, one);
        }
        (Value::Array(values), of) if !values.is_empty() => {
            let one = |text: &mut String, value: &Value| write(value, of, depth + 1, text);
            lines(values.iter(), ('[', ']'), depth, text, one);
        }
        (value, _) => text.push_str(&value.to_string()),
    }
}

fn lines<T>(
    all: impl Iterator<Item = T>,
    (open, close): (char, char),
    depth: usize,
    text: &mut String,
    one: impl Fn(&mut String, T),
) {
    text.push(open);
    for (number, it) in all.enumerate() {
        text.push_str(if number == 0 { "\n" } else { ",\n" });
        text.push_str(&"  ".repeat(depth + 1));
        one(text, it);
    }
    text.push('\n');
    text.push_str(&"  ".repeat(depth));
    text.push(close);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn fields_stand_in_the_protos_order_and_what_is_read_back_is_the_same() {
        let item = json!({ "price": 499, "title": "50 Gold Coins", "currency": "USD" });
        let value = json!([{ "item": item, "id": "sess_1" }]);
        let text = pretty(&value, message("pay.v1.Session"));
        assert!(text.find("\"id\"") < text.find("\"item\""), "{text}");
        assert!(text.find("\"title\"") < text.find("\"price\""), "{text}");
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
    }
}

//! JSON laid out for people: the same bytes in the same order, with nothing but white space added.

/// How far each level stands in.
const INDENT: &str = "  ";

/// Lays a JSON text out; `None`, if it is none.
///
/// Only white space is added: read into values and written again, fields would change their order and
/// numbers their digits.
pub(super) fn laid_out(json: &str) -> Option<String> {
    let json: &serde_json::value::RawValue = serde_json::from_str(json).ok()?;
    let mut layout = Layout { text: String::new(), depth: 0 };
    let mut characters = json.get().chars().peekable();
    let (mut is_in_string, mut is_escaped) = (false, false);
    while let Some(it) = characters.next() {
        if is_in_string {
            layout.text.push(it);
            is_in_string = is_escaped || it != '"';
            is_escaped = !is_escaped && it == '\\';
            continue;
        }
        match it {
            ' ' | '\t' | '\n' | '\r' => {}
            '{' | '[' => {
                while characters.next_if(|it| it.is_ascii_whitespace()).is_some() {}
                layout.text.push(it);
                match characters.next_if(|it| matches!(it, '}' | ']')) {
                    Some(end) => layout.text.push(end),
                    None => layout.line(layout.depth + 1),
                }
            }
            '}' | ']' => {
                layout.line(layout.depth.saturating_sub(1));
                layout.text.push(it);
            }
            ',' => {
                layout.text.push(it);
                layout.line(layout.depth);
            }
            ':' => layout.text.push_str(": "),
            it => {
                is_in_string = it == '"';
                layout.text.push(it);
            }
        }
    }
    Some(layout.text)
}

struct Layout {
    text: String,
    depth: usize,
}

impl Layout {
    fn line(&mut self, depth: usize) {
        self.depth = depth;
        self.text.push('\n');
        (0..depth).for_each(|_| self.text.push_str(INDENT));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_stay_in_their_order_and_texts_and_numbers_as_they_were() {
        let json = r#"{"b":[1.50,{}, [ ]],"a":"{\"x\":1,\\","c":{"d":null}}"#;
        let expected = "{\n  \"b\": [\n    1.50,\n    {},\n    []\n  ],\n  \"a\": \"{\\\"x\\\":1,\\\\\",\n  \"c\": {\n    \"d\": null\n  }\n}";
        assert_eq!(laid_out(json).unwrap(), expected);
        assert_eq!(laid_out(&laid_out(json).unwrap()).unwrap(), expected);
    }

    #[test]
    fn what_is_no_json_is_not_laid_out() {
        assert_eq!(laid_out("<html>"), None);
        assert_eq!(laid_out("{\"a\":1"), None);
    }
}

//! The shape of a request's JSON, looked at before anything parses it: an object, and not too deep.

use connectrpc::{CodecFormat, Payload};

/// The deepest nesting of objects and arrays in a request.
const JSON_DEPTH_MAX: usize = 32;

/// Whether a request is JSON that nests deeper than the contract allows.
pub(super) fn exceeds_limit(payload: &Payload) -> bool {
    payload.format() == CodecFormat::Json && JSON_DEPTH_MAX < depth(payload.bytes())
}

/// Whether a request is JSON, but no object. The decoder would read an array as fields in order.
pub(super) fn is_no_object(payload: &Payload) -> bool {
    let first = payload.bytes().iter().find(|it| !it.is_ascii_whitespace());
    payload.format() == CodecFormat::Json && first != Some(&b'{')
}

/// Brackets that are open at once, outside of strings. Malformed JSON is the parser's to refuse.
fn depth(json: &[u8]) -> usize {
    let (mut open, mut deepest) = (0_usize, 0);
    let (mut in_string, mut escaped) = (false, false);
    for byte in json {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'{' | b'[' => {
                open += 1;
                deepest = deepest.max(open);
            }
            b'}' | b']' => open = open.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_are_counted_outside_of_strings_only() {
        assert_eq!(depth(br#"{"a":[{"b":1}],"c":"[[[[{{\"[["}"#), 3);
        assert_eq!(depth(br#""\\"[["#), 2);
        assert_eq!(depth("[".repeat(33).as_bytes()), 33);
        assert_eq!(depth(b""), 0);
    }
}

//! The bodies and secrets that were perhaps meant, made from those that came.

use base64::{Engine, prelude::BASE64_STANDARD};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{super::signature::SECRET_PREFIX, Received, header};

/// What happened to a body on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BodyChange {
    /// Nothing.
    #[error("it was not")]
    None,
    /// Something ended it with a line.
    #[error("it has white space around it that we did not send. A file or a terminal added it")]
    Space,
    /// A byte order mark.
    #[error(
        "it begins with a byte order mark that we did not send, as PowerShell and editors on Windows \
         write it. Take the bytes, not text"
    )]
    ByteOrderMark,
    /// Parsed and written again.
    #[error(
        "it was parsed and written again, so that spaces or escapes differ. Take the raw bytes before \
         anything parses them (express.raw(), request.get_data(), io.ReadAll)"
    )]
    Reserialised,
    /// JSON within a JSON string.
    #[error("it is a JSON string that holds our JSON: it was written as JSON twice")]
    Quoted,
    /// Encoded by a gateway.
    #[error(
        "it is base64: a gateway encoded it (API Gateway says isBase64Encoded). Decode it first"
    )]
    Base64,
}

/// What is wrong with a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretMistake {
    /// Nothing.
    #[error("it is")]
    None,
    /// White space or a line's end.
    #[error("it has white space around it, as files and environment variables often end with")]
    Space,
    /// A byte order mark.
    #[error(
        "it begins with a byte order mark, which is no part of it: PowerShell and editors on Windows \
         write one"
    )]
    ByteOrderMark,
    /// Quotes.
    #[error("it stands in quotes, which are no part of it")]
    Quotes,
    /// Without its prefix.
    #[error("it must begin with whsec_, which is part of it")]
    Prefix,
    /// Without the end of its base64.
    #[error("it has lost the = at its end, which is part of it. Something split it there")]
    Padding,
}

/// What the body may have been, as it came first.
pub(super) fn bodies(body: &[u8]) -> Vec<(BodyChange, Vec<u8>)> {
    let mut all = vec![(BodyChange::None, body.to_vec())];
    let trimmed = body.trim_ascii();
    let unmarked = trimmed.strip_prefix("\u{feff}".as_bytes());
    let plain = unmarked.unwrap_or(trimmed);
    let others = [
        (BodyChange::Space, Some(trimmed.to_vec())),
        (BodyChange::ByteOrderMark, unmarked.map(<[u8]>::to_vec)),
        (BodyChange::Reserialised, compact(plain)),
        (BodyChange::Quoted, serde_json::from_slice::<String>(plain).ok().map(String::into_bytes)),
        (BodyChange::Base64, BASE64_STANDARD.decode(plain).ok()),
    ];
    for (change, other) in others {
        let new = other.filter(|it| all.iter().all(|(_, known)| known != it));
        all.extend(new.map(|it| (change, it)));
    }
    all
}

/// The same JSON without spaces, each text with as few escapes as our own: as we write it, if the order
/// of its fields is ours.
fn compact(body: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(body).ok()?;
    serde_json::from_str::<&RawValue>(text).ok()?;
    let (mut compact, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(first) = rest.chars().next() {
        let length = if first == '"' { string_length(rest)? } else { first.len_utf8() };
        let (token, others) = rest.split_at(length);
        if first == '"' {
            let string: String = serde_json::from_str(token).ok()?;
            compact += &serde_json::to_string(&string).ok()?;
        } else if !first.is_ascii_whitespace() {
            compact += token;
        }
        rest = others;
    }
    Some(compact.into_bytes())
}

/// Of the JSON string that stands first, with its quotes.
fn string_length(text: &str) -> Option<usize> {
    let mut is_escaped = false;
    let end = text.bytes().skip(1).position(|byte| {
        let is_end = byte == b'"' && !is_escaped;
        is_escaped = byte == b'\\' && !is_escaped;
        is_end
    });
    end.map(|it| it + 2)
}

/// What tells that something is not as we send it, although no signature says what.
pub(super) fn suspicion(received: Received<'_>) -> Option<&'static str> {
    of_body(received.body).or_else(|| of_two_deliveries(received))
}

/// The `webhook-id` of each delivery is its body's `id`.
fn of_two_deliveries(received: Received<'_>) -> Option<&'static str> {
    #[derive(Deserialize)]
    struct Body {
        id: String,
    }
    let id = header::value(received.headers, "webhook-id")?;
    let body: Body = serde_json::from_slice(received.body).ok()?;
    (body.id != id).then_some(
        "the body's id is not that of webhook-id. They are of two deliveries, or one of them was changed",
    )
}

fn of_body(body: &[u8]) -> Option<&'static str> {
    let Ok(text) = std::str::from_utf8(body) else { return Some("the body is no UTF-8") };
    if text.is_empty() {
        return Some("the body is empty. Something read it before");
    }
    if serde_json::from_str::<&RawValue>(text).is_err() {
        return Some("the body is no JSON. Something cut or encoded it");
    }
    if compact(body).is_some_and(|it| it != body) {
        return Some(
            "the body has spaces or escapes that we do not send. Something parsed and wrote it again",
        );
    }
    let is_first_field = |name: &str| text.starts_with(&format!("{{\"{name}\":"));
    if !is_first_field("session_id") && !is_first_field("id") {
        return Some(
            "the body begins with neither session_id nor id. Something parsed it and wrote it again with its \
             fields in another order",
        );
    }
    None
}

/// What the secret may have been, as it came first.
pub(super) fn secrets(secret: &str) -> Vec<(SecretMistake, String)> {
    let trimmed = secret.trim();
    let unmarked = trimmed.trim_start_matches('\u{feff}').trim_start();
    let unquoted = unmarked.trim_matches(['"', '\'', '`']);
    let mut all = vec![(SecretMistake::None, secret.to_owned())];
    let others = [
        (SecretMistake::Space, trimmed.to_owned()),
        (SecretMistake::ByteOrderMark, unmarked.to_owned()),
        (SecretMistake::Quotes, unquoted.to_owned()),
        (SecretMistake::Prefix, format!("{SECRET_PREFIX}{unquoted}")),
        (SecretMistake::Padding, format!("{unquoted}=")),
    ];
    for (mistake, other) in others {
        if all.iter().all(|(_, known)| *known != other) {
            all.push((mistake, other));
        }
    }
    all
}

/// The bytes behind the prefix; `None` if there are none.
pub(super) fn decoded(secret: &str) -> Option<Vec<u8>> {
    BASE64_STANDARD.decode(secret.strip_prefix(SECRET_PREFIX)?).ok()
}

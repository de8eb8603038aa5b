//! What the headers of a webhook offer, or what is wrong with them.

use base64::{Engine, prelude::BASE64_STANDARD};
use data_encoding::HEXLOWER;

/// The most signatures that are looked at: more are no rotation of ours.
const SIGNATURES_MAX: usize = 16;
/// The most digits of a time in seconds.
const TIME_DIGITS_MAX: usize = 12;

/// What is wrong with a header.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeaderMistake {
    /// It carries the other scheme's value.
    #[error("it holds {0}: the value of another header")]
    OtherScheme(&'static str),
    /// One of three is not there.
    #[error("{0} is missing: id, timestamp and signature are checked together")]
    Missing(&'static str),
    /// A part is not there.
    #[error("it has no {0}")]
    NoPart(&'static str),
    /// The time is no number of seconds.
    #[error("its time is no number of seconds since 1970; received {0}")]
    Time(String),
    /// A signature is no signature.
    #[error("{0}")]
    Signature(&'static str),
    /// There are spaces where we send none.
    #[error("it holds spaces, which we do not send: something wrote it anew")]
    Spaces,
    /// It was repeated or joined.
    #[error("it holds more than {SIGNATURES_MAX} signatures")]
    TooMany,
}

/// What a scheme's headers offer.
#[derive(Debug)]
pub(super) struct Offered {
    pub(super) unix_s: i64,
    /// What is signed, but for the body behind it.
    pub(super) signed_before_body: String,
    pub(super) signatures: Vec<[u8; 32]>,
}

impl Offered {
    /// Whether the signature at that place is by a secret that was replaced: while a rotation lasts they
    /// are those of the old secrets, the current one's, and the oldest one's again.
    pub(super) fn is_of_old_secret(&self, place: usize) -> bool {
        let is_rotating =
            2 < self.signatures.len() && self.signatures.first() == self.signatures.last();
        is_rotating && place != self.signatures.len() - 2
    }
}

type Headers = [(String, String)];

/// A header's value. Its name in any case, also as PHP and WSGI have it: `HTTP_WEBHOOK_ID`.
pub(super) fn value<'a>(headers: &'a Headers, name: &str) -> Option<&'a str> {
    let is_it = |known: &str| {
        let known = known.strip_prefix("HTTP_").unwrap_or(known).replace('_', "-");
        known.eq_ignore_ascii_case(name)
    };
    headers.iter().find(|(known, _)| is_it(known)).map(|(_, value)| value.as_str())
}

/// `X-ToffeePay-Signature: t=1717000000,v1=<hex>`. `None`: it is not there.
pub(super) fn toffeepay(headers: &Headers) -> Option<Result<Offered, HeaderMistake>> {
    value(headers, "x-toffeepay-signature").map(read_toffeepay)
}

fn read_toffeepay(header: &str) -> Result<Offered, HeaderMistake> {
    if header.starts_with("v1,") {
        return Err(HeaderMistake::OtherScheme("v1,<base64>, which is webhook-signature's"));
    }
    if header.contains(char::is_whitespace) {
        return Err(HeaderMistake::Spaces);
    }
    let fields: Vec<(&str, &str)> = header.split(',').filter_map(|it| it.split_once('=')).collect();
    let time = fields.iter().find(|(name, _)| *name == "t").ok_or(HeaderMistake::NoPart("t="))?.1;
    let unix_s = seconds(time)?;
    let digits: Vec<&str> =
        fields.iter().filter(|(name, _)| *name == "v1").map(|(_, value)| *value).collect();
    if digits.is_empty() {
        return Err(HeaderMistake::NoPart("v1="));
    }
    if SIGNATURES_MAX < digits.len() {
        return Err(HeaderMistake::TooMany);
    }
    let signatures = digits.into_iter().map(hex).collect::<Result<_, _>>()?;
    Ok(Offered { unix_s, signed_before_body: format!("{time}."), signatures })
}

/// A time, as whole seconds since 1970.
fn seconds(text: &str) -> Result<i64, HeaderMistake> {
    let is_number = !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit());
    let parsed = text.parse().ok().filter(|_| is_number && text.len() <= TIME_DIGITS_MAX);
    let shown = || text.chars().take(40).flat_map(char::escape_debug).collect();
    parsed.ok_or_else(|| HeaderMistake::Time(shown()))
}

fn hex(digits: &str) -> Result<[u8; 32], HeaderMistake> {
    const WRONG: HeaderMistake =
        HeaderMistake::Signature("a v1 is not 64 lower-case hex digits, as each of ours is");
    if digits.bytes().any(|it| it.is_ascii_uppercase()) {
        return Err(HeaderMistake::Signature(
            "a v1 has capitals; ours are of lower-case hex digits",
        ));
    }
    let bytes = HEXLOWER.decode(digits.as_bytes()).map_err(|_| WRONG)?;
    bytes.try_into().map_err(|_| WRONG)
}

/// The three of Standard Webhooks. `None`: none of them is there.
pub(super) fn standard(headers: &Headers) -> Option<Result<Offered, HeaderMistake>> {
    let [id, timestamp, signature] = ["webhook-id", "webhook-timestamp", "webhook-signature"]
        .map(|name| value(headers, name).ok_or(HeaderMistake::Missing(name)));
    if id.is_err() && timestamp.is_err() && signature.is_err() {
        return None;
    }
    let read = || read_standard(id?, timestamp?, signature?);
    Some(read())
}

fn read_standard(id: &str, timestamp: &str, signature: &str) -> Result<Offered, HeaderMistake> {
    if signature.starts_with("t=") {
        return Err(HeaderMistake::OtherScheme("t=…,v1=…, which is X-ToffeePay-Signature's"));
    }
    let unix_s = seconds(timestamp)?;
    let all: Vec<&str> = signature.split(' ').filter_map(|it| it.strip_prefix("v1,")).collect();
    if all.is_empty() {
        return Err(HeaderMistake::NoPart("v1,"));
    }
    if SIGNATURES_MAX < all.len() {
        return Err(HeaderMistake::TooMany);
    }
    let one = |digits: &str| {
        let bytes = BASE64_STANDARD.decode(digits).ok()?;
        bytes.try_into().ok()
    };
    let signatures = all.into_iter().map(one).collect::<Option<_>>();
    let signatures = signatures.ok_or(HeaderMistake::Signature(
        "a v1 is not the base64 of 32 bytes, as each of ours is",
    ))?;
    Ok(Offered { unix_s, signed_before_body: format!("{id}.{timestamp}."), signatures })
}

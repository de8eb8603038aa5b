//! What receivers do to webhooks, and what they are told about it.

use base64::{Engine, prelude::BASE64_STANDARD};
use chrono::DateTime;
use proptest::prelude::*;

use super::*;
use crate::{
    domain::{
        game::WebhookType,
        id::{EventId, id_bytes},
    },
    webhooks::{
        message::MessageId,
        signature::{Rotation, WebhookSecret, sign},
    },
};

const UNIX_S: i64 = 1_717_000_000;
const BODY: &str =
    r#"{"session_id":"sess_abc123","status":"paid","item":{"title":"50 Gold \"Coins\", für 金"}}"#;
const SCHEMES: [Scheme; 2] = [Scheme::ToffeePay, Scheme::Standard];

fn secret(fill: u8) -> String {
    format!("whsec_{}", BASE64_STANDARD.encode([fill; 32]))
}

fn sent(rotation: &Rotation) -> Vec<(String, String)> {
    let id = MessageId::of(&EventId::from_bytes(id_bytes(0, 0, [1; 16])), WebhookType::SessionPaid);
    let headers = sign(rotation, &id, UNIX_S, BODY.as_bytes());
    headers.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

fn by(fill: u8) -> Vec<(String, String)> {
    sent(&Rotation { current: WebhookSecret::parse(&secret(fill)).unwrap(), previous: vec![] })
}

fn examined(body: &[u8], headers: &[(String, String)], secret: &str, now_s: i64) -> [Finding; 2] {
    SCHEMES.map(|it| examine(it, Received { body, headers }, secret, now_s).unwrap())
}

fn both(finding: Finding) -> [Finding; 2] {
    [finding.clone(), finding]
}

#[test]
fn what_was_sent_and_is_looked_at_in_time_is_valid_by_both_schemes() {
    for age_s in [0, 1, TOLERANCE_S, -TOLERANCE_S] {
        let found = examined(BODY.as_bytes(), &by(1), &secret(1), UNIX_S + age_s);
        assert_eq!(found, both(Finding::Valid { age_s, by_old_secret: false }));
    }
}

#[test]
fn what_is_too_old_or_from_the_future_is_told_of_its_clock() {
    for age_s in [TOLERANCE_S + 1, -TOLERANCE_S - 1, i64::MAX - UNIX_S] {
        let found = examined(BODY.as_bytes(), &by(1), &secret(1), UNIX_S + age_s);
        assert_eq!(found, both(Finding::Clock { age_s }));
    }
}

#[test]
fn each_known_change_of_a_body_is_named() {
    let value: serde_json::Value = serde_json::from_str(BODY).unwrap();
    let spaced = BODY.replace("\":", "\": ").replace(",\"", ", \"");
    let escaped = BODY.replace('ü', "\\u00fc").replace('金', "\\u91d1");
    let cases = [
        (format!("{BODY}\n"), BodyChange::Space),
        (format!("\u{feff}{BODY}"), BodyChange::ByteOrderMark),
        (spaced.clone(), BodyChange::Reserialised),
        (escaped, BodyChange::Reserialised),
        (format!("{spaced}\r\n"), BodyChange::Reserialised),
        (serde_json::to_string(BODY).unwrap(), BodyChange::Quoted),
        (BASE64_STANDARD.encode(BODY), BodyChange::Base64),
    ];
    for (body, change) in cases {
        let found = examined(body.as_bytes(), &by(1), &secret(1), UNIX_S);
        let expected = Finding::Changed { body: change, secret: SecretMistake::None };
        assert_eq!(found, both(expected), "{body}");
    }
    // Written with its fields in another order it cannot be had back, but it shows.
    let sorted = serde_json::to_string(&value["item"]).unwrap();
    let found = examined(sorted.as_bytes(), &by(1), &secret(1), UNIX_S);
    assert!(matches!(found, [Finding::NoFit { suspicion: Some(_) }, _]), "{found:?}");
}

#[test]
fn each_known_mistake_with_a_secret_is_named() {
    let whole = secret(1);
    let cases = [
        (format!("{whole}\n"), SecretMistake::Space),
        (format!("\"{whole}\""), SecretMistake::Quotes),
        (format!("\u{feff}{whole}\r\n"), SecretMistake::ByteOrderMark),
        (whole.trim_end_matches('=').to_owned(), SecretMistake::Padding),
    ];
    for (text, mistake) in cases {
        let found = examined(BODY.as_bytes(), &by(1), &text, UNIX_S);
        let expected = Finding::Changed { body: BodyChange::None, secret: mistake };
        assert_eq!(found, both(expected), "{mistake:?}");
    }
    // The libraries of Standard Webhooks take it so.
    let found = examined(BODY.as_bytes(), &by(1), &whole["whsec_".len()..], UNIX_S);
    let [of_toffeepay, of_standard] = found;
    let secret = SecretMistake::Prefix;
    assert_eq!(of_toffeepay, Finding::Changed { body: BodyChange::None, secret });
    assert_eq!(of_standard, Finding::Valid { age_s: 0, by_old_secret: false });
    let found = examined(BODY.as_bytes(), &by(2), &whole, UNIX_S);
    assert_eq!(found, both(Finding::NoFit { suspicion: None }));
    let long = "x".repeat(1_000);
    assert_eq!(
        examined(BODY.as_bytes(), &by(2), &long, UNIX_S),
        both(Finding::NoFit { suspicion: None })
    );
}

#[test]
fn while_a_rotation_lasts_the_old_secret_is_told_that_it_is_old() {
    let until = DateTime::from_timestamp(UNIX_S + 1, 0).unwrap();
    let [first, second, third] = [1, 2, 3].map(|it| WebhookSecret::parse(&secret(it)).unwrap());
    let previous = vec![(first, until), (second, until)];
    let headers = sent(&Rotation { current: third, previous });
    for (fill, by_old_secret) in [(1, true), (2, true), (3, false)] {
        let found = examined(BODY.as_bytes(), &headers, &secret(fill), UNIX_S);
        assert_eq!(found, both(Finding::Valid { age_s: 0, by_old_secret }), "{fill}");
    }
}

#[test]
fn a_header_that_is_not_as_it_was_sent_is_told_how() {
    let hex = "52a5aa1aafb7dbe34df39a37289518613b0bd84740b727afc3369a3e69ad81c2";
    let base64 = "7TYzkgXUcpfi2umeYvXX4gbQnO0cN3sTt64cJAX6n9o=";
    let one = |name: &str, value: String| vec![(name.to_owned(), value)];
    let toffeepay = [
        format!("v1,{base64}"),
        format!("v1={hex}"),
        format!("t={UNIX_S}"),
        format!("t={UNIX_S}, v1={hex}"),
        format!("t=yesterday,v1={hex}"),
        format!("t=-1,v1={hex}"),
        format!("t={UNIX_S},v1={}", hex.to_uppercase()),
        format!("t={UNIX_S},v1={}", &hex[1..]),
        format!("t={UNIX_S}{}", format!(",v1={hex}").repeat(17)),
        String::new(),
    ];
    for value in toffeepay {
        let headers = one("X-ToffeePay-Signature", value.clone());
        let received = Received { body: BODY.as_bytes(), headers: &headers };
        let found = examine(Scheme::ToffeePay, received, &secret(1), UNIX_S);
        assert!(matches!(found, Some(Finding::Header(_))), "{value}: {found:?}");
        assert_eq!(examine(Scheme::Standard, received, &secret(1), UNIX_S), None);
    }
    for value in [format!("t={UNIX_S},v1={hex}"), hex.to_owned(), "v1,x".to_owned()] {
        let mut headers = by(1);
        headers.retain(|(name, _)| name != "webhook-signature");
        headers.extend(one("Webhook-Signature", value.clone()));
        let received = Received { body: BODY.as_bytes(), headers: &headers };
        let found = examine(Scheme::Standard, received, &secret(1), UNIX_S);
        assert!(matches!(found, Some(Finding::Header(_))), "{value}: {found:?}");
    }
    let headers = one("webhook-id", "msg_1".to_owned());
    let found = examine(
        Scheme::Standard,
        Received { body: BODY.as_bytes(), headers: &headers },
        &secret(1),
        UNIX_S,
    );
    assert_eq!(found, Some(Finding::Header(HeaderMistake::Missing("webhook-timestamp"))));
}

#[test]
fn a_receivers_own_value_is_told_by_which_recipe_it_came() {
    let (headers, text) = (by(1), secret(1));
    let received = Received { body: BODY.as_bytes(), headers: &headers };
    let (whole, decoded) = (text.as_bytes(), [1; 32]);
    let t = UNIX_S.to_string();
    let of = |key: &[u8], parts: &[&str]| {
        hmac(key, &parts.iter().map(|it| it.as_bytes()).collect::<Vec<_>>())
    };
    let hex = |it: [u8; 32]| data_encoding::HEXLOWER.encode(&it);
    let told = |value: &str| recipe_of(value, received, &text).map(|it| it.to_string());

    let right = told(&hex(of(whole, &[&t, ".", BODY]))).unwrap();
    assert!(right.starts_with("right: it is computed as X-ToffeePay-Signature"), "{right}");
    let cases = [
        (hex(of(whole, &[BODY])), "the body alone"),
        (hex(of(whole, &[&t, BODY])), "without a point"),
        (hex(of(&decoded, &[&t, ".", BODY])), "the bytes behind whsec_"),
        (hex(of(&whole["whsec_".len()..], &[&t, ".", BODY])), "not decoded"),
        (hex(of(whole, &[&t, ".", BODY])).to_uppercase(), "hex with capitals"),
        (BASE64_STANDARD.encode(of(whole, &[&t, ".", BODY])), "writes base64"),
        (format!("sha256={}", hex(of(whole, &[BODY]))), "the body alone"),
    ];
    for (value, words) in cases {
        let told = told(&value).unwrap();
        assert!(told.contains(words) && !told.starts_with("right"), "{value}: {told}");
    }
    assert_eq!(told(&hex(of(b"another", &[&t, ".", BODY]))), None);
    assert_eq!(told("no value"), None);
}

#[test]
fn a_body_that_shows_what_happened_to_it_is_told_so() {
    let of_another = br#"{"session_id":"sess_1","id":"msg_another"}"#;
    let cases: [(&[u8], &str); 5] = [
        (b"", "empty"),
        (b"\xff{}", "no UTF-8"),
        (b"{\"session_id\":", "no JSON"),
        (b"{\"game_id\":1}", "another order"),
        (of_another, "two deliveries"),
    ];
    for (body, words) in cases {
        let [found, _] = examined(body, &by(1), &secret(1), UNIX_S);
        assert!(found.to_string().contains(words), "{words}: {found}");
    }
}

#[test]
fn a_file_in_utf_16_is_recognised_with_its_mark_and_without() {
    let texts = [BODY.to_owned(), secret(1), "X-ToffeePay-Signature: t=1,v1=0".to_owned()];
    for text in texts {
        for mark in ["\u{feff}", ""] {
            let units: Vec<u16> = format!("{mark}{text}").encode_utf16().collect();
            let little: Vec<u8> = units.iter().flat_map(|it| it.to_le_bytes()).collect();
            let big: Vec<u8> = units.iter().flat_map(|it| it.to_be_bytes()).collect();
            assert_eq!(utf16_of(&little), Some(Utf16::LittleEndian), "{text}");
            assert_eq!(utf16_of(&big), Some(Utf16::BigEndian), "{text}");
        }
        assert_eq!(utf16_of(text.as_bytes()), None);
        assert_eq!(utf16_of(format!("\u{feff}{text}").as_bytes()), None, "UTF-8 with a mark");
    }
    for other in [&b""[..], b"{", b"\xff", b"\0\0", b"\xc3\xbc"] {
        assert_eq!(utf16_of(other), None, "{other:?}");
    }
}

#[test]
fn headers_as_php_and_wsgi_name_them_are_known() {
    let headers: Vec<_> = by(1)
        .into_iter()
        .map(|(name, value)| (format!("HTTP_{}", name.to_uppercase().replace('-', "_")), value))
        .collect();
    let found = examined(BODY.as_bytes(), &headers, &secret(1), UNIX_S);
    assert_eq!(found, both(Finding::Valid { age_s: 0, by_old_secret: false }));
}

proptest! {
    #[test]
    fn whatever_is_received_is_answered(
        body in proptest::collection::vec(any::<u8>(), 0..200),
        names in proptest::sample::subsequence(
            vec!["x-toffeepay-signature", "webhook-id", "webhook-timestamp", "webhook-signature"], 0..=4,
        ),
        value in "(t=[0-9]{0,14},?|v1[,=]|[0-9a-f]{64}|[ -~]){0,8}",
        secret in "(whsec_)?[A-Za-z0-9+/=\" ]{0,100}",
        now_s in any::<i64>(),
    ) {
        let headers: Vec<_> =
            names.into_iter().map(|name| (name.to_owned(), value.clone())).collect();
        let received = Received { body: &body, headers: &headers };
        for scheme in SCHEMES {
            let found = examine(scheme, received, &secret, now_s);
            prop_assert!(!found.is_some_and(|it| it.is_valid()));
        }
        prop_assert_eq!(recipe_of(&value, received, &secret), None);
    }
}

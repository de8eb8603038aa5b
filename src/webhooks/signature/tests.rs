//! Both signatures, against values that other programs computed.

use chrono::{DateTime, Duration};

use super::*;
use crate::domain::{game::WebhookType, id::EventId, id::id_bytes};

const UNIX_S: i64 = 1_717_000_000;
const BODY: &[u8] = br#"{"session_id":"sess_abc123","status":"paid"}"#;

fn secret(fill: u8) -> WebhookSecret {
    WebhookSecret::from_key([fill; SECRET_BYTES])
}

fn message_id() -> MessageId {
    MessageId::of(&EventId::from_bytes(id_bytes(0, 0, [1; 16])), WebhookType::SessionPaid)
}

fn only(current: WebhookSecret) -> Rotation {
    Rotation { current, previous: vec![] }
}

fn rotated(expires_in_s: i64) -> Rotation {
    let expires_at = DateTime::from_timestamp(UNIX_S, 0).unwrap() + Duration::seconds(expires_in_s);
    Rotation { current: secret(2), previous: vec![(secret(1), expires_at)] }
}

/// Computed with other code than ours, so that it may disagree:
///
/// ```python
/// import base64, hashlib, hmac
/// body = b'{"session_id":"sess_abc123","status":"paid"}'
/// text = b"whsec_" + base64.b64encode(bytes([1] * 32))
/// hmac.new(text, b"1717000000." + body, hashlib.sha256).hexdigest()
/// signed = b"msg_7968e8d4bd98ef22641b3a2506441958.1717000000." + body
/// base64.b64encode(hmac.new(bytes([1] * 32), signed, hashlib.sha256).digest())
/// ```
#[test]
fn both_signatures_are_those_that_a_receivers_own_recipe_computes() {
    let headers = sign(&only(secret(1)), &message_id(), UNIX_S, BODY);
    assert_eq!(
        headers,
        SignatureHeaders {
            toffeepay_signature:
                "t=1717000000,v1=52a5aa1aafb7dbe34df39a37289518613b0bd84740b727afc3369a3e69ad81c2"
                    .to_owned(),
            webhook_id: "msg_7968e8d4bd98ef22641b3a2506441958".to_owned(),
            webhook_timestamp: "1717000000".to_owned(),
            webhook_signature: "v1,7TYzkgXUcpfi2umeYvXX4gbQnO0cN3sTt64cJAX6n9o=".to_owned(),
        }
    );
}

#[test]
fn while_a_rotation_lasts_the_old_secret_signs_first_and_last() {
    let of = |rotation: &Rotation| sign(rotation, &message_id(), UNIX_S, BODY);
    let (old, new) = (of(&only(secret(1))), of(&only(secret(2))));
    let v1 = |it: &SignatureHeaders| it.toffeepay_signature.split_once(',').unwrap().1.to_owned();
    let both = of(&rotated(1));
    let expected = format!("t={UNIX_S},{0},{1},{0}", v1(&old), v1(&new));
    assert_eq!(both.toffeepay_signature, expected);
    let expected = format!("{0} {1} {0}", old.webhook_signature, new.webhook_signature);
    assert_eq!(both.webhook_signature, expected);
}

#[test]
fn a_second_rotation_within_the_grace_silences_no_secret_and_the_oldest_stays_outside() {
    let v1 = |fill| {
        let alone = sign(&only(secret(fill)), &message_id(), UNIX_S, BODY);
        alone.toffeepay_signature.split_once(',').unwrap().1.to_owned()
    };
    let Rotation { current, mut previous } = rotated(1);
    previous.push((current, previous[0].1));
    let twice = Rotation { current: secret(3), previous };
    let signed = sign(&twice, &message_id(), UNIX_S, BODY).toffeepay_signature;
    assert_eq!(signed, format!("t={UNIX_S},{},{},{},{}", v1(1), v1(2), v1(3), v1(1)));
}

#[test]
fn an_old_secret_signs_no_more_from_the_second_of_its_expiry_on() {
    let expired = sign(&rotated(0), &message_id(), UNIX_S, BODY);
    assert_eq!(expired, sign(&only(secret(2)), &message_id(), UNIX_S, BODY));
}

#[test]
fn each_attempt_has_another_signature_and_the_same_id() {
    let first = sign(&only(secret(1)), &message_id(), UNIX_S, BODY);
    let second = sign(&only(secret(1)), &message_id(), UNIX_S + 1, BODY);
    assert_eq!(first.webhook_id, second.webhook_id);
    assert_ne!(first.toffeepay_signature, second.toffeepay_signature);
    assert_ne!(first.webhook_signature, second.webhook_signature);
}

#[test]
fn a_generated_secret_is_read_back_and_no_two_are_alike() {
    let (one, other) = (WebhookSecret::generate(), WebhookSecret::generate());
    let text = one.as_text().expose_secret();
    assert_ne!(text, other.as_text().expose_secret());
    assert_eq!(text.len(), SECRET_TEXT_BYTES);
    let read = WebhookSecret::parse(text).unwrap();
    assert_eq!(
        sign(&only(read), &message_id(), UNIX_S, BODY),
        sign(&only(one), &message_id(), UNIX_S, BODY)
    );
}

#[test]
fn what_is_no_secret_of_ours_is_refused() {
    let of_bytes = |count| format!("whsec_{}", BASE64_STANDARD.encode(vec![7; count]));
    assert!(WebhookSecret::parse(&of_bytes(32)).is_ok());
    let unpadded = of_bytes(32).trim_end_matches('=').to_owned();
    let without_prefix = BASE64_STANDARD.encode([7; 32]);
    let spaced = format!("{} ", of_bytes(32));
    for text in [of_bytes(31), of_bytes(33), unpadded, without_prefix, spaced, String::new()] {
        assert_eq!(WebhookSecret::parse(&text).unwrap_err(), MalformedSecret, "{text}");
    }
}

#[test]
fn a_secret_is_never_printed() {
    let printed = format!("{:?}", rotated(1));
    let text = secret(1).as_text().expose_secret()["whsec_".len()..].to_owned();
    assert!(!printed.contains(&text) && !printed.contains("1, 1, 1"), "{printed}");
}

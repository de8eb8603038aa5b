//! Golden files: `tests/golden/webhooks/<shape>.<type>.json`, the very bytes and a line feed.
//!
//! A changed field breaks receivers that we cannot see. To add a type, run these tests with
//! `WRITE_GOLDEN=1` and read the difference.

use std::{fs, path::Path};

use super::*;
use crate::webhooks::fixtures::{Story, histories, session_id};

fn urls() -> PublicUrls {
    PublicUrls { pay_base_url: "https://pay.toffeepay.com".parse().unwrap() }
}

fn body(
    shape: PayloadShape,
    webhook_type: WebhookType,
    story: &Story,
) -> Result<String, BodyError> {
    let message = Message {
        session_id: &session_id(),
        event_id: &story.event_id(),
        event: story.event(),
        webhook_type,
        version: story.version(),
        after: &story.after(),
    };
    write(shape, &message, &urls()).map(|it| String::from_utf8(it).unwrap())
}

/// Every type with the story that tells it first.
fn stories() -> Vec<(WebhookType, Story)> {
    let of_type = |webhook_type: WebhookType| {
        let has_it = |types: &str| types.split(' ').any(|it| it == webhook_type.as_str());
        let story = histories().into_iter().find(|(types, _)| has_it(types))?.1;
        Some((webhook_type, story))
    };
    WebhookType::ALL.iter().filter_map(|it| of_type(*it)).collect()
}

fn assert_golden(shape: PayloadShape, webhook_type: WebhookType, body: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/webhooks");
    let file = folder.join(format!("{shape}.{webhook_type}.json"));
    if std::env::var_os("WRITE_GOLDEN").is_some() {
        fs::write(&file, format!("{body}\n")).unwrap();
    }
    let golden = fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(format!("{body}\n"), golden, "{}", file.display());
}

#[test]
fn the_envelope_of_each_type_is_as_receivers_know_it() {
    assert_eq!(stories().len(), WebhookType::ALL.len() - 2, "all but the two of deposits");
    for (webhook_type, story) in stories() {
        let body = body(PayloadShape::Envelope, webhook_type, &story).unwrap();
        assert_golden(PayloadShape::Envelope, webhook_type, &body);
    }
}

#[test]
fn the_flat_body_of_each_type_is_as_receivers_know_it_and_only_sessions_have_one() {
    for (webhook_type, story) in stories() {
        match body(PayloadShape::Flat, webhook_type, &story) {
            Ok(body) => assert_golden(PayloadShape::Flat, webhook_type, &body),
            Err(BodyError::NotFlat(it)) => assert!(!it.is_of_session(), "{it}"),
            Err(error) => panic!("{webhook_type}: {error}"),
        }
    }
}

#[test]
fn the_flat_body_holds_every_field_of_the_guide_as_the_guide_spells_it() {
    let paid = Story::new().started(1).paid(1);
    let body = body(PayloadShape::Flat, WebhookType::SessionPaid, &paid).unwrap();
    let session_id = session_id();
    let guide = format!(
        r#"{{"session_id":"{session_id}","user_id":"player_42","game_id":"space_shooter","#
    ) + r#""status":"paid","item":{"title":"50 Gold Coins","price":499,"currency":"USD"},"#;
    assert!(body.starts_with(&guide), "{body}");
}

#[test]
fn a_body_shows_the_session_as_it_was_right_after_the_event() {
    let created = Story::new();
    let body = body(PayloadShape::Flat, WebhookType::SessionCreated, &created).unwrap();
    assert!(body.contains(r#""status":"pending""#) && body.contains(r#""sequence":1"#), "{body}");
}

#[test]
fn an_erased_player_is_an_empty_text_in_both_shapes() {
    let paid = Story::new().started(1).paid(1).erased();
    for shape in [PayloadShape::Flat, PayloadShape::Envelope] {
        let body = body(shape, WebhookType::SessionPaid, &paid).unwrap();
        assert!(body.contains(r#""user_id":"""#), "{body}");
        assert!(!body.contains("player_42"), "{body}");
    }
}

#[test]
fn a_payment_that_succeeded_after_all_shows_no_error() {
    let paid_late = Story::new().started(1).declined(1).expired().paid_late(1);
    let body = body(PayloadShape::Envelope, WebhookType::PaymentSucceeded, &paid_late).unwrap();
    assert!(body.contains(r#""status":"succeeded""#) && !body.contains("error"), "{body}");
}

#[test]
fn a_stored_picture_is_linked_on_the_pay_host() {
    let created = Story::new().with_stored_image();
    let body = body(PayloadShape::Envelope, WebhookType::SessionCreated, &created).unwrap();
    let image = format!(r#""image":"https://pay.toffeepay.com/images/{}""#, "00ff".repeat(16));
    assert!(body.contains(&image), "{body}");
}

#[test]
fn the_providers_own_words_are_never_passed_on() {
    for (webhook_type, story) in stories() {
        let body = body(PayloadShape::Envelope, webhook_type, &story).unwrap();
        assert!(!body.contains("Smith") && !body.contains("tok_1"), "{body}");
    }
}

#[test]
fn a_type_that_the_event_does_not_cause_has_no_body() {
    let created = Story::new();
    for webhook_type in
        [WebhookType::PaymentSucceeded, WebhookType::RefundCreated, WebhookType::DepositSucceeded]
    {
        let written = body(PayloadShape::Envelope, webhook_type, &created);
        assert!(matches!(written, Err(BodyError::Mismatch(_))), "{webhook_type}");
    }
}

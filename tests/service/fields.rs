//! Each field of CreateSession at both sides of its limit, and what a refusal says about it.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use toffeepay::proto::{google::rpc::BadRequest, pay::v1};

use super::client::CREATE_SESSION;
use super::guide::{COIN_PNG, detail};
use super::harness::{Options, Service};

const IMAGE_BYTES_MAX: usize = 1024 * 1024;

/// A field's value, and the reason of its refusal; `None` if it is taken.
struct Case {
    field: &'static str,
    value: Value,
    refused_for: Option<&'static str>,
}

fn taken(field: &'static str, value: impl Into<Value>) -> Case {
    Case { field, value: value.into(), refused_for: None }
}

fn refused(field: &'static str, value: impl Into<Value>, reason: &'static str) -> Case {
    Case { field, value: value.into(), refused_for: Some(reason) }
}

fn texts() -> Vec<Case> {
    let argument = "invalid_argument";
    vec![
        taken("user_id", "u"),
        taken("user_id", "é".repeat(128)),
        refused("user_id", "u".repeat(129), argument),
        refused("user_id", "", argument),
        refused("user_id", "player\u{7}", argument),
        taken("item.title", "T"),
        taken("item.title", "金".repeat(200)),
        refused("item.title", "金".repeat(201), argument),
        refused("item.title", "", argument),
        refused("item.title", "two\nlines", argument),
        taken("item.country", "DE"),
        taken("item.country", ""),
        refused("item.country", "de", argument),
        refused("item.country", "DEU", argument),
    ]
}

fn money() -> Vec<Case> {
    vec![
        taken("item.price", 1),
        taken("item.price", 99_999_999),
        // As proto3 JSON allows it.
        taken("item.price", "499"),
        refused("item.price", 0, "invalid_price"),
        refused("item.price", -1, "invalid_price"),
        refused("item.price", 100_000_000, "invalid_price"),
        taken("item.currency", "EUR"),
        taken("item.currency", "GBP"),
        // The demo game does not take it.
        refused("item.currency", "JPY", "invalid_currency"),
        refused("item.currency", "XXQ", "invalid_currency"),
        refused("item.currency", "usd", "invalid_currency"),
        refused("item.currency", "", "invalid_currency"),
    ]
}

fn return_urls() -> Vec<Case> {
    let of_length = |bytes: usize| format!("{:x<bytes$}", "https://game.example/");
    let reason = "invalid_return_url";
    let mut cases = vec![
        taken("return_url", of_length(2_048)),
        refused("return_url", of_length(2_049), reason),
        taken("return_url", "mygame://payment-complete?session_id=sess_abc123"),
        taken("return_url", "http://localhost:3000/back"),
        refused("return_url", "http://game.example/back", reason),
        refused("return_url", "", reason),
        refused("return_url", "/back", reason),
        refused("return_url", "mygame://a\u{0}b", reason),
    ];
    for scheme in ["javascript:alert(1)", "data:text/html,x", "vbscript:x", "file:///etc/passwd"] {
        cases.push(refused("return_url", scheme, reason));
    }
    cases.extend(["blob:https://x/y", "about:blank"].map(|it| refused("return_url", it, reason)));
    cases
}

fn images() -> Vec<Case> {
    let uri = |kind: &str, bytes: &[u8]| format!("data:{kind};base64,{}", STANDARD.encode(bytes));
    let coin = STANDARD.decode(COIN_PNG.trim()).unwrap();
    let svg = br#"<svg xmlns="http://www.w3.org/2000/svg"/>"#;
    let link = |bytes: usize| format!("{:x<bytes$}", "https://game.example/");
    let reason = "invalid_image";
    vec![
        taken("item.image", uri("image/png", &coin)),
        taken("item.image", uri("image/png", &padded(&coin, IMAGE_BYTES_MAX))),
        refused("item.image", uri("image/png", &padded(&coin, IMAGE_BYTES_MAX + 1)), reason),
        refused("item.image", uri("image/jpeg", &coin), reason),
        refused("item.image", uri("image/png", &coin[..coin.len() / 2]), reason),
        refused("item.image", uri("image/svg+xml", svg), reason),
        refused("item.image", "data:image/png;base64,...", reason),
        taken("item.image", link(2_048)),
        refused("item.image", link(2_049), reason),
        refused("item.image", "javascript:alert(1)", reason),
        refused("item.image", "coin.png", reason),
    ]
}

/// A PNG made longer by a chunk that decoders pass over. Source: PNG (W3C), 5.3 to 5.6.
fn padded(png: &[u8], length: usize) -> Vec<u8> {
    const END_CHUNK_BYTES: usize = 12;
    const CHUNK_OVERHEAD_BYTES: usize = 12;
    let (before, end) = png.split_at(png.len() - END_CHUNK_BYTES);
    let data = vec![b'x'; length - png.len() - CHUNK_OVERHEAD_BYTES];
    let typed = [b"prVt".as_slice(), &data].concat();
    let length = u32::try_from(data.len()).unwrap().to_be_bytes();
    let check = crc32(&typed).to_be_bytes();
    [before, &length, &typed, &check, end].concat()
}

/// Source: PNG (W3C), annex D.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            if crc & 1 == 1 { 0xedb8_8320 ^ (crc >> 1) } else { crc >> 1 }
        })
    })
}

#[tokio::test]
async fn each_field_is_taken_up_to_its_limit_and_refused_beyond_with_the_rule_and_what_came() {
    let service = Service::start(Options::default()).await;
    for case in [texts(), money(), return_urls(), images()].into_iter().flatten() {
        let mut request = service.client.purchase();
        let pointer = format!("/{}", case.field.replace('.', "/"));
        match request.pointer_mut(&pointer) {
            Some(place) => *place = case.value.clone(),
            None => request["item"][case.field.strip_prefix("item.").unwrap()] = case.value.clone(),
        }
        let response = service.client.call(CREATE_SESSION).json(&request).send().await.unwrap();
        let (status, answer): (_, Value) = (response.status(), response.json().await.unwrap());
        let shown: String = case.value.to_string().chars().take(60).collect();
        let told = format!("{} = {shown} was answered {answer}", case.field);
        let Some(reason) = case.refused_for else {
            assert_eq!(status, 200, "{told}");
            continue;
        };
        assert_eq!((status.as_u16(), &answer["code"]), (400, &json!("invalid_argument")), "{told}");
        let ours: v1::Error = detail(&answer, "pay.v1.Error").expect(&told);
        assert_eq!(ours.code, reason, "{told}");
        let broken: BadRequest = detail(&answer, "google.rpc.BadRequest").expect(&told);
        let [violation] = broken.field_violations.as_slice() else { panic!("{told}") };
        assert_eq!(violation.field, case.field, "{told}");
        let description = &violation.description;
        assert!(description.starts_with("must ") || description.starts_with("as a"), "{told}");
        assert!(description.contains("received"), "{told}");
    }
}

/// What is kept has been decoded once: here it never was, so that doing it again would be seen.
#[tokio::test]
async fn a_picture_that_is_kept_is_not_decoded_again() {
    let service = Service::start(Options::default()).await;
    let bytes = b"no picture at all";
    let mut request = service.client.purchase();
    request["item"]["image"] = format!("data:image/png;base64,{}", STANDARD.encode(bytes)).into();
    let send = async || {
        let call = service.client.call(CREATE_SESSION).json(&request);
        call.send().await.unwrap().status().as_u16()
    };
    assert_eq!(send().await, 400);
    let library = service.library().await;
    let keep = "INSERT INTO item_image VALUES (encode(sha256($1), 'hex'), 'image/png', $1)";
    sqlx::query(keep).bind(bytes.as_slice()).execute(&library.pool).await.unwrap();
    assert_eq!(send().await, 200);
}

#[tokio::test]
async fn all_broken_fields_are_named_at_once() {
    let service = Service::start(Options::default()).await;
    let request = json!({ "game_id": "space_shooter", "item": { "price": -5, "currency": "?" } });
    let response = service.client.call(CREATE_SESSION).json(&request).send().await.unwrap();
    let answer: Value = response.json().await.unwrap();
    let broken: BadRequest = detail(&answer, "google.rpc.BadRequest").unwrap();
    let fields: Vec<&str> = broken.field_violations.iter().map(|it| it.field.as_str()).collect();
    assert_eq!(fields, ["user_id", "item.title", "item.currency", "item.price", "return_url"]);
}

#[tokio::test]
async fn a_price_that_is_no_whole_number_of_32_bits_is_refused() {
    let service = Service::start(Options::default()).await;
    for price in ["4.99", "2147483648", "-2147483649", "1e99", "\"4,99\"", "true", "[]"] {
        let body = service.client.purchase().to_string().replace("499", price);
        let call = service.client.call(CREATE_SESSION);
        let response = call.header("content-type", "application/json").body(body).send().await;
        let response = response.unwrap();
        let (status, answer): (_, Value) = (response.status(), response.json().await.unwrap());
        assert_eq!(status, 400, "{price}: {answer}");
        let ours: v1::Error = detail(&answer, "pay.v1.Error").unwrap();
        assert_eq!(ours.code, "invalid_price", "{price}: {answer}");
        let broken: BadRequest = detail(&answer, "google.rpc.BadRequest").unwrap();
        assert_eq!(broken.field_violations[0].field, "item.price", "{price}: {answer}");
    }
}

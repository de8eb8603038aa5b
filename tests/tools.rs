//! The tools that the other tests rely on do what they say: the browser on pages of our making,
//! and the webhook judges on signatures made here, by the contract, without the service's code.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a panic in a test is a failed test")]

mod support;

use std::path::Path;

use axum::Router;
use axum::extract::Form;
use axum::http::header::LOCATION;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse};
use axum::routing::get;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use support::browser::Browser;
use support::oracles::{get_ready, verify_webhook};

const FORM: &str = r#"<!doctype html><title>Form</title>
    <form method=post>
      <label for=name>Name</label> <input id=name name=name>
      <button>Greet</button>
    </form>
    <p id=color></p>
    <script>
      const dark = matchMedia("(prefers-color-scheme: dark)").matches;
      document.getElementById("color").textContent = dark ? "It is dark" : "It is light";
    </script>
    <noscript><p>Scripts are off</p></noscript>"#;

const WAY_BACK: &str = r#"<!doctype html><title>Back</title>
    <a href="mygame://back?x=1">Back to the game</a>
    <a href="/redirect">Back by redirect</a>
    <button onclick="location.href = 'mygame://back?x=2'">Back by script</button>"#;

const GOES_BY_ITSELF: &str = r#"<!doctype html><title>Gone</title><p>You are being sent back</p>
    <a href="mygame://back?x=5">If not, press here</a>
    <script>location.href = "mygame://back?x=3"</script>"#;

#[derive(serde::Deserialize)]
struct Greeting {
    name: String,
}

async fn greet(Form(greeting): Form<Greeting>) -> Html<String> {
    Html(format!("<!doctype html><title>Hello</title><p>Hello, {}!</p>", greeting.name))
}

async fn redirect() -> impl IntoResponse {
    (StatusCode::SEE_OTHER, [(LOCATION, "mygame://back?x=4")])
}

/// Serves the pages above on a free port and returns their origin.
async fn serve_pages() -> String {
    let pages = Router::new()
        .route("/form", get(Html(FORM)).post(greet))
        .route("/back", get(Html(WAY_BACK)))
        .route("/by-itself", get(Html(GOES_BY_ITSELF)))
        .route("/redirect", get(redirect));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let origin = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move { axum::serve(listener, pages).await });
    origin
}

#[tokio::test]
async fn the_browser_fills_a_form_and_reads_the_answer() {
    let origin = serve_pages().await;
    let seen = Browser::phone()
        .goto(&format!("{origin}/form"))
        .expect_text("It is light")
        .expect_no_text("Scripts are off")
        .fill("Name", "Ada")
        .expect_value("Name", "Ada")
        .click("Greet")
        .expect_text("Hello, Ada!")
        .expect_url("/form$")
        .evaluate("innerWidth")
        .run()
        .await;
    assert_eq!(seen.events.last().expect("nine steps").value, 390);
    let posts = seen.requests.iter().filter(|request| request.method == "POST").count();
    assert_eq!(posts, 1);
}

#[tokio::test]
async fn the_browser_shows_a_page_without_scripts() {
    let origin = serve_pages().await;
    Browser::desktop()
        .without_javascript()
        .goto(&format!("{origin}/form"))
        .expect_text("Scripts are off")
        .fill("Name", "Ada")
        .press("Enter")
        .expect_text("Hello, Ada!")
        .run()
        .await;
}

#[tokio::test]
async fn the_browser_takes_a_screenshot_in_the_dark() {
    let origin = serve_pages().await;
    let picture = Path::new(env!("CARGO_TARGET_TMPDIR")).join("form-dark.png");
    let _ = std::fs::remove_file(&picture);
    Browser::desktop()
        .dark()
        .goto(&format!("{origin}/form"))
        .expect_text("It is dark")
        .screenshot(&picture)
        .run()
        .await;
    assert_eq!(std::fs::read(&picture).expect("a picture")[..8], *b"\x89PNG\r\n\x1a\n");
}

#[tokio::test]
async fn the_way_back_to_a_game_is_seen_though_no_browser_opens_its_scheme() {
    let origin = serve_pages().await;
    let seen = Browser::desktop()
        .goto(&format!("{origin}/back"))
        .click("Back to the game")
        .expect_navigation(r"^mygame://back\?x=1$")
        .reload()
        .click("Back by script")
        .expect_navigation(r"^mygame://back\?x=2$")
        .goto(&format!("{origin}/back"))
        .click("Back by redirect")
        .expect_navigation(r"^mygame://back\?x=4$")
        .open_tab(&format!("{origin}/by-itself"))
        .expect_navigation(r"^mygame://back\?x=3$")
        .expect_text("You are being sent back")
        .click("If not, press here")
        .expect_navigation(r"^mygame://back\?x=5$")
        .switch_tab(0)
        .expect_text("Back to the game")
        .run()
        .await;
    let causes: Vec<&str> = seen
        .navigations
        .iter()
        .filter(|navigation| navigation.url.starts_with("mygame:"))
        .map(|navigation| navigation.cause.as_str())
        .collect();
    assert_eq!(
        causes,
        ["anchorClick", "scriptInitiated", "redirect", "scriptInitiated", "anchorClick"]
    );
}

#[tokio::test]
async fn the_way_back_is_seen_without_scripts() {
    let origin = serve_pages().await;
    Browser::desktop()
        .without_javascript()
        .goto(&format!("{origin}/back"))
        .click("Back to the game")
        .expect_navigation(r"^mygame://back\?x=1$")
        .run()
        .await;
}

#[tokio::test]
#[should_panic(expected = "step 2, {\"expect_value\":[\"Name\",\"Bob\"]}")]
async fn a_step_that_fails_is_named() {
    let origin = serve_pages().await;
    Browser::desktop()
        .goto(&format!("{origin}/form"))
        .fill("Name", "Ada")
        .expect_value("Name", "Bob")
        .run()
        .await;
}

const SECRET_BYTES: [u8; 32] = [7; 32];
const BODY: &[u8] = br#"{"id":"evt_1","session_id":"sess_1","status":"paid"}"#;

fn secret() -> String {
    format!("whsec_{}", STANDARD.encode(SECRET_BYTES))
}

fn mac(key: &[u8], signed: &[&[u8]]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("any length is a key");
    signed.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().to_vec()
}

/// The headers of a delivery of [`BODY`], signed `age_s` seconds ago.
fn signed_headers(age_s: i64) -> HeaderMap {
    get_ready();
    let t = (chrono::Utc::now().timestamp() - age_s).to_string();
    let ours = mac(secret().as_bytes(), &[t.as_bytes(), b".", BODY]);
    let standard = mac(&SECRET_BYTES, &[b"evt_1.", t.as_bytes(), b".", BODY]);
    let hex = data_encoding::HEXLOWER.encode(&ours);
    let headers = [
        ("x-toffeepay-signature", format!("t={t},v1={hex}")),
        ("webhook-id", "evt_1".to_owned()),
        ("webhook-timestamp", t),
        ("webhook-signature", format!("v1,{}", STANDARD.encode(standard))),
    ];
    headers
        .into_iter()
        .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
        .collect()
}

#[test]
fn the_webhook_judges_accept_a_right_signature() {
    verify_webhook(&secret(), &signed_headers(0), BODY).assert_accepted();
}

#[test]
fn the_webhook_judges_refuse_a_changed_body() {
    let changed = BODY.iter().map(|byte| if *byte == b'1' { b'2' } else { *byte });
    let verdicts = verify_webhook(&secret(), &signed_headers(0), &changed.collect::<Vec<u8>>());
    verdicts.assert_refused();
    assert!(verdicts.python.errors["stripe"].as_str().unwrap().contains("SignatureVerification"));
}

#[test]
fn the_webhook_judges_refuse_a_signature_older_than_five_minutes() {
    verify_webhook(&secret(), &signed_headers(290), BODY).assert_accepted();
    verify_webhook(&secret(), &signed_headers(301), BODY).assert_refused();
}

#[test]
fn each_of_the_two_headers_is_judged_by_itself() {
    let mut headers = signed_headers(0);
    headers.insert("x-toffeepay-signature", "t=1,v1=00".parse().unwrap());
    let verdicts = verify_webhook(&secret(), &headers, BODY);
    assert_eq!(verdicts.on_our_header(), [false; 3]);
    assert_eq!(verdicts.on_standard_headers(), [true; 2]);

    let mut headers = signed_headers(0);
    headers.insert("webhook-signature", "v1,AAAA".parse().unwrap());
    let verdicts = verify_webhook(&secret(), &headers, BODY);
    assert_eq!(verdicts.on_our_header(), [true; 3]);
    assert_eq!(verdicts.on_standard_headers(), [false; 2]);
}

//! Pictures of keys, endpoints and secrets, light and dark, narrow and wide, for people to look at.

use std::path::Path;

use toffeepay::domain::studio::Role;
use tokio::net::TcpListener;

use super::{super::stage::GAME, Desk};
use crate::support::browser::Browser;

/// In pixels, of the page that is open.
const TOO_WIDE_BY: &str = "document.documentElement.scrollWidth - window.innerWidth";

/// Keys and endpoints such as a studio has.
async fn furnish(desk: &Desk) -> (String, String) {
    let keys = [
        ("Game server, Frankfurt", "2027-06-30", ""),
        ("Support desk’s tool", "", "5"),
        (
            "A very long name of a key that somebody gave it who wanted to be sure that it is known",
            "",
            "",
        ),
    ];
    for (name, expires, per_second) in keys {
        let fields = [
            ("name", name),
            ("scope", "read"),
            ("scope", "write"),
            ("expires", expires),
            ("per_second", per_second),
        ];
        desk.send("keys/new", &fields).await;
    }
    let key = desk.stage.game().await.keys.first().unwrap().key_id.to_string();
    desk.send(&format!("keys/{key}/rotate"), &[("overlap_hours", "24")]).await;
    let used = "INSERT INTO api_key_use VALUES ($1, now())";
    sqlx::query(used).bind(&key).execute(&desk.stage.database.service).await.unwrap();
    for (url, description) in [
        ("https://game.example/toffeepay/webhooks", "Game server, Frankfurt"),
        ("https://analytics.example/in?token=a-long-one-that-somebody-put-into-the-address", ""),
    ] {
        let fields = [
            ("url", url),
            ("description", description),
            ("shape", "envelope"),
            ("types", "session.paid"),
            ("types", "session.failed"),
            ("types", "refund.succeeded"),
            ("per_second", "50"),
        ];
        desk.send("endpoints/new", &fields).await.location();
    }
    let endpoints = desk.stage.game().await.endpoints.0;
    let [one, other] = &endpoints[..] else { panic!("two") };
    let one = one.endpoint_id.to_string();
    desk.send(&format!("endpoints/{one}/rotate"), &[("grace_hours", "72")]).await.location();
    desk.send(&format!("endpoints/{}/pause", other.endpoint_id), &[]).await.location();
    (desk.stage.game().await.keys.last().unwrap().key_id.to_string(), one)
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "makes pictures to look at: cargo test --test dashboard pictures -- --ignored"]
async fn pictures_of_keys_endpoints_and_secrets() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../screenshots");
    std::fs::create_dir_all(&folder).unwrap();
    let desk = Desk::new().await;
    let (key, endpoint) = furnish(&desk).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let here = format!("http://{}", listener.local_addr().unwrap());
    let base = format!("{here}/dashboard/{GAME}");
    let routes = desk.stage.routes();
    tokio::spawn(async move { axum::serve(listener, routes).await });
    for (look, browser) in [
        ("light-390", Browser::phone()),
        ("dark-390", Browser::phone().dark()),
        ("light-1280", Browser::desktop()),
        ("dark-1280", Browser::desktop().dark()),
    ] {
        let email = format!("{look}@studio.example");
        let (_, link) = desk.stage.person(&email, GAME, Role::Developer).await;
        let shot = |browser: Browser, name: &str| {
            let picture = folder.join(format!("developers-{name}-{look}.png"));
            browser.screenshot(&picture).expect_accessible().evaluate(TOO_WIDE_BY)
        };
        let page = |browser: Browser, path: &str, name: &str| {
            shot(browser.goto(&format!("{base}/{path}")), name)
        };
        let of = |act: &str| format!("test/endpoints/{endpoint}{act}");
        let mut browser = browser.goto(&format!("{here}{link}")).click("Sign in");
        browser = page(browser, "test/developers", "01-list");
        browser = page(browser, "live/developers", "02-empty");
        browser = page(browser, "live/keys/new", "03-new-key");
        browser = browser.fill("Name", "").fill("Requests a second", "999").click("Create the key");
        browser = shot(browser, "04-bad-key");
        browser = page(browser, "test/keys/new", "05-new-key-test");
        browser = browser.fill("Name", "A server").click("Create the key");
        browser = shot(browser, "06-key-shown");
        browser = shot(browser.reload(), "07-sent-again");
        browser = page(browser, &format!("test/keys/{key}/rotate"), "08-rotate-key");
        browser = page(browser, &format!("test/keys/{key}/revoke"), "09-revoke-key");
        browser = page(browser, "test/endpoints/new", "10-new-endpoint");
        browser = browser.fill("Deliveries at once", "99").fill("URL", "ftp://game.example");
        browser = shot(browser.click("Add the endpoint"), "11-bad-endpoint");
        browser = page(browser, &of("?done=rotated"), "12-endpoint");
        browser = page(browser, &of("/rotate"), "13-rotate-secret");
        browser = page(browser, &of("/expire"), "14-expire");
        browser = page(browser, &of("/remove"), "15-remove");
        browser = browser.goto(&format!("{base}/{}", of("?language=go")));
        browser = shot(browser.click("Reveal the secret"), "16-reveal");
        browser = browser.fill("Why", "For the new game server").click("Reveal the secret");
        browser = shot(browser.expect_text("whsec_"), "16-revealed");
        browser = page(browser, "test/endpoints/nothing", "17-not-found");
        let seen = browser.run().await;
        let widths: Vec<_> = seen.events.iter().filter(|it| it.step == "evaluate").collect();
        assert!(widths.iter().all(|it| it.value == 0), "wider than the window: {look} {widths:?}");
        assert_eq!(widths.len(), 18);
        let broken = seen.console.iter().filter(|it| it.text.contains("Content Security Policy"));
        assert_eq!(broken.count(), 0, "{:?}", seen.console);
    }
    eprintln!("the pictures are in {}", folder.canonicalize().unwrap().display());
}

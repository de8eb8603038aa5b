//! Pictures of the pages, light and dark, narrow and wide, for people to look at.

use std::path::{Path, PathBuf};

use toffeepay::domain::{session::SessionCommand, studio::Role};
use tokio::net::TcpListener;

use super::{
    searching::add_sessions,
    stage::{GAME, Stage},
    support::browser::Browser,
};

/// In pixels, of the page that is open.
const TOO_WIDE_BY: &str = "document.documentElement.scrollWidth - window.innerWidth";

/// Comes in as somebody new of support.
async fn enter(stage: &Stage, here: &str, name: &str, browser: Browser) -> Browser {
    let (_, link) = stage.person(&format!("{name}@studio.example"), GAME, Role::Support).await;
    browser.goto(&format!("{here}{link}")).click("Sign in")
}

/// What is done about sessions, and what happens now.
fn walk_acts(
    browser: Browser,
    base: &str,
    [pending, taken]: [&str; 2],
    picture: &impl Fn(&str) -> PathBuf,
) -> Browser {
    browser
        .goto(&format!("{base}/test/sessions/{pending}/cancel"))
        .screenshot(&picture("09-cancel"))
        .expect_accessible()
        .goto(&format!("{base}/test/sessions/{taken}/refund"))
        .screenshot(&picture("10-refund"))
        .fill("Reason", "bought twice, by a child")
        .click("Continue")
        .screenshot(&picture("11-refund-look"))
        .expect_accessible()
        .goto(&format!("{base}/test/links/new"))
        .screenshot(&picture("12-link"))
        .fill("Price", "4,99")
        .click("Make the link")
        .screenshot(&picture("13-link-wrong"))
        .expect_accessible()
        .goto(&format!("{base}/test/activity"))
        .expect_text("Live: new events appear here.")
        .screenshot(&picture("14-activity"))
        .expect_accessible()
        .goto(&format!("{base}/live/activity"))
        .screenshot(&picture("15-activity-empty"))
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "makes pictures to look at: cargo test --test dashboard pictures -- --ignored"]
async fn pictures_of_every_page() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../screenshots");
    std::fs::create_dir_all(&folder).unwrap();
    let stage = Stage::new().await;
    add_sessions(&stage, 120).await;
    stage.endpoint().await;
    let id = stage.session("player_42", "50 Gold Coins").await;
    let at = stage.now();
    stage.give(&id, "player", SessionCommand::OpenPage { at }).await;
    stage.decline(&id).await;
    let paid = stage.pay(&id).await;
    stage.deliver().await;
    stage.refund(&id, &paid, "bought twice").await;
    let taken = stage.session("player_43", "Starter Pack").await;
    stage.pay(&taken).await;
    let long = "The Very Long-Winded Sword of a Thousand Truths ".repeat(4);
    let pending = stage.session("a-player-with-a-rather-long-name@example.com", long.trim()).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let here = format!("http://{}", listener.local_addr().unwrap());
    let base = format!("{here}/dashboard/{GAME}");
    let routes = stage.routes();
    tokio::spawn(async move { axum::serve(listener, routes).await });
    for (look, [browser, again]) in [
        ("light-390", [Browser::phone(), Browser::phone()]),
        ("dark-390", [Browser::phone().dark(), Browser::phone().dark()]),
        ("light-1280", [Browser::desktop(), Browser::desktop()]),
        ("dark-1280", [Browser::desktop().dark(), Browser::desktop().dark()]),
    ] {
        let picture = |page: &str| folder.join(format!("dashboard-{page}-{look}.png"));
        let seen = enter(&stage, &here, look, browser)
            .await
            .goto(&format!("{base}/test/sessions"))
            .screenshot(&picture("01-sessions"))
            .expect_accessible()
            .goto(&format!("{base}/test/sessions?q=nowhere"))
            .screenshot(&picture("02-nothing-found"))
            .expect_accessible()
            .goto(&format!("{base}/test/sessions?q=gold&status=done&from=yesterday"))
            .screenshot(&picture("03-bad-filter"))
            .expect_accessible()
            .goto(&format!("{base}/live/sessions"))
            .screenshot(&picture("04-live-empty"))
            .expect_accessible()
            .goto(&format!("{base}/test/sessions/{id}"))
            .screenshot(&picture("05-session"))
            .expect_accessible()
            .evaluate("document.querySelectorAll('details').forEach((it) => { it.open = true })")
            .screenshot(&picture("06-session-open"))
            .expect_accessible()
            .evaluate(TOO_WIDE_BY)
            .goto(&format!("{base}/test/sessions/{pending}"))
            .screenshot(&picture("07-pending"))
            .expect_accessible()
            .goto(&format!("{base}/test/sessions/sess_1"))
            .screenshot(&picture("08-not-found"))
            .expect_accessible()
            .evaluate(TOO_WIDE_BY)
            .run()
            .await;
        let acts = enter(&stage, &here, &format!("acts-{look}"), again).await;
        let _ = walk_acts(acts, &base, [pending.as_str(), taken.as_str()], &picture).run().await;
        let widths = seen.events.iter().filter(|it| it.step == "evaluate" && it.value.is_number());
        assert!(widths.clone().all(|it| it.value == 0), "a page is wider than the window: {look}");
        assert_eq!(widths.count(), 2);
        let broken = seen.console.iter().filter(|it| it.text.contains("Content Security Policy"));
        assert_eq!(broken.count(), 0, "{:?}", seen.console);
    }
    eprintln!("the pictures are in {}", folder.canonicalize().unwrap().display());
}

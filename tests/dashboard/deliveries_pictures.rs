//! Pictures of what was sent to an endpoint, light and dark, narrow and wide, for people to look at.

use std::path::{Path, PathBuf};

use toffeepay::{
    domain::{
        game::{DisabledBy, GameCommand},
        id::RecoveryId,
        studio::Role,
    },
    ids::NewId,
    webhooks::{recovery, start_recovery},
};
use tokio::net::TcpListener;

use super::{
    deliveries::{add_messages, change},
    stage::{GAME, Stage},
    support::browser::Browser,
};

/// In pixels, of the page that is open.
const TOO_WIDE_BY: &str = "document.documentElement.scrollWidth - window.innerWidth";

/// Where pictures of one look go.
struct Album<'a> {
    folder: &'a Path,
    look: &'a str,
}

impl Album<'_> {
    fn page(&self, page: &str) -> PathBuf {
        self.folder.join(format!("deliveries-{page}-{}.png", self.look))
    }
}

/// What there is to be seen.
struct Shown<'a> {
    base: &'a str,
    list: &'a str,
    endpoint: &'a str,
    refused: &'a str,
    paused: &'a str,
    since: &'a str,
}

fn walk(browser: Browser, shown: &Shown<'_>, album: &Album<'_>) -> Browser {
    let Shown { base, list, endpoint, refused, paused, since } = shown;
    browser
        .goto(list)
        .screenshot(&album.page("01-list"))
        .expect_accessible()
        .evaluate(TOO_WIDE_BY)
        .evaluate("document.querySelectorAll('details').forEach((it) => { it.open = true })")
        .expect_accessible()
        .goto(&format!("{list}?status=dead&type=session.cancelled&from=now"))
        .screenshot(&album.page("02-bad-filter"))
        .expect_accessible()
        .goto(&format!("{list}?type=session.cancelled"))
        .screenshot(&album.page("03-nothing"))
        .expect_accessible()
        .goto(&format!("{list}/{refused}?done=sent-again"))
        .evaluate("document.querySelectorAll('details').forEach((it) => { it.open = true })")
        .screenshot(&album.page("04-one"))
        .expect_accessible()
        .evaluate(TOO_WIDE_BY)
        .goto(&format!("{base}/{endpoint}/recoveries?since={since}"))
        .screenshot(&album.page("05-recover"))
        .expect_accessible()
        .evaluate(TOO_WIDE_BY)
        .goto(&format!("{base}/{paused}/recoveries?since=yesterday"))
        .screenshot(&album.page("06-recoveries"))
        .expect_accessible()
        .evaluate(TOO_WIDE_BY)
        .goto(&format!("{base}/{paused}/deliveries"))
        .screenshot(&album.page("07-paused"))
        .expect_accessible()
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "makes pictures to look at: cargo test --test dashboard deliveries_pictures -- --ignored"]
async fn pictures_of_what_was_sent() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../screenshots");
    std::fs::create_dir_all(&folder).unwrap();
    let stage = Stage::new().await;
    let endpoint_id = stage.endpoint().await;
    let session = stage.session("player_42", "50 Gold Coins").await;
    stage.pay(&session).await;
    stage.deliver().await;
    let refused = "SELECT message_id FROM webhook_message";
    let refused: String =
        sqlx::query_scalar(refused).fetch_one(&stage.database.owner).await.unwrap();
    add_messages(&stage, &endpoint_id, 9_000).await;
    let paused = stage.endpoint().await;
    let (id, at) = (paused.clone(), stage.now());
    let pause = GameCommand::DisableEndpoint { endpoint_id: id, by: DisabledBy::Person, at };
    change(&stage, GAME, "operator:ada", pause).await;
    stage.deliver().await;
    for hours in [30, 5] {
        let (id, since) =
            (RecoveryId::new(stage.now()), stage.now() - chrono::TimeDelta::hours(hours));
        start_recovery(&stage.database.service, &id, &paused, since).await.unwrap();
        recovery::step(&stage.database.service).await.unwrap();
    }
    let since = (stage.now() - chrono::TimeDelta::days(7)).format("%Y-%m-%dT%H:%M:%S");
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let here = format!("http://{}", listener.local_addr().unwrap());
    let base = format!("{here}/dashboard/{GAME}/test/endpoints");
    let list = format!("{base}/{endpoint_id}/deliveries");
    let routes = stage.routes();
    tokio::spawn(async move { axum::serve(listener, routes).await });
    for (look, browser) in [
        ("light-390", Browser::phone()),
        ("dark-390", Browser::phone().dark()),
        ("light-1280", Browser::desktop()),
        ("dark-1280", Browser::desktop().dark()),
    ] {
        let (_, link) =
            stage.person(&format!("{look}@studio.example"), GAME, Role::Developer).await;
        let album = Album { folder: &folder, look };
        let browser = browser.goto(&format!("{here}{link}")).click("Sign in");
        let shown = Shown {
            base: &base,
            list: &list,
            endpoint: endpoint_id.as_str(),
            refused: &refused,
            paused: paused.as_str(),
            since: &since.to_string(),
        };
        let seen = walk(browser, &shown, &album).run().await;
        let widths = seen.events.iter().filter(|it| it.step == "evaluate" && it.value.is_number());
        assert!(widths.clone().all(|it| it.value == 0), "a page is wider than the window: {look}");
        assert_eq!(widths.count(), 4);
        let broken = seen.console.iter().filter(|it| it.text.contains("Content Security Policy"));
        assert_eq!(broken.count(), 0, "{:?}", seen.console);
    }
    eprintln!("the pictures are in {}", folder.canonicalize().unwrap().display());
}

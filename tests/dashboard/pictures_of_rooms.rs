//! Pictures of a studio's people and of a game's settings, light and dark, narrow and wide.

use std::path::{Path, PathBuf};

use axum::{Router, extract, http::header::CONTENT_TYPE, routing::get};
use toffeepay::domain::{id::PersonId, studio::Role, world::World};
use tokio::net::TcpListener;

use super::{
    games::png,
    stage::{GAME, OTHER_GAME, Stage},
    support::browser::Browser,
};

/// In pixels, of the page that is open.
const TOO_WIDE_BY: &str = "document.documentElement.scrollWidth - window.innerWidth";

/// As a browser that came in and kept none of our cookies but this.
const HAS_ARRIVED: &str = "document.cookie = 'toffeepay_arrived=yes; path=/dashboard/sign-in'";

/// The dashboard, and the pictures that are kept beside it.
async fn serve(stage: &Stage) -> String {
    let pool = stage.database.owner.clone();
    let picture = async move |extract::Path(sha256): extract::Path<String>| {
        let find = sqlx::query_scalar("SELECT bytes FROM item_image WHERE sha256 = $1");
        let bytes: Vec<u8> = find.bind(sha256).fetch_one(&pool).await.unwrap();
        ([(CONTENT_TYPE, "image/png")], bytes)
    };
    let routes = Router::new().route("/images/{sha256}", get(picture)).merge(stage.routes());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let here = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, routes).await });
    here
}

/// Where pictures of one look go.
struct Album {
    folder: PathBuf,
    look: &'static str,
}

impl Album {
    fn page(&self, page: &str) -> PathBuf {
        self.folder.join(format!("dashboard-{page}-{}.png", self.look))
    }
}

fn of_people(browser: Browser, people: &str, album: &Album) -> Browser {
    let look = album.look;
    browser
        .goto(people)
        .screenshot(&album.page("41-people"))
        .expect_accessible()
        .evaluate(TOO_WIDE_BY)
        .goto(&format!("{people}/invite"))
        .fill("E-mail", "ada@studio.example")
        .screenshot(&album.page("42-invite"))
        .expect_accessible()
        .evaluate("document.forms[1].noValidate = true")
        .fill("E-mail", &format!("new {look}"))
        .click("Invite")
        .screenshot(&album.page("43-invite-wrong"))
        .expect_accessible()
        .fill("E-mail", &format!("new-{look}@studio.example"))
        .click("Invite")
        .screenshot(&album.page("44-link"))
        .expect_accessible()
        .evaluate(TOO_WIDE_BY)
        .goto(&format!("{people}/invite"))
        .fill("E-mail", &format!("new-{look}@studio.example"))
        .click("Invite")
        .screenshot(&album.page("44-invited-twice"))
        .expect_accessible()
        .evaluate(TOO_WIDE_BY)
}

fn of_members(
    browser: Browser,
    people: &str,
    [ann, bob]: &[PersonId; 2],
    album: &Album,
) -> Browser {
    browser
        .goto(&format!("{people}/{ann}"))
        .screenshot(&album.page("45-member"))
        .expect_accessible()
        .evaluate(TOO_WIDE_BY)
        .goto(&format!("{people}/{bob}"))
        .screenshot(&album.page("46-member-of-two"))
        .expect_accessible()
        .goto(&format!("{people}/{ann}/remove"))
        .screenshot(&album.page("47-remove"))
        .expect_accessible()
}

fn of_history(browser: Browser, studio: &str, paused: &str, album: &Album) -> Browser {
    browser
        .goto(&format!("{studio}/history"))
        .screenshot(&album.page("51-history"))
        .expect_accessible()
        .evaluate(TOO_WIDE_BY)
        .goto(&format!("{studio}/history?game={GAME}&world=test"))
        .screenshot(&album.page("51-history-of-test"))
        .expect_accessible()
        .evaluate(TOO_WIDE_BY)
        .goto(&format!("{studio}/history?kind=all&from=now"))
        .screenshot(&album.page("52-history-wrong"))
        .expect_accessible()
        .goto(&format!("{studio}/history?kind=sessions"))
        .evaluate("document.querySelector('td a, th a').click()")
        .expect_text("In the log")
        .screenshot(&album.page("53-act"))
        .expect_accessible()
        .evaluate(TOO_WIDE_BY)
        .goto(paused)
        .screenshot(&album.page("54-pause"))
        .expect_accessible()
        .evaluate("document.forms[1].noValidate = true")
        .click("Pause this endpoint")
        .screenshot(&album.page("55-pause-wrong"))
        .expect_accessible()
        .evaluate(TOO_WIDE_BY)
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "makes pictures to look at: cargo test --test dashboard pictures -- --ignored"]
async fn pictures_of_the_history() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../screenshots");
    std::fs::create_dir_all(&folder).unwrap();
    let stage = Stage::new().await;
    let here = serve(&stage).await;
    let studio = format!("/dashboard/studios/{}", stage.studio_of(GAME).await);
    let (ann, _) = stage.person("ann@studio.example", GAME, Role::Support).await;
    let (_, link) = stage.person("owner@studio.example", GAME, Role::Owner).await;
    let owner = stage.enter(&link).await;
    let world = format!("/dashboard/{GAME}/test");
    let endpoint = stage.endpoint().await;
    let (open, paid) =
        (stage.session("player_42", "50 Gold Coins").await, stage.session("p", "Gems").await);
    let sold = stage.session_of(GAME, World::Live, "player_43", "50 Gold Coins").await;
    let payment_id = stage.pay(&paid).await;
    let refund = format!("payment_id={payment_id}&reason=Bought+by+a+child&sure=yes");
    for (path, fields) in [
        (format!("{studio}/people/{ann}/role"), "role=finance&why=She+keeps+the+books+from+May+on"),
        (format!("{world}/sessions/{open}/cancel"), "why=The+player+asked+for+it+in+ticket+4711"),
        (format!("{world}/sessions/{paid}/refund"), refund.as_str()),
        (format!("{world}/endpoints/{endpoint}/rotate"), "grace_hours=24&why=Our+yearly+habit"),
        (format!("{world}/endpoints/{endpoint}/reveal"), "why=For+the+new+game+server"),
        (format!("/dashboard/{GAME}/live/sessions/{sold}/cancel"), "why=Bought+it+elsewhere"),
    ] {
        stage.send_as(&owner, &path, fields).await;
    }
    for (look, browser) in [
        ("light-390", Browser::phone()),
        ("dark-390", Browser::phone().dark()),
        ("light-1280", Browser::desktop()),
        ("dark-1280", Browser::desktop().dark()),
    ] {
        let (_, link) = stage.person(&format!("{look}@studio.example"), GAME, Role::Owner).await;
        stage.follow_acts().await;
        let album = Album { folder: folder.clone(), look };
        let browser = browser.goto(&format!("{here}{link}")).click("Sign in");
        let paused = format!("{here}{world}/endpoints/{endpoint}/pause");
        let browser = of_history(browser, &format!("{here}{studio}"), &paused, &album);
        let seen = browser.run().await;
        let widths = seen.events.iter().filter(|it| it.step == "evaluate" && it.value.is_number());
        assert!(widths.clone().all(|it| it.value == 0), "a page is wider than the window: {look}");
    }
}

fn of_settings(browser: Browser, settings: &str, album: &Album) -> Browser {
    browser
        .goto(settings)
        .screenshot(&album.page("48-settings"))
        .expect_accessible()
        .evaluate(TOO_WIDE_BY)
        .fill("Currencies", "USD, XXX")
        .fill("Apps", "javascript")
        .click("Save the settings")
        .screenshot(&album.page("49-settings-wrong"))
        .expect_accessible()
        .fill("Accent colour", "#ffd700")
        .click("Save the look")
        .screenshot(&album.page("50-look-wrong"))
        .expect_accessible()
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "makes pictures to look at: cargo test --test dashboard pictures -- --ignored"]
async fn pictures_of_people_and_settings() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../screenshots");
    std::fs::create_dir_all(&folder).unwrap();
    let stage = Stage::new().await;
    let here = serve(&stage).await;
    let long = "ann.with-a-rather-long-name@studio.example";
    let (ann, _) = stage.person(long, GAME, Role::Developer).await;
    let (bob, _) = stage.person("bob@studio.example", GAME, Role::Support).await;
    stage.person("bob@studio.example", OTHER_GAME, Role::Support).await;
    let (shut, _) = stage.person("former@studio.example", GAME, Role::Finance).await;
    stage.people.shut_out(&shut, &stage.context("operator:test")).await.unwrap();
    let (_, link) = stage.person("setup@studio.example", GAME, Role::Owner).await;
    let setup = stage.enter(&link).await;
    let settings = format!("/dashboard/{GAME}/live/settings");
    let page = stage.get_as(&setup, &settings).await;
    let seen = page.text.rsplit_once("name=\"seen\" value=\"").unwrap().1[..64].to_owned();
    let look = [("accent", "#5b3fc4"), ("seen", seen.as_str())];
    stage.upload_as(&setup, &format!("{settings}/look"), &look, &png(120, 60)).await.location();
    let members = [ann, bob];
    for (look, browser) in [
        ("light-390", Browser::phone()),
        ("dark-390", Browser::phone().dark()),
        ("light-1280", Browser::desktop()),
        ("dark-1280", Browser::desktop().dark()),
    ] {
        let (_, link) = stage.person(&format!("{look}@studio.example"), GAME, Role::Owner).await;
        let album = Album { folder: folder.clone(), look };
        let people = format!("{here}/dashboard/studios/{}/people", stage.studio_of(GAME).await);
        let browser = browser
            .goto(&format!("{here}/dashboard/sign-in"))
            .evaluate(HAS_ARRIVED)
            .goto(&format!("{here}/dashboard/sign-in"))
            .screenshot(&album.page("39-kept-no-cookie"))
            .expect_accessible()
            .goto(&format!("{here}{link}"))
            .click("Sign in")
            .screenshot(&album.page("40-home"))
            .expect_accessible();
        let browser = of_people(browser, &people, &album);
        let browser = of_members(browser, &people, &members, &album);
        let seen = of_settings(browser, &format!("{here}{settings}"), &album).run().await;
        let widths = seen.events.iter().filter(|it| it.step == "evaluate" && it.value.is_number());
        assert!(widths.clone().all(|it| it.value == 0), "a page is wider than the window: {look}");
        let broken = seen.console.iter().filter(|it| it.text.contains("Content Security Policy"));
        assert_eq!(broken.count(), 0, "{:?}", seen.console);
    }
    eprintln!("the pictures are in {}", folder.canonicalize().unwrap().display());
}

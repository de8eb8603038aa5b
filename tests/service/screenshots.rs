//! Pictures of every page, light and dark, narrow and wide, for people to look at.

use std::path::{Path, PathBuf};

use super::browser::{AtTheTill, create_expired, phone};
use super::client::{ASKS_FOR_AUTHENTICATION, DECLINED, PAYS, SETTLES_LATER, WITHOUT_FUNDS};
use super::guide::COIN_PNG;
use super::harness::{Options, Service, wait_until};
use super::support::browser::Browser;

#[tokio::test]
#[ignore = "makes pictures to look at: cargo test --test service screenshots -- --ignored"]
async fn screenshots_of_every_page_for_players() {
    let service = Service::start(Options::default()).await;
    for (look, browser) in looks() {
        show_every_page(&service, browser, &|page| picture(page, look)).await;
    }
}

#[tokio::test]
#[ignore = "makes pictures to look at: cargo test --test service screenshots -- --ignored"]
async fn screenshots_of_the_dashboard() {
    for (look, browser) in looks() {
        show_the_dashboard(browser, &|page| picture(page, look)).await;
    }
}

fn looks() -> [(&'static str, Browser); 4] {
    [
        ("light-390", phone()),
        ("dark-390", phone().dark()),
        ("light-1280", Browser::desktop()),
        ("dark-1280", Browser::desktop().dark()),
    ]
}

/// Where a page's picture goes.
fn picture(page: &str, look: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../screenshots");
    std::fs::create_dir_all(&folder).unwrap();
    folder.join(format!("{page}-{look}.png"))
}

async fn show_the_dashboard(browser: Browser, picture: &impl Fn(&str) -> PathBuf) {
    let service = Service::start(Options::default()).await;
    let shown = browser
        .goto(&service.env.dashboard_url)
        .screenshot(&picture("20-link"))
        .click("Sign in")
        .expect_text("Demo Studio")
        .screenshot(&picture("21-games"))
        .click("Choose a password")
        .screenshot(&picture("22-enroll"))
        .fill("Your name", "Ada")
        .fill("Password", "aaaaaaaaaaaa")
        .fill("Code of your authenticator", "000000")
        .click("Save")
        .screenshot(&picture("23-enroll-wrong"))
        .click("Back to the dashboard")
        .click("Sign out")
        .screenshot(&picture("24-sign-in"))
        .fill("E-mail", "demo@localhost")
        .fill("Password", "wrong password")
        .fill("Code of your authenticator", "000000")
        .click("Sign in")
        .screenshot(&picture("25-sign-in-wrong"))
        .goto(&service.env.dashboard_url)
        .click("Sign in")
        .screenshot(&picture("26-used-link"));
    let _ = shown.run().await;
}

async fn show_every_page(service: &Service, browser: Browser, picture: &impl Fn(&str) -> PathBuf) {
    let mut request = service.client.purchase();
    request["item"]["image"] = format!("data:image/png;base64,{}", COIN_PNG.trim()).into();
    let create = async || service.client.create_session(&request).await;
    let url = |id: &str| service.client.page_url(id);
    let (pay, waiting, action) = (create().await, create().await, create().await);
    let (declined, failed, cancelled) = (create().await, create().await, create().await);
    let paid = create().await;
    let held = hold(service).await;
    let expired = create_expired(service).await;

    service.client.pay(&declined, DECLINED).await.unwrap();
    service.client.pay(&paid, PAYS).await.unwrap();
    service.client.pay(&action, ASKS_FOR_AUTHENTICATION).await.unwrap();
    let _ = service.client.send_form(&format!("/{cancelled}/cancel"), &[]).send().await.unwrap();
    for card in [DECLINED, DECLINED, WITHOUT_FUNDS] {
        wait_until("the next try", async || {
            let is_sent = service.client.pay(&failed, card).await.unwrap().is_some();
            is_sent.then_some(())
        })
        .await;
    }
    service.client.wait_for_status(&failed, "failed").await;
    service.client.wait_for_status(&paid, "paid").await;

    let mut plain = service.client.purchase();
    plain["item"]["title"] =
        "The Very Long-Winded Sword of a Thousand Truths ".repeat(4).trim().into();
    plain["item"]["price"] = 99_999_999.into();
    let plain = service.client.create_session(&plain).await;

    browser
        .goto(&url(&pay))
        .screenshot(&picture("01-pay"))
        .click("Pay $4.99")
        .screenshot(&picture("02-pay-empty-fields"))
        .type_card("4242 4242 4242 4241")
        .evaluate("document.querySelector('details').open = true")
        .screenshot(&picture("03-pay-mistyped-with-test-cards"))
        .goto(&url(&declined))
        .screenshot(&picture("04-declined"))
        .goto(&url(&plain))
        .screenshot(&picture("05-pay-long-title-no-picture"))
        .goto(&url(&waiting))
        .pay_with(SETTLES_LATER)
        .expect_text("Processing your payment")
        .screenshot(&picture("06-waiting"))
        .goto(&url(&action))
        .expect_text("Confirm with your bank")
        .screenshot(&picture("07-confirm"))
        .expect_url("/sandbox/3ds/")
        .screenshot(&picture("08-bank"))
        .goto(&url(&paid))
        .evaluate("Promise.all(document.getAnimations().map((it) => it.finished)).then(() => 0)")
        .screenshot(&picture("09-paid"))
        .goto(&url(&failed))
        .screenshot(&picture("10-failed"))
        .goto(&url(&cancelled))
        .screenshot(&picture("11-cancelled"))
        .goto(&url(&expired))
        .screenshot(&picture("12-expired"))
        .goto(&url(&held))
        .expect_text("Approved by your bank")
        .screenshot(&picture("14-held"))
        .goto(&url("sess_abc123"))
        .screenshot(&picture("13-not-found"))
        .goto(&format!("{}/docs", service.env.api_url))
        .screenshot(&picture("15-reference"))
        .run()
        .await;
}

/// A session whose money the game has not taken yet.
async fn hold(service: &Service) -> String {
    let capture = async |mode| {
        let set = ["games", "set", "space_shooter", "--capture", mode];
        assert!(service.command(&set).await.status.success());
    };
    capture("manual").await;
    let held = service.client.create_session(&service.client.purchase()).await;
    service.client.pay(&held, PAYS).await.unwrap();
    capture("automatic").await;
    held
}

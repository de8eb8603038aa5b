//! The overview after real payments, in a real browser: exactly what happened, and nothing else.

use serde_json::json;

use super::client::{DECLINED, WITHOUT_FUNDS};
use super::dashboard::enter;
use super::harness::{Options, Service, wait_until};
use super::payments::{pay, wait_for};
use super::refunds::{ask, paid, wait_for_refund};
use super::support::browser::Browser;

/// Every number of the page, by its name.
const NUMBERS: &str = "Object.fromEntries([...document.querySelectorAll('.tiles > div')].map((it) => \
    [it.querySelector('dt').textContent, it.querySelector('strong').textContent]))";

/// Names and numbers of the bars below a heading.
const BARS: &str = "(id) => Object.fromEntries([...document.getElementById(id).parentElement.querySelectorAll('li')]\
    .map((it) => [it.querySelector('.name').textContent, it.querySelector('strong').textContent]))";

/// Waits until all that is in the log is counted.
async fn counted(service: &Service) {
    let library = service.library().await;
    wait_until("all to be counted", async || {
        let is_counted: bool = sqlx::query_scalar(
            "SELECT it.position = head.position FROM subscription it JOIN event_head head USING (shard)
             WHERE it.name = 'figures'",
        )
        .fetch_one(&library.pool)
        .await
        .unwrap();
        is_counted.then_some(())
    })
    .await;
}

/// A link lets somebody in once.
async fn another_link(service: &Service) -> String {
    let base_url = service.env.pay_url.as_str();
    let said = service.command(&["people", "link", "demo@localhost", "--base-url", base_url]).await;
    let said = String::from_utf8(said.stdout).unwrap();
    let link = said.split_whitespace().find(|it| it.starts_with(base_url));
    link.unwrap_or_else(|| panic!("no link in {said:?}")).to_owned()
}

#[tokio::test]
async fn the_overview_shows_what_was_paid_declined_and_given_back_and_nothing_else() {
    let mut service = Service::start(Options::default()).await;
    let (_, _) = paid(&service).await;
    let (_, payment_id) = paid(&service).await;
    let asked: serde_json::Value =
        ask(&service, &payment_id).send().await.unwrap().json().await.unwrap();
    wait_for_refund(&service, asked["id"].as_str().unwrap(), "succeeded").await;
    for card in [DECLINED, WITHOUT_FUNDS, DECLINED] {
        let (_, payment_id) = pay(&service, card).await;
        wait_for(&service, &payment_id, "failed").await;
    }
    let opened = service.client.create_session(&service.client.purchase()).await;
    service.client.open_page(&opened).await.unwrap();
    service.client.create_session(&service.client.purchase()).await;
    counted(&service).await;
    for browser in [Browser::desktop(), Browser::desktop().dark()] {
        service.env.dashboard_url = another_link(&service).await;
        // Of seven days, so that midnight is none of the test's business.
        let seen = enter(&service, browser)
            .click("Test of Space Shooter")
            .click("Overview")
            .click("7 days")
            .expect_url("/test/overview\\?span=7d$")
            .expect_text("beside")
            .expect_accessible()
            .evaluate(NUMBERS)
            .evaluate(&format!("({BARS})('steps')"))
            .evaluate(&format!("({BARS})('reasons')"))
            .evaluate("document.querySelectorAll('details').forEach((it) => { it.open = true })")
            .expect_accessible()
            .click("Live")
            .expect_text("No sessions yet")
            .expect_accessible()
            .run()
            .await;
        let values: Vec<_> =
            seen.events.iter().filter(|it| it.step == "evaluate").map(|it| &it.value).collect();
        for (name, number) in [
            ("Payments", "2"),
            ("Sessions created", "7"),
            ("Conversion", "28.6%"),
            ("Declined attempts", "3"),
            ("Net", "$4.99"),
            ("Gross", "$9.98"),
            ("Refunded", "$4.99"),
        ] {
            assert_eq!(values[0][name], number, "{name} in {}", values[0]);
        }
        let steps = json!({ "Session created": "7", "Page opened": "6", "Payment started": "5", "Paid": "2" });
        assert_eq!(*values[1], steps);
        assert_eq!(*values[2], json!({ "Card declined": "2", "Not enough money": "1" }));
        assert!(seen.console.is_empty(), "{:?}", seen.console);
    }
    service.assert_replay_agrees().await;
}

#[tokio::test]
async fn a_first_dev_leads_to_what_the_demo_s_players_did() {
    let service = Service::start(Options { purchases: true, ..Options::default() }).await;
    counted(&service).await;
    let _ = enter(&service, Browser::desktop())
        .click("Test of Space Shooter")
        .click("7 days")
        .expect_text("$62.96")
        .expect_accessible()
        .click("Sessions")
        .expect_text("12 sessions")
        .click("Legendary Chest")
        .expect_text("Failed")
        .expect_accessible()
        .run()
        .await;
    service.assert_replay_agrees().await;
}

//! The dashboard in a real browser: money given back, a session cancelled, a link made by hand and paid, and
//! events that appear by themselves.

use super::client::PAYS;
use super::dashboard::{enter, enter_again};
use super::harness::{Options, Service, wait_until};
use super::support::browser::{Browser, Seen};

/// What would show if it ran.
const XSS: &str = "<img src=x onerror=alert(document.domain)>";

fn page(service: &Service, rest: &str) -> String {
    format!("{}/dashboard/{}/test/{rest}", service.env.pay_url, service.env.game_id)
}

fn assert_quiet(seen: &Seen) {
    assert!(seen.console.is_empty(), "{:?}", seen.console);
}

#[tokio::test]
async fn a_refund_by_hand_takes_a_reason_and_a_second_look_and_gives_the_money_back() {
    let service = Service::start(Options::default()).await;
    let mut request = service.client.purchase();
    request["item"]["title"] = XSS.into();
    let paid = service.client.create_session(&request).await;
    service.client.pay(&paid, PAYS).await.unwrap();
    service.client.wait_for_status(&paid, "paid").await;
    let seen = enter(&service, Browser::desktop())
        .goto(&page(&service, &format!("sessions/{paid}")))
        .click("Refund")
        .expect_accessible()
        .click("Continue")
        .expect_text("must be 1 to 500 characters long")
        .expect_accessible()
        .fill("Reason", &format!("bought twice {XSS}"))
        .click("Continue")
        .expect_text("no real money moves")
        .expect_text(&format!("bought twice {XSS}"))
        .expect_accessible()
        .double_click("Refund $4.99 USD")
        .expect_text("The refund is in the log")
        .expect_accessible()
        .run()
        .await;
    let refused = |it: &str| it.contains("the server responded with a status of 400");
    assert!(seen.console.iter().all(|it| refused(&it.text)), "{:?}", seen.console);
    let library = service.library().await;
    let row = "SELECT status FROM refund WHERE session_id = $1";
    let refunds = async || {
        let all = sqlx::query_scalar(row).bind(&paid).fetch_all(&library.pool).await;
        let all: Vec<String> = all.unwrap();
        (all == ["succeeded"]).then_some(())
    };
    wait_until("the one refund", refunds).await;
    let seen = enter_again(&service, Browser::desktop())
        .await
        .goto(&page(&service, &format!("sessions/{paid}")))
        .expect_text("The money was given back")
        .expect_text("In the dashboard, demo@localhost")
        .expect_no_text("Refund $4.99")
        .run()
        .await;
    assert_quiet(&seen);
    service.assert_replay_agrees().await;
}

#[tokio::test]
async fn a_session_is_cancelled_by_hand_and_its_page_tells_the_player() {
    let service = Service::start(Options::default()).await;
    let id = service.client.create_session(&service.client.purchase()).await;
    let seen = enter(&service, Browser::desktop())
        .goto(&page(&service, &format!("sessions/{id}")))
        .click("Cancel session")
        .expect_text("This cannot be undone")
        .expect_accessible()
        .fill("Why", "The player asked for it")
        .click("Cancel the session")
        .expect_text("The session was cancelled.")
        .expect_text("Why: The player asked for it")
        .expect_accessible()
        .run()
        .await;
    assert_quiet(&seen);
    assert_eq!(service.client.status(&id).await, "cancelled");
}

#[tokio::test]
async fn a_link_made_by_hand_is_paid_and_all_of_it_appears_in_the_activity_by_itself() {
    let service = Service::start(Options::default()).await;
    let seen = enter(&service, Browser::desktop())
        .goto(&page(&service, "activity"))
        .expect_text("Live: new events appear here.")
        .expect_accessible()
        .open_tab(&page(&service, "links/new"))
        .expect_accessible()
        .fill("Player", "player_9")
        .fill("Item", XSS)
        .fill("Price", "4,99")
        .fill("Return URL", "mygame://done")
        .click("Make the link")
        .expect_text("must be an amount such as 4.99")
        .expect_accessible()
        .fill("Price", "7.50")
        .click("Make the link")
        .expect_text("The payment link is made")
        .expect_accessible()
        .evaluate("document.querySelector('.once code').textContent")
        .switch_tab(0)
        .expect_text(XSS)
        .expect_text("$7.50")
        .expect_text("In the dashboard, demo@localhost")
        .expect_accessible()
        .click("Hold still")
        .expect_text("Held still. 0 waiting.")
        .click("Hold still")
        .expect_text("Live: new events appear here.")
        .run()
        .await;
    let refused = |it: &str| it.contains("the server responded with a status of 400");
    assert!(seen.console.iter().all(|it| refused(&it.text)), "{:?}", seen.console);
    let url = seen.events.iter().find(|it| it.step == "evaluate").unwrap().value.as_str().unwrap();
    let id = url.rsplit_once('/').unwrap().1.to_owned();
    assert!(service.client.open_page(&id).await.unwrap().contains("$7.50"));
    service.client.pay(&id, PAYS).await.unwrap();
    service.client.wait_for_status(&id, "paid").await;
    service.assert_replay_agrees().await;
}

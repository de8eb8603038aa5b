//! The dashboard by keyboard alone: each control is reached in the page's order and shows that it is, and an act is
//! done without a mouse.

use super::client::PAYS;
use super::dashboard::enter;
use super::harness::{Options, Service};
use super::support::browser::{Browser, Seen};

/// More than any of these pages has controls.
const TABS: usize = 60;

/// Notes what gets the focus, and whether anybody can see it.
const WATCH: &str = "(() => {
    const seen = window.seen = { reached: [], unmarked: [] };
    document.addEventListener('focusin', ({ target }) => {
        const style = getComputedStyle(target);
        seen.reached.push(target);
        if (style.outlineStyle === 'none' && style.boxShadow === 'none') seen.unmarked.push(target.outerHTML);
    });
    return true;
})()";

/// What was not reached, was reached out of order, or did not show it.
const MISSED: &str = "(() => {
    const all = [...document.querySelectorAll('a[href], button, input, select, textarea, summary')];
    const controls = all.filter((it) => it.checkVisibility() && !it.disabled && it.type !== 'hidden');
    const reached = [...new Set(window.seen.reached)].filter((it) => controls.includes(it));
    const missed = controls.filter((it) => !reached.includes(it)).map((it) => it.outerHTML);
    const disordered = reached.filter((it, n) => n > 0
        && reached[n - 1].compareDocumentPosition(it) & Node.DOCUMENT_POSITION_PRECEDING);
    return { controls: controls.length, missed, disordered: disordered.map((it) => it.outerHTML),
        unmarked: window.seen.unmarked };
})()";

fn assert_all_reached(seen: &Seen, pages: usize) {
    let told = seen.events.iter().filter(|it| it.step == "evaluate" && it.value.is_object());
    for it in told.clone() {
        assert!(5 < it.value["controls"].as_u64().unwrap(), "{it:?}");
        for what in ["missed", "disordered", "unmarked"] {
            assert_eq!(it.value[what], serde_json::json!([]), "{what}: {it:?}");
        }
    }
    assert_eq!(told.count(), pages);
}

#[tokio::test]
async fn every_control_of_the_dashboard_is_reached_by_keyboard_in_order_and_shows_it() {
    let service = Service::start(Options::default()).await;
    let paid = service.client.create_session(&service.client.purchase()).await;
    service.client.pay(&paid, PAYS).await.unwrap();
    service.client.wait_for_status(&paid, "paid").await;
    let base = format!("{}/dashboard/{}/test", service.env.pay_url, service.env.game_id);
    let pages = ["overview", "sessions", "developers", "settings", "links/new", "endpoints/new"];
    let pages = pages.map(str::to_owned).into_iter();
    let pages: Vec<String> = pages
        .chain([format!("sessions/{paid}"), format!("sessions/{paid}/refund")])
        .map(|it| format!("{base}/{it}"))
        .collect();
    let mut browser = enter(&service, Browser::desktop());
    for page in &pages {
        browser = browser.goto(page).evaluate(WATCH);
        for _ in 0..TABS {
            browser = browser.press("Tab");
        }
        browser = browser.evaluate(MISSED);
    }
    assert_all_reached(&browser.run().await, pages.len());
}

#[tokio::test]
async fn a_session_is_cancelled_without_a_mouse() {
    let service = Service::start(Options::default()).await;
    let id = service.client.create_session(&service.client.purchase()).await;
    let base = format!("{}/dashboard/{}/test", service.env.pay_url, service.env.game_id);
    let mut browser = enter(&service, Browser::desktop())
        .goto(&format!("{base}/sessions/{id}/cancel"))
        // Past the navigation, then over the way back to the field.
        .press("Tab")
        .press("Enter")
        .press("Tab")
        .press("Tab");
    for key in ["T", "w", "i", "c", "e", "Tab", "Enter"] {
        browser = browser.press(key);
    }
    browser.expect_text("The session was cancelled.").expect_text("Why: Twice").run().await;
}

//! Months on the overview: what finance closes, beside the month before.

use axum::http::StatusCode;
use toffeepay::domain::session::{CancelledBy, DeclineReason, SessionCommand};

use super::{GAME, NOW, Room, money, plain, sale, section, tile};

/// The cells of a currency's row in the totals, in their order.
fn totals(text: &str, code: &str) -> Vec<String> {
    let table = section(text, "Totals of ");
    let row = table.split("<tr").find(|it| it.contains(&format!("<div>{code}</div>")));
    let row = row.unwrap_or_else(|| panic!("no {code} in {table}")).split("</tr>").next().unwrap();
    row.split("<td").skip(1).map(|it| plain(&format!("<td{it}"))).collect()
}

#[tokio::test]
async fn a_month_shows_what_was_paid_late_mismatched_and_refunded_and_what_is_left() {
    let room = Room::at("2026-09-30T23:59:30Z").await;
    room.sell(&sale(money(100_000, "USD"))).await;
    // In the first minute of the month, and in the last.
    room.set("2026-10-01T00:00:00Z");
    let (session, payment) = room.sell(&sale(money(123_456, "USD"))).await;
    room.sell(&sale(money(1_205, "JPY"))).await;
    room.refund(&session, &payment, "bought twice").await;
    let late = room.session_for(&sale(money(499, "USD"))).await;
    let payment = room.refuse(&late, DeclineReason::CardDeclined).await;
    let cancel = SessionCommand::Cancel { by: CancelledBy::Player, at: room.now() };
    room.give(&late, "player", cancel).await;
    room.take(&late, &payment, money(499, "USD")).await;
    let odd = room.session_for(&sale(money(500, "USD"))).await;
    let payment = room.start(&odd).await;
    room.take(&odd, &payment, money(700, "USD")).await;
    room.set("2026-10-31T23:59:30Z");
    room.sell(&sale(money(200_000, "USD"))).await;
    room.set("2026-11-01T00:00:00Z");
    room.sell(&sale(money(9_900, "USD"))).await;
    room.set(NOW);
    let page = room.overview("?span=2026-10").await;
    assert_eq!(page.status, StatusCode::OK);
    page.assert_has("October 2026</strong>, beside September 2026");
    page.assert_has("Both months are over: all 31 days, beside all 30.");
    assert_eq!(
        totals(&page.text, "USD"),
        [
            "$3,234.56 2 payments",
            "$4.99 1 payment",
            "$7.00 1 payment",
            "$1,234.56 1 refund",
            "$2,011.99 ▲ up 101.2% · $1,000.00 the month before",
        ]
    );
    assert_eq!(totals(&page.text, "JPY")[0], "¥1,205 1 payment");
    assert_eq!(totals(&page.text, "JPY")[1..4], ["none", "none", "none"]);
    page.assert_has(
        "<title>Thu 1 Oct: gross $1,246.55, refunded $1,234.56; the month before $0.00</title>",
    );
    // A month that is over has nothing under way, and how webhooks do now is none of its business.
    page.assert_has_no("day under way");
    page.assert_has_no("id=\"webhooks\"");
    let sessions = page.link("See the sessions created in October 2026").unwrap();
    assert!(sessions.ends_with("/sessions?from=2026-10-01&to=2026-10-31"), "{sessions}");
}

#[tokio::test]
async fn a_month_under_way_stands_beside_as_much_of_the_month_before() {
    let room = Room::at("2026-10-28T14:10:00Z").await;
    room.sell(&sale(money(1_000, "USD"))).await;
    room.set("2026-10-28T15:10:00Z");
    room.sell(&sale(money(5_000, "USD"))).await;
    room.set("2026-10-31T12:00:00Z");
    room.sell(&sale(money(300, "USD"))).await;
    room.set("2026-11-02T10:00:00Z");
    room.sell(&sale(money(1_500, "USD"))).await;
    // In the hour under way: in the totals, and not compared.
    room.set("2026-11-28T15:05:00Z");
    room.sell(&sale(money(250, "USD"))).await;
    room.set(NOW);
    let page = room.overview("?span=this-month").await;
    page.assert_has("November 2026 so far</strong>, beside October 2026");
    page.assert_has("up to 28 Nov 15:00 UTC, and to 28 Oct 15:00 UTC of the month before");
    let net = "$17.50 ▲ up 50% · $15.00 by 28 Nov 15:00, $10.00 the month before";
    assert_eq!(totals(&page.text, "USD")[4], net);
    page.assert_has("<title>Sat 28 Nov: gross $2.50; the month before $60.00</title>");
    // The longer of both months is drawn to its end.
    page.assert_has("<title>Sat 31 Oct, the month before: $3.00</title>");
    let table = plain(section(&page.text, "Numbers by day"));
    assert!(table.contains("Sat 28 Nov (under way) $2.50"), "{table}");
    assert!(table.contains("Sat 31 Oct (only before) $0.00 $0.00 $3.00"), "{table}");
    // By name and by number it is the same page.
    let by_number = room.overview("?span=2026-11").await;
    assert_eq!(tile(&by_number.text, "Net"), tile(&page.text, "Net"));
}

#[tokio::test]
async fn links_lead_from_month_to_month_as_far_as_there_are_any() {
    let room = Room::at("2026-09-10T10:00:00Z").await;
    room.sell(&sale(money(499, "USD"))).await;
    room.set(NOW);
    let path = format!("/dashboard/{GAME}/test/overview");
    let today = room.overview("").await;
    assert_eq!(today.link("This month"), Some(format!("{path}?span=this-month")));
    let last = room.overview("?span=last-month").await;
    last.assert_has("aria-current=\"true\">Last month</a>");
    assert_eq!(last.link("← September 2026"), Some(format!("{path}?span=2026-09")));
    assert_eq!(last.link("November 2026 →"), Some(format!("{path}?span=2026-11")));
    let this = room.overview("?span=2026-11").await;
    this.assert_has("aria-current=\"true\">This month</a>");
    assert_eq!(this.link("December 2026 →"), None);
    // Before the first that was ever counted there is nothing to see.
    assert_eq!(room.overview("?span=2026-09").await.link("← August 2026"), None);
}

#[tokio::test]
async fn a_month_that_is_none_is_refused_by_name_rule_and_what_was_received() {
    let room = Room::at(NOW).await;
    for (span, rule) in [
        ("2026-12", "must not be a month that is still to come"),
        ("2026-13", "must be today, 7d, 28d, this-month, last-month, or a month from 2000-01 on"),
        ("1999-12", "must be today, 7d, 28d, this-month, last-month, or a month from 2000-01 on"),
    ] {
        for page in ["overview", "overview/money.csv"] {
            let page = room.look(&format!("/dashboard/{GAME}/test/{page}?span={span}")).await;
            assert_eq!(page.status, StatusCode::BAD_REQUEST);
            page.assert_has("href=\"#span\">Span</a>");
            page.assert_has(&format!("{rule}; received <bdi>&quot;{span}&quot;</bdi>."));
        }
    }
}

//! Which hours the overview shows, and beside which.

use axum::http::StatusCode;

use super::{NOW, Room, money, sale, section, tile};

#[tokio::test]
async fn today_stands_beside_the_same_hours_of_last_week() {
    let room = Room::at("2026-11-21T10:00:00Z").await;
    room.sell(&sale(money(1_000, "USD"))).await;
    // In the hour that is under way a week later, and after it.
    for later in ["2026-11-21T15:10:00Z", "2026-11-21T20:00:00Z"] {
        room.set(later);
        room.sell(&sale(money(5_000, "USD"))).await;
    }
    room.set("2026-11-28T10:30:00Z");
    room.sell(&sale(money(1_000, "USD"))).await;
    room.sell(&sale(money(500, "USD"))).await;
    room.set("2026-11-28T15:20:00Z");
    room.sell(&sale(money(250, "USD"))).await;
    room.set(NOW);
    let page = room.overview("").await;
    assert_eq!(page.status, StatusCode::OK);
    page.assert_has("Saturday, 28 Nov 2026</strong>, beside Saturday, 21 Nov 2026");
    page.assert_has("both up to 15:00 UTC");
    let dollars = section(&page.text, "Volume in USD");
    let (net, beside) = tile(dollars, "Net");
    assert_eq!(net, "$17.50");
    assert_eq!(beside, "▲ up 50% · $15.00 by 15:00, $10.00 a week before");
    let (payments, beside) = tile(&page.text, "Payments");
    assert_eq!(payments, "3");
    assert_eq!(beside, "▲ up 100% · 2 by 15:00, 1 a week before");
    // The plot has all of last Saturday's hours, those too that are still to come today.
    page.assert_has("<title>20:00: gross $0.00; a week before $50.00</title>");
    page.assert_has("<title>15:00: gross $2.50; a week before $50.00</title>");
}

#[tokio::test]
async fn a_span_of_the_url_ends_today_and_stands_beside_as_many_days_before() {
    let room = Room::at("2026-11-21T10:00:00Z").await;
    room.sell(&sale(money(700, "USD"))).await;
    room.set("2026-11-23T10:00:00Z");
    room.sell(&sale(money(1_400, "USD"))).await;
    room.set(NOW);
    let today = room.overview("?span=today").await;
    assert_eq!(tile(&today.text, "Net").0, "$0.00");
    let week = room.overview("?span=7d").await;
    week.assert_has(
        "Sun, 22 Nov to Sat, 28 Nov 2026</strong>, beside Sun, 15 Nov to Sat, 21 Nov 2026",
    );
    let (net, beside) = tile(&week.text, "Net");
    assert_eq!(
        (net.as_str(), beside.as_str()),
        ("$14.00", "▲ up 100% · $14.00 by 15:00, $7.00 a week before")
    );
    week.assert_has("<title>Mon 23 Nov: gross $14.00; a week before $0.00</title>");
    let four = room.overview("?span=28d").await;
    assert_eq!(tile(&four.text, "Net").0, "$21.00");
    four.assert_has("beside Sun, 4 Oct to Sat, 31 Oct 2026");
    let refused = room.overview("?span=year").await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    refused.assert_has("must be today, 7d, 28d, this-month, last-month, or a month from 2000-01 on; received <bdi>&quot;year&quot;</bdi>");
}

#[tokio::test]
async fn in_the_first_hour_of_a_day_nothing_is_compared() {
    let room = Room::at("2026-11-21T00:10:00Z").await;
    room.sell(&sale(money(700, "USD"))).await;
    room.set("2026-11-28T00:20:00Z");
    room.sell(&sale(money(499, "USD"))).await;
    let page = room.overview("").await;
    page.assert_has("none of today is over yet");
    assert_eq!(
        tile(&page.text, "Net"),
        ("$4.99".to_owned(), "so far, in the first hour".to_owned())
    );
}

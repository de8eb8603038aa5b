//! Money on the overview: each currency to its last unit, in the hour in which it moved.

use toffeepay::domain::session::{CancelledBy, DeclineReason, SessionCommand};

use super::{NOW, Room, money, plain, sale, section, tile};

#[tokio::test]
async fn currencies_stand_apart_each_with_its_own_decimals_to_the_last_unit() {
    let room = Room::at("2026-11-28T10:00:00Z").await;
    for price in [money(499, "USD"), money(1, "USD"), money(1_205, "JPY"), money(1_250, "BHD")] {
        room.sell(&sale(price)).await;
    }
    let (session, payment) = room.sell(&sale(money(5, "BHD"))).await;
    room.refund(&session, &payment, "bought twice").await;
    room.set(NOW);
    let page = room.overview("").await;
    for (code, net, gross, refunded, payments) in [
        ("USD", "$5.00", "$5.00", "$0.00", "2"),
        ("JPY", "¥1,205", "¥1,205", "¥0", "1"),
        ("BHD", "BHD 1.250", "BHD 1.255", "BHD 0.005", "2"),
    ] {
        let volume = section(&page.text, &format!("Volume in {code}"));
        let shown = ["Net", "Gross", "Refunded", "Payments"].map(|it| tile(volume, it).0);
        assert_eq!(shown, [net, gross, refunded, payments], "{code}");
    }
    assert_eq!(tile(&page.text, "Payments").0, "5");
}

#[tokio::test]
async fn what_goes_back_counts_in_its_own_hour_and_net_may_be_below_zero() {
    let room = Room::at("2026-11-27T10:00:00Z").await;
    let (session, payment) = room.sell(&sale(money(499, "USD"))).await;
    room.set("2026-11-28T09:00:00Z");
    room.refund(&session, &payment, "bought twice").await;
    room.set(NOW);
    let page = room.overview("").await;
    assert_eq!(tile(&page.text, "Net").0, "\u{2212}$4.99");
    assert_eq!(tile(&page.text, "Gross").0, "$0.00");
    let (refunded, beside) = tile(&page.text, "Refunded");
    assert_eq!(refunded, "$4.99");
    assert!(beside.starts_with("1 refund · "), "{beside}");
    assert_eq!(tile(&page.text, "Payments").0, "0");
    let week = room.overview("?span=7d").await;
    assert_eq!(tile(&week.text, "Net").0, "$0.00");
    assert_eq!(tile(&week.text, "Gross").0, "$4.99");
}

#[tokio::test]
async fn money_that_came_too_late_is_gross_and_no_payment_and_is_told_apart() {
    let room = Room::at("2026-11-28T10:00:00Z").await;
    let session = room.session_for(&sale(money(499, "USD"))).await;
    // The provider changes its mind when nobody waits any more.
    let payment = room.refuse(&session, DeclineReason::CardDeclined).await;
    let cancel = SessionCommand::Cancel { by: CancelledBy::Player, at: room.now() };
    room.give(&session, "player", cancel).await;
    room.take(&session, &payment, money(499, "USD")).await;
    let page = room.overview("").await;
    assert_eq!(tile(&page.text, "Net").0, "$4.99");
    assert_eq!(tile(&page.text, "Payments").0, "0");
    page.assert_has("Of the gross, $4.99 came after its session was over (once)");
}

#[tokio::test]
async fn the_plots_numbers_stand_in_a_table_too_and_no_style_is_inline() {
    let room = Room::at("2026-11-28T10:00:00Z").await;
    let (session, payment) = room.sell(&sale(money(499, "USD"))).await;
    room.refund(&session, &payment, "bought twice").await;
    room.set(NOW);
    let page = room.overview("").await;
    let table = plain(section(&page.text, "Numbers by hour"));
    assert!(table.contains("10:00 $4.99 $4.99 $0.00 $0.00"), "{table}");
    page.assert_has("role=\"img\" aria-label=\"Gross today in USD by hour as bars");
    page.assert_has("The most in one hour is $4.99, 10:00.");
    page.assert_has_no(" style=");
    page.assert_has_no("<script");
}

//! How far sessions came, and why attempts were declined.

use toffeepay::domain::session::DeclineReason;

use super::{NOW, Room, money, plain, sale, section, tile};

#[tokio::test]
async fn steps_count_with_the_session_and_reasons_with_the_moment() {
    let room = Room::at("2026-11-27T23:50:00Z").await;
    // Created yesterday, paid today.
    let session = room.session_for(&sale(money(499, "USD"))).await;
    room.set("2026-11-28T00:10:00Z");
    let payment = room.start(&session).await;
    room.take(&session, &payment, money(499, "USD")).await;
    let mut four = vec![];
    for _ in 0..4 {
        four.push(room.session_for(&sale(money(499, "USD"))).await);
    }
    for session in &four[..3] {
        room.open_page(session).await;
    }
    room.refuse(&four[0], DeclineReason::InsufficientFunds).await;
    room.refuse(&four[0], DeclineReason::InsufficientFunds).await;
    room.refuse(&four[1], DeclineReason::ExpiredCard).await;
    let payment = room.start(&four[1]).await;
    room.take(&four[1], &payment, money(499, "USD")).await;
    room.set(NOW);
    let page = room.overview("").await;
    let steps = plain(section(&page.text, "From session to payment"));
    for step in ["Session created 4", "Page opened 3 75%", "Payment started 2 50%", "Paid 1 25%"] {
        assert!(steps.contains(step), "no {step:?} in {steps}");
    }
    assert_eq!(tile(&page.text, "Payments").0, "2");
    let (conversion, beside) = tile(&page.text, "Conversion");
    assert_eq!((conversion.as_str(), beside.as_str()), ("25%", "1 of 4 sessions paid"));
    let reasons = plain(section(&page.text, "Declined, by reason"));
    assert!(reasons.contains("Not enough money 2 66.7% Card expired 1 33.3%"), "{reasons}");
    assert_eq!(tile(&page.text, "Declined attempts").0, "3");
    let methods = plain(section(&page.text, "Attempts, by method"));
    assert!(methods.contains("Card 5 100%"), "{methods}");
}

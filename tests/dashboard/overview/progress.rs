//! What the overview says when there are no numbers, or not all of them.

use sqlx::raw_sql;

use super::{GAME, NOW, Room, money, sale};

#[tokio::test]
async fn a_page_without_numbers_says_why_and_what_to_do() {
    let room = Room::at(NOW).await;
    let path = format!("/dashboard/{GAME}/test/overview");
    let uncounted = room.look(&path).await;
    uncounted.assert_has("The numbers are not zero, they are unknown.");
    uncounted.assert_has_no("class=\"tiles");
    let empty = room.overview("").await;
    empty.assert_has("No sessions yet");
    empty.assert_has("calls CreateSession with a key of the test world");
    empty.assert_has("No endpoint");
    room.sell(&sale(money(499, "USD"))).await;
    room.set("2027-03-01T12:00:00Z");
    let quiet = room.overview("").await;
    quiet.assert_has("A quiet time");
    assert_eq!(quiet.link("Look at 28 days"), Some(format!("{path}?span=28d")));
}

#[tokio::test]
async fn the_page_says_how_far_the_log_is_counted() {
    let room = Room::at("2026-11-28T10:00:00Z").await;
    room.sell(&sale(money(499, "USD"))).await;
    let page = room.overview("").await;
    page.assert_has("all that is in the log");
    page.assert_has_no("lies behind");
    room.sell(&sale(money(499, "USD"))).await;
    let path = format!("/dashboard/{GAME}/test/overview");
    // By the database's clock, the next event stands a long time before the page's.
    room.set("2036-11-28T10:00:00Z");
    let behind = room.look(&path).await;
    behind.assert_has("Counting lies behind");
    behind.assert_has_no("all that is in the log");
    // An event that could not be counted, of this game's world and of no other.
    let park = format!(
        "INSERT INTO dead_letter SELECT 'figures', 1, 0, 1, 'session-' || id, 'odd', 5 FROM session \
         WHERE game_id = '{GAME}' LIMIT 1"
    );
    raw_sql(&park).execute(&room.database.owner).await.unwrap();
    room.look(&path).await.assert_has("could not be counted, so these numbers are too small");
    let live = room.look(&format!("/dashboard/{GAME}/live/overview")).await;
    live.assert_has_no("could not be counted");
}

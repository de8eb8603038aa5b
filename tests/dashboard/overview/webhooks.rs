//! How well webhooks arrive, on the overview.

use std::sync::atomic::AtomicUsize;

use chrono::TimeDelta;
use sqlx::raw_sql;

use super::{GAME, Room, Stage, money, sale, tile};

#[tokio::test]
async fn webhooks_are_told_by_what_came_of_them() {
    let room = Room { stage: Stage::new().await, visits: AtomicUsize::new(0) };
    room.endpoint().await;
    // The endpoint refuses the first message that it gets, and takes the second.
    for _ in 0..2 {
        room.sell(&sale(money(499, "USD"))).await;
    }
    room.deliver().await;
    let page = room.overview("").await;
    let (first, beside) = tile(&page.text, "Taken at first attempt");
    assert_eq!((first.as_str(), beside.as_str()), ("50%", "1 of the newest 2 messages today"));
    assert_eq!(tile(&page.text, "Waiting").0, "1");
    assert_eq!(tile(&page.text, "Given up").0, "0");
    assert_eq!(tile(&page.text, "Resting endpoints").0, "0");
    page.assert_has("http://127.0.0.1:");
    let rest =
        format!("UPDATE webhook_lane SET open_until = '{}'", room.now() + TimeDelta::hours(1));
    raw_sql(&rest).execute(&room.database.owner).await.unwrap();
    let give_up =
        "INSERT INTO webhook_dead SELECT endpoint_id, 'msg_1', 'sess_1', 1, 0, 13, now(), now()
                   FROM webhook_endpoint";
    raw_sql(give_up).execute(&room.database.owner).await.unwrap();
    let page = room.overview("").await;
    assert_eq!(tile(&page.text, "Resting endpoints").0, "1");
    assert_eq!(tile(&page.text, "Given up").0, "1");
    page.assert_has("Resting</span>");
    let live = room.look(&format!("/dashboard/{GAME}/live/overview")).await;
    live.assert_has("No endpoint");
}

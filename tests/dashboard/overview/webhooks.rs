//! How well webhooks arrive, on the overview.

use std::sync::atomic::AtomicUsize;

use chrono::TimeDelta;
use sqlx::raw_sql;
use toffeepay::domain::studio::Role;

use super::{GAME, Room, Stage, money, plain, sale, tile};

#[tokio::test]
async fn webhooks_are_told_by_what_came_of_them() {
    let room = Room { stage: Stage::new().await, visits: AtomicUsize::new(0) };
    let endpoint_id = room.endpoint().await;
    // The endpoint refuses the first message that it gets, and takes the second.
    for _ in 0..2 {
        room.sell(&sale(money(499, "USD"))).await;
    }
    room.deliver().await;
    let page = room.overview("").await;
    let first = tile(&page.text, "Taken at the first attempt");
    let beside = "last 24 hours, 1 of 2 50% in 7 days, 1 of 2";
    assert_eq!(first, ("50%".to_owned(), beside.to_owned()));
    // Word for word as on the endpoint's own page, whatever the span.
    let month = room.overview("?span=28d").await;
    assert_eq!(tile(&month.text, "Taken at the first attempt"), first);
    let (_, link) = room.person("dev@studio.example", GAME, Role::Developer).await;
    let path = format!("/dashboard/{GAME}/test/endpoints/{endpoint_id}/deliveries");
    let own = plain(&room.get_as(&room.enter(&link).await, &path).await.text);
    assert!(
        own.contains("Taken at the first attempt 50% last 24 hours, 1 of 2 50% in 7 days, 1 of 2"),
        "{own}"
    );
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

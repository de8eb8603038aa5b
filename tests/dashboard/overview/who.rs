//! Whose numbers the overview shows, and to whom.

use axum::http::StatusCode;
use toffeepay::domain::{studio::Role, world::World};

use super::{GAME, NOW, OTHER_GAME, Room, Sale, money, sale, tile};

#[tokio::test]
async fn test_and_live_and_other_games_never_mix() {
    let room = Room::at("2026-11-28T10:00:00Z").await;
    room.sell(&sale(money(499, "USD"))).await;
    room.sell(&Sale { world: World::Live, ..sale(money(700, "USD")) }).await;
    room.sell(&Sale { game_id: OTHER_GAME, ..sale(money(9_000, "USD")) }).await;
    let test = room.overview("").await;
    assert_eq!(tile(&test.text, "Net").0, "$4.99");
    let live = room.look(&format!("/dashboard/{GAME}/live/overview")).await;
    assert_eq!(tile(&live.text, "Net").0, "$7.00");
    let other = room.look(&format!("/dashboard/{OTHER_GAME}/test/overview")).await;
    let none = room.look("/dashboard/no_such_game/test/overview").await;
    assert_eq!((other.status, none.status), (StatusCode::NOT_FOUND, StatusCode::NOT_FOUND));
    assert_eq!(other.text.len(), none.text.len());
}

#[tokio::test]
async fn who_may_not_see_the_overview_is_not_led_to_it() {
    let room = Room::at(NOW).await;
    let (_, link) = room.person("sue@studio.example", GAME, Role::Support).await;
    let cookie = room.enter(&link).await;
    let path = format!("/dashboard/{GAME}/test/overview");
    assert_eq!(room.get_as(&cookie, &path).await.status, StatusCode::FORBIDDEN);
    let list = room.get_as(&cookie, &format!("/dashboard/{GAME}/test/sessions")).await;
    assert!(list.link("Overview").is_none());
    assert_eq!(room.list("").await.link("Overview"), Some(path));
}

//! What happens now, and the stream by which a page hears of it.

use axum::http::StatusCode;
use toffeepay::domain::{studio::Role, world::World};

use super::stage::{GAME, OTHER_GAME, Page, Stage};

fn path(rest: &str) -> String {
    format!("/dashboard/{GAME}/test/activity{rest}")
}

/// Behind which position a page's stream begins.
fn after(page: &Page) -> String {
    let (_, after) = page.text.split_once("data-after=\"").unwrap();
    after.split_once('"').unwrap().0.to_owned()
}

#[tokio::test]
async fn the_page_shows_the_latest_events_of_its_game_and_world_the_newest_first() {
    let stage = Stage::new().await;
    stage.session_of(OTHER_GAME, World::Test, "player_1", "Of another game").await;
    stage.session_of(GAME, World::Live, "player_1", "Of the live world").await;
    let paid = stage.session("player_42", "<script>50 Gold Coins").await;
    stage.pay(&paid).await;
    let page = stage.get(&path("")).await;
    assert_eq!(page.status, StatusCode::OK);
    page.assert_has("&lt;script&gt;50 Gold Coins");
    let place = |text: &str| page.text.find(text).unwrap_or_else(|| panic!("no {text}"));
    assert!(place("The money was taken") < place("The game asked for a payment"));
    for other in ["Of another game", "Of the live world", "player_42", "tok_secret"] {
        page.assert_has_no(other);
    }
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("script-src 'nonce-") && policy.contains("connect-src 'self'"));
}

#[tokio::test]
async fn an_event_is_heard_as_it_arrives_and_none_of_another_game_or_world() {
    let stage = Stage::new().await;
    let page = stage.get(&path("")).await;
    let mut heard = stage
        .listen_as(&stage.cookie, &path(&format!("/events?after={}", after(&page))), None)
        .await;
    assert_eq!(heard.status, StatusCode::OK);
    stage.session_of(OTHER_GAME, World::Test, "player_1", "Of another game").await;
    stage.session_of(GAME, World::Live, "player_1", "Of the live world").await;
    let id = stage.session("player_42", "50 Gold Coins").await;
    stage.pay(&id).await;
    heard.until("The money was taken").await;
    assert_eq!(heard.text.matches("event: happened").count(), 3, "{}", heard.text);
    for other in ["Of another game", "Of the live world", "player_42", "tok_secret"] {
        assert!(!heard.text.contains(other), "{}", heard.text);
    }
}

#[tokio::test]
async fn what_people_do_is_told_under_their_name() {
    let stage = Stage::new().await;
    let (_, link) = stage.person("bob@studio.example", GAME, Role::Support).await;
    let bob = stage.enter(&link).await;
    let id = stage.session("player_42", "50 Gold Coins").await;
    let cancel = format!("/dashboard/{GAME}/test/sessions/{id}/cancel");
    stage.send_as(&bob, &cancel, "").await.location();
    let page = stage.get(&path("")).await;
    page.assert_has("In the dashboard, <bdi>bob@studio.example</bdi>");
}

#[tokio::test]
async fn who_was_cut_off_hears_what_they_missed_and_nothing_twice() {
    let stage = Stage::new().await;
    let page = stage.get(&path("")).await;
    let events = path(&format!("/events?after={}", after(&page)));
    let mut first = stage.listen_as(&stage.cookie, &events, None).await;
    stage.session("player_1", "First").await;
    first.until("First").await;
    let last = first.text.rsplit_once("id: ").unwrap().1.lines().next().unwrap().to_owned();
    drop(first);
    stage.session("player_2", "Second").await;
    let mut again = stage.listen_as(&stage.cookie, &events, Some(&last)).await;
    stage.session("player_3", "Third").await;
    again.until("Third").await;
    assert!(again.text.contains("Second") && !again.text.contains("First"), "{}", again.text);
}

#[tokio::test]
async fn who_was_away_for_too_long_is_told_that_they_missed_something() {
    let stage = Stage::new().await;
    for last in ["-1", "none", "99999999999999999999"] {
        let events = path("/events");
        let mut heard = stage.listen_as(&stage.cookie, &events, Some(last)).await;
        heard.until("event: missed").await;
    }
}

#[tokio::test]
async fn a_page_that_is_only_left_open_keeps_nobody_in() {
    let stage = Stage::new().await;
    let page = stage.get(&path("")).await;
    let events = path(&format!("/events?after={}", after(&page)));
    for _ in 0..2 {
        stage.advance(16 * 60);
        let heard = stage.listen_as(&stage.cookie, &events, None).await;
        let is_in = heard.status == StatusCode::OK;
        assert!(is_in || stage.get(&path("")).await.status == StatusCode::SEE_OTHER);
    }
    assert!(stage.get(&path("")).await.location().starts_with("/dashboard/sign-in"));
}

#[tokio::test]
async fn nobody_takes_the_places_of_the_others_and_who_has_ten_is_told_so() {
    let stage = Stage::new().await;
    let page = stage.get(&path("")).await;
    let events = path(&format!("/events?after={}", after(&page)));
    let mut hers = vec![];
    for _ in 0..10 {
        hers.push(stage.listen_as(&stage.cookie, &events, None).await);
    }
    let mut eleventh = stage.listen_as(&stage.cookie, &events, None).await;
    eleventh.until("event: refused").await;
    eleventh.until("you watch in 10 windows already").await;
    let (_, link) = stage.person("bob@studio.example", GAME, Role::Support).await;
    let bob = stage.enter(&link).await;
    let mut his = stage.listen_as(&bob, &events, None).await;
    // Closed windows are no windows.
    hers.pop();
    let mut again = stage.listen_as(&stage.cookie, &events, None).await;
    stage.session("player_1", "50 Gold Coins").await;
    for heard in [&mut his, &mut again, &mut hers[0]] {
        heard.until("50 Gold Coins").await;
    }
}

//! Who may see a game's pages: members of its studio, and nobody else.

use axum::http::StatusCode;
use toffeepay::domain::studio::Role;

use super::stage::{GAME, OTHER_GAME, Stage};

/// Each page of a game's world.
async fn pages(stage: &Stage) -> [String; 2] {
    let id = stage.session("player_42", "50 Gold Coins").await;
    let list = format!("/dashboard/{GAME}/test/sessions");
    [list.clone(), format!("{list}/{id}")]
}

#[tokio::test]
async fn who_is_not_in_is_asked_who_they_are_and_led_back() {
    let stage = Stage::new().await;
    for path in pages(&stage).await {
        for cookie in ["", "__Host-toffeepay=guessed", "toffeepay_in_clear=guessed"] {
            let page = stage.get_as(cookie, &path).await;
            let next = path.replace('/', "%2F");
            assert_eq!(page.location(), format!("/dashboard/sign-in?next={next}"));
        }
    }
}

#[tokio::test]
async fn every_role_of_the_studio_sees_sessions() {
    let stage = Stage::new().await;
    for role in Role::ALL {
        let email = format!("{role}@studio.example");
        let (_, link) = stage.person(&email, GAME, *role).await;
        let cookie = stage.enter(&link).await;
        for path in pages(&stage).await {
            assert_eq!(stage.get_as(&cookie, &path).await.status, StatusCode::OK, "{role}");
        }
    }
}

#[tokio::test]
async fn a_person_of_another_studio_learns_not_even_that_the_game_is_there() {
    let stage = Stage::new().await;
    let (_, link) = stage.person("eve@other.example", OTHER_GAME, Role::Owner).await;
    let cookie = stage.enter(&link).await;
    let without_nonces = |text: &str| {
        let parts = text.split("nonce=\"").map(|it| it.split_once('"').map_or(it, |it| it.1));
        parts.collect::<String>()
    };
    for path in pages(&stage).await {
        let page = stage.get_as(&cookie, &path).await;
        let nothing = stage.get_as(&cookie, &path.replace(GAME, "no_such_game")).await;
        assert_eq!((page.status, nothing.status), (StatusCode::NOT_FOUND, StatusCode::NOT_FOUND));
        assert_eq!(without_nonces(&page.text), without_nonces(&nothing.text));
        let own = stage.get_as(&cookie, &format!("/dashboard/{OTHER_GAME}/test/sessions")).await;
        assert_eq!(own.status, StatusCode::OK);
    }
    let home = stage.get_as(&cookie, "/dashboard").await;
    home.assert_has("Other Game");
    home.assert_has_no("Space Shooter");
}

#[tokio::test]
async fn who_is_let_go_sees_nothing_from_then_on_though_they_are_in() {
    let stage = Stage::new().await;
    let (bob, link) = stage.person("bob@studio.example", GAME, Role::Support).await;
    let cookie = stage.enter(&link).await;
    let [list, _] = pages(&stage).await;
    assert_eq!(stage.get_as(&cookie, &list).await.status, StatusCode::OK);
    stage.let_go(GAME, bob).await;
    assert_eq!(stage.get_as(&cookie, &list).await.status, StatusCode::NOT_FOUND);
    stage.get_as(&cookie, "/dashboard").await.assert_has("no member of a studio");
}

#[tokio::test]
async fn the_first_page_of_a_game_is_one_that_the_role_sees() {
    let stage = Stage::new().await;
    for (role, first) in [
        (Role::Owner, "overview"),
        (Role::Developer, "overview"),
        (Role::Finance, "overview"),
        (Role::Support, "sessions"),
    ] {
        let (_, link) = stage.person(&format!("{role}@studio.example"), GAME, role).await;
        let cookie = stage.enter(&link).await;
        let home = stage.get_as(&cookie, "/dashboard").await;
        for world in ["live", "test"] {
            let path = format!("/dashboard/{GAME}/{world}/{first}");
            home.assert_has(&format!("href=\"{path}\""));
            assert_eq!(stage.get_as(&cookie, &path).await.status, StatusCode::OK, "{role}");
        }
    }
}

//! Every address of the dashboard, tried as everybody: made from the table that the router is made from.

use std::{fs, path::Path};

use axum::http::{Method, StatusCode};
use toffeepay::{
    dashboard::{Address, Dashboard, May},
    domain::studio::{Permission, Role},
};

use super::stage::{GAME, OTHER_GAME, Page, Stage};

/// What stands for a variable that no right hangs on: an id of nothing.
const UNKNOWN: &str = "unknown";

/// A path with its variables filled in, at a game of a studio.
async fn path_at(stage: &Stage, address: &Address, game_id: &str) -> String {
    let studio_id = stage.studio_of(game_id).await;
    let fill = |segment: &str| match segment {
        "{game_id}" => game_id.to_owned(),
        "{world}" => "test".to_owned(),
        "{studio_id}" => studio_id.to_string(),
        it if it.starts_with('{') => UNKNOWN.to_owned(),
        it => it.to_owned(),
    };
    let segments: Vec<String> = address.path.split('/').map(fill).collect();
    format!("/dashboard{}", segments.join("/")).trim_end_matches('/').to_owned()
}

/// Goes there, with a form of theirs where the address is a form's.
async fn go(stage: &Stage, cookie: &str, address: &Address, path: &str) -> Page {
    if address.method == Method::GET {
        return stage.get_as(cookie, path).await;
    }
    stage.send_as(cookie, path, "").await
}

/// The permission that an address needs, if it needs one.
fn needed(address: &Address) -> Option<Permission> {
    match address.may {
        May::Game(needed) | May::Studio(needed) => Some(needed),
        May::Anybody | May::Newcomers | May::Visitors => None,
    }
}

/// Why a page refuses a role; a form of another site is refused too, in other words.
const NOT_ALLOWED: &str = "Your role does not allow this";

#[tokio::test]
async fn an_address_takes_the_roles_that_it_names_and_no_other() {
    let stage = Stage::new().await;
    let mut refused = 0;
    for role in Role::ALL.iter().copied() {
        let (_, link) = stage.person(&format!("{role}@studio.example"), GAME, role).await;
        let cookie = stage.enter(&link).await;
        for address in Dashboard::addresses() {
            let Some(needed) = needed(&address) else { continue };
            let path = path_at(&stage, &address, GAME).await;
            let before = stage.events().await;
            let page = go(&stage, &cookie, &address, &path).await;
            let is_refused =
                page.status == StatusCode::FORBIDDEN && page.text.contains(NOT_ALLOWED);
            assert_eq!(is_refused, !role.may(needed), "{role} {address:?}: {}", page.status);
            if is_refused {
                refused += 1;
                assert_eq!(stage.events().await, before, "{role} {address:?}");
            }
        }
    }
    let all = Dashboard::addresses();
    let may_not = |role: &Role, it: &Address| needed(it).is_some_and(|needed| !role.may(needed));
    let expected = Role::ALL.iter().flat_map(|role| all.iter().filter(|it| may_not(role, it)));
    assert_eq!(refused, expected.count());
}

#[tokio::test]
async fn an_address_of_another_studio_answers_as_one_of_none() {
    let stage = Stage::new().await;
    let (_, link) = stage.person("eve@other.example", OTHER_GAME, Role::Owner).await;
    let cookie = stage.enter(&link).await;
    for address in Dashboard::addresses() {
        if needed(&address).is_none() {
            continue;
        }
        let (path, before) = (path_at(&stage, &address, GAME).await, stage.events().await);
        let theirs = go(&stage, &cookie, &address, &path).await;
        let studio_id = stage.studio_of(GAME).await;
        let nowhere = path.replace(GAME, "no_such_game");
        let nowhere = nowhere.replace(studio_id.as_str(), "stu_00000000000000000000000000");
        let none = go(&stage, &cookie, &address, &nowhere).await;
        assert_eq!(theirs.status, StatusCode::NOT_FOUND, "{address:?}");
        assert_eq!(theirs.without_nonces(), none.without_nonces(), "{address:?}");
        assert_eq!(stage.events().await, before, "{address:?}");
    }
}

#[tokio::test]
async fn who_is_not_in_is_led_to_the_way_in_wherever_they_go() {
    let stage = Stage::new().await;
    for address in Dashboard::addresses() {
        let path = path_at(&stage, &address, GAME).await;
        let page = match address.method {
            Method::GET => stage.get_as("", &path).await,
            _ => stage.post_as("", &path, "form_token=guessed").await,
        };
        let is_led = page.status == StatusCode::SEE_OTHER
            && page.location().starts_with("/dashboard/sign-in");
        assert_eq!(is_led, address.may != May::Anybody, "{address:?}: {}", page.status);
    }
}

#[tokio::test]
async fn a_form_without_the_token_of_its_page_changes_nothing_whoever_sends_it() {
    let stage = Stage::new().await;
    let (_, link) = stage.person("owner@studio.example", GAME, Role::Owner).await;
    let cookie = stage.enter(&link).await;
    for address in Dashboard::addresses() {
        if address.method == Method::GET || address.may == May::Anybody {
            continue;
        }
        let (path, before) = (path_at(&stage, &address, GAME).await, stage.events().await);
        for fields in ["", "form_token=guessed"] {
            let page = stage.post_as(&cookie, &path, fields).await;
            assert_eq!(page.status, StatusCode::FORBIDDEN, "{address:?}");
            page.assert_has("We did not take this form");
        }
        assert_eq!(stage.events().await, before, "{address:?}");
    }
}

/// The router has no address beside the table: nothing else in the dashboard's source makes one.
#[test]
fn every_address_stands_in_the_table() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/dashboard");
    let files = walkdir::WalkDir::new(source).into_iter().map(|it| it.unwrap().into_path());
    let makes_routes = |path: &Path| {
        let text = fs::read_to_string(path).unwrap();
        [".route(", ".route_service(", ".nest(", ".merge("].iter().any(|it| text.contains(it))
    };
    let rust = files.filter(|it| it.extension().is_some_and(|it| it == "rs"));
    let mut found: Vec<String> = rust
        .filter(|it| makes_routes(it))
        .map(|it| it.file_name().unwrap().to_string_lossy().into_owned())
        .collect();
    found.sort();
    assert_eq!(found, ["routes.rs", "table.rs"]);
}

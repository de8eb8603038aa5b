//! Coming in by a browser: what it keeps, what it kept before, and what it is told that keeps nothing.

use axum::http::{StatusCode, header::SET_COOKIE};
use toffeepay::domain::{
    person::{Person, PersonEvent},
    studio::Role,
};

use super::stage::{GAME, Page, Stage};

const SIGN_IN: &str = "/dashboard/sign-in";

/// What a browser keeps of an answer, as it sends it to a page: those cookies of which `takes` is true.
fn kept(page: &Page, takes: impl Fn(&str) -> bool) -> String {
    let cookies = page.headers.get_all(SET_COOKIE).iter().map(|it| it.to_str().unwrap());
    let kept = cookies.filter(|it| takes(it) && !it.contains("Max-Age=0"));
    kept.map(|it| it.split_once(';').unwrap().0).collect::<Vec<_>>().join("; ")
}

#[tokio::test]
async fn who_comes_in_anew_ends_the_visit_that_their_browser_had_before() {
    let stage = Stage::new().await;
    let (ada, link) = stage.person("ada@other.example", GAME, Role::Support).await;
    let former = stage.enter(&link).await;
    let elsewhere = stage.cookie.clone();
    let (_, link) = stage.person("bob@studio.example", GAME, Role::Support).await;
    let came = stage.post_as(&former, &link, "").await;
    assert_eq!(came.location(), "/dashboard");
    let own = kept(&came, |_| true);
    assert_eq!(stage.get_as(&own, "/dashboard").await.status, StatusCode::OK);
    assert!(stage.get_as(&former, "/dashboard").await.location().starts_with(SIGN_IN));
    assert_eq!(stage.get_as(&elsewhere, "/dashboard").await.status, StatusCode::OK);

    let events = stage.store.events::<Person>(ada.as_str()).await.unwrap();
    let last = events.last().unwrap();
    assert!(matches!(last.event, PersonEvent::SignedOut { .. }), "{:?}", last.event);
    assert_eq!(last.envelope.actor, format!("person:{ada}"));
}

#[tokio::test]
async fn who_is_refused_leaves_the_visit_that_the_browser_has() {
    let stage = Stage::new().await;
    let refused = stage
        .post_as(&stage.cookie, SIGN_IN, "email=bob%40studio.example&password=wrong&code=000000")
        .await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert_eq!(stage.get("/dashboard").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_browser_that_keeps_no_cookie_is_told_so_on_the_page_to_which_it_is_led_back() {
    let stage = Stage::new().await;
    let plain = stage.get_as("", SIGN_IN).await;
    plain.assert_has_no("kept no cookie");
    let (_, link) = stage.person("bob@studio.example", GAME, Role::Support).await;
    let came = stage.post_as("", &link, "").await;
    // As Safari on http://127.0.0.1: what is for https it drops.
    let lost = kept(&came, |it| !it.contains("Secure"));
    let led = stage.get_as(&lost, came.location()).await;
    let told = stage.get_as(&lost, led.location()).await;
    told.assert_has("your browser kept no cookie");
    told.assert_has("Safari");
    // Who leaves is led to the same page, and has nothing to be told.
    let own = kept(&came, |_| true);
    let left = stage.send_as(&own, "/dashboard/sign-out", "").await;
    let mut forgotten = left.headers.get_all(SET_COOKIE).iter();
    assert!(forgotten.any(|it| it.to_str().unwrap().starts_with("toffeepay_arrived=;")));
    stage.get_as(&kept(&left, |_| true), SIGN_IN).await.assert_has_no("kept no cookie");
}

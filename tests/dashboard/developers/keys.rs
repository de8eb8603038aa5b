//! API keys.

use axum::http::{StatusCode, header::CACHE_CONTROL};
use toffeepay::domain::{
    game::{KeyScope, RateLimit},
    world::World,
};

use super::{super::stage::GAME, Desk, HOSTILE, Page, between, form};

const SESSIONS: &str = "/v1/sessions?game_id=space_shooter";

/// The key that an answer shows, whole.
fn shown(page: &Page) -> String {
    assert_eq!(page.status, StatusCode::CREATED, "{}", page.text);
    let (world, rest) = between(page, "<code>tp_", "</code>").split_once('_').unwrap();
    format!("tp_{world}_{rest}")
}

async fn create(desk: &Desk, name: &str) -> String {
    let scopes = KeyScope::OF_A_GAME_SERVER.map(|it| ("scope", it.as_str()));
    shown(&desk.send("keys/new", &[&[("name", name)], &scopes[..]].concat()).await)
}

/// The id of the newest key.
async fn newest(desk: &Desk) -> String {
    desk.stage.game().await.keys.last().unwrap().key_id.to_string()
}

#[tokio::test]
async fn a_created_key_opens_the_api_and_is_on_no_later_page_and_not_in_the_log() {
    let desk = Desk::new().await;
    let answer = desk.send("keys/new", &[("name", "Game server"), ("scope", "read")]).await;
    assert_eq!(answer.headers[CACHE_CONTROL], "no-store");
    let key = shown(&answer);
    assert!(key.starts_with("tp_test_"), "{key}");
    assert_eq!(desk.ask_api(&key, SESSIONS).await, StatusCode::OK);
    let other = format!("{}{}", &key[..key.len() - 1], if key.ends_with('0') { '1' } else { '0' });
    assert_eq!(desk.ask_api(&other, SESSIONS).await, StatusCode::UNAUTHORIZED);
    let list = desk.get("developers").await;
    list.assert_has("Game server");
    list.assert_has(&newest(&desk).await);
    list.assert_has_no(&key);
    let secret = key.strip_prefix("tp_test_").unwrap();
    assert_eq!(desk.told(secret).await, 0, "the log has the key");
    assert_eq!(desk.told_of_a_person("KeyIssued").await, 1);
}

#[tokio::test]
async fn a_key_may_do_what_was_chosen_and_nothing_else() {
    let desk = Desk::new().await;
    let fields = [
        ("name", "Tools"),
        ("scope", "read"),
        ("scope", "webhooks"),
        ("expires", "2027-01-31"),
        ("per_second", "5"),
    ];
    let key = shown(&desk.send("keys/new", &fields).await);
    let game = desk.stage.game().await;
    let there = game.keys.last().unwrap();
    assert_eq!(there.scopes, [KeyScope::Read, KeyScope::Webhooks]);
    assert_eq!(there.world, World::Test);
    assert_eq!(there.expires_at.unwrap().to_rfc3339(), "2027-01-31T00:00:00+00:00");
    assert_eq!(there.rate_limit, RateLimit::parse("5").unwrap());
    let (status, refused) = desk.send_api(&key, "/v1/refunds", &serde_json::json!({})).await;
    assert_eq!(status, StatusCode::FORBIDDEN, "{refused}");
    let list = desk.get("developers").await;
    for text in ["Read, Webhooks", "5 a second", "31 Jan 2027"] {
        list.assert_has(text);
    }
}

#[tokio::test]
async fn a_form_that_is_sent_again_makes_no_second_key_and_says_so() {
    let desk = Desk::new().await;
    let fields = [("form_id", "1"), ("name", "Game server"), ("scope", "read")];
    let key = shown(&desk.send("keys/new", &fields).await);
    let again = desk.send("keys/new", &fields).await;
    assert_eq!(again.status, StatusCode::CONFLICT);
    again.assert_has("No second key was made");
    again.assert_has_no("tp_test_");
    assert_eq!(desk.stage.game().await.keys.len(), 1);
    assert_eq!(desk.number("SELECT count(*) FROM api_key_secret").await, 1);
    assert_eq!(desk.ask_api(&key, SESSIONS).await, StatusCode::OK, "the first is as it was");
    desk.send(&format!("keys/{}/revoke", newest(&desk).await), &[]).await.location();
    let again = desk.send("keys/new", &fields).await;
    assert_eq!(again.status, StatusCode::CONFLICT, "nor when the first is gone");
    assert_eq!(desk.stage.game().await.keys.len(), 0);
}

#[tokio::test]
async fn a_form_that_is_sent_twice_at_once_makes_one_key() {
    let desk = Desk::new().await;
    let fields = [("form_id", "1"), ("name", "Game server"), ("scope", "read")];
    let (one, other) = tokio::join!(desk.send("keys/new", &fields), desk.send("keys/new", &fields));
    let mut statuses = [one.status, other.status];
    statuses.sort();
    assert_eq!(statuses, [StatusCode::CREATED, StatusCode::CONFLICT]);
    assert_eq!(desk.stage.game().await.keys.len(), 1);
}

#[tokio::test]
async fn the_form_of_one_person_is_no_repeat_of_another_s() {
    let desk = Desk::new().await;
    let fields = [("form_id", "1"), ("name", "Game server"), ("scope", "read")];
    shown(&desk.send("keys/new", &fields).await);
    let colleague = desk.colleague().await;
    let path = super::test("keys/new");
    shown(&desk.stage.send_as(&colleague, &path, &form(&fields)).await);
    assert_eq!(desk.stage.game().await.keys.len(), 2);
}

#[tokio::test]
async fn each_time_that_a_form_is_drawn_it_is_another_form() {
    let desk = Desk::new().await;
    let id_in = |page: &Page| between(page, r#"name="form_id" value=""#, "\"").to_owned();
    let (one, other) = (desk.get("keys/new").await, desk.get("keys/new").await);
    assert_ne!(id_in(&one), id_in(&other));
}

#[tokio::test]
async fn what_is_wrong_with_a_form_is_told_by_field_and_what_was_typed_is_kept() {
    let desk = Desk::new().await;
    let events = desk.stage.events().await;
    let long = format!("{HOSTILE}{}", "x".repeat(100));
    let fields =
        [("name", long.as_str()), ("scope", "all"), ("expires", "soon"), ("per_second", "26")];
    let page = desk.send("keys/new", &fields).await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
    for text in [
        "must be 1 to 100 characters long",
        "must be read, write, refund or webhooks, each once",
        "must be a day from tomorrow on",
        "must be a number from 1 to the test world’s own limit",
        r#"value="soon""#,
        r#"value="26""#,
        "&quot;&gt;&lt;script&gt;",
        "<title>Error: ",
    ] {
        page.assert_has(text);
    }
    page.assert_has_no("<script");
    assert_eq!(desk.stage.events().await, events);
    assert_eq!(desk.number("SELECT count(*) FROM api_key_secret").await, 0);
}

#[tokio::test]
async fn a_hostile_name_is_text_on_every_page() {
    let desk = Desk::new().await;
    create(&desk, HOSTILE).await;
    let id = newest(&desk).await;
    for path in ["developers", &format!("keys/{id}/rotate"), &format!("keys/{id}/revoke")] {
        let page = desk.get(path).await;
        assert_eq!(page.status, StatusCode::OK);
        page.assert_has("<bdi>&quot;&gt;&lt;script&gt;alert('name')&lt;/script&gt;</bdi>");
        page.assert_has_no("<script");
    }
}

#[tokio::test]
async fn a_rotated_key_and_its_successor_both_work_until_the_overlap_is_over() {
    let desk = Desk::new().await;
    let old = create(&desk, "Game server").await;
    let id = newest(&desk).await;
    let path = format!("keys/{id}/rotate");
    desk.get(&path).await.assert_has(r#"<option value="24" selected>"#);
    let answer = desk.send(&path, &[("form_id", "1"), ("overlap_hours", "1")]).await;
    let new = shown(&answer);
    answer.assert_has("works until");
    for key in [&old, &new] {
        assert_eq!(desk.ask_api(key, SESSIONS).await, StatusCode::OK);
    }
    let list = desk.get("developers").await;
    list.assert_has("Being replaced");
    list.assert_has(&newest(&desk).await);
    let again = desk.send(&path, &[("form_id", "1"), ("overlap_hours", "1")]).await;
    assert_eq!(again.status, StatusCode::CONFLICT);
    again.assert_has("No second key was made");
    let twice = desk.send(&path, &[("form_id", "2"), ("overlap_hours", "1")]).await;
    assert_eq!(twice.status, StatusCode::CONFLICT);
    twice.assert_has("rotated already");
    assert_eq!(desk.stage.game().await.keys.len(), 2);
    desk.stage.advance(3_601);
    assert_eq!(desk.ask_api(&old, SESSIONS).await, StatusCode::UNAUTHORIZED);
    assert_eq!(desk.ask_api(&new, SESSIONS).await, StatusCode::OK);
    let later = desk.colleague().await;
    let list = desk.stage.get_as(&later, &super::test("developers")).await;
    list.assert_has("Expired");
}

#[tokio::test]
async fn a_key_that_is_rotated_without_overlap_is_refused_at_once() {
    let desk = Desk::new().await;
    let old = create(&desk, "Game server").await;
    let path = format!("keys/{}/rotate", newest(&desk).await);
    let wrong = desk.send(&path, &[("overlap_hours", "169")]).await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
    wrong.assert_has("must be 0 to 168 hours; received <bdi>&quot;169&quot;");
    let answer = desk.send(&path, &[("overlap_hours", "0")]).await;
    answer.assert_has("is refused from now on");
    assert_eq!(desk.ask_api(&old, SESSIONS).await, StatusCode::UNAUTHORIZED);
    assert_eq!(desk.ask_api(&shown(&answer), SESSIONS).await, StatusCode::OK);
}

#[tokio::test]
async fn a_key_is_revoked_after_a_page_that_says_what_stops() {
    let desk = Desk::new().await;
    let key = create(&desk, "Game server").await;
    let path = format!("keys/{}/revoke", newest(&desk).await);
    let page = desk.get(&path).await;
    for text in ["What stops working", "Give money back to players", "Never"] {
        page.assert_has(text);
    }
    assert_eq!(desk.ask_api(&key, SESSIONS).await, StatusCode::OK, "a look changes nothing");
    let done = super::test("developers?done=revoked");
    assert_eq!(desk.send(&path, &[("form_id", "1")]).await.location(), done);
    assert_eq!(desk.ask_api(&key, SESSIONS).await, StatusCode::UNAUTHORIZED);
    assert_eq!(desk.send(&path, &[("form_id", "1")]).await.location(), done, "sent twice");
    assert_eq!(desk.send(&path, &[("form_id", "2")]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(desk.get(&path).await.status, StatusCode::NOT_FOUND);
    assert_eq!(desk.told("KeyRevoked").await, 1);
    desk.get("developers?done=revoked").await.assert_has("The key is revoked");
}

#[tokio::test]
async fn a_key_of_the_live_world_is_not_there_in_the_test_world() {
    let desk = Desk::new().await;
    let live = format!("/dashboard/{GAME}/live/keys/new");
    let fields = form(&[("name", "Live server"), ("scope", "read")]);
    let key = shown(&desk.stage.send_as(&desk.cookie, &live, &fields).await);
    assert!(key.starts_with("tp_live_"), "{key}");
    let id = newest(&desk).await;
    desk.get("developers").await.assert_has_no("Live server");
    for act in ["rotate", "revoke"] {
        let path = format!("keys/{id}/{act}");
        assert_eq!(desk.get(&path).await.status, StatusCode::NOT_FOUND);
        let sent = desk.send(&path, &[("overlap_hours", "0")]).await;
        assert_eq!(sent.status, StatusCode::NOT_FOUND);
    }
    assert_eq!(desk.ask_api(&key, SESSIONS).await, StatusCode::OK, "it is as it was");
}

#[tokio::test]
async fn who_has_not_proved_of_late_who_they_are_is_given_no_key() {
    let desk = Desk::new().await;
    create(&desk, "Game server").await;
    let rotate = format!("keys/{}/rotate", newest(&desk).await);
    desk.stage.advance(601);
    let events = desk.stage.events().await;
    for (path, fields) in [
        ("keys/new", &[("name", "Another"), ("scope", "read")][..]),
        (rotate.as_str(), &[("overlap_hours", "24")][..]),
    ] {
        for page in [desk.get(path).await, desk.send(path, fields).await] {
            assert!(!page.status.is_success(), "{}", page.text);
            page.assert_has_no("tp_test_");
        }
    }
    assert_eq!(desk.stage.events().await, events);
}

#[tokio::test]
async fn when_a_key_was_last_used_is_told_to_the_minute() {
    let desk = Desk::new().await;
    create(&desk, "Game server").await;
    let id = newest(&desk).await;
    let used = "INSERT INTO api_key_use VALUES ($1, '2026-03-01T12:34:00Z')";
    sqlx::query(used).bind(&id).execute(&desk.stage.database.service).await.unwrap();
    for path in ["developers", &format!("keys/{id}/revoke")] {
        desk.get(path).await.assert_has(r#"1 Mar 2026 <span class="clock">12:34 UTC</span>"#);
    }
}

#[tokio::test]
async fn a_game_with_as_many_keys_as_it_can_have_is_offered_no_more() {
    let desk = Desk::new().await;
    for _ in 0..50 {
        create(&desk, "Game server").await;
    }
    let list = desk.get("developers").await;
    list.assert_has("as many as it can");
    list.assert_has_no("keys/new");
    let refused = desk.send("keys/new", &[("name", "One more"), ("scope", "read")]).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    refused.assert_has("A game has at most 50 API keys; revoke one first.");
    refused.assert_has(r#"value="One more""#);
}

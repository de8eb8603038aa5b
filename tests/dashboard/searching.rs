//! A search finds what a person means, page by page, and says what is wrong with it.

use axum::http::StatusCode;
use sqlx::raw_sql;
use toffeepay::domain::world::World;

use super::stage::{GAME, OTHER_GAME, Stage};

/// Adds `count` sessions a minute apart, each with a payment; of every ten, six are paid.
pub(crate) async fn add_sessions(stage: &Stage, count: u64) {
    let sql = format!(
        "INSERT INTO session
         SELECT 'sess_' || lpad(n::text, 38, '0') || '0', 1, '{GAME}', 'test',
                CASE WHEN n % 3 = 0 THEN 'often' ELSE 'player_' || n END,
                CASE WHEN n % 10 < 6 THEN 'paid' WHEN n % 10 < 8 THEN 'expired' ELSE 'failed' END,
                CASE WHEN n % 7 = 0 THEN 'Sword of Truth ' ELSE '50 Gold Coins ' END || n, 499,
                CASE WHEN n % 20 = 0 THEN 'EUR' ELSE 'USD' END, NULL, NULL, 'mygame://done',
                timestamptz '2026-03-01 00:00Z' + n * interval '1 minute',
                timestamptz '2026-03-02 00:00Z' + n * interval '1 minute', NULL, NULL, '', false
         FROM generate_series(1, {count}) n"
    );
    raw_sql(&sql).execute(&stage.database.owner).await.unwrap();
}

/// The numbers of the sessions on a page, in its order.
fn numbers(text: &str) -> Vec<u64> {
    let ids = text.split("<code class=\"id\">sess_").skip(1);
    ids.map(|it| it[..38].parse().unwrap()).collect()
}

/// Goes from page to page by the link, and back by the other one; what was seen on the way there.
async fn walk(stage: &Stage, query: &str) -> Vec<u64> {
    let mut page = stage.list(query).await;
    assert!(page.link("Newer").is_none(), "nothing is newer than the newest");
    let mut seen = vec![];
    let mut last = numbers(&page.text);
    seen.extend(&last);
    while let Some(older) = page.link("Older") {
        page = stage.get(&older).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.link("Newest").is_some());
        last = numbers(&page.text);
        seen.extend(&last);
    }
    let mut back: Vec<u64> = last;
    while let Some(newer) = page.link("Newer") {
        page = stage.get(&newer).await;
        back.splice(0..0, numbers(&page.text));
    }
    if !seen.is_empty() && page.link("Newest").is_some() {
        assert_eq!(back, seen, "the way back shows the same for {query}");
    }
    seen
}

fn expected(count: u64, is_wanted: impl Fn(u64) -> bool) -> Vec<u64> {
    (1..=count).rev().filter(|it| is_wanted(*it)).collect()
}

#[tokio::test]
async fn every_session_is_on_one_page_whatever_is_asked_for() {
    const COUNT: u64 = 333;
    let stage = Stage::new().await;
    add_sessions(&stage, COUNT).await;
    let is_sword = |it: u64| it.is_multiple_of(7);
    assert_eq!(walk(&stage, "").await, expected(COUNT, |_| true));
    assert_eq!(walk(&stage, "?status=paid").await, expected(COUNT, |it| it % 10 < 6));
    assert_eq!(walk(&stage, "?currency=EUR").await, expected(COUNT, |it| it % 20 == 0));
    assert_eq!(walk(&stage, "?q=sword+TRUTH").await, expected(COUNT, is_sword));
    assert_eq!(walk(&stage, "?q=often").await, expected(COUNT, |it| it % 3 == 0));
    let often_and_failed = |it: u64| it.is_multiple_of(3) && 8 <= it % 10;
    assert_eq!(walk(&stage, "?q=often&status=failed").await, expected(COUNT, often_and_failed));
    let both = |it: u64| is_sword(it) && it % 10 < 6 && !it.is_multiple_of(20);
    let query = "?q=truth&in=title&status=paid&currency=USD&from=2026-03-01&to=2026-03-01";
    assert_eq!(walk(&stage, query).await, expected(COUNT, both));
    assert!(walk(&stage, "?from=2026-03-02").await.is_empty());
}

#[tokio::test]
async fn a_total_is_told_where_it_is_exact_and_only_there() {
    let stage = Stage::new().await;
    add_sessions(&stage, 1_500).await;
    stage.list("").await.assert_has("1,500 sessions, 50 on this page");
    stage.list("?status=paid").await.assert_has("900 sessions, 50 on this page");
    // 1,439 minutes after midnight is still the first day.
    stage.list("?to=2026-03-01").await.assert_has("1,439 sessions, ");
    stage.list("?from=2026-03-02").await.assert_has("61 sessions, ");
    stage.list("?from=2026-03-03").await.assert_has(">0 sessions</p>");
    let page = stage.list("?currency=EUR").await;
    page.assert_has("50 on this page");
    page.assert_has_no("sessions, 50");
}

#[tokio::test]
async fn an_id_of_a_session_a_payment_or_a_refund_leads_to_the_session() {
    let stage = Stage::new().await;
    let id = stage.session("player_42", "50 Gold Coins").await;
    let paid = stage.pay(&id).await;
    let refund = stage.refund(&id, &paid, "bought twice").await;
    for text in [id.as_str(), paid.as_str(), refund.as_str()] {
        let page = stage.list(&format!("?q=+{text}+")).await;
        assert_eq!(page.location(), format!("/dashboard/{GAME}/test/sessions/{id}"));
    }
    stage.list("").await.assert_has("Refunded</span>");
}

#[tokio::test]
async fn an_id_of_another_game_or_world_is_of_nothing() {
    let stage = Stage::new().await;
    let others = stage.session_of(OTHER_GAME, World::Test, "player", "Coins").await;
    let live = stage.session_of(GAME, World::Live, "player", "Coins").await;
    for id in [&others, &live] {
        let page = stage.list(&format!("?q={id}")).await;
        assert_eq!(page.status, StatusCode::OK);
        page.assert_has("Nothing has this id");
        let page = stage.list(&format!("?before={id}")).await;
        assert_eq!(page.status, StatusCode::BAD_REQUEST);
    }
    let page = stage.list(&format!("?q={live}")).await;
    let there = page.link("Look for it in the live world").unwrap();
    assert!(stage.get(&there).await.location().ends_with(live.as_str()));
    stage.list("").await.assert_has("No sessions yet");
    stage.list("?q=player").await.assert_has_no("Coins");
}

#[tokio::test]
async fn a_bad_filter_is_named_with_its_rule_and_the_form_stays_filled() {
    let stage = Stage::new().await;
    add_sessions(&stage, 1).await;
    let page = stage.list("?q=gold&status=done&from=yesterday&currency=EUR").await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
    page.assert_has(
        "must be pending, paid, failed, cancelled or expired; received <bdi>&quot;done&quot;",
    );
    page.assert_has("must be a day such as 2026-01-31; received <bdi>&quot;yesterday&quot;");
    page.assert_has("value=\"gold\"");
    page.assert_has("value=\"yesterday\"");
    page.assert_has("<option value=\"EUR\" selected>");
    page.assert_has("<option value=\"done\" selected>");
    page.assert_has_no("<table");
}

#[tokio::test]
async fn a_cut_id_is_said_to_be_none() {
    let stage = Stage::new().await;
    let id = stage.session("player_42", "50 Gold Coins").await;
    let page = stage.list(&format!("?q={}", &id.as_str()[..20])).await;
    page.assert_has("was all of it copied?");
}

#[tokio::test]
async fn words_that_are_too_many_are_said_not_to_be_looked_for() {
    let stage = Stage::new().await;
    stage.session("player_42", "a b c d e f g h and more").await;
    let page = stage.list("?q=a+b+c+d+e+f+g+h+never+%3Ci%3E").await;
    page.assert_has("a b c d e f g h and more");
    page.assert_has("Only the first 8 words are looked for, not “<bdi>never &lt;i&gt;</bdi>”.");
    stage.list("?q=a+b+c+d+e+f+g+h").await.assert_has_no("Only the first");
}

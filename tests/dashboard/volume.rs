//! No search reads a whole table, whatever is asked for, and one that stops early says so.

use std::time::Instant;

use sqlx::raw_sql;
use toffeepay::{
    domain::{session::SessionStatus, world::World},
    projections::session_search::{LOOKED_AT_MAX, Search, Turn, plans, search},
};

use super::{
    searching::add_sessions,
    stage::{GAME, Stage},
};

const ALL: Search<'static> = Search {
    game_id: GAME,
    world: World::Test,
    user_id: None,
    words: &[],
    status: None,
    currency: None,
    from: None,
    to: None,
};

async fn filled(count: u64) -> Stage {
    let stage = Stage::new().await;
    add_sessions(&stage, count).await;
    raw_sql("VACUUM ANALYZE session, list_count").execute(&stage.database.owner).await.unwrap();
    stage
}

#[tokio::test]
async fn no_search_reads_a_whole_table() {
    let stage = filled(100_000).await;
    let words = ["nowhere".to_owned()];
    let middle = search(&stage.database.service, &ALL, &Turn::Newest, 1).await.unwrap();
    let cursor = middle.rows.last().map(|it| (it.created_at, it.id.clone())).unwrap();
    let failed = Some(SessionStatus::Failed);
    for asked in [
        ALL.clone(),
        Search { status: failed, ..ALL },
        Search { words: &words, ..ALL },
        Search { currency: Some("JPY"), status: failed, ..ALL },
        Search { user_id: Some("player_22"), ..ALL },
        Search { user_id: Some("player_22"), status: failed, ..ALL },
    ] {
        for turn in [Turn::Newest, Turn::Before(cursor.clone()), Turn::After(cursor.clone())] {
            for plan in plans(&stage.database.service, &asked, &turn, 50).await.unwrap() {
                assert!(!plan.contains("Seq Scan"), "{asked:?}: {plan}");
            }
        }
    }
}

#[tokio::test]
async fn a_search_without_an_index_stops_after_ten_thousand_sessions_and_can_go_on() {
    let stage = filled(25_000).await;
    let page = stage.list("?q=truth+7&in=title&currency=EUR").await;
    page.assert_has("reads 10,000 sessions at a time");
    let mut page = stage.list("?q=nowhere").await;
    page.assert_has("No match so far");
    for _ in 0..2 {
        page = stage.get(&page.link("Older").unwrap()).await;
    }
    page.assert_has("No session matches");
    assert!(page.link("Older").is_none());
    page.assert_has_no("at a time");
    let words = ["nowhere".to_owned()];
    let asked = Search { words: &words, ..ALL };
    let found = search(&stage.database.service, &asked, &Turn::Newest, 50).await.unwrap();
    let (_, id) = found.looked_until.unwrap();
    let last = 25_000 - u64::from(LOOKED_AT_MAX) + 1;
    assert_eq!(id, format!("sess_{last:038}0"));
}

/// On demand: `cargo test --release --test dashboard how_long -- --ignored --nocapture`.
#[tokio::test]
#[ignore = "fills two million rows, which takes a minute"]
async fn how_long_searches_take_among_two_million_sessions() {
    let stage = filled(2_000_000).await;
    let words = ["nowhere".to_owned()];
    for (what, asked) in [
        ("all", ALL.clone()),
        ("by status", Search { status: Some(SessionStatus::Failed), ..ALL }),
        ("a word that is nowhere", Search { words: &words, ..ALL }),
        ("a currency that is nowhere", Search { currency: Some("JPY"), ..ALL }),
        ("a player", Search { user_id: Some("player_22"), ..ALL }),
        ("a player with very many", Search { user_id: Some("often"), ..ALL }),
        (
            "of that one, failed ones",
            Search { user_id: Some("often"), status: Some(SessionStatus::Failed), ..ALL },
        ),
    ] {
        for _ in 0..2 {
            let began = Instant::now();
            let found = search(&stage.database.service, &asked, &Turn::Newest, 50).await.unwrap();
            println!("{what}: {} rows in {:.1?}", found.rows.len(), began.elapsed());
        }
    }
}

//! No search reads a whole table, whatever is asked for, and one that stops early says so.

use chrono::NaiveDate;
use sqlx::raw_sql;
use toffeepay::{
    domain::{session::SessionStatus, world::World},
    projections::{
        session::SessionRow,
        session_search::{LOOKED_AT_MAX, Search, Turn, plans, search},
    },
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

/// Pages of the table and its indexes that one page of an ordered list takes: five ranges, each read one
/// row at a time.
const PAGES_OF_A_LIST_MAX: u64 = 400;

/// Those of a look among ten thousand sessions, in the worst order there is.
const PAGES_OF_A_LOOK_MAX: u64 = 12_000;

async fn filled(count: u64) -> Stage {
    let stage = Stage::new().await;
    add_sessions(&stage, count).await;
    raw_sql("VACUUM ANALYZE session, list_count").execute(&stage.database.owner).await.unwrap();
    stage
}

/// What Postgres read for a plan: rows that it threw away, and pages.
pub(super) struct Read {
    pub(super) thrown_away: u64,
    pub(super) pages: u64,
}

pub(super) fn read(plan: &str) -> Read {
    let number = |text: &str| {
        text.split(|it: char| !it.is_ascii_digit()).find_map(|it| it.parse::<u64>().ok())
    };
    let after = |line: &str, word: &str| line.split_once(word).and_then(|(_, rest)| number(rest));
    let thrown_away = plan.lines().filter_map(|it| after(it, "Rows Removed by Filter: ")).sum();
    // The first line about pages is that of the whole.
    let whole = plan.lines().find(|it| it.contains("Buffers: shared")).unwrap();
    let pages = ["hit=", "read="].iter().filter_map(|it| after(whole, it)).sum();
    Read { thrown_away, pages }
}

#[tokio::test]
async fn no_search_reads_more_than_a_page_or_what_it_may_look_at() {
    let stage = filled(100_000).await;
    let words = ["nowhere".to_owned()];
    let pool = &stage.database.service;
    // Half of the sessions are on either side of it.
    let middle = SessionRow::find(pool, &format!("sess_{:038}0", 50_000)).await.unwrap().unwrap();
    let cursor = (middle.created_at, middle.id);
    let failed = Some(SessionStatus::Failed);
    let (day, days) = (NaiveDate::from_ymd_opt(2026, 4, 1), NaiveDate::from_ymd_opt(2026, 4, 30));
    for (asked, has_index) in [
        (ALL.clone(), true),
        (Search { status: failed, ..ALL }, true),
        (Search { from: day, to: days, ..ALL }, true),
        (Search { status: failed, from: day, to: days, ..ALL }, true),
        // The cursor lies far beyond these days.
        (Search { to: NaiveDate::from_ymd_opt(2026, 3, 2), ..ALL }, true),
        (Search { from: NaiveDate::from_ymd_opt(2026, 5, 8), ..ALL }, true),
        (Search { user_id: Some("player_22"), ..ALL }, true),
        (Search { user_id: Some("often"), ..ALL }, true),
        (Search { user_id: Some("often"), from: day, ..ALL }, true),
        (Search { user_id: Some("often"), status: failed, ..ALL }, false),
        (Search { words: &words, ..ALL }, false),
        (Search { words: &words, status: failed, ..ALL }, false),
        (Search { currency: Some("JPY"), ..ALL }, false),
        (Search { currency: Some("JPY"), user_id: Some("often"), to: days, ..ALL }, false),
    ] {
        for turn in [Turn::Newest, Turn::Before(cursor.clone()), Turn::After(cursor.clone())] {
            for plan in plans(pool, &asked, &turn, 50).await.unwrap() {
                let Read { thrown_away, pages } = read(&plan);
                let (most_thrown_away, most_pages) = match has_index {
                    // The cursor itself: a player’s index has no ids.
                    true => (1, PAGES_OF_A_LIST_MAX),
                    false => (asked.looked_at_max().into(), PAGES_OF_A_LOOK_MAX),
                };
                assert!(thrown_away <= most_thrown_away, "{asked:?} {turn:?}: {plan}");
                assert!(pages <= most_pages, "{asked:?} {turn:?}: {plan}");
                assert!(!plan.contains("Seq Scan"), "{asked:?} {turn:?}: {plan}");
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

//! No page of a history reads more than a page, however rare what is asked for is, and whoever acted is found by
//! looks into an index.

use sqlx::raw_sql;
use toffeepay::{
    acts::{ActCursor, ActKind, ActTurn, ActsWanted, actors_of, actors_plan, find_acts_plan},
    domain::world::World,
};

use super::{
    stage::{GAME, Stage},
    volume::read,
};

/// Pages of the table and an index that fifty acts and the way to them take.
const PAGES_OF_A_PAGE_MAX: u64 = 150;

/// Postgres may look through all of what is rare, where that is as good as another index.
const THROWN_AWAY_MAX: u64 = 100;

/// Those of a look for each of some hundred actors: three levels of an index, and then some.
const PAGES_OF_ACTORS_MAX: u64 = 800;

/// How many acts the table has; a third of them are the studio's.
const ACTS: i64 = 200_000;

/// Of what is rare, there is one in so many of the studio's acts.
const RARE_EVERY: i64 = 3_000;

/// Has the studio's game have many acts more, without the log: rare ones lie far apart.
async fn filled() -> Stage {
    let stage = Stage::new().await;
    let studio_id = stage.studio_of(GAME).await;
    sqlx::query(
        "INSERT INTO act
         SELECT 1, 'game-filled', n, n + 1000000, '2020-01-01Z'::timestamptz + n * interval '1 min',
             'SettingsChanged', CASE n % 3 WHEN 0 THEN $1 ELSE 'stu_' || n % 97 END,
             CASE n % $4 WHEN 0 THEN $2 ELSE 'common' END,
             CASE n % $4 WHEN 0 THEN 'live' ELSE 'test' END,
             CASE n % $4 WHEN 0 THEN 'refunds' ELSE 'keys' END,
             CASE n % $4 WHEN 0 THEN 'person:per_rare' ELSE 'key:key_' || n % 100 END, NULL
         FROM generate_series(1, $3) n",
    )
    .bind(studio_id.as_str())
    .bind(GAME)
    .bind(ACTS)
    .bind(RARE_EVERY)
    .execute(&stage.database.owner)
    .await
    .unwrap();
    raw_sql("VACUUM ANALYZE act").execute(&stage.database.owner).await.unwrap();
    stage
}

#[tokio::test]
async fn no_page_of_the_history_reads_more_than_a_page() {
    let stage = filled().await;
    let studio_id = stage.studio_of(GAME).await;
    let whose = (studio_id.as_str(), 1);
    let mut connection = stage.database.owner.acquire().await.unwrap();
    let at = "2020-03-01T00:00:00Z".parse().unwrap();
    let middle = ActCursor { recorded_at: at, position: 1_080_000 };
    let all = ActsWanted::default();
    let (game_id, common) = (Some(GAME.to_owned()), Some("common".to_owned()));
    for wanted in [
        all.clone(),
        ActsWanted { actor: Some("person:per_rare".to_owned()), ..all.clone() },
        ActsWanted { actor: Some("person:per_nobody".to_owned()), ..all.clone() },
        ActsWanted { game_id: game_id.clone(), ..all.clone() },
        ActsWanted { world: Some(World::Live), ..all.clone() },
        ActsWanted { game_id, world: Some(World::Live), ..all.clone() },
        // One of its worlds is rare, or has nothing, in a game of which there is much.
        ActsWanted { game_id: common.clone(), world: Some(World::Test), ..all.clone() },
        ActsWanted { game_id: common, world: Some(World::Live), ..all.clone() },
        ActsWanted { kind: Some(ActKind::Refunds), ..all.clone() },
        ActsWanted { from: Some(at), ..all.clone() },
        ActsWanted { until: Some(at), ..all.clone() },
    ] {
        for turn in [ActTurn::Newest, ActTurn::Before(middle), ActTurn::After(middle)] {
            let plan = find_acts_plan(&mut connection, whose, &wanted, turn, 50).await.unwrap();
            let read = read(&plan);
            assert!(read.pages <= PAGES_OF_A_PAGE_MAX, "{wanted:?} {turn:?}: {plan}");
            assert!(read.thrown_away <= THROWN_AWAY_MAX, "{wanted:?} {turn:?}: {plan}");
        }
    }
}

#[tokio::test]
async fn whoever_acted_is_found_without_reading_what_they_did_and_people_come_first() {
    let stage = filled().await;
    let studio_id = stage.studio_of(GAME).await;
    let whose = (studio_id.as_str(), 1);
    let mut connection = stage.database.owner.acquire().await.unwrap();
    for range in 0..3 {
        let plan = actors_plan(&mut connection, whose, range, 500).await.unwrap();
        assert!(read(&plan).pages <= PAGES_OF_ACTORS_MAX, "{plan}");
    }
    let few = actors_of(&mut connection, whose, 2).await.unwrap();
    assert_eq!(few.some, ["person:per_rare", "key:key_0"]);
    assert!(few.has_more);
    let all = actors_of(&mut connection, whose, 500).await.unwrap();
    assert!(all.some.len() == 101 && !all.has_more, "{all:?}");
}

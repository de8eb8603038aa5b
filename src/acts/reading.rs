//! Finds acts again: a studio's, newest first, page by page.

use sqlx::{PgConnection, Postgres, QueryBuilder};

use super::{ActKind, ActRow, Acts, TOFFEEPAY};
use crate::{
    domain::{Timestamp, studio::Studio, world::World},
    event_store::{
        EXPLAIN, RUN, plan, stream_name,
        subscription::{Followed, Progress, Subscriber as _, progress_of},
    },
    ids::SHARD,
};

/// In which order whoever acted is told of, by what the actor begins with: people before whatever there may be
/// many of. Each is all that sorts from the first text on and before the second.
const ACTORS: [(&str, &str); 3] =
    [("person:", "person;"), (TOFFEEPAY, "toffeepay;"), ("key:", "key;")];

/// Which acts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ActsWanted {
    /// By whom: `person:…`, `key:…` or [`super::TOFFEEPAY`].
    pub actor: Option<String>,
    /// On which game and its sessions.
    pub game_id: Option<String>,
    /// In which world.
    pub world: Option<World>,
    /// About what.
    pub kind: Option<ActKind>,
    /// Recorded then or later.
    pub from: Option<Timestamp>,
    /// Recorded before then.
    pub until: Option<Timestamp>,
}

/// Where an act stands among others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ActCursor {
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// Its place in the log.
    pub position: i64,
}

/// Where a page begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActTurn {
    /// With the newest.
    Newest,
    /// After this one, going back in time.
    Before(ActCursor),
    /// After this one, coming forward.
    After(ActCursor),
}

/// A page of acts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActPage {
    /// The newest first.
    pub rows: Vec<ActRow>,
    /// Whether there are more in the direction of the turn.
    pub has_more: bool,
}

/// Of what the rows of a studio are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// How far the log was followed.
    pub followed: Followed,
    /// Whether any event of the studio, its games or their sessions could not be noted.
    pub has_parked: bool,
    /// Which rows are read.
    pub generation: i32,
}

/// How far the log was followed at this moment, for a studio.
///
/// # Errors
///
/// The database's.
pub async fn standing(
    snapshot: &mut PgConnection,
    studio_id: &str,
) -> Result<Standing, sqlx::Error> {
    let Progress { followed, generation } = progress_of::<Acts>(snapshot, SHARD).await?;
    let has_parked = sqlx::query_scalar(
        "SELECT EXISTS (
             SELECT FROM dead_letter d
             LEFT JOIN session s ON s.id = substr(d.stream, length('session-') + 1)
             LEFT JOIN game g ON g.id = coalesce(s.game_id, substr(d.stream, length('game-') + 1))
             WHERE (d.name, d.generation, d.shard) = ($1, $2, $3)
               AND (d.stream = $4 OR g.studio_id = $5))",
    )
    .bind(Acts::NAME)
    .bind(generation)
    .bind(SHARD)
    .bind(stream_name::<Studio>(studio_id))
    .bind(studio_id)
    .fetch_one(snapshot)
    .await?;
    Ok(Standing { followed, has_parked, generation })
}

/// A page of a studio's acts, of one generation of rows.
///
/// # Errors
///
/// The database's.
pub async fn find_acts(
    snapshot: &mut PgConnection,
    whose: (&str, i32),
    wanted: &ActsWanted,
    turn: ActTurn,
    rows_max: u32,
) -> Result<ActPage, sqlx::Error> {
    let mut query = page_query(RUN, whose, wanted, turn, rows_max);
    let mut rows: Vec<ActRow> = query.build_query_as().fetch_all(snapshot).await?;
    let most = usize::try_from(rows_max).unwrap_or(usize::MAX);
    let has_more = most < rows.len();
    rows.truncate(most);
    if matches!(turn, ActTurn::After(_)) {
        rows.reverse();
    }
    Ok(ActPage { rows, has_more })
}

/// How Postgres reads that page: the plan, run and measured, in its own words.
///
/// # Errors
///
/// If the database does not answer.
pub async fn find_acts_plan(
    snapshot: &mut PgConnection,
    whose: (&str, i32),
    wanted: &ActsWanted,
    turn: ActTurn,
    rows_max: u32,
) -> Result<String, sqlx::Error> {
    plan(snapshot, page_query(EXPLAIN, whose, wanted, turn, rows_max)).await
}

fn page_query<'a>(
    before: &str,
    (studio_id, generation): (&'a str, i32),
    wanted: &'a ActsWanted,
    turn: ActTurn,
    rows_max: u32,
) -> QueryBuilder<'a, Postgres> {
    let mut query = QueryBuilder::new(format!("{before}SELECT * FROM act WHERE studio_id = "));
    query.push_bind(studio_id).push(" AND generation = ").push_bind(generation);
    if let Some(actor) = &wanted.actor {
        query.push(" AND actor = ").push_bind(actor);
    }
    if let Some(game_id) = &wanted.game_id {
        query.push(" AND game_id = ").push_bind(game_id);
    }
    if let Some(world) = wanted.world {
        query.push(" AND world = ").push_bind(world.as_str());
    }
    if let Some(kind) = wanted.kind {
        query.push(" AND kind = ").push_bind(kind.as_str());
    }
    if let Some(from) = wanted.from {
        query.push(" AND recorded_at >= ").push_bind(from);
    }
    if let Some(until) = wanted.until {
        query.push(" AND recorded_at < ").push_bind(until);
    }
    let (sign, cursor, order) = match turn {
        ActTurn::Newest => ("<", None, "DESC"),
        ActTurn::Before(cursor) => ("<", Some(cursor), "DESC"),
        ActTurn::After(cursor) => (">", Some(cursor), "ASC"),
    };
    if let Some(ActCursor { recorded_at, position }) = cursor {
        query.push(format!(" AND (recorded_at, position) {sign} ("));
        query.push_bind(recorded_at).push(", ").push_bind(position).push(")");
    }
    query.push(format!(" ORDER BY recorded_at {order}, position {order} LIMIT "));
    query.push_bind(i64::from(rows_max) + 1);
    query
}

/// One act of a studio, by its place in the log.
///
/// # Errors
///
/// The database's.
pub async fn act_at(
    snapshot: &mut PgConnection,
    (studio_id, generation): (&str, i32),
    position: i64,
) -> Result<Option<ActRow>, sqlx::Error> {
    sqlx::query_as(
        "SELECT act.* FROM event
         JOIN act ON act.generation = $1 AND act.stream = event.stream AND act.version = event.version
         WHERE event.shard = $2 AND event.position = $3 AND act.studio_id = $4",
    )
    .bind(generation)
    .bind(SHARD)
    .bind(position)
    .bind(studio_id)
    .fetch_optional(snapshot)
    .await
}

/// Whoever ever did something at a studio.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Actors {
    /// People first.
    pub some: Vec<String>,
    /// Whether there are more.
    pub has_more: bool,
}

/// Whoever ever did something at a studio: each found by a look into an index, however much they did.
///
/// # Errors
///
/// The database's.
pub async fn actors_of(
    snapshot: &mut PgConnection,
    (studio_id, generation): (&str, i32),
    most: u32,
) -> Result<Actors, sqlx::Error> {
    let limit = usize::try_from(most).unwrap_or(usize::MAX);
    let mut some: Vec<String> = vec![];
    for (from, until) in ACTORS {
        let left = i64::try_from(limit.saturating_sub(some.len())).unwrap_or(i64::MAX);
        let mut query = actors_query(RUN, (studio_id, generation), (from, until), left + 1);
        some.extend(query.build_query_scalar().fetch_all(&mut *snapshot).await?);
        if limit < some.len() {
            some.truncate(limit);
            return Ok(Actors { some, has_more: true });
        }
    }
    Ok(Actors { some, has_more: false })
}

/// How Postgres finds one sort of them, by its place in their order: the plan, run and measured, in its own
/// words.
///
/// # Errors
///
/// If the database does not answer.
pub async fn actors_plan(
    snapshot: &mut PgConnection,
    whose: (&str, i32),
    sort: usize,
    most: u32,
) -> Result<String, sqlx::Error> {
    let range = ACTORS.get(sort).copied().unwrap_or_default();
    plan(snapshot, actors_query(EXPLAIN, whose, range, i64::from(most) + 1)).await
}

fn actors_query<'a>(
    before: &str,
    (studio_id, generation): (&'a str, i32),
    (from, until): (&'a str, &'a str),
    limit: i64,
) -> QueryBuilder<'a, Postgres> {
    // Each least of them is a plain look into the index: so it may ask for nothing that must be joined.
    let least = |query: &mut QueryBuilder<'a, Postgres>| {
        query
            .push("SELECT (SELECT min(act.actor) FROM act WHERE studio_id = ")
            .push_bind(studio_id);
        query.push(" AND generation = ").push_bind(generation);
        query.push(" AND act.actor < ").push_bind(until);
    };
    let mut query = QueryBuilder::new(before);
    query.push("WITH RECURSIVE it AS (");
    least(&mut query);
    query.push(" AND act.actor >= ").push_bind(from).push(") AS actor UNION ALL ");
    least(&mut query);
    query.push(" AND it.actor < act.actor) FROM it WHERE it.actor IS NOT NULL) ");
    query.push("SELECT actor FROM it WHERE actor IS NOT NULL LIMIT ").push_bind(limit);
    query
}

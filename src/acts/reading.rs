//! Finds acts again: a studio's, newest first, page by page.

use sqlx::{FromRow, PgConnection, Postgres, QueryBuilder};

use super::{ActKind, ActRow, Acts};
use crate::{
    domain::{Timestamp, world::World},
    event_store::subscription::Subscriber as _,
    ids::SHARD,
};

/// The most who ever acted at a studio that are told of.
const ACTORS_MAX: i64 = 500;

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

/// Which rows are read, and whether they are up to date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromRow)]
pub struct Standing {
    /// Which rows.
    pub generation: i32,
    /// Whether something stands in the log that was not looked at yet.
    pub is_behind: bool,
}

/// How far the log was followed.
///
/// # Errors
///
/// The database's.
pub async fn standing(snapshot: &mut PgConnection) -> Result<Standing, sqlx::Error> {
    sqlx::query_as(
        "SELECT coalesce(it.generation, $3) AS generation,
                coalesce(it.position < head.position, 0 < head.position) AS is_behind
         FROM event_head head
         LEFT JOIN subscription it ON it.name = $1 AND it.shard = head.shard AND it.is_live
         WHERE head.shard = $2",
    )
    .bind(Acts::NAME)
    .bind(SHARD)
    .bind(Acts::GENERATION)
    .fetch_one(snapshot)
    .await
}

/// A page of a studio's acts, of one generation of rows.
///
/// # Errors
///
/// The database's.
pub async fn find_acts(
    snapshot: &mut PgConnection,
    (studio_id, generation): (&str, i32),
    wanted: &ActsWanted,
    turn: ActTurn,
    rows_max: u32,
) -> Result<ActPage, sqlx::Error> {
    let mut query = QueryBuilder::<Postgres>::new("SELECT * FROM act WHERE studio_id = ");
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
    let mut rows: Vec<ActRow> = query.build_query_as().fetch_all(snapshot).await?;
    let most = usize::try_from(rows_max).unwrap_or(usize::MAX);
    let has_more = most < rows.len();
    rows.truncate(most);
    if order == "ASC" {
        rows.reverse();
    }
    Ok(ActPage { rows, has_more })
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

/// Whoever ever did something at a studio: each found by a look into an index, however much they did.
///
/// # Errors
///
/// The database's.
pub async fn actors_of(
    snapshot: &mut PgConnection,
    (studio_id, generation): (&str, i32),
) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar(
        "WITH RECURSIVE it AS (
             SELECT (SELECT min(actor) FROM act WHERE studio_id = $1 AND generation = $2) AS actor
             UNION ALL
             SELECT (SELECT min(act.actor) FROM act
                     WHERE studio_id = $1 AND generation = $2 AND it.actor < act.actor)
             FROM it WHERE it.actor IS NOT NULL
         )
         SELECT actor FROM it WHERE actor IS NOT NULL LIMIT $3",
    )
    .bind(studio_id)
    .bind(generation)
    .bind(ACTORS_MAX)
    .fetch_all(snapshot)
    .await
}

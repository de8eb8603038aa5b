//! Rebuilding a subscription beside the live one, and switching to it.

use sqlx::{FromRow, PgConnection, PgExecutor, PgPool};
use thiserror::Error;

use super::follower::BATCH_EVENTS_MAX;
use super::{StartsAt, Subscriber};

/// How far a rebuilt generation may lie behind the live one and still take its place: what the
/// next batch of its follower catches up with.
const SWITCH_LAG_EVENTS_MAX: i64 = BATCH_EVENTS_MAX;

/// Why a generation was not made the live one.
#[derive(Debug, Error)]
pub enum SwitchError {
    /// It is not registered in every shard.
    #[error("{name} has no generation {generation}")]
    NoSuchGeneration {
        /// The subscription.
        name: String,
        /// The generation asked for.
        generation: i32,
    },
    /// It has not caught up with the live one.
    #[error("generation {generation} of {name} lies {events} events behind the live one")]
    Behind {
        /// The subscription.
        name: String,
        /// The generation asked for.
        generation: i32,
        /// By how many events.
        events: i64,
    },
    /// More of its events are parked than of the live one's: readers would lose something.
    #[error("generation {generation} of {name} has {dead_letters} dead letters")]
    Incomplete {
        /// The subscription.
        name: String,
        /// The generation asked for.
        generation: i32,
        /// How many events are parked.
        dead_letters: i64,
    },
    /// Its effects reach outside, so it takes over by itself and never goes back.
    #[error("{0} has side effects, which are never replayed")]
    NotReplayable(String),
    /// The database did not answer.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

#[derive(FromRow)]
struct Standing {
    generation: i32,
    shard: i16,
    position: i64,
    is_live: bool,
    is_replayable: bool,
    dead_letters: i64,
}

/// Makes the subscriber's row unless it is there. The first generation is live at once.
///
/// A follower does this by itself; do it earlier for a subscriber that starts at the head.
///
/// # Errors
///
/// The database's.
pub async fn register<S: Subscriber>(pool: &PgPool, shard: i16) -> Result<(), sqlx::Error> {
    let mut transaction = pool.begin().await?;
    let standings = lock(&mut transaction, S::NAME).await?;
    let mut own_shard = standings.iter().filter(|it| it.shard == shard);
    if own_shard.clone().any(|it| it.generation == S::GENERATION) {
        return transaction.rollback().await;
    }
    let (position, is_live) = match own_shard.find(|it| it.is_live) {
        None => (first_position::<S>(&mut transaction, shard).await?, true),
        Some(_) if S::REPLAYABLE => (0, false),
        Some(live) if S::GENERATION < live.generation => (live.position, false),
        Some(live) => {
            hand_over::<S>(&mut transaction, live).await?;
            (live.position, true)
        }
    };
    sqlx::query(
        "INSERT INTO subscription (name, generation, shard, position, is_live, is_replayable)
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(S::NAME)
    .bind(S::GENERATION)
    .bind(shard)
    .bind(position)
    .bind(is_live)
    .bind(S::REPLAYABLE)
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await
}

/// Makes a rebuilt generation the live one, in all shards at once.
///
/// # Errors
///
/// - [`SwitchError::Behind`], [`SwitchError::Incomplete`]: it would show less than the live one.
/// - [`SwitchError::NoSuchGeneration`], [`SwitchError::NotReplayable`], [`SwitchError::Database`].
pub async fn switch(pool: &PgPool, name: &str, generation: i32) -> Result<(), SwitchError> {
    let mut transaction = pool.begin().await?;
    let standings = lock(&mut transaction, name).await?;
    if !standings.iter().any(|it| it.is_live) {
        return Err(SwitchError::NoSuchGeneration { name: name.to_owned(), generation });
    }
    for live in standings.iter().filter(|it| it.is_live) {
        let rebuilt =
            standings.iter().find(|it| it.generation == generation && it.shard == live.shard);
        check(name, generation, live, rebuilt)?;
    }
    // In two statements, since two live generations are refused even for a moment.
    sqlx::query("UPDATE subscription SET is_live = false WHERE name = $1 AND is_live")
        .bind(name)
        .execute(&mut *transaction)
        .await?;
    sqlx::query("UPDATE subscription SET is_live = true WHERE name = $1 AND generation = $2")
        .bind(name)
        .bind(generation)
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await?;
    tracing::info!(subscription = name, generation, "a rebuilt generation is live");
    Ok(())
}

/// Which generation's rows to read; `None` before the first follower.
///
/// # Errors
///
/// The database's.
pub async fn live_generation(
    executor: impl PgExecutor<'_>,
    name: &str,
) -> Result<Option<i32>, sqlx::Error> {
    sqlx::query_scalar("SELECT generation FROM subscription WHERE name = $1 AND is_live LIMIT 1")
        .bind(name)
        .fetch_optional(executor)
        .await
}

fn check(
    name: &str,
    generation: i32,
    live: &Standing,
    rebuilt: Option<&Standing>,
) -> Result<(), SwitchError> {
    let name = name.to_owned();
    let Some(rebuilt) = rebuilt else {
        return Err(SwitchError::NoSuchGeneration { name, generation });
    };
    if !rebuilt.is_replayable {
        return Err(SwitchError::NotReplayable(name));
    }
    let events = live.position - rebuilt.position;
    if SWITCH_LAG_EVENTS_MAX < events {
        return Err(SwitchError::Behind { name, generation, events });
    }
    let dead_letters = rebuilt.dead_letters;
    if live.dead_letters < dead_letters {
        return Err(SwitchError::Incomplete { name, generation, dead_letters });
    }
    Ok(())
}

/// Locks all generations of a subscription: none is added and none moves meanwhile.
async fn lock(transaction: &mut PgConnection, name: &str) -> Result<Vec<Standing>, sqlx::Error> {
    sqlx::query("SELECT pg_advisory_xact_lock(hashtext('subscription ' || $1))")
        .bind(name)
        .execute(&mut *transaction)
        .await?;
    sqlx::query("SELECT FROM subscription WHERE name = $1 ORDER BY generation, shard FOR UPDATE")
        .bind(name)
        .execute(&mut *transaction)
        .await?;
    sqlx::query_as(
        "SELECT generation, shard, position, is_live, is_replayable,
                (SELECT count(*) FROM dead_letter d
                 WHERE (d.name, d.generation, d.shard) = (s.name, s.generation, s.shard))
                AS dead_letters
         FROM subscription s WHERE name = $1",
    )
    .bind(name)
    .fetch_all(transaction)
    .await
}

async fn first_position<S: Subscriber>(
    transaction: &mut PgConnection,
    shard: i16,
) -> Result<i64, sqlx::Error> {
    match S::STARTS_AT {
        StartsAt::Beginning => Ok(0),
        StartsAt::Head => {
            sqlx::query_scalar("SELECT position FROM event_head WHERE shard = $1")
                .bind(shard)
                .fetch_one(transaction)
                .await
        }
    }
}

/// Ends the live generation of a subscriber with side effects: its follower's fence is void, and
/// what it had parked waits under the new generation.
async fn hand_over<S: Subscriber>(
    transaction: &mut PgConnection,
    live: &Standing,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE subscription SET is_live = false, owner = NULL, fence = fence + 1
         WHERE name = $1 AND generation = $2 AND shard = $3",
    )
    .bind(S::NAME)
    .bind(live.generation)
    .bind(live.shard)
    .execute(&mut *transaction)
    .await?;
    sqlx::query(
        "UPDATE dead_letter SET generation = $4
         WHERE name = $1 AND generation = $2 AND shard = $3",
    )
    .bind(S::NAME)
    .bind(live.generation)
    .bind(live.shard)
    .bind(S::GENERATION)
    .execute(transaction)
    .await?;
    Ok(())
}

//! Sessions by what a person knows of them, newest first, from one cursor to the next.
//!
//! What no index leads to (a word of a title, a currency) is looked for among a bounded number of
//! sessions at a time, and the answer says how far that went: no query reads a whole table, however
//! rare the thing is that is asked for.

use chrono::{Days, NaiveDate, NaiveTime};
use sqlx::{PgConnection, PgPool, Postgres, QueryBuilder};

use super::session::SessionRow;
use crate::{
    domain::{
        Timestamp,
        session::{PaymentStatus, SessionStatus},
        world::World,
    },
    event_store::{EXPLAIN, RUN, plan, snapshot},
};

/// Among how many sessions one look goes for what has no index. Some 20 ms of reading: they stand side by
/// side in the table.
pub const LOOKED_AT_MAX: u32 = 10_000;

/// The same among those of one player or one status, of which each may stand on another page of the table.
pub const SCATTERED_LOOKED_AT_MAX: u32 = 1_000;

/// Which sessions.
#[derive(Clone, Debug)]
pub struct Search<'a> {
    /// Whose.
    pub game_id: &'a str,
    /// Test or live.
    pub world: World,
    /// Of one player.
    pub user_id: Option<&'a str>,
    /// All of these stand in the item's title, in whatever case.
    pub words: &'a [String],
    /// That stand so.
    pub status: Option<SessionStatus>,
    /// Whose price is in this currency, ISO 4217.
    pub currency: Option<&'a str>,
    /// Begun on this day (UTC) or later.
    pub from: Option<NaiveDate>,
    /// Begun on this day (UTC) or before.
    pub to: Option<NaiveDate>,
}

/// A place in the order of sessions: when one began, and its id.
pub type Cursor = (Timestamp, String);

/// From where on.
#[derive(Clone, Debug)]
pub enum Turn {
    /// The newest.
    Newest,
    /// The next older ones.
    Before(Cursor),
    /// The next newer ones.
    After(Cursor),
}

/// One page of what was found.
#[derive(Clone, Debug)]
pub struct Found {
    /// Newest first.
    pub rows: Vec<SessionRow>,
    /// Payments of these that were given back.
    pub refunded: Vec<String>,
    /// How many there are on all pages; not known of what is looked for without an index.
    pub total: Option<i64>,
    /// Whether there are more matches in the direction of the turn.
    pub has_more: bool,
    /// Where the look ended before all was looked at, if it did.
    pub looked_until: Option<Cursor>,
    /// Among how many sessions it goes at a time.
    pub looked_at_max: u32,
}

/// Reads one page, and how many there are in all, in one snapshot.
///
/// # Errors
///
/// If the database does not answer.
pub async fn search(
    pool: &PgPool,
    search: &Search<'_>,
    turn: &Turn,
    limit: u32,
) -> Result<Found, sqlx::Error> {
    let mut snapshot = snapshot(pool).await?;
    let bound = search.bound(&mut snapshot, turn).await?;
    // Planned for these values, as in `list`.
    let mut rows: Vec<SessionRow> = search
        .rows(RUN, turn, bound.as_ref(), limit)
        .build_query_as()
        .persistent(false)
        .fetch_all(&mut *snapshot)
        .await?;
    let total = search.total(&mut snapshot).await?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let has_more = limit < rows.len();
    rows.truncate(limit);
    let refunded = refunded(&mut snapshot, &rows).await?;
    snapshot.commit().await?;
    if turn.is_forward() {
        rows.reverse();
    }
    // With more matches than the page holds, it is the last row from which one goes on.
    let looked_until = bound.filter(|_| !has_more);
    let looked_at_max = search.looked_at_max();
    Ok(Found { rows, refunded, total, has_more, looked_until, looked_at_max })
}

/// How Postgres reads that page: the plan of each query, run and measured, in its own words.
///
/// # Errors
///
/// If the database does not answer.
pub async fn plans(
    pool: &PgPool,
    search: &Search<'_>,
    turn: &Turn,
    limit: u32,
) -> Result<Vec<String>, sqlx::Error> {
    let mut snapshot = snapshot(pool).await?;
    let bound = search.bound(&mut snapshot, turn).await?;
    let mut queries = vec![search.rows(EXPLAIN, turn, bound.as_ref(), limit)];
    if search.needs_a_bound() {
        queries.push(search.bound_query(EXPLAIN, turn));
    }
    let mut plans = vec![];
    for query in queries {
        plans.push(plan(&mut snapshot, query).await?);
    }
    Ok(plans)
}

/// Whether a player of this name ever began a session.
///
/// # Errors
///
/// If the database does not answer.
pub async fn is_player(
    pool: &PgPool,
    game_id: &str,
    world: World,
    user_id: &str,
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT EXISTS (SELECT FROM session WHERE game_id = $1 AND world = $2 AND user_id = $3)",
    )
    .bind(game_id)
    .bind(world.as_str())
    .bind(user_id)
    .fetch_one(pool)
    .await
}

impl Turn {
    fn is_forward(&self) -> bool {
        matches!(self, Self::After(_))
    }

    fn order(&self) -> &'static str {
        if self.is_forward() {
            " ORDER BY created_at, id LIMIT "
        } else {
            " ORDER BY created_at DESC, id DESC LIMIT "
        }
    }
}

impl<'a> Search<'a> {
    /// Whether something is asked for that the index at hand does not hold.
    fn needs_a_bound(&self) -> bool {
        let status_is_extra = self.user_id.is_some() && self.status.is_some();
        !self.words.is_empty() || self.currency.is_some() || status_is_extra
    }

    /// Among how many sessions a look for what has no index goes at a time.
    pub fn looked_at_max(&self) -> u32 {
        let is_scattered = self.user_id.is_some() || self.status.is_some();
        if is_scattered { SCATTERED_LOOKED_AT_MAX } else { LOOKED_AT_MAX }
    }

    /// Where a look must end; `None` if it may reach all.
    async fn bound(
        &self,
        snapshot: &mut PgConnection,
        turn: &Turn,
    ) -> Result<Option<Cursor>, sqlx::Error> {
        if !self.needs_a_bound() {
            return Ok(None);
        }
        let mut query = self.bound_query(RUN, turn);
        query.build_query_as().persistent(false).fetch_optional(snapshot).await
    }

    /// The last of the sessions that are looked at, if there are so many.
    fn bound_query(&self, prefix: &str, turn: &Turn) -> QueryBuilder<'a, Postgres> {
        let select = format!("{prefix}SELECT created_at, id FROM (");
        let mut query = QueryBuilder::new(select);
        self.push_ranges(&mut query, "created_at, id", turn, None, self.looked_at_max());
        query.push(") it").push(turn.order()).push("1 OFFSET ");
        query.push_bind(i64::from(self.looked_at_max()) - 1);
        query
    }

    /// One row more than the page has, if there is one, in the direction of the turn.
    fn rows(
        &self,
        prefix: &str,
        turn: &Turn,
        bound: Option<&Cursor>,
        limit: u32,
    ) -> QueryBuilder<'a, Postgres> {
        let mut query = QueryBuilder::new(format!("{prefix}SELECT * FROM ("));
        // What is filtered is first read in order, up to the bound: filtered where it stands, whole tables
        // may be read, if Postgres believes that little is left.
        let most = limit.saturating_add(1);
        let most = if self.needs_a_bound() { self.looked_at_max() } else { most };
        self.push_ranges(&mut query, "*", turn, bound, most);
        query.push(") it");
        self.push_filters(&mut query);
        query.push(turn.order()).push_bind(i64::from(limit) + 1);
        query
    }

    /// What no order at hand leads to.
    fn push_filters(&self, query: &mut QueryBuilder<'a, Postgres>) {
        query.push(" WHERE true");
        if let (Some(_), Some(status)) = (self.user_id, self.status) {
            query.push(" AND status = ").push_bind(status.as_str());
        }
        if let Some(currency) = self.currency {
            query.push(" AND currency = ").push_bind(currency);
        }
        for word in self.words {
            query.push(" AND position(lower(").push_bind(word.as_str());
            query.push(") IN lower(title)) > 0");
        }
    }

    /// The ranges of an index that hold the sessions up to the `bound`, each in order and no longer than
    /// `most`: merged as they are, they would be read to their ends and sorted.
    fn push_ranges(
        &self,
        query: &mut QueryBuilder<'a, Postgres>,
        columns: &str,
        turn: &Turn,
        bound: Option<&Cursor>,
        most: u32,
    ) {
        for (number, (column, value)) in self.ranges().into_iter().enumerate() {
            query.push(if number == 0 { "(" } else { ") UNION ALL (" });
            query.push(format!("SELECT {columns} FROM session WHERE game_id = "));
            query.push_bind(self.game_id).push(" AND world = ").push_bind(self.world.as_str());
            query.push(format!(" AND {column} = ")).push_bind(value);
            if let Some(begins) = self.from.map(midnight) {
                query.push(" AND created_at >= ").push_bind(begins);
            }
            if let Some(ends) = self.ends() {
                query.push(" AND created_at < ").push_bind(ends);
            }
            if let Some((at, id)) = self.cursor_within(turn).cloned() {
                let side = if turn.is_forward() { ">" } else { "<" };
                query.push(format!(" AND (created_at, id) {side} (")).push_bind(at);
                query.push(", ").push_bind(id).push(")");
            }
            if let Some((at, id)) = bound.cloned() {
                let side = if turn.is_forward() { "<=" } else { ">=" };
                query.push(format!(" AND (created_at, id) {side} (")).push_bind(at);
                query.push(", ").push_bind(id).push(")");
            }
            query.push(turn.order()).push_bind(i64::from(most));
        }
        query.push(")");
    }

    /// Before when the sessions began.
    fn ends(&self) -> Option<Timestamp> {
        self.to.and_then(|it| it.checked_add_days(Days::new(1))).map(midnight)
    }

    /// From where on, if the days do not say that already: of two beginnings Postgres may take the one that
    /// is further away, and pass over all that lies between.
    fn cursor_within<'t>(&self, turn: &'t Turn) -> Option<&'t Cursor> {
        match turn {
            Turn::Newest => None,
            Turn::Before(it) => {
                Some(it).filter(|(at, _)| self.ends().is_none_or(|ends| *at < ends))
            }
            Turn::After(it) => {
                let begins = self.from.map(midnight);
                Some(it).filter(|(at, _)| begins.is_none_or(|begins| begins <= *at))
            }
        }
    }

    /// A player's range, that of a status, or those of all statuses.
    fn ranges(&self) -> Vec<(&'static str, &'a str)> {
        match (self.user_id, self.status) {
            (Some(user_id), _) => vec![("user_id", user_id)],
            (None, Some(status)) => vec![("status", status.as_str())],
            (None, None) => SessionStatus::ALL.iter().map(|it| ("status", it.as_str())).collect(),
        }
    }

    /// As the counts of days have it, which are of the same transaction as the rows.
    async fn total(&self, snapshot: &mut PgConnection) -> Result<Option<i64>, sqlx::Error> {
        if self.user_id.is_some() || self.needs_a_bound() {
            return Ok(None);
        }
        let total = sqlx::query_scalar(
            "SELECT coalesce(sum(rows), 0)::bigint FROM list_count
             WHERE kind = 'session' AND game_id = $1 AND world = $2
               AND ($3::text IS NULL OR status = $3)
               AND ($4::date IS NULL OR $4 <= day) AND ($5::date IS NULL OR day <= $5)",
        )
        .bind(self.game_id)
        .bind(self.world.as_str())
        .bind(self.status.map(SessionStatus::as_str))
        .bind(self.from)
        .bind(self.to)
        .fetch_one(snapshot)
        .await?;
        Ok(Some(total))
    }
}

/// When a day begins.
fn midnight(day: NaiveDate) -> Timestamp {
    day.and_time(NaiveTime::MIN).and_utc()
}

/// Which of the sessions' payments were given back: a session that was paid stays so.
async fn refunded(
    snapshot: &mut PgConnection,
    rows: &[SessionRow],
) -> Result<Vec<String>, sqlx::Error> {
    let ids: Vec<&str> = rows.iter().map(|it| it.payment_id.as_str()).collect();
    sqlx::query_scalar("SELECT id FROM payment WHERE id = ANY ($1) AND status = $2")
        .bind(ids)
        .bind(PaymentStatus::Refunded.as_str())
        .fetch_all(snapshot)
        .await
}

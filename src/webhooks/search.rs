//! An endpoint's messages as people look for them: newest first, from one cursor to the next.
//!
//! What no index leads to (a type, what was taken) is looked for among a bounded number of messages at a
//! time, and the answer says how far that went: no read is as long as the endpoint's history.

use sqlx::{PgConnection, PgPool, Postgres, QueryBuilder};

use super::{
    Tried,
    history::{MessageRow, MessageState},
    tried::{tried, tried_query},
};
use crate::{
    domain::{Timestamp, game::WebhookType, id::EndpointId},
    event_store::{EXPLAIN, RUN, plan, snapshot},
};

/// Among how many messages one look goes for what has no index.
pub const MESSAGES_LOOKED_AT_MAX: u32 = 10_000;

/// The same among those that were given up, each of which is looked up in another table.
const GIVEN_UP_LOOKED_AT_MAX: u32 = 2_000;

/// Which messages of an endpoint.
#[derive(Clone, Debug, Default)]
pub struct MessageSearch {
    /// Only those that stand so.
    pub state: Option<MessageState>,
    /// Only of this type.
    pub webhook_type: Option<WebhookType>,
    /// Only those noted since.
    pub from: Option<Timestamp>,
    /// Only those noted before.
    pub until: Option<Timestamp>,
}

/// A place in the order of messages: when one was noted, and its id.
pub type MessageCursor = (Timestamp, String);

/// From where on.
#[derive(Clone, Debug)]
pub enum MessageTurn {
    /// The newest.
    Newest,
    /// The next older ones.
    Before(MessageCursor),
    /// The next newer ones.
    After(MessageCursor),
}

/// A message, and what came of it so far.
#[derive(Clone, Debug)]
pub struct ListedMessage {
    /// Where it stands.
    pub row: MessageRow,
    /// What was tried; `None`, if nothing was yet.
    pub tried: Option<Tried>,
}

/// One page of what was found.
#[derive(Clone, Debug)]
pub struct FoundMessages {
    /// Newest first.
    pub messages: Vec<ListedMessage>,
    /// Whether there are more matches in the direction of the turn.
    pub has_more: bool,
    /// Where the look ended before all was looked at, if it did.
    pub looked_until: Option<MessageCursor>,
    /// Among how many messages it goes at a time.
    pub looked_at_max: u32,
}

/// Where the messages of a search stand in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    Messages,
    /// There is an index of what was given up. Some of it may be due again.
    Dead,
    /// Few enough to read them all.
    Due,
}

/// Reads one page, in one snapshot.
///
/// # Errors
///
/// If the database does not answer.
pub async fn search_messages(
    pool: &PgPool,
    endpoint_id: &EndpointId,
    search: &MessageSearch,
    turn: &MessageTurn,
    limit: u32,
) -> Result<FoundMessages, sqlx::Error> {
    let mut snapshot = snapshot(pool).await?;
    do_not_compile(&mut snapshot).await?;
    let look = Look::begin(&mut snapshot, endpoint_id, search, turn).await?;
    // Planned for these values: most of a month's partitions are left out.
    let mut rows: Vec<MessageRow> =
        look.rows(RUN, limit).build_query_as().persistent(false).fetch_all(&mut *snapshot).await?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let has_more = limit < rows.len();
    rows.truncate(limit);
    if turn.is_forward() {
        rows.reverse();
    }
    let mut tried = tried(&mut snapshot, endpoint_id, &rows).await?;
    snapshot.commit().await?;
    let messages = rows.into_iter().map(|row| {
        let place = tried.iter().position(|it| it.of == row.message_id);
        ListedMessage { tried: place.map(|it| tried.swap_remove(it)), row }
    });
    // With more matches than the page holds, it is the last row from which one goes on.
    let looked_at_max = look.source.looked_at_max();
    let looked_until = look.bound.filter(|_| !has_more);
    Ok(FoundMessages { messages: messages.collect(), has_more, looked_until, looked_at_max })
}

/// How Postgres reads that page: the plan of each query, run and measured, in its own words.
///
/// # Errors
///
/// If the database does not answer.
pub async fn search_messages_plans(
    pool: &PgPool,
    endpoint_id: &EndpointId,
    search: &MessageSearch,
    turn: &MessageTurn,
    limit: u32,
) -> Result<Vec<String>, sqlx::Error> {
    let mut snapshot = snapshot(pool).await?;
    do_not_compile(&mut snapshot).await?;
    let look = Look::begin(&mut snapshot, endpoint_id, search, turn).await?;
    let mut plans = vec![
        plan(&mut snapshot, look.rows(EXPLAIN, limit)).await?,
        plan(&mut snapshot, look.bound_query(EXPLAIN)).await?,
    ];
    let mut rows = look.rows(RUN, limit);
    let rows: Vec<MessageRow> =
        rows.build_query_as().persistent(false).fetch_all(&mut *snapshot).await?;
    plans.push(plan(&mut snapshot, tried_query(EXPLAIN, endpoint_id, &rows)).await?);
    Ok(plans)
}

/// Postgres takes a look at many for long, and compiles it for 300 ms; what it then reads takes two.
async fn do_not_compile(snapshot: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query("SET LOCAL jit = off").execute(snapshot).await.map(drop)
}

/// When a message of an endpoint was noted; `None`, if there is none, or none any more.
///
/// # Errors
///
/// If the database does not answer.
pub async fn message_cursor(
    pool: &PgPool,
    endpoint_id: &EndpointId,
    message_id: &str,
) -> Result<Option<MessageCursor>, sqlx::Error> {
    sqlx::query_as(
        "SELECT noted_at, message_id FROM webhook_message
         WHERE endpoint_id = $1 AND message_id = $2",
    )
    .bind(endpoint_id.as_str())
    .bind(message_id)
    .fetch_optional(pool)
    .await
}

impl MessageTurn {
    fn is_forward(&self) -> bool {
        matches!(self, Self::After(_))
    }
}

impl Source {
    /// The table whose rows are read in order.
    fn name(self) -> &'static str {
        match self {
            Self::Messages => "message",
            Self::Dead => "dead",
            Self::Due => "due",
        }
    }

    /// Among how many rows one look goes.
    fn looked_at_max(self) -> u32 {
        match self {
            Self::Messages | Self::Due => MESSAGES_LOOKED_AT_MAX,
            Self::Dead => GIVEN_UP_LOOKED_AT_MAX,
        }
    }

    /// What is read of each row.
    fn columns(self) -> &'static str {
        match self {
            Self::Messages => "endpoint_id, noted_at, message_id, type, session_id, sequence",
            Self::Dead => "endpoint_id, noted_at, message_id, attempts, died_at",
            Self::Due => "endpoint_id, noted_at, message_id, id, attempts, next_at",
        }
    }

    /// What is known of it elsewhere. Each is looked up by itself: joined as a whole, whole tables may be
    /// read.
    fn joins(self) -> String {
        let it = self.name();
        let mut joins = String::new();
        if self != Self::Messages {
            joins.push_str(&format!(
                "CROSS JOIN LATERAL (
                     SELECT type, session_id, sequence FROM webhook_message other
                     WHERE (other.endpoint_id, other.noted_at, other.message_id)
                         = ({it}.endpoint_id, {it}.noted_at, {it}.message_id) LIMIT 1) message "
            ));
        }
        for (other, columns) in
            [(Self::Due, "id, attempts, next_at"), (Self::Dead, "message_id, attempts, died_at")]
        {
            if self != other {
                let name = other.name();
                joins.push_str(&format!(
                    "LEFT JOIN LATERAL (
                         SELECT {columns} FROM webhook_{name} other
                         WHERE (other.endpoint_id, other.message_id)
                             = ({it}.endpoint_id, {it}.message_id) LIMIT 1) {name} ON true "
                ));
            }
        }
        joins
    }
}

/// What is asked for, with where to read it, and where that ends.
struct Look<'a> {
    endpoint_id: &'a str,
    search: &'a MessageSearch,
    turn: &'a MessageTurn,
    source: Source,
    bound: Option<MessageCursor>,
}

impl<'a> Look<'a> {
    async fn begin(
        snapshot: &mut PgConnection,
        endpoint_id: &'a EndpointId,
        search: &'a MessageSearch,
        turn: &'a MessageTurn,
    ) -> Result<Self, sqlx::Error> {
        let endpoint_id = endpoint_id.as_str();
        let source = match search.state {
            Some(MessageState::Dead) => Source::Dead,
            Some(MessageState::Due) if are_few_due(snapshot, endpoint_id).await? => Source::Due,
            // Of very many that are due, the newest messages are some.
            Some(MessageState::Due | MessageState::Delivered) | None => Source::Messages,
        };
        let mut look = Self { endpoint_id, search, turn, source, bound: None };
        if look.needs_a_bound() {
            let mut query = look.bound_query(RUN);
            look.bound = query.build_query_as().persistent(false).fetch_optional(snapshot).await?;
        }
        Ok(look)
    }

    /// Whether something is asked for that the order at hand does not hold.
    fn needs_a_bound(&self) -> bool {
        match self.source {
            Source::Messages => self.search.state.is_some() || self.search.webhook_type.is_some(),
            Source::Dead => true,
            Source::Due => false,
        }
    }

    /// The last of the messages that are looked at, if there are so many.
    fn bound_query(&self, prefix: &str) -> QueryBuilder<'a, Postgres> {
        let it = self.source.name();
        let select =
            format!("{prefix}SELECT {it}.noted_at, {it}.message_id FROM webhook_{it} {it}");
        let mut query = QueryBuilder::new(select);
        self.push_range(&mut query);
        self.push_order(&mut query);
        query.push(" LIMIT 1 OFFSET ").push_bind(i64::from(self.source.looked_at_max()) - 1);
        query
    }

    /// One row more than the page has, if there is one, in the direction of the turn.
    fn rows(&self, prefix: &str, limit: u32) -> QueryBuilder<'a, Postgres> {
        let it = self.source.name();
        let mut query = QueryBuilder::new(prefix);
        query.push(format!("SELECT {it}.noted_at, {it}.message_id, "));
        query.push(
            "message.type, message.session_id, message.sequence,
                    CASE WHEN due.id IS NOT NULL THEN 'due'
                         WHEN dead.message_id IS NOT NULL THEN 'dead' ELSE 'delivered' END AS state,
                    coalesce(due.attempts, dead.attempts) AS attempts, due.next_at, dead.died_at
             FROM ",
        );
        self.push_looked_at(&mut query, limit);
        self.push_filters(&mut query);
        self.push_order(&mut query);
        query.push(" LIMIT ").push_bind(i64::from(limit) + 1);
        query
    }

    /// The rows among which it is looked, by their order and no more of them than that, whatever Postgres
    /// believes of the table; with what is known of each.
    fn push_looked_at(&self, query: &mut QueryBuilder<'a, Postgres>, limit: u32) {
        let is_filtered = self.source != Source::Messages || self.needs_a_bound();
        let most = if is_filtered { self.source.looked_at_max() } else { limit.saturating_add(1) };
        let (it, columns, joins) = (self.source.name(), self.source.columns(), self.source.joins());
        query.push(format!("(SELECT {columns} FROM webhook_{it} {it}"));
        self.push_range(query);
        self.push_order(query);
        query.push(" LIMIT ").push_bind(i64::from(most)).push(format!(") {it} {joins}"));
    }

    /// What the order at hand leads to.
    fn push_range(&self, query: &mut QueryBuilder<'a, Postgres>) {
        let it = self.source.name();
        query.push(format!(" WHERE {it}.endpoint_id = ")).push_bind(self.endpoint_id);
        if let Some(from) = self.search.from {
            query.push(format!(" AND {it}.noted_at >= ")).push_bind(from);
        }
        if let Some(until) = self.search.until {
            query.push(format!(" AND {it}.noted_at < ")).push_bind(until);
        }
        if let MessageTurn::Before((at, id)) | MessageTurn::After((at, id)) = self.turn {
            let side = if self.turn.is_forward() { ">" } else { "<" };
            // Its time stands alone too: by it partitions are left out.
            query.push(format!(" AND {it}.noted_at {side}= ")).push_bind(*at);
            query.push(format!(" AND ({it}.noted_at, {it}.message_id) {side} (")).push_bind(*at);
            query.push(", ").push_bind(id.clone()).push(")");
        }
    }

    fn push_filters(&self, query: &mut QueryBuilder<'a, Postgres>) {
        query.push(" WHERE true");
        if let Some(webhook_type) = self.search.webhook_type {
            query.push(" AND message.type = ").push_bind(webhook_type.as_str());
        }
        query.push(match self.search.state {
            None => "",
            Some(MessageState::Due) => " AND due.id IS NOT NULL",
            Some(MessageState::Dead) => " AND due.id IS NULL AND dead.message_id IS NOT NULL",
            Some(MessageState::Delivered) => " AND due.id IS NULL AND dead.message_id IS NULL",
        });
    }

    fn push_order(&self, query: &mut QueryBuilder<'a, Postgres>) {
        let it = self.source.name();
        let way = if self.turn.is_forward() { "" } else { " DESC" };
        query.push(format!(" ORDER BY {it}.noted_at{way}, {it}.message_id{way}"));
    }
}

/// Whether no more is due to an endpoint than may be looked at.
async fn are_few_due(snapshot: &mut PgConnection, endpoint_id: &str) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT count(*) <= $2
         FROM (SELECT FROM webhook_due WHERE endpoint_id = $1 LIMIT $2 + 1) it",
    )
    .bind(endpoint_id)
    .bind(i64::from(MESSAGES_LOOKED_AT_MAX))
    .fetch_one(snapshot)
    .await
}

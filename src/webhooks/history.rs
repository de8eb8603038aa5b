//! What was sent to an endpoint, what came of it, and what is still to be sent: for people to see.
//!
//! Reads only. Bodies and answers are opened here, so what is read is for the endpoint's owner.

use sqlx::{FromRow, PgPool};

use super::{
    bodies::Bodies,
    message::MessageId,
    outcome::UNSENT,
    sender::{CONTENT_TYPE_JSON, USER_AGENT},
};
use crate::{
    domain::{Timestamp, id::EndpointId},
    vault::Key,
};

/// The most messages of one page. One more may be read, to know whether there is a next one.
pub const PAGE_MAX: u32 = 250;

/// The most attempts that are shown of one message, the newest of them.
const ATTEMPTS_SHOWN_MAX: i64 = 100;

/// Where a message stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageState {
    /// It is to be sent, for the first time or again.
    Due,
    /// It was given up.
    Dead,
    /// The receiver took it.
    Delivered,
}

/// A message for an endpoint, without its body.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct MessageRow {
    /// The receiver's `webhook-id`.
    pub message_id: String,
    /// Such as `session.paid`.
    #[sqlx(rename = "type")]
    pub webhook_type: String,
    /// Whose.
    pub session_id: String,
    /// The version of the session's stream that caused it.
    pub sequence: i64,
    /// When the event that caused it was recorded.
    pub noted_at: Timestamp,
    /// Where it stands.
    #[sqlx(try_from = "String")]
    pub state: MessageState,
    /// How many attempts were made since it was last handed in; not known once it is delivered.
    pub attempts: Option<i32>,
    /// When the next one is made, at the earliest; of one that is due.
    pub next_at: Option<Timestamp>,
    /// When it was given up.
    pub died_at: Option<Timestamp>,
}

/// An attempt that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttemptRow {
    /// When it was begun: the time that was signed.
    pub at: Timestamp,
    /// Which of the message: 1, 2, 3; from 1 anew when it was handed in again.
    pub number: i32,
    /// `delivered`, `refused`, or why there was no whole answer.
    pub outcome: String,
    /// The answer's status, if there was one.
    pub http_status: Option<i16>,
    /// How long it took, in milliseconds.
    pub elapsed_ms: i64,
    /// The beginning of the answer's body; `None` if it was empty, or cannot be opened.
    pub answer: Option<Vec<u8>>,
}

/// A message with all that is known of it.
#[derive(Clone, Debug)]
pub struct MessageDetail {
    /// Where it stands.
    pub row: MessageRow,
    /// The bytes that every attempt sends; `None` if they cannot be opened.
    pub body: Option<Vec<u8>>,
    /// Oldest first.
    pub attempts: Vec<AttemptRow>,
}

/// Which messages of an endpoint.
#[derive(Clone, Debug, Default)]
pub struct Which {
    /// Only those that stand so.
    pub state: Option<MessageState>,
    /// Only those noted since.
    pub since: Option<Timestamp>,
    /// Only those behind this one, in the order of the page.
    pub before: Option<(Timestamp, String)>,
}

/// Opens what was sent and what was answered.
pub struct History {
    pub(super) pool: PgPool,
    pub(super) bodies: Bodies,
}

impl AttemptRow {
    /// The headers that were sent, without the signatures: those are made of the secret. None if there
    /// was no connection to send them over.
    pub fn headers(&self, id: &MessageId) -> Vec<(&'static str, String)> {
        if UNSENT.contains(&self.outcome.as_str()) {
            return vec![];
        }
        let unix_s = self.at.timestamp();
        vec![
            ("content-type", CONTENT_TYPE_JSON.to_owned()),
            ("user-agent", USER_AGENT.to_owned()),
            ("webhook-id", id.to_string()),
            ("webhook-timestamp", unix_s.to_string()),
            ("webhook-signature", "(left out)".to_owned()),
            ("x-toffeepay-signature", format!("t={unix_s},(left out)")),
        ]
    }
}

impl MessageState {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Due, Self::Dead, Self::Delivered];

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Due => "due",
            Self::Dead => "dead",
            Self::Delivered => "delivered",
        }
    }

    /// Reads what [`MessageState::as_str`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == text)
    }
}

impl TryFrom<String> for MessageState {
    type Error = UnknownState;

    fn try_from(text: String) -> Result<Self, UnknownState> {
        Self::parse(&text).ok_or(UnknownState)
    }
}

/// The database holds another word than there are states.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("a message's state is none of due, dead and delivered")]
pub struct UnknownState;

/// The columns of a [`MessageRow`], by whichever table the messages are found. One that was handed
/// in again and is delivered at the same moment counts as delivered.
const COLUMNS: &str = "SELECT message.message_id, message.type, message.session_id,
       message.sequence, message.noted_at,
       CASE WHEN due.id IS NOT NULL THEN 'due'
            WHEN dead.message_id IS NOT NULL THEN 'dead' ELSE 'delivered' END AS state,
       coalesce(due.attempts, dead.attempts) AS attempts, due.next_at, dead.died_at
    FROM webhook_message message
    LEFT JOIN webhook_due due
      ON (due.endpoint_id, due.message_id) = (message.endpoint_id, message.message_id)
    LEFT JOIN webhook_dead dead
      ON (dead.endpoint_id, dead.message_id) = (message.endpoint_id, message.message_id)";

/// Messages of an endpoint, the newest first, at most `most` of them.
///
/// # Errors
///
/// If the database does not answer.
pub async fn list(
    pool: &PgPool,
    endpoint_id: &EndpointId,
    which: &Which,
    most: u32,
) -> Result<Vec<MessageRow>, sqlx::Error> {
    let of_state = match which.state {
        None => "",
        Some(MessageState::Due) => "AND due.id IS NOT NULL",
        Some(MessageState::Dead) => "AND due.id IS NULL AND dead.message_id IS NOT NULL",
        Some(MessageState::Delivered) => "AND due.id IS NULL AND dead.message_id IS NULL",
    };
    let query = format!(
        "{COLUMNS} WHERE message.endpoint_id = $1
           AND ($2::timestamptz IS NULL OR $2 <= message.noted_at)
           AND ($3::timestamptz IS NULL
                OR (message.noted_at, message.message_id) < ($3, $4))
           {of_state}
         ORDER BY message.noted_at DESC, message.message_id DESC LIMIT $5"
    );
    let (before_at, before_id) = which.before.clone().unzip();
    sqlx::query_as(&query)
        .bind(endpoint_id.as_str())
        .bind(which.since)
        .bind(before_at)
        .bind(before_id)
        .bind(i64::from(most.min(PAGE_MAX + 1)))
        .fetch_all(pool)
        .await
}

impl History {
    /// Opens what was sealed under a key derived from the master key.
    pub fn new(pool: PgPool, master: &Key) -> Self {
        Self { pool, bodies: Bodies::new(master) }
    }

    /// One message of an endpoint, with its body and its attempts; `None` if there is none, or none
    /// any more.
    ///
    /// # Errors
    ///
    /// If the database does not answer.
    pub async fn find(
        &self,
        endpoint_id: &EndpointId,
        message_id: &MessageId,
    ) -> Result<Option<MessageDetail>, sqlx::Error> {
        let query = format!("{COLUMNS} WHERE message.endpoint_id = $1 AND message.message_id = $2");
        let row: Option<MessageRow> = sqlx::query_as(&query)
            .bind(endpoint_id.as_str())
            .bind(message_id.as_str())
            .fetch_optional(&self.pool)
            .await?;
        let Some(row) = row else { return Ok(None) };
        let sealed: Option<Vec<u8>> = sqlx::query_scalar(
            "SELECT body FROM webhook_message
             WHERE endpoint_id = $1 AND noted_at = $2 AND message_id = $3",
        )
        .bind(endpoint_id.as_str())
        .bind(row.noted_at)
        .bind(message_id.as_str())
        .fetch_optional(&self.pool)
        .await?;
        let body = sealed.and_then(|it| self.bodies.open(message_id, &it).ok());
        let attempts = self.attempts(endpoint_id, message_id, row.noted_at).await?;
        Ok(Some(MessageDetail { row, body, attempts }))
    }

    async fn attempts(
        &self,
        endpoint_id: &EndpointId,
        message_id: &MessageId,
        since: Timestamp,
    ) -> Result<Vec<AttemptRow>, sqlx::Error> {
        type Row = (Timestamp, i32, String, Option<i16>, i64, Option<Vec<u8>>);
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT at, number, outcome, http_status, elapsed_ms, excerpt FROM webhook_attempt
             WHERE endpoint_id = $1 AND message_id = $2 AND $3 <= written_at
             ORDER BY at DESC LIMIT $4",
        )
        .bind(endpoint_id.as_str())
        .bind(message_id.as_str())
        .bind(since)
        .bind(ATTEMPTS_SHOWN_MAX)
        .fetch_all(&self.pool)
        .await?;
        let open = |sealed: Vec<u8>| self.bodies.open(message_id, &sealed).ok();
        let read = |(at, number, outcome, http_status, elapsed_ms, answer): Row| {
            let answer = answer.and_then(open);
            AttemptRow { at, number, outcome, http_status, elapsed_ms, answer }
        };
        Ok(rows.into_iter().rev().map(read).collect())
    }
}

//! One batch of appends: usually as one call of `append_all`; where something in it was there before,
//! as one of the SQL function `append_events`, which answers each member for itself.
//!
//! Knows rows and answers; when to call, and again, is the committer's.

use serde_json::value::{RawValue, to_raw_value};
use sqlx::{FromRow, PgConnection, types::Json};
use uuid::Uuid;

use super::{StoredAggregate, append_all::append_all};
use crate::{domain::Timestamp, ids::SHARD};

/// The most events of one append. The rules write at most a handful.
pub const EVENTS_PER_APPEND_MAX: usize = 16;

/// One append: some events of one stream, all or none.
#[derive(Clone, Debug)]
pub struct Append {
    /// The stream.
    pub stream: String,
    /// The version at which the stream must be: 0 for a new one.
    pub expected_version: i64,
    /// The log takes each command once.
    pub command_id: Uuid,
    /// Tells our own retry from somebody else's repeat: new for each append. `None` if nobody else can
    /// repeat the command: then nothing of it is kept but its events.
    pub append_id: Option<Uuid>,
    /// Until when a repeat is known; for ever, if `None`.
    pub expires_at: Option<Timestamp>,
    /// The stream's key, wrapped; used when the stream is new.
    pub wrapped_key: Option<Vec<u8>>,
    /// Whether it was decided with the stream's key at hand: a conflict, once that was destroyed.
    pub with_key: bool,
    /// What to answer a repeat.
    pub remembered: Option<Remembered>,
    /// What the API reads of the stream from then on.
    pub rows: Option<Rows>,
    /// Name and entry of each event, in order; at least one.
    pub entries: Vec<(String, Vec<u8>)>,
}

/// Rows that the API reads.
#[derive(Clone, Debug)]
pub enum Rows {
    /// Those of an aggregate: objects keyed by table, as `write_read_models` takes them.
    Objects(Box<RawValue>),
    /// The only row of a session that begins: a literal of the database's type `new_session`, which
    /// it reads faster.
    NewSession(String),
}

/// What is kept of a client's request, to know and answer its repeats.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Remembered {
    /// SHA-256 of the decoded request.
    pub fingerprint: Vec<u8>,
    /// The response message; in an [`Append`] sealed under the stream's key, since it may name the
    /// player. `None` once that key was destroyed: a message may well be empty.
    pub response: Option<Vec<u8>>,
}

/// What became of one append.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Appended {
    /// It is in the log.
    New(Receipt),
    /// Its command was in the log already; nothing was added.
    Duplicate(Receipt),
    /// The stream is at another version, or was erased since; nothing was added.
    Conflict,
}

/// Where a command's events stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The stream.
    pub stream: String,
    /// Of the last event.
    pub version: i64,
    /// Of the last event.
    pub position: i64,
}

#[derive(FromRow)]
struct Answer {
    outcome: String,
    stream: String,
    version: i64,
    position: i64,
    append_id: Option<Uuid>,
}

/// Appends a batch. The answers stand in the order of the batch.
///
/// Safe to call again with the same batch after an error: whatever was committed is answered as
/// [`Appended::New`] still, since both functions wait for an earlier call that is still under way.
pub(super) async fn append_batch(
    connection: &mut PgConnection,
    batch: &[&Append],
) -> Result<Vec<Appended>, sqlx::Error> {
    match append_all(connection, batch).await? {
        Some(answers) => Ok(answers),
        None => append_each(connection, batch).await,
    }
}

async fn append_each(
    connection: &mut PgConnection,
    batch: &[&Append],
) -> Result<Vec<Appended>, sqlx::Error> {
    let members = || (1_i32..).zip(batch);
    let entries = || members().flat_map(|(n, it)| it.entries.iter().map(move |entry| (n, entry)));
    let answers: Vec<Answer> = sqlx::query_as(
        "SELECT outcome, stream, version, position, append_id
         FROM append_events($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, ARRAY(
             SELECT CASE WHEN literal IS NULL THEN objects
                         ELSE jsonb_build_object('sessions',
                                                 jsonb_build_array(literal::new_session)) END
             FROM unnest($11::jsonb[], $12::text[]) WITH ORDINALITY AS it(objects, literal, no)
             ORDER BY no), $13, $14, $15)
         ORDER BY member",
    )
    .bind(SHARD)
    .bind(batch.iter().map(|it| it.command_id).collect::<Vec<_>>())
    .bind(batch.iter().map(|it| it.append_id).collect::<Vec<_>>())
    .bind(batch.iter().map(|it| it.stream.as_str()).collect::<Vec<_>>())
    .bind(batch.iter().map(|it| it.expected_version).collect::<Vec<_>>())
    .bind(batch.iter().map(|it| it.wrapped_key.as_deref()).collect::<Vec<_>>())
    .bind(batch.iter().map(|it| it.with_key).collect::<Vec<_>>())
    .bind(remembered(batch, |it| Some(&it.fingerprint)))
    .bind(remembered(batch, |it| it.response.as_deref()))
    .bind(batch.iter().map(|it| it.expires_at).collect::<Vec<_>>())
    .bind(batch.iter().map(|it| it.rows.as_ref()?.objects().map(Json)).collect::<Vec<_>>())
    .bind(batch.iter().map(|it| it.rows.as_ref()?.new_session()).collect::<Vec<_>>())
    .bind(entries().map(|(n, _)| n).collect::<Vec<_>>())
    .bind(entries().map(|(_, entry)| entry.0.as_str()).collect::<Vec<_>>())
    .bind(entries().map(|(_, entry)| entry.1.as_slice()).collect::<Vec<_>>())
    // Waits for the end of the transaction. Fetching one row at a time would not: rows are sent
    // before the commit, which may still fail.
    .fetch_all(connection)
    .await?;
    if answers.len() != batch.len() {
        return Err(sqlx::Error::Protocol("append_events left a member unanswered".to_owned()));
    }
    Ok(answers.into_iter().zip(batch).map(|(answer, append)| answer.read(append)).collect())
}

pub(super) fn remembered<'a>(
    batch: &'a [&Append],
    part: impl Fn(&'a Remembered) -> Option<&'a [u8]>,
) -> Vec<Option<&'a [u8]>> {
    batch.iter().map(|it| it.remembered.as_ref().and_then(&part)).collect()
}

impl Rows {
    /// What an aggregate comes to. `is_new`: nothing of it was there before.
    pub(super) fn of<A: StoredAggregate>(
        aggregate: &A,
        id: &str,
        version: i64,
        is_new: bool,
    ) -> Result<Self, serde_json::Error> {
        match is_new.then(|| aggregate.new_row(id, version)).flatten() {
            Some(literal) => Ok(Self::NewSession(literal)),
            None => to_raw_value(&aggregate.rows(id, version)).map(Self::Objects),
        }
    }

    fn objects(&self) -> Option<&RawValue> {
        if let Self::Objects(objects) = self { Some(objects) } else { None }
    }

    fn new_session(&self) -> Option<&str> {
        if let Self::NewSession(literal) = self { Some(literal) } else { None }
    }
}

impl Answer {
    fn read(self, append: &Append) -> Appended {
        let receipt =
            Receipt { stream: self.stream, version: self.version, position: self.position };
        match self.outcome.as_str() {
            "appended" => Appended::New(receipt),
            // An earlier call of ours was committed although it came back as an error.
            "duplicate" if self.append_id == append.append_id => Appended::New(receipt),
            "duplicate" => Appended::Duplicate(receipt),
            _ => Appended::Conflict,
        }
    }
}

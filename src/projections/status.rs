//! Where sessions stand: what game servers ask most, so that many questions are one query.
//!
//! Whatever waits when the last query is answered is asked together; no timer, no added delay. An
//! answer is as right as one's own query, since the question was there before the query was sent. A
//! status that is final never changes, and is remembered.

use std::{sync::Arc, time::Duration};

use quick_cache::sync::Cache;
use sqlx::{FromRow, PgPool};
use tokio::{
    sync::{mpsc, oneshot},
    time::timeout,
};

use crate::domain::session::SessionStatus;

/// How many questions one query asks at most.
const ASKED_MAX: usize = 256;
/// How many questions may wait. Beyond, each asks for itself.
const WAITING_MAX: usize = 4_096;
/// How long one query for all may take. A connection that is dead without a word must not hold up all
/// who ask: beyond, each asks for itself.
const ANSWER_WITHIN: Duration = Duration::from_secs(2);
/// How many final statuses are remembered, some 200 bytes each.
const REMEMBERED_MAX: usize = 50_000;

/// A session's status, and whose it is.
#[derive(Debug, PartialEq, Eq, FromRow)]
pub struct StatusRow {
    /// The session.
    pub id: String,
    /// Whose.
    pub game_id: String,
    /// `test` or `live`.
    pub world: String,
    /// As on the wire.
    pub status: String,
}

/// Reads statuses for all who ask in this process.
#[derive(Clone)]
pub struct StatusReader {
    pool: PgPool,
    waiting: mpsc::Sender<Question>,
    remembered: Arc<Cache<String, Arc<StatusRow>>>,
}

struct Question {
    id: String,
    answer: oneshot::Sender<Option<Arc<StatusRow>>>,
}

impl StatusReader {
    /// Starts the task that asks. It ends when every clone is dropped.
    pub fn start(pool: PgPool) -> Self {
        let (waiting, questions) = mpsc::channel(WAITING_MAX);
        tokio::spawn(ask_together(pool.clone(), questions));
        Self { pool, waiting, remembered: Arc::new(Cache::new(REMEMBERED_MAX)) }
    }

    /// The status of a session, if there is one.
    ///
    /// # Errors
    ///
    /// If the database does not answer.
    pub async fn read(&self, id: &str) -> Result<Option<Arc<StatusRow>>, sqlx::Error> {
        if let Some(remembered) = self.remembered.get(id) {
            return Ok(Some(remembered));
        }
        let (answer, receive) = oneshot::channel();
        let _ = self.waiting.try_send(Question { id: id.to_owned(), answer });
        let found = match receive.await {
            Ok(found) => found,
            // Nobody took the question, or the query failed: one's own says why.
            Err(_) => query(&self.pool, &[id]).await?.pop().map(Arc::new),
        };
        if let Some(row) = &found
            && row.status != SessionStatus::Pending.as_str()
        {
            self.remembered.insert(row.id.clone(), Arc::clone(row));
        }
        Ok(found)
    }
}

async fn ask_together(pool: PgPool, mut questions: mpsc::Receiver<Question>) {
    let mut asked = Vec::with_capacity(ASKED_MAX);
    while questions.recv_many(&mut asked, ASKED_MAX).await > 0 {
        let ids: Vec<&str> = asked.iter().map(|it| it.id.as_str()).collect();
        let Ok(Ok(rows)) = timeout(ANSWER_WITHIN, query(&pool, &ids)).await else {
            // Dropped questions are asked again, each for itself.
            asked.clear();
            continue;
        };
        let mut rows: Vec<Arc<StatusRow>> = rows.into_iter().map(Arc::new).collect();
        rows.sort_unstable_by(|a, b| a.id.cmp(&b.id));
        for Question { id, answer } in asked.drain(..) {
            let found = rows.binary_search_by(|it| it.id.as_str().cmp(&id));
            // Whoever went away needs no answer.
            let _ = answer.send(found.ok().map(|place| Arc::clone(&rows[place])));
        }
    }
}

async fn query(pool: &PgPool, ids: &[&str]) -> Result<Vec<StatusRow>, sqlx::Error> {
    sqlx::query_as("SELECT id, game_id, world, status FROM session WHERE id = ANY($1)")
        .bind(ids)
        .fetch_all(pool)
        .await
}

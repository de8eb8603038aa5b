//! When each key was last used, to the minute: noted in memory, written down some seconds later.
//!
//! A process that is killed in between forgets the last seconds; nothing is decided by it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use chrono::{DurationRound, TimeDelta};
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;

use crate::{
    clock::Clock,
    domain::{Timestamp, id::KeyId},
};

/// How long a use may wait for being written down.
const WRITE_EVERY: Duration = Duration::from_secs(5);
/// Uses within the same one are written down once.
const EXACT_TO: TimeDelta = TimeDelta::minutes(1);

/// The uses that this process saw.
#[derive(Default)]
pub struct KeyUse(Mutex<HashMap<KeyId, Noted>>);

#[derive(Clone, Copy)]
struct Noted {
    minute: Timestamp,
    is_written: bool,
}

impl KeyUse {
    /// Notes that a key was used.
    pub fn note(&self, key_id: &KeyId, at: Timestamp) {
        let minute = at.duration_trunc(EXACT_TO).unwrap_or(at);
        let mut noted = self.lock();
        if noted.get(key_id).is_none_or(|it| it.minute < minute) {
            noted.insert(key_id.clone(), Noted { minute, is_written: false });
        }
    }

    /// Writes the uses down, again and again until told to stop, and then once more.
    pub async fn run(
        self: Arc<Self>,
        pool: PgPool,
        clock: Arc<dyn Clock>,
        stop: CancellationToken,
    ) {
        let mut goes_on = true;
        while goes_on {
            let waited = stop.run_until_cancelled(tokio::time::sleep(WRITE_EVERY)).await;
            goes_on = waited.is_some();
            if let Err(error) = self.write(&pool, clock.now()).await {
                tracing::warn!(%error, "when keys were last used could not be written down yet");
            }
        }
    }

    /// Writes down what is not written yet.
    ///
    /// # Errors
    ///
    /// If the database does not answer; all is kept for the next time then.
    pub async fn write(&self, pool: &PgPool, now: Timestamp) -> Result<(), sqlx::Error> {
        let mut news: Vec<(KeyId, Timestamp)> = {
            let noted = self.lock();
            let news = noted.iter().filter(|(_, it)| !it.is_written);
            news.map(|(key_id, it)| (key_id.clone(), it.minute)).collect()
        };
        if !news.is_empty() {
            // In one order, so that two processes never wait for each other.
            news.sort_unstable();
            let (keys, minutes): (Vec<&str>, Vec<Timestamp>) =
                news.iter().map(|(key_id, minute)| (key_id.as_str(), *minute)).unzip();
            sqlx::query(
                "INSERT INTO api_key_use AS there (key_id, last_used_at)
                 SELECT * FROM unnest($1::text[], $2::timestamptz[]) ORDER BY 1
                 ON CONFLICT (key_id) DO UPDATE SET last_used_at = excluded.last_used_at
                 WHERE there.last_used_at < excluded.last_used_at",
            )
            .bind(keys)
            .bind(minutes)
            .execute(pool)
            .await?;
        }
        self.tidy(&news, now);
        Ok(())
    }

    /// Marks what was written, and forgets what will be of no use any more.
    fn tidy(&self, written: &[(KeyId, Timestamp)], now: Timestamp) {
        let mut noted = self.lock();
        for (key_id, minute) in written {
            if let Some(it) = noted.get_mut(key_id).filter(|it| it.minute == *minute) {
                it.is_written = true;
            }
        }
        noted.retain(|_, it| !it.is_written || now < it.minute + EXACT_TO);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<KeyId, Noted>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// When keys were last used, as far as it is written down: it may be some seconds behind.
///
/// # Errors
///
/// If the database does not answer.
pub async fn last_uses(
    pool: &PgPool,
    key_ids: impl IntoIterator<Item = &KeyId>,
) -> Result<HashMap<String, Timestamp>, sqlx::Error> {
    let key_ids: Vec<&str> = key_ids.into_iter().map(KeyId::as_str).collect();
    let query = "SELECT key_id, last_used_at FROM api_key_use WHERE key_id = ANY($1)";
    let rows: Vec<(String, Timestamp)> =
        sqlx::query_as(query).bind(key_ids).fetch_all(pool).await?;
    Ok(rows.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone;

    use super::*;
    use crate::domain::id::id_bytes;

    fn at(minute: u32, second: u32) -> Timestamp {
        chrono::Utc.with_ymd_and_hms(2026, 3, 1, 12, minute, second).unwrap()
    }

    fn key(number: u8) -> KeyId {
        KeyId::from_bytes(id_bytes(1, 0, [number; 16]))
    }

    fn unwritten(uses: &KeyUse) -> Vec<(KeyId, Timestamp)> {
        let noted = uses.lock();
        let news = noted.iter().filter(|(_, it)| !it.is_written);
        news.map(|(key_id, it)| (key_id.clone(), it.minute)).collect()
    }

    #[test]
    fn uses_within_a_minute_are_written_once() {
        let uses = KeyUse::default();
        uses.note(&key(1), at(5, 1));
        uses.note(&key(1), at(5, 59));
        assert_eq!(unwritten(&uses), [(key(1), at(5, 0))]);
        uses.tidy(&[(key(1), at(5, 0))], at(5, 59));
        uses.note(&key(1), at(5, 59));
        assert_eq!(unwritten(&uses), []);
        uses.note(&key(1), at(6, 0));
        assert_eq!(unwritten(&uses), [(key(1), at(6, 0))]);
    }

    #[test]
    fn a_use_during_the_write_is_not_lost_and_an_idle_key_is_forgotten() {
        let uses = KeyUse::default();
        uses.note(&key(1), at(5, 1));
        uses.note(&key(2), at(5, 1));
        let written = unwritten(&uses);
        uses.note(&key(1), at(6, 1));
        uses.tidy(&written, at(6, 1));
        assert_eq!(unwritten(&uses), [(key(1), at(6, 0))]);
        assert_eq!(uses.lock().len(), 1, "the second is idle");
    }
}

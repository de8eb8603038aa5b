//! API keys and their games, as the database had them less than a second ago.
//!
//! Without this each call would begin with a query of its own. A revoked key, an ended one and a
//! changed setting are in effect everywhere within [`KNOWN_FOR`]; a new key is at once, since what is
//! not known is always asked for.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use sqlx::{FromRow, PgPool};
use tokio::time::Instant;

use crate::projections::game::GameRow;

/// How long an answer is good, from before it was asked for.
pub(super) const KNOWN_FOR: Duration = Duration::from_millis(900);
/// From when on it is asked for again, beside the calls that still use it.
const FRESH_FOR: Duration = Duration::from_millis(300);
/// How many keys are known at once. Beyond, those whose time is over are forgotten first.
const KEYS_MAX: usize = 10_000;

/// A key that is there, whether or not it is still good.
#[derive(Debug)]
pub(super) struct KnownKey {
    /// The keyed hash of all of it.
    pub(super) hash: Vec<u8>,
    pub(super) key_id: String,
    pub(super) world: String,
    pub(super) game: Arc<GameRow>,
}

/// What this process knows of keys, by their public parts.
#[derive(Default)]
pub struct KnownKeys(Mutex<HashMap<String, Entry>>);

struct Entry {
    key: Arc<KnownKey>,
    asked_at: Instant,
    is_asked_for: bool,
}

#[derive(FromRow)]
struct Row {
    hash: Vec<u8>,
    key_id: String,
    key_world: String,
    #[sqlx(flatten)]
    game: GameRow,
}

impl KnownKeys {
    /// The key with this public part, if there is one.
    ///
    /// # Errors
    ///
    /// If it is not known and the database does not answer.
    pub(super) async fn find(
        self: &Arc<Self>,
        pool: &PgPool,
        lookup: &str,
    ) -> Result<Option<Arc<KnownKey>>, sqlx::Error> {
        match self.known(lookup) {
            Some((key, is_stale)) => {
                if is_stale {
                    let (keys, pool, lookup) = (Arc::clone(self), pool.clone(), lookup.to_owned());
                    tokio::spawn(async move { keys.ask(&pool, &lookup).await.map(drop) });
                }
                Ok(Some(key))
            }
            None => self.ask(pool, lookup).await,
        }
    }

    /// What is known, and whether the caller is to ask again.
    fn known(&self, lookup: &str) -> Option<(Arc<KnownKey>, bool)> {
        let mut entries = self.lock();
        let entry = entries.get_mut(lookup)?;
        let age = entry.asked_at.elapsed();
        if KNOWN_FOR < age {
            return None;
        }
        let is_stale = FRESH_FOR < age && !entry.is_asked_for;
        entry.is_asked_for |= is_stale;
        Some((Arc::clone(&entry.key), is_stale))
    }

    async fn ask(&self, pool: &PgPool, lookup: &str) -> Result<Option<Arc<KnownKey>>, sqlx::Error> {
        let asked_at = Instant::now();
        let found = sqlx::query_as::<_, Row>(
            "SELECT s.hash, s.key_id, s.world AS key_world, g.*
             FROM api_key_secret s JOIN game g ON g.id = s.game_id WHERE s.lookup = $1",
        )
        .bind(lookup)
        .fetch_optional(pool)
        .await;
        let mut entries = self.lock();
        let Some(Row { hash, key_id, key_world: world, game }) = found.inspect_err(|_| {
            // Whoever comes next asks again.
            if let Some(entry) = entries.get_mut(lookup) {
                entry.is_asked_for = false;
            }
        })?
        else {
            entries.remove(lookup);
            return Ok(None);
        };
        if KEYS_MAX <= entries.len() {
            entries.retain(|_, it| it.asked_at.elapsed() <= KNOWN_FOR);
        }
        let key = Arc::new(KnownKey { hash, key_id, world, game: Arc::new(game) });
        // What was asked for later is not put back by an answer that came late.
        let is_newer = entries.get(lookup).is_none_or(|it| it.asked_at <= asked_at);
        if is_newer && entries.len() < KEYS_MAX {
            let entry = Entry { key: Arc::clone(&key), asked_at, is_asked_for: false };
            entries.insert(lookup.to_owned(), entry);
        }
        Ok(Some(key))
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use sqlx::types::Json;
    use tokio::time::advance;

    use super::*;
    use crate::domain::{Timestamp, return_url::ReturnUrls};

    fn known_since_now(keys: &KnownKeys) {
        let game = GameRow {
            id: "space_shooter".to_owned(),
            version: 1,
            studio_id: "std_1".to_owned(),
            name: "Space Shooter".to_owned(),
            currencies: vec![],
            capture_mode: "automatic".to_owned(),
            session_lifetime_s: 60,
            return_urls: Json(ReturnUrls::default()),
            logo: None,
            accent: None,
            registered_at: Timestamp::UNIX_EPOCH,
            keys: Json(vec![]),
            endpoints: Json(vec![]),
        };
        let (key_id, world) = ("key_1".to_owned(), "test".to_owned());
        let key = Arc::new(KnownKey { hash: vec![], key_id, world, game: Arc::new(game) });
        let entry = Entry { key, asked_at: Instant::now(), is_asked_for: false };
        keys.lock().insert("lookup".to_owned(), entry);
    }

    #[tokio::test(start_paused = true)]
    async fn a_key_is_known_for_less_than_a_second_and_asked_for_again_by_one_caller_before() {
        let keys = KnownKeys::default();
        known_since_now(&keys);
        let who_asks = |keys: &KnownKeys| keys.known("lookup").map(|(_, asks)| asks);
        assert_eq!(who_asks(&keys), Some(false), "it is fresh");
        advance(FRESH_FOR + Duration::from_millis(1)).await;
        assert_eq!(who_asks(&keys), Some(true));
        assert_eq!(who_asks(&keys), Some(false), "somebody does already");
        advance(KNOWN_FOR - FRESH_FOR).await;
        assert_eq!(who_asks(&keys), None);
        assert!(KNOWN_FOR < Duration::from_secs(1));
        assert_eq!(keys.known("another").map(|_| ()), None);
    }
}

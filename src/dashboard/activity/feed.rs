//! Follows the log for all who watch, and only while somebody does. Keeps nothing but the latest events.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use sqlx::PgPool;
use tokio::{
    sync::{Notify, broadcast, watch},
    time::{Instant, timeout},
};
use tokio_util::sync::CancellationToken;

use super::seats::{Seat, Seats, WATCHERS_PER_PERSON_MAX};
use crate::{
    domain::{
        Timestamp,
        id::PersonId,
        session::{Session, SessionEvent},
        world::World,
    },
    event_store::{
        LoadedEvent, RecordedEntry, read_without_key,
        subscription::{ReadError, Wake, read_after},
    },
    ids::SHARD,
    people::person_of,
    projections::{person::names_of, session::SessionRow},
};

/// How many events are kept: for whoever comes, and for whoever was cut off for a moment.
pub(super) const KEPT_MAX: i64 = 1_000;
/// How many are read at once.
const BATCH_MAX: i64 = 200;
/// How often to look without having been woken: what other processes append wakes nobody here.
const POLL_EVERY: Duration = Duration::from_secs(1);
/// How long to wait for the database after it has failed.
const AFTER_FAILURE: Duration = Duration::from_secs(2);
/// How long the log is followed after the last one has gone: pages are loaded again.
const LINGER: Duration = Duration::from_secs(30);
/// How long somebody waits for it to begin.
const BEGIN_WITHIN: Duration = Duration::from_secs(5);

/// An event of a session, without anything private, and its session as it was a moment later.
#[derive(Clone, Debug)]
pub(super) struct Happening {
    pub(super) position: i64,
    pub(super) game_id: String,
    pub(super) world: World,
    pub(super) event: SessionEvent,
    pub(super) actor: String,
    /// What people are called who did this or what was read with it, by their ids.
    pub(super) people: Arc<BTreeMap<String, String>>,
    pub(super) at: Timestamp,
    pub(super) session: SessionRow,
}

/// The latest events of all games, for as long as anybody watches.
pub struct Feed {
    pool: PgPool,
    wake: Wake,
    wanted: Notify,
    wanted_at: Mutex<Option<Instant>>,
    kept: Mutex<Kept>,
    /// The last position that was read; `None` while nobody follows.
    reached: watch::Sender<Option<i64>>,
    sender: broadcast::Sender<Arc<Happening>>,
    seats: Seats,
    stopping: CancellationToken,
}

#[derive(Default)]
struct Kept {
    /// What is kept is behind this position.
    after: i64,
    happenings: VecDeque<Arc<Happening>>,
}

/// Why nobody can watch now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unwatchable {
    #[error("the log could not be read in time")]
    NotFollowing,
    #[error("too many people watch already; try again in a moment")]
    TooMany,
    #[error(
        "you watch in {WATCHERS_PER_PERSON_MAX} windows already, and more are not kept up to date: close one"
    )]
    TooManyOfYours,
}

/// Somebody's end of the feed.
pub(super) struct Watch {
    /// What they have missed, oldest first; `None` if that is more than is kept.
    pub(super) missed: Option<Vec<Arc<Happening>>>,
    pub(super) coming: broadcast::Receiver<Arc<Happening>>,
    /// The process ends.
    pub(super) stopping: CancellationToken,
    _seat: Seat,
}

impl Feed {
    /// One that does nothing until it runs and somebody watches.
    pub fn new(pool: PgPool, wake: Wake, stopping: CancellationToken) -> Self {
        let capacity = usize::try_from(KEPT_MAX).unwrap_or(usize::MAX);
        Self {
            pool,
            wake,
            wanted: Notify::new(),
            wanted_at: Mutex::default(),
            kept: Mutex::default(),
            reached: watch::Sender::new(None),
            sender: broadcast::Sender::new(capacity),
            seats: Seats::default(),
            stopping,
        }
    }

    /// Follows the log whenever somebody watches, until stopped.
    pub async fn run(self: Arc<Self>, stop: CancellationToken) {
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.wanted.notified() => {}
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.follow() => {}
            }
            self.reached.send_replace(None);
        }
    }

    /// The latest events of a game's world, oldest first, and the position behind which others come.
    pub(super) async fn latest(
        &self,
        game_id: &str,
        world: World,
    ) -> Result<(Vec<Arc<Happening>>, i64), Unwatchable> {
        let after = self.begun().await?;
        let kept = self.kept();
        let its = kept.happenings.iter().filter(|it| it.game_id == game_id && it.world == world);
        let its = its.filter(|it| it.position <= after);
        Ok((its.cloned().collect(), after))
    }

    /// Has a person watch from behind a position on.
    pub(super) async fn watch(
        &self,
        person_id: &PersonId,
        after: i64,
    ) -> Result<Watch, Unwatchable> {
        let seat = self.seats.take(person_id)?;
        self.begun().await?;
        // Before what is kept is looked at: an event may then be in both, and in none never.
        let coming = self.sender.subscribe();
        let kept = self.kept();
        let missed = (kept.after <= after)
            .then(|| kept.happenings.iter().filter(|it| after < it.position).cloned().collect());
        Ok(Watch { missed, coming, stopping: self.stopping.clone(), _seat: seat })
    }

    /// Has the log be followed; up to where it is.
    async fn begun(&self) -> Result<i64, Unwatchable> {
        *self.wanted_at.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        self.wanted.notify_one();
        let mut reached = self.reached.subscribe();
        let begun = timeout(BEGIN_WITHIN, reached.wait_for(Option::is_some)).await;
        match begun {
            Ok(Ok(position)) => position.ok_or(Unwatchable::NotFollowing),
            Ok(Err(_)) | Err(_) => Err(Unwatchable::NotFollowing),
        }
    }

    fn is_wanted(&self) -> bool {
        let at = *self.wanted_at.lock().unwrap_or_else(PoisonError::into_inner);
        0 < self.sender.receiver_count() || at.is_some_and(|it| it.elapsed() < LINGER)
    }

    /// Until nobody watches any more.
    async fn follow(&self) {
        let mut signal = self.wake.readers();
        let mut position = None;
        while self.is_wanted() {
            signal.clear();
            match self.read_on(position).await {
                Ok((reached, is_all)) => {
                    position = Some(reached);
                    if is_all {
                        self.reached.send_replace(position);
                        let _ = timeout(POLL_EVERY, signal.woken()).await;
                    }
                }
                Err(error) => {
                    tracing::warn!(%error, "what happens now cannot be shown");
                    tokio::time::sleep(AFTER_FAILURE).await;
                }
            }
        }
    }

    /// Reads the next events; from [`KEPT_MAX`] before the end on, if none were read yet. The last position,
    /// and whether it is that of the log.
    async fn read_on(&self, position: Option<i64>) -> Result<(i64, bool), ReadError> {
        let after = match position {
            Some(position) => position,
            None => {
                let head = read_after(&self.pool, SHARD, 0, 0).await?.head;
                let after = (head - KEPT_MAX).max(0);
                *self.kept() = Kept { after, happenings: VecDeque::new() };
                after
            }
        };
        let page = read_after(&self.pool, SHARD, after, BATCH_MAX).await?;
        let reached = page.entries.last().map_or(after, |it| it.position);
        for happening in self.happenings(&page.entries).await? {
            let happening = Arc::new(happening);
            self.keep(Arc::clone(&happening));
            // Nobody may be listening.
            let _ = self.sender.send(happening);
        }
        Ok((reached, page.head <= reached))
    }

    async fn happenings(&self, entries: &[RecordedEntry]) -> Result<Vec<Happening>, sqlx::Error> {
        let read = entries.iter().filter_map(|it| Some((it, read_session_event(it)?)));
        let read: Vec<_> = read.collect();
        let ids: Vec<String> = read.iter().map(|(_, it)| it.session_id.clone()).collect();
        let rows = SessionRow::find_all(&self.pool, &ids).await?;
        let rows: HashMap<&str, &SessionRow> = rows.iter().map(|it| (it.id.as_str(), it)).collect();
        let people = read.iter().filter_map(|(_, it)| person_of(&it.actor)).map(str::to_owned);
        let people = names_of(&self.pool, &people.collect::<Vec<_>>()).await?;
        let people = Arc::new(people);
        let happening = |(entry, it): (&RecordedEntry, Read)| {
            let session = (*rows.get(it.session_id.as_str())?).clone();
            Some(Happening {
                position: entry.position,
                game_id: session.game_id.clone(),
                world: World::parse(&session.world)?,
                event: it.event,
                actor: it.actor,
                people: Arc::clone(&people),
                at: it.at,
                session,
            })
        };
        Ok(read.into_iter().filter_map(happening).collect())
    }

    fn keep(&self, happening: Arc<Happening>) {
        let mut kept = self.kept();
        kept.happenings.push_back(happening);
        let most = usize::try_from(KEPT_MAX).unwrap_or(usize::MAX);
        while most < kept.happenings.len() {
            if let Some(dropped) = kept.happenings.pop_front() {
                kept.after = dropped.position;
            }
        }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What an entry says of a session.
struct Read {
    session_id: String,
    event: SessionEvent,
    actor: String,
    at: Timestamp,
}

/// `None` for what is no session's.
fn read_session_event(entry: &RecordedEntry) -> Option<Read> {
    let session_id = entry.stream.strip_prefix("session-")?.to_owned();
    let LoadedEvent { envelope, event, .. } = read_without_key::<Session>(entry).ok()?;
    Some(Read { session_id, event, actor: envelope.actor, at: envelope.occurred_at })
}

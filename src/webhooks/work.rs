//! What a lane at work has read ahead, and what it has under way.
//!
//! Of a session one message is under way at a time, in their order. One that fails has the later
//! ones held in the database, so that what is read ahead may always be sent.

use std::{collections::HashSet, sync::Arc, time::Duration};

use tokio::{
    sync::OwnedSemaphorePermit,
    task::{JoinError, JoinSet},
    time::{Instant, sleep},
};

use super::{
    due::{self, Due},
    lane::{Delivery, Lane},
    lease::LEASE,
    settle,
};
use crate::crash_points;

/// How many messages a lane reads at once. They cost memory only, and one statement for all.
const READ_AHEAD: usize = 64;

/// How many messages a lane holds in memory at most, most of them waiting for others.
const AHEAD_MAX: usize = 1_024;

/// For how long after its renewal a lease is surely ours.
const SURE_FOR: Duration = Duration::from_millis(1_200);
const _: () = assert!(SURE_FOR.as_millis() < LEASE.as_millis());

/// How often an attempt is written down at most. A message whose attempt cannot be is sent again,
/// so these tries are also what keeps us from sending it in a tight loop.
const SETTLE_TRIES: u32 = 5;
/// The wait between two of them.
const SETTLE_AGAIN_AFTER: Duration = Duration::from_secs(1);

/// A lane and what it does.
pub(super) struct Work {
    pub(super) lane: Arc<Lane>,
    pub(super) tasks: JoinSet<Done>,
    /// How many attempts were begun.
    pub(super) attempts: usize,
    /// Whether more may be due than what was read.
    pub(super) may_be_more: bool,
    /// A place that was waited for.
    pub(super) place: Option<OwnedSemaphorePermit>,
    /// When the lease was last surely ours.
    pub(super) renewed_at: Instant,
    /// Of what is under way: the row, and whose session's.
    under_way: Vec<(i64, String)>,
    /// Read and not begun.
    ahead: Vec<Due>,
    /// All first attempts up to it were read.
    read_to: i64,
    /// The sessions of which a read has put something off while one of theirs was under way.
    held: HashSet<String>,
    /// When something was last under way.
    busy_at: Instant,
    /// Whether something is under way of which nobody will ever hear.
    is_in_disorder: bool,
}

/// An attempt that was made and, if the database allowed it, written down.
pub(super) struct Done {
    id: i64,
    session_id: String,
    is_done_with: bool,
    is_written: bool,
    /// Whether it was its message's first.
    is_first: bool,
}

/// Why the next message is not sent yet.
pub(super) enum Pause {
    /// There is none, or as much is under way as may be.
    Full,
    /// The endpoint is disabled or was removed, or the lane is in disorder: it is to be given back.
    Gone,
    /// All places of the worker are taken.
    NoPlace,
    /// The endpoint was sent enough for now.
    TooFast(Duration),
}

impl Work {
    pub(super) fn new(lane: Lane) -> Self {
        let (now, renewed_at) = (Instant::now(), lane.asked_at);
        Self {
            lane: Arc::new(lane),
            tasks: JoinSet::new(),
            attempts: 0,
            may_be_more: true,
            place: None,
            renewed_at,
            under_way: vec![],
            ahead: vec![],
            read_to: 0,
            held: HashSet::new(),
            busy_at: now,
            is_in_disorder: false,
        }
    }

    /// Begins as many deliveries as may be; why not one more.
    pub(super) async fn begin(&mut self) -> Pause {
        let begun = self.try_begin().await;
        begun.unwrap_or_else(|error| {
            // The next look asks again.
            self.may_be_more = false;
            let endpoint_id = self.lane.endpoint_id();
            tracing::warn!(%error, endpoint_id, "due webhooks could not be read");
            Pause::Full
        })
    }

    async fn try_begin(&mut self) -> Result<Pause, sqlx::Error> {
        if self.is_in_disorder {
            return Ok(Pause::Gone);
        }
        // What is ahead may all have to wait for what is under way, while other sessions need not.
        let has_room = self.ahead.len() < AHEAD_MAX && self.free().is_none();
        if has_room && self.may_be_more && !self.is_to_be_left_alone() {
            self.read_ahead().await?;
        }
        if self.ahead.is_empty() || SURE_FOR <= self.renewed_at.elapsed() {
            return Ok(Pause::Full);
        }
        let Some(destination) = self.lane.destination().await? else {
            // Disabled or removed: whoever has the lane next reads it again.
            self.ahead.clear();
            self.read_to = 0;
            return Ok(Pause::Gone);
        };
        while let Some(index) = self.next(destination.at_once) {
            let place = self.place.take().or_else(|| self.lane.place(self.tasks.len()));
            let Some(place) = place else { return Ok(self.without_place()) };
            if let Err(wait) = self.lane.count_one(destination.per_second) {
                return Ok(Pause::TooFast(wait));
            }
            let due = self.ahead.remove(index);
            self.under_way.push((due.id, due.session_id.clone()));
            let delivery = Delivery { due, destination: Arc::clone(&destination) };
            self.tasks.spawn(deliver(Arc::clone(&self.lane), delivery, place));
            self.attempts += 1;
            self.busy_at = Instant::now();
        }
        Ok(Pause::Full)
    }

    /// Only a lane that has no place at all waits for one that others leave. One that has its share
    /// goes on as its own come free.
    fn without_place(&self) -> Pause {
        if self.is_idle() { Pause::NoPlace } else { Pause::Full }
    }

    /// The first message ahead that may be sent now, if there is room for one more.
    fn next(&self, at_once: usize) -> Option<usize> {
        if self.lane.at_once(at_once) <= self.tasks.len() { None } else { self.free() }
    }

    /// The first message ahead that waits for none of its session.
    fn free(&self) -> Option<usize> {
        let is_under_way = |it: &Due| self.under_way.iter().any(|(_, of)| *of == it.session_id);
        let is_before =
            |it: &Due, other: &Due| other.session_id == it.session_id && other.place < it.place;
        self.ahead.iter().position(|it| {
            !is_under_way(it) && !self.ahead.iter().any(|other| is_before(it, other))
        })
    }

    async fn read_ahead(&mut self) -> Result<(), sqlx::Error> {
        let under_way = self.under_way.iter().map(|(id, _)| *id);
        let memory: Vec<i64> = under_way.chain(self.ahead.iter().map(|it| it.id)).collect();
        let page = self.lane.read(self.read_to, &memory, READ_AHEAD).await?;
        self.may_be_more = page.is_full;
        self.read_to = page.last.unwrap_or(self.read_to);
        self.ahead.extend(page.due);
        let is_under_way = |it: &String| self.under_way.iter().any(|(_, of)| of == it);
        self.held.extend(page.held.into_iter().filter(is_under_way));
        Ok(())
    }

    /// Whether the breaker is open.
    pub(super) fn is_to_be_left_alone(&self) -> bool {
        self.lane.at_once(1) == 0
    }

    /// Up to which number all first attempts are done with or put off, when nothing is under way.
    pub(super) fn settled_to(&self) -> i64 {
        if self.is_in_disorder {
            return 0;
        }
        let before = self.ahead.iter().map(|it| it.id - 1);
        before.chain([self.read_to]).min().unwrap_or_default()
    }

    pub(super) fn is_idle(&self) -> bool {
        self.tasks.is_empty()
    }

    /// Whether there has been nothing to do for so long.
    pub(super) fn has_rested(&self, pause: &Pause, linger: Duration) -> bool {
        let has_nothing = matches!(pause, Pause::Full) && self.ahead.is_empty();
        self.is_idle() && has_nothing && !self.may_be_more && linger <= self.busy_at.elapsed()
    }

    /// Takes note of one that is done, and of all others that are.
    pub(super) async fn note(&mut self, mut done: Result<Done, JoinError>) {
        self.busy_at = Instant::now();
        let (mut failed, mut released) = (vec![], vec![]);
        loop {
            match done {
                Ok(done) => {
                    self.under_way.retain(|(id, _)| *id != done.id);
                    if self.held.remove(&done.session_id) && done.is_done_with {
                        released.push(done.session_id.clone());
                    }
                    // Later ones of its session may have waited for it.
                    self.may_be_more |= done.is_done_with && !done.is_first;
                    if !done.is_written {
                        self.read_again(done.id, &done.session_id);
                    } else if !done.is_done_with {
                        failed.push(done.session_id);
                    }
                }
                Err(error) => {
                    self.is_in_disorder = true;
                    tracing::error!(%error, "a delivery panicked");
                }
            }
            match self.tasks.try_join_next() {
                Some(next) => done = next,
                None => break,
            }
        }
        self.hold(&failed).await;
        self.release(&released).await;
    }

    async fn release(&mut self, sessions: &[String]) {
        if sessions.is_empty() {
            return;
        }
        self.may_be_more = true;
        let released = due::release(&self.lane.engine.pool, &self.lane.lease, sessions).await;
        if let Err(error) = released {
            let endpoint_id = self.lane.endpoint_id();
            tracing::warn!(%error, endpoint_id, "webhooks wait until their hold is over");
        }
    }

    /// As if neither a message nor those of its session that were read behind it ever were.
    fn read_again(&mut self, id: i64, session_id: &str) {
        let (again, ahead) =
            std::mem::take(&mut self.ahead).into_iter().partition(|it| it.session_id == session_id);
        self.ahead = ahead;
        let again: Vec<Due> = again;
        let first = again.iter().map(|it| it.id).chain([id]).min().unwrap_or(id);
        self.read_to = self.read_to.min(first - 1);
        self.may_be_more = true;
    }

    /// Lets go of what was read ahead of sessions of which a message has failed.
    async fn hold(&mut self, failed: &[String]) {
        let is_held = |it: &Due| failed.contains(&it.session_id);
        let held: Vec<i64> = self.ahead.iter().filter(|it| is_held(it)).map(|it| it.id).collect();
        if held.is_empty() {
            return;
        }
        match due::hold(&self.lane.engine.pool, &self.lane.lease, &held).await {
            Ok(()) => {
                self.ahead.retain(|it| !is_held(it));
                // Of some the hold may be over.
                self.may_be_more = true;
            }
            Err(error) => {
                let first = held.iter().min().copied().unwrap_or_default();
                self.ahead.retain(|it| !is_held(it));
                self.read_to = self.read_to.min(first - 1);
                self.may_be_more = true;
                let endpoint_id = self.lane.endpoint_id();
                tracing::warn!(%error, endpoint_id, "later webhooks of a session could not be held");
            }
        }
    }
}

/// Makes one attempt and sees that it is written down.
async fn deliver(lane: Arc<Lane>, delivery: Delivery, place: OwnedSemaphorePermit) -> Done {
    let attempt = lane.send(&delivery).await;
    drop(place);
    crash_points::reach("after_webhook_sent");
    let judged = settle::judge(&lane, &delivery, &attempt);
    let mut is_written = false;
    for tries_left in (0..SETTLE_TRIES).rev() {
        match settle::write(&lane, &judged, &delivery.destination.game_id).await {
            Ok(()) => {
                is_written = true;
                break;
            }
            Err(_) if 0 < tries_left => sleep(SETTLE_AGAIN_AFTER).await,
            Err(error) => {
                let endpoint_id = lane.endpoint_id();
                tracing::warn!(%error, endpoint_id, "an attempt could not be written down");
            }
        }
    }
    let Due { id, session_id, attempts, .. } = delivery.due;
    let (is_done_with, is_first) = (judged.is_done_with(), attempts == 0);
    Done { id, session_id, is_done_with, is_written, is_first }
}

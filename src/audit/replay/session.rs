//! Replays one session.

use cqrs_es::Aggregate as _;
use sqlx::PgPool;

use super::{Damage, Difference, compare, fold};
use crate::{
    domain::{
        id::SessionId,
        session::{Session, SessionEvent},
    },
    event_store::{
        LoadedEvent, RecordedEntry, StoredStream, StreamKeys, snapshot, stream_name, streams_named,
    },
    vault::Key,
};

/// One session: its history, what that folds to, and whether its rows say the same.
pub struct ReplayedSession {
    /// Its events, each as it stands in the log and as it was read.
    pub events: Vec<(RecordedEntry, LoadedEvent<SessionEvent>)>,
    /// Whether its key was destroyed, so that nobody can know what was private.
    pub is_erased: bool,
    /// Folded.
    pub session: Session,
    /// Rows that say something else.
    pub differences: Vec<Difference>,
}

/// Replays one session; `None` if the log has none of this id.
///
/// # Errors
///
/// If the database does not answer; inside, the [`Damage`] for which it cannot be folded.
pub async fn replay_session(
    pool: &PgPool,
    master: &Key,
    id: &SessionId,
) -> Result<Option<Result<ReplayedSession, Damage>>, sqlx::Error> {
    let (keys, name) = (StreamKeys::of(master), stream_name::<Session>(id.as_str()));
    let mut snapshot = snapshot(pool).await?;
    let mut streams = streams_named(&mut snapshot, &[&name]).await?;
    let Some(stream) = streams.pop() else { return Ok(None) };
    let folded = match fold::fold(&stream, &keys) {
        Ok(folded) => folded,
        Err(damage) => return Ok(Some(Err(damage))),
    };
    let differences = compare::differences(&mut snapshot, &[folded]).await?;
    snapshot.commit().await?;
    Ok(Some(read(stream, &keys, differences)))
}

fn read(
    stream: StoredStream,
    keys: &StreamKeys,
    differences: Vec<Difference>,
) -> Result<ReplayedSession, Damage> {
    let damaged = |damage| Damage::Stream { stream: stream.name.clone(), damage };
    let read = stream.read::<Session>(keys).map_err(damaged)?;
    let mut session = Session::default();
    read.iter().for_each(|it| session.apply(it.event.clone()));
    let is_erased = stream.is_erased();
    let events = stream.entries.into_iter().zip(read).collect();
    Ok(ReplayedSession { events, is_erased, session, differences })
}

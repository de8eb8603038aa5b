//! Follows the log and counts: the figures of some events and the checkpoint behind them are written
//! in one transaction, so that each event is counted once.
//!
//! Of a session's later events the first one tells game, world and hour. It is read from the log
//! itself, for all sessions of a batch at once: no row that changes has a say.

use std::{collections::HashMap, time::Duration};

use sqlx::PgConnection;

use super::{Figure, FigureKey, Origin, Sums, count};
use crate::{
    domain::session::{Session, SessionEvent},
    event_store::{
        RecordedEntry, first_entries, read_without_key, stream_id,
        subscription::{HandleError, NotAll, Subscriber},
    },
};

/// The subscription. Its effects are rows of `figure`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Figures;

/// By stream.
type Origins = HashMap<String, Result<Origin, String>>;

impl Subscriber for Figures {
    const NAME: &'static str = "figures";
    const GENERATION: i32 = 1;
    /// Counted again from the first event, they come to the same.
    const REPLAYABLE: bool = true;
    /// People look at them; no process waits. So writers are disturbed some times a second, at most.
    const GATHERS: Duration = Duration::from_millis(200);

    async fn handle(
        &self,
        connection: &mut PgConnection,
        entry: &RecordedEntry,
    ) -> Result<(), HandleError> {
        self.handle_all(connection, &[entry]).await.map_err(|it| it.error)
    }

    async fn handle_all(
        &self,
        connection: &mut PgConnection,
        entries: &[&RecordedEntry],
    ) -> Result<(), NotAll> {
        let of_sessions: Vec<(usize, &RecordedEntry)> = (0..)
            .zip(entries.iter().copied())
            .filter(|(_, it)| stream_id::<Session>(&it.stream).is_some())
            .collect();
        let origins = origins(connection, &of_sessions).await;
        let origins = origins.map_err(|it| NotAll { index: 0, error: it.into() })?;
        let mut sums = Sums::default();
        for (index, entry) in of_sessions {
            add(&mut sums, &origins, entry).map_err(|error| NotAll { index, error })?;
        }
        write(connection, &sums).await.map_err(|error| NotAll { index: 0, error })
    }
}

fn add(sums: &mut Sums, origins: &Origins, entry: &RecordedEntry) -> Result<(), HandleError> {
    let origin = origins.get(&entry.stream).map(Result::as_ref);
    let origin = origin.ok_or_else(|| HandleError::refused("the stream has no first event"))?;
    let origin = origin.map_err(HandleError::refused)?;
    count(sums, origin, &read(entry)?);
    Ok(())
}

fn read(entry: &RecordedEntry) -> Result<SessionEvent, HandleError> {
    // Nothing is counted by what is private.
    let read = read_without_key::<Session>(entry).map_err(HandleError::refused)?;
    Ok(read.event)
}

/// Where each of these entries' sessions came from.
async fn origins(
    connection: &mut PgConnection,
    entries: &[(usize, &RecordedEntry)],
) -> Result<Origins, sqlx::Error> {
    let is_first = |it: &&RecordedEntry| it.version == 1;
    let at_hand = entries.iter().map(|(_, it)| *it).filter(is_first);
    let mut origins: Origins = at_hand.map(|it| (it.stream.clone(), origin(it))).collect();
    let others = entries.iter().map(|(_, it)| it.stream.as_str());
    let mut others: Vec<&str> = others.filter(|it| !origins.contains_key(*it)).collect();
    others.sort_unstable();
    others.dedup();
    if !others.is_empty() {
        let read = first_entries(connection, &others).await?;
        origins.extend(read.into_iter().map(|it| (it.stream.clone(), origin(&it))));
    }
    Ok(origins)
}

fn origin(first: &RecordedEntry) -> Result<Origin, String> {
    let event = read(first).map_err(|it| it.to_string())?;
    Origin::of(&event).ok_or_else(|| "the stream does not begin with its creation".to_owned())
}

/// Adds to the rows, in the order of their keys. A commit that is lost in a crash is lost with its
/// checkpoint, and counted again: so it need not wait for the disk, for which appends wait.
async fn write(connection: &mut PgConnection, Sums(sums): &Sums) -> Result<(), HandleError> {
    if sums.is_empty() {
        return Ok(());
    }
    let too_much = |_| HandleError::refused("an amount is larger than a figure can be");
    let minor_units = sums.values().map(|it| i64::try_from(it.minor_units).map_err(too_much));
    let minor_units = minor_units.collect::<Result<Vec<_>, _>>()?;
    fn each<'a, T>(
        sums: &'a std::collections::BTreeMap<FigureKey, Figure>,
        of: impl Fn(&'a FigureKey) -> T,
    ) -> Vec<T> {
        sums.keys().map(of).collect()
    }
    sqlx::query(
        "INSERT INTO figure AS it
             (generation, game_id, world, hour, kind, subject, exponent, count, minor_units)
         SELECT $1, added.* FROM set_config('synchronous_commit', 'off', true),
             unnest($2::text[], $3::text[], $4::timestamptz[], $5::text[], $6::text[],
                    $7::smallint[], $8::bigint[], $9::bigint[]) AS added
         ON CONFLICT (game_id, world, generation, hour, kind, subject, exponent) DO UPDATE
         SET count = it.count + excluded.count,
             minor_units = it.minor_units + excluded.minor_units",
    )
    .bind(Figures::GENERATION)
    .bind(each(sums, |it| it.game_id.as_str()))
    .bind(each(sums, |it| it.world.as_str()))
    .bind(each(sums, |it| it.hour))
    .bind(each(sums, |it| it.kind.as_str()))
    .bind(each(sums, |it| it.subject.as_str()))
    .bind(each(sums, |it| it.exponent))
    .bind(sums.values().map(|it| it.count).collect::<Vec<_>>())
    .bind(minor_units)
    .execute(connection)
    .await?;
    Ok(())
}

//! Folds a stream into its aggregate and the rows that follow from it.

use cqrs_es::Aggregate;
use serde_json::{Value, to_value};

use super::Damage;
use crate::{
    domain::{
        game::Game,
        person::Person,
        session::{Session, SessionEvent},
        studio::Studio,
    },
    event_store::{StoredAggregate, StoredStream, StreamKeys},
};

/// A stream, folded.
pub(super) struct Folded {
    /// Its kind: the aggregate's type.
    pub(super) kind: &'static str,
    /// Its name.
    pub(super) stream: String,
    /// The aggregate's id.
    pub(super) id: String,
    /// Its version.
    pub(super) version: i64,
    /// Its rows, keyed by table as `write_read_models` takes them.
    pub(super) rows: Value,
    /// What it is.
    pub(super) aggregate: FoldedAs,
}

/// What a stream tells of.
pub(super) enum FoldedAs {
    /// With its events, and where in the log each stands.
    Session(Session, Vec<(i64, SessionEvent)>),
    Game,
    Studio,
    Person,
}

/// Folds a stream.
pub(super) fn fold(stream: &StoredStream, keys: &StreamKeys) -> Result<Folded, Damage> {
    let (kind, id) = stream.name.split_once('-').unwrap_or_default();
    let folded = |kind, rows, aggregate| Folded {
        kind,
        stream: stream.name.clone(),
        id: id.to_owned(),
        version: stream.version,
        rows,
        aggregate,
    };
    match kind {
        kind if kind == Session::TYPE => {
            let (session, rows, events) = fold_as::<Session>(stream, id, keys)?;
            let positions = stream.entries.iter().map(|it| it.position);
            let events = positions.zip(events).collect();
            Ok(folded(Session::TYPE, rows, FoldedAs::Session(session, events)))
        }
        kind if kind == Game::TYPE => {
            let (_, rows, _) = fold_as::<Game>(stream, id, keys)?;
            Ok(folded(Game::TYPE, rows, FoldedAs::Game))
        }
        kind if kind == Studio::TYPE => {
            let (_, rows, _) = fold_as::<Studio>(stream, id, keys)?;
            Ok(folded(Studio::TYPE, rows, FoldedAs::Studio))
        }
        kind if kind == Person::TYPE => {
            let (_, rows, _) = fold_as::<Person>(stream, id, keys)?;
            Ok(folded(Person::TYPE, rows, FoldedAs::Person))
        }
        _ => Err(Damage::UnknownKind(stream.name.clone())),
    }
}

fn fold_as<A: StoredAggregate>(
    stream: &StoredStream,
    id: &str,
    keys: &StreamKeys,
) -> Result<(A, Value, Vec<A::Event>), Damage> {
    let damaged = |damage| Damage::Stream { stream: stream.name.clone(), damage };
    let events = stream.read::<A>(keys).map_err(damaged)?;
    let mut aggregate = A::default();
    let events: Vec<A::Event> = events.into_iter().map(|it| it.event).collect();
    events.iter().for_each(|it| aggregate.apply(it.clone()));
    let rows = to_value(aggregate.rows(id, stream.version)).ok();
    // Whatever exists has a row; only a history that ended as corrupt has none.
    let rows = rows.filter(|it| it.as_object().is_some_and(|tables| !tables.is_empty()));
    let rows = rows.ok_or_else(|| Damage::Impossible(stream.name.clone()))?;
    Ok((aggregate, rows, events))
}

//! The row of an act, and what it is made of: its own entry, and what else the log says of its game and of
//! the person's stay. No row that changes has a say.

use std::collections::HashMap;

use sqlx::{FromRow, PgConnection};

use super::{
    ActKind,
    rules::{actor, is_by_hand, kind_of_game, kind_of_session, kind_of_studio, studio_of, subject},
};
use crate::{
    domain::{
        Timestamp,
        game::{Game, GameEvent},
        person::{Person, PersonEvent},
        session::Session,
        studio::Studio,
        world::World,
    },
    event_store::{
        EntryError, Envelope, RecordedEntry, entries_of_types, read_envelope, read_without_key,
        stream_id, stream_name,
    },
};

/// Where an act stands, and what it can be found by.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct ActRow {
    /// The event's stream.
    pub stream: String,
    /// Its place there.
    pub version: i64,
    /// Its place in the log.
    pub position: i64,
    /// When it was recorded, by the database's clock.
    pub recorded_at: Timestamp,
    /// The event's name.
    #[sqlx(rename = "type")]
    pub event_type: String,
    /// Whose.
    pub studio_id: String,
    /// Which game's, if it is about one.
    pub game_id: Option<String>,
    /// Which world's, if it is about one.
    pub world: Option<String>,
    /// An [`ActKind`], as stored.
    pub kind: String,
    /// `person:…`, `key:…` or [`super::TOFFEEPAY`].
    pub actor: String,
    /// Where in the log the person came in.
    pub stay_position: Option<i64>,
}

/// Why an act has no row.
#[derive(Debug, thiserror::Error)]
pub enum NoRow {
    /// Its entry cannot be read.
    #[error(transparent)]
    Unreadable(#[from] EntryError),
    /// Its entry is sound, and the log does not have what else belongs to a row.
    #[error("{0}")]
    Unknown(&'static str),
}

/// An act as its own entry tells it.
struct Found {
    envelope: Envelope,
    kind: ActKind,
    of: Of,
}

enum Of {
    Session,
    Game { game_id: String, subject: Option<String> },
    Studio { studio_id: String },
}

/// What the log says beside an act's own entry.
struct Around {
    /// By game.
    studios: HashMap<String, String>,
    /// By key and by endpoint.
    worlds: HashMap<String, World>,
    /// Where somebody came in, by the stay.
    stays: HashMap<String, i64>,
}

/// The rows of those of some entries that are acts, each with the entry's index; of one that cannot be read,
/// why.
///
/// # Errors
///
/// The database's.
pub async fn acts_of(
    connection: &mut PgConnection,
    entries: &[&RecordedEntry],
) -> Result<Vec<(usize, Result<ActRow, NoRow>)>, sqlx::Error> {
    let looked = entries.iter().enumerate().filter_map(|(index, it)| {
        let found = look(it).transpose()?;
        Some((index, found))
    });
    let looked: Vec<(usize, Result<Found, NoRow>)> = looked.collect();
    let found: Vec<&Found> = looked.iter().filter_map(|(_, it)| it.as_ref().ok()).collect();
    let around = Around::read(connection, &found).await?;
    let rows = looked.into_iter().filter_map(|(index, it)| {
        let entry = entries.get(index)?;
        Some((index, it.and_then(|it| around.row(entry, &it))))
    });
    Ok(rows.collect())
}

/// An act, if the entry is of one.
fn look(entry: &RecordedEntry) -> Result<Option<Found>, NoRow> {
    let stream = &entry.stream;
    if stream_id::<Session>(stream).is_some() {
        if !is_by_hand(&read_envelope(entry)?.actor) {
            return Ok(None);
        }
        let read = read_without_key::<Session>(entry)?;
        let kind = kind_of_session(&read.event);
        return Ok(Some(Found { envelope: read.envelope, kind, of: Of::Session }));
    }
    if let Some(game_id) = stream_id::<Game>(stream) {
        let read = read_without_key::<Game>(entry)?;
        let kind = kind_of_game(&read.event);
        let subject = subject(&read.event).map(str::to_owned);
        let of = Of::Game { game_id: game_id.to_owned(), subject };
        return Ok(Some(Found { envelope: read.envelope, kind, of }));
    }
    if let Some(studio_id) = stream_id::<Studio>(stream) {
        let read = read_without_key::<Studio>(entry)?;
        let kind = kind_of_studio(&read.event);
        let of = Of::Studio { studio_id: studio_id.to_owned() };
        return Ok(Some(Found { envelope: read.envelope, kind, of }));
    }
    Ok(None)
}

impl Found {
    fn game_id(&self) -> Option<&str> {
        match &self.of {
            Of::Session => self.envelope.game.as_deref(),
            Of::Game { game_id, .. } => Some(game_id),
            Of::Studio { .. } => None,
        }
    }

    /// The stay of a person, as the log names it, and that person's stream.
    fn stay(&self) -> Option<(&str, String)> {
        let person_id = self.envelope.actor.strip_prefix("person:")?;
        Some((self.envelope.causation.as_deref()?, stream_name::<Person>(person_id)))
    }
}

impl Around {
    async fn read(connection: &mut PgConnection, found: &[&Found]) -> Result<Self, sqlx::Error> {
        let mut games: Vec<String> =
            found.iter().filter_map(|it| Some(stream_name::<Game>(it.game_id()?))).collect();
        games.sort_unstable();
        games.dedup();
        let types = ["Registered", "KeyIssued", "EndpointAdded"];
        let (mut studios, mut worlds) = (HashMap::new(), HashMap::new());
        for it in entries_of_types(connection, &games, &types).await? {
            let game_id = stream_id::<Game>(&it.stream).unwrap_or_default();
            // One that cannot be read is missed by the act that needs it.
            let Ok(read) = read_without_key::<Game>(&it) else { continue };
            if let Some(studio_id) = studio_of(&read.event) {
                studios.insert(game_id.to_owned(), studio_id.to_string());
            }
            if let Some((subject, world)) = world_of(&read.event) {
                worlds.insert(subject, world);
            }
        }
        let mut people: Vec<String> =
            found.iter().filter_map(|it| it.stay()).map(|(_, stream)| stream).collect();
        people.sort_unstable();
        people.dedup();
        let mut stays = HashMap::new();
        for it in entries_of_types(connection, &people, &["SignedIn"]).await? {
            let read = read_without_key::<Person>(&it).map(|it| it.event);
            if let Ok(PersonEvent::SignedIn { sign_in_id, .. }) = read {
                stays.insert(sign_in_id.to_string(), it.position);
            }
        }
        Ok(Self { studios, worlds, stays })
    }

    fn row(&self, entry: &RecordedEntry, found: &Found) -> Result<ActRow, NoRow> {
        let Found { envelope, kind, of, .. } = found;
        let game_id = found.game_id();
        let studio_id = match (of, game_id) {
            (Of::Studio { studio_id }, _) => Some(studio_id),
            (_, Some(game_id)) => self.studios.get(game_id),
            (_, None) => None,
        };
        let studio_id = studio_id.ok_or(NoRow::Unknown("the log does not say whose game it is"))?;
        let world = match of {
            Of::Session => envelope.world,
            Of::Game { subject: Some(subject), .. } => {
                let world = self.worlds.get(subject).copied();
                Some(world.ok_or(NoRow::Unknown("the log does not say of which world it is"))?)
            }
            Of::Game { subject: None, .. } | Of::Studio { .. } => None,
        };
        let stay = found.stay().and_then(|(stay, _)| self.stays.get(stay).copied());
        Ok(ActRow {
            stream: entry.stream.clone(),
            version: entry.version,
            position: entry.position,
            recorded_at: entry.recorded_at,
            event_type: entry.event_type.clone(),
            studio_id: studio_id.clone(),
            game_id: game_id.map(str::to_owned),
            world: world.map(|it| it.to_string()),
            kind: kind.as_str().to_owned(),
            actor: actor(&envelope.actor).to_owned(),
            stay_position: stay,
        })
    }
}

/// The world of what an event brings in.
fn world_of(event: &GameEvent) -> Option<(String, World)> {
    match event {
        GameEvent::KeyIssued { key_id, world, .. } => Some((key_id.to_string(), *world)),
        GameEvent::EndpointAdded { endpoint_id, endpoint, .. } => {
            Some((endpoint_id.to_string(), endpoint.world))
        }
        _ => None,
    }
}

/// Writes rows of a generation; one that is there already stays as it is.
///
/// # Errors
///
/// The database's.
pub async fn insert_acts(
    connection: &mut PgConnection,
    generation: i32,
    rows: &[ActRow],
) -> Result<(), sqlx::Error> {
    fn each<'a, T>(rows: &'a [ActRow], of: impl Fn(&'a ActRow) -> T) -> Vec<T> {
        rows.iter().map(of).collect()
    }
    if rows.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "INSERT INTO act (generation, stream, version, position, recorded_at, type, studio_id,
                          game_id, world, kind, actor, stay_position)
         SELECT $1, it.* FROM unnest($2::text[], $3::bigint[], $4::bigint[], $5::timestamptz[],
             $6::text[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[],
             $12::bigint[]) AS it
         ON CONFLICT (generation, stream, version) DO NOTHING",
    )
    .bind(generation)
    .bind(each(rows, |it| it.stream.as_str()))
    .bind(each(rows, |it| it.version))
    .bind(each(rows, |it| it.position))
    .bind(each(rows, |it| it.recorded_at))
    .bind(each(rows, |it| it.event_type.as_str()))
    .bind(each(rows, |it| it.studio_id.as_str()))
    .bind(each(rows, |it| it.game_id.as_deref()))
    .bind(each(rows, |it| it.world.as_deref()))
    .bind(each(rows, |it| it.kind.as_str()))
    .bind(each(rows, |it| it.actor.as_str()))
    .bind(each(rows, |it| it.stay_position))
    .execute(connection)
    .await?;
    Ok(())
}

//! Reads acts in the log, and finds out what all that they name is called.

use std::collections::{BTreeMap, HashMap};

use sqlx::PgConnection;

use crate::{
    acts::ActRow,
    dashboard::{Dashboard, place::StudioPlace},
    domain::{
        Timestamp,
        game::{Game, GameEvent},
        person::{Origin, Person, PersonEvent, Proof},
        private::Private,
        session::{Session, SessionEvent},
        studio::{Role, Studio, StudioEvent},
        world::World,
    },
    event_store::{
        EntryError, Envelope, KeyedEntry, RecordedEntry, StoreError, entries_of_types,
        read_without_key, stream_id, stream_name,
    },
    projections::{game::GameRow, person::names_of},
};

/// An act, as the log has it.
pub(super) struct Told {
    pub(super) row: ActRow,
    /// None, if this version cannot read it.
    pub(super) entry: Option<ToldEntry>,
    /// Why, if somebody said so.
    pub(super) why: Option<Private<String>>,
    /// The stay in which a person did it.
    pub(super) stay: Option<ToldStay>,
}

/// What the log has of an act.
pub(super) struct ToldEntry {
    pub(super) envelope: Envelope,
    pub(super) event: Event,
}

/// What happened.
pub(super) enum Event {
    Session(SessionEvent),
    Game(GameEvent),
    Studio(StudioEvent),
}

/// When, from where and how a person came in.
pub(super) struct ToldStay {
    pub(super) at: Timestamp,
    pub(super) proof: Proof,
    pub(super) from: Private<Origin>,
}

/// What is called how. What is gone from the studio is still named as the log has it.
#[derive(Default)]
pub(super) struct Names {
    /// By person.
    pub(super) people: BTreeMap<String, String>,
    /// By key.
    pub(super) keys: HashMap<String, String>,
    /// Where an endpoint was, by its id: each URL by the version of its game from which on it was there.
    pub(super) endpoints: HashMap<String, BTreeMap<i64, String>>,
    /// What a member was before an event of the studio, by its version.
    pub(super) roles_before: HashMap<i64, Role>,
}

impl Names {
    /// Where an endpoint was at a version of its game.
    pub(super) fn url_at(&self, endpoint_id: &str, version: i64) -> Option<&String> {
        self.endpoints.get(endpoint_id)?.range(..=version).next_back().map(|(_, url)| url)
    }
}

impl Told {
    /// What happened, if this version can read it.
    pub(super) fn event(&self) -> Option<&Event> {
        self.entry.as_ref().map(|it| &it.event)
    }

    /// In which world.
    pub(super) fn world(&self) -> Option<World> {
        self.row.world.as_deref().and_then(World::parse)
    }
}

/// Reads these acts, in their order.
pub(super) async fn tell(
    desk: &Dashboard,
    place: &StudioPlace,
    rows: Vec<ActRow>,
) -> Result<(Vec<Told>, Names), StoreError> {
    let positions = rows.iter().flat_map(|it| [Some(it.position), it.stay_position]).flatten();
    let mut positions: Vec<i64> = positions.collect();
    positions.sort_unstable();
    positions.dedup();
    let entries = desk.store.entries_at(&positions).await?;
    let entries: HashMap<i64, KeyedEntry> =
        entries.into_iter().map(|it| (it.recorded.position, it)).collect();
    let told: Vec<Told> = rows.into_iter().map(|row| read(row, &entries)).collect();
    let names = names(desk, place, &told).await?;
    Ok((told, names))
}

/// One act that cannot be read hides no other.
fn read(row: ActRow, entries: &HashMap<i64, KeyedEntry>) -> Told {
    let entry = entries.get(&row.position);
    let (entry, why) = match entry.map(read_entry) {
        Some(Ok((entry, why))) => (Some(entry), why),
        Some(Err(error)) => {
            tell_unreadable(row.position, &row.event_type, &error.to_string());
            (None, None)
        }
        None => {
            tell_unreadable(row.position, &row.event_type, "it is not in the log");
            (None, None)
        }
    };
    let stay = row.stay_position.and_then(|it| entries.get(&it)).and_then(stay);
    Told { row, entry, why, stay }
}

fn read_entry(entry: &KeyedEntry) -> Result<(ToldEntry, Option<Private<String>>), EntryError> {
    let stream = &entry.recorded.stream;
    let (envelope, event, reason) = if stream_id::<Session>(stream).is_some() {
        let it = entry.read::<Session>()?;
        (it.envelope, Event::Session(it.event), it.reason)
    } else if stream_id::<Game>(stream).is_some() {
        let it = entry.read::<Game>()?;
        (it.envelope, Event::Game(it.event), it.reason)
    } else {
        let it = entry.read::<Studio>()?;
        (it.envelope, Event::Studio(it.event), it.reason)
    };
    let why = reason.map(|it| it.known().map_or(Private::Erased, |it| it.to_string().into()));
    let why = why.or_else(|| own_reason(&event));
    Ok((ToldEntry { envelope, event }, why))
}

fn tell_unreadable(position: i64, event_type: &str, reason: &str) {
    tracing::warn!(position, event_type, reason, "the history has an act that cannot be read");
}

/// A refund's reason is said in the event itself: the game's server is told it too.
fn own_reason(event: &Event) -> Option<Private<String>> {
    let Event::Session(SessionEvent::RefundRequested { reason, .. }) = event else { return None };
    match reason {
        Private::Erased => Some(Private::Erased),
        Private::Known(reason) => reason.as_ref().map(|it| it.to_string().into()),
    }
}

fn stay(entry: &KeyedEntry) -> Option<ToldStay> {
    match entry.read::<Person>().map(|it| it.event) {
        Ok(PersonEvent::SignedIn { proof, from, signed_in_at: at, .. }) => {
            Some(ToldStay { at, proof, from })
        }
        Ok(_) => None,
        Err(error) => {
            let RecordedEntry { position, event_type, .. } = &entry.recorded;
            tell_unreadable(*position, event_type, &error.to_string());
            None
        }
    }
}

async fn names(desk: &Dashboard, place: &StudioPlace, told: &[Told]) -> Result<Names, StoreError> {
    let mut names = Names::default();
    let people = told.iter().flat_map(|it| {
        let member = if let Some(Event::Studio(event)) = it.event() { member(event) } else { None };
        [it.row.actor.strip_prefix("person:"), member].into_iter().flatten()
    });
    let people: Vec<String> = people.map(str::to_owned).collect();
    names.people = names_of(&desk.pool, &people).await?;
    let games = told.iter().filter_map(|it| it.row.game_id.as_deref()).map(stream_name::<Game>);
    let mut games: Vec<String> = games.collect();
    games.sort_unstable();
    games.dedup();
    let types = ["KeyIssued", "EndpointAdded", "EndpointChanged"];
    let mut connection = desk.pool.acquire().await?;
    for it in entries_of_types(&mut connection, &games, &types).await? {
        // What one that cannot be read would name is told by its id.
        match read_without_key::<Game>(&it).map(|it| it.event) {
            Ok(GameEvent::KeyIssued { key_id, name, .. }) => {
                names.keys.insert(key_id.into(), name.into());
            }
            Ok(
                GameEvent::EndpointAdded { endpoint_id, endpoint, .. }
                | GameEvent::EndpointChanged { endpoint_id, endpoint, .. },
            ) => {
                let urls = names.endpoints.entry(endpoint_id.into()).or_default();
                urls.insert(it.version, endpoint.url.as_str().to_owned());
            }
            Ok(_) | Err(_) => {}
        }
    }
    if told.iter().any(|it| matches!(it.event(), Some(Event::Studio(_)))) {
        names.roles_before = roles_before(&mut connection, place).await?;
    }
    Ok(names)
}

/// Whom an event of a studio is about.
pub(super) fn member(event: &StudioEvent) -> Option<&str> {
    match event {
        StudioEvent::Founded { .. } => None,
        StudioEvent::MemberAdded { person_id, .. }
        | StudioEvent::RoleChanged { person_id, .. }
        | StudioEvent::MemberRemoved { person_id, .. } => Some(person_id.as_str()),
    }
}

async fn roles_before(
    connection: &mut PgConnection,
    place: &StudioPlace,
) -> Result<HashMap<i64, Role>, StoreError> {
    let mut now: HashMap<String, Role> = HashMap::new();
    let mut before = HashMap::new();
    let streams = [stream_name::<Studio>(place.studio_id.as_str())];
    let types = ["MemberAdded", "RoleChanged", "MemberRemoved"];
    for it in entries_of_types(connection, &streams, &types).await? {
        let Ok(event) = read_without_key::<Studio>(&it).map(|it| it.event) else { continue };
        let role = match &event {
            StudioEvent::MemberAdded { role, .. } | StudioEvent::RoleChanged { role, .. } => {
                Some(*role)
            }
            StudioEvent::Founded { .. } | StudioEvent::MemberRemoved { .. } => None,
        };
        let Some(person_id) = member(&event) else { continue };
        let was = match role {
            Some(role) => now.insert(person_id.to_owned(), role),
            None => now.remove(person_id),
        };
        before.extend(was.map(|was| (it.version, was)));
    }
    Ok(before)
}

/// What keys are called that the games have now.
pub(super) fn keys_now(games: &[GameRow]) -> HashMap<String, String> {
    let keys = games.iter().flat_map(|it| it.keys.iter());
    keys.map(|it| (it.key_id.to_string(), it.name.to_string())).collect()
}

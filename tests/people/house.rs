//! What these tests stand on: people on a database of their own, and a clock that is set by hand.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use chrono::TimeDelta;
use sqlx::{Postgres, Transaction};
use toffeepay::{
    clock::{Clock, SystemClock},
    domain::{
        Timestamp,
        id::{PersonId, StudioId},
        person::{EmailAddress, Origin, Person, PersonEvent},
        studio::{Studio, StudioCommand},
        text::DisplayName,
    },
    event_store::{CommandContext, EventStore},
    ids::NewId,
    people::{Credentials, Enrollment, People, SignedIn, Stay, Token, TotpKey, Unwelcome},
    vault::Key,
};
use tokio::time::timeout;

use crate::support::database::TestDatabase;

/// Long, since machines are slow.
const WAITS_WITHIN: Duration = Duration::from_secs(30);

pub(crate) const EMAIL: &str = "ada@studio.example";
pub(crate) const PASSWORD: &str = "correct horse battery";

/// Set by hand.
struct ManualClock(Mutex<Timestamp>);

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

pub(crate) struct House {
    pub(crate) people: People,
    pub(crate) store: EventStore,
    pub(crate) database: TestDatabase,
    master: Key,
    clock: Arc<ManualClock>,
}

impl House {
    pub(crate) async fn new() -> Self {
        let database = TestDatabase::new().await;
        let master = Key::generate();
        let (service, options) = (database.service.clone(), database.service_options.clone());
        let store = EventStore::open(service.clone(), options, &master, Arc::new(|| ()));
        let clock = Arc::new(ManualClock(Mutex::new(SystemClock.now())));
        let people = People::new(store.clone(), service, &master, Arc::clone(&clock) as Arc<_>);
        Self { people, store, database, master, clock }
    }

    /// The same, through the login of whoever owns the database.
    pub(crate) fn as_owner(&self) -> People {
        let (owner, options) = (self.database.owner.clone(), self.database.owner_options.clone());
        let store = EventStore::open(owner.clone(), options, &self.master, Arc::new(|| ()));
        People::new(store, owner, &self.master, Arc::clone(&self.clock) as Arc<_>)
    }

    /// Does what an operator at the database could.
    pub(crate) async fn tamper(&self, statement: &str) {
        sqlx::raw_sql(statement).execute(&self.database.owner).await.unwrap();
    }

    pub(crate) async fn count(&self, table: &str) -> i64 {
        let count = format!("SELECT count(*) FROM {table}");
        sqlx::query_scalar(&count).fetch_one(&self.database.owner).await.unwrap()
    }

    /// Holds a person, as whoever changes how they come in does.
    pub(crate) async fn held(&self, person_id: &PersonId) -> Transaction<'static, Postgres> {
        let mut transaction = self.database.owner.begin().await.unwrap();
        let hold = sqlx::query("SELECT FROM person_email WHERE person_id = $1 FOR UPDATE");
        hold.bind(person_id.as_str()).execute(&mut *transaction).await.unwrap();
        transaction
    }

    /// Waits until somebody else waits for who is held.
    pub(crate) async fn is_waited_for(&self) {
        let waits = async {
            let waiting = "SELECT EXISTS (SELECT FROM pg_stat_activity
                           WHERE datname = current_database() AND wait_event_type = 'Lock')";
            while !sqlx::query_scalar::<_, bool>(waiting)
                .fetch_one(&self.database.owner)
                .await
                .unwrap()
            {
                tokio::task::yield_now().await;
            }
        };
        timeout(WAITS_WITHIN, waits).await.expect("nobody waits");
    }

    /// Comes in by a link.
    pub(crate) async fn enters(&self, link: &Token) -> Token {
        let SignedIn { token, .. } = self.people.sign_in_by_link(link, from(), "r").await.unwrap();
        token
    }

    /// Somebody who has come in by a link.
    pub(crate) async fn comes_in(&self, person_id: &PersonId) -> (Token, Stay) {
        let token = self.enters(&self.link(person_id).await).await;
        let stay = self.people.stay(&token).await.unwrap().unwrap();
        (token, stay)
    }

    pub(crate) fn context(&self) -> CommandContext {
        CommandContext::new("operator:test", "req_1", self.clock.now())
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) fn later(&self, by: TimeDelta) {
        *self.clock.0.lock().unwrap() += by;
    }

    pub(crate) async fn invited(&self) -> PersonId {
        self.people.invite(&email(), &self.context()).await.unwrap()
    }

    pub(crate) async fn link(&self, person_id: &PersonId) -> Token {
        self.people.issue_link(person_id, TimeDelta::hours(1), &self.context()).await.unwrap()
    }

    /// Somebody with a password and a second factor, and the key of that.
    pub(crate) async fn enrolled(&self) -> (PersonId, TotpKey) {
        let person_id = self.invited().await;
        let (_, stay) = self.comes_in(&person_id).await;
        let totp = TotpKey::generate();
        let chosen = self.chosen(&totp);
        self.people.enroll(&stay, chosen, &self.context()).await.unwrap();
        // The code that was shown then is used up.
        self.later(TimeDelta::minutes(2));
        (person_id, totp)
    }

    pub(crate) fn chosen(&self, totp: &TotpKey) -> Enrollment {
        Enrollment {
            name: DisplayName::parse("Ada").unwrap(),
            password: PASSWORD.into(),
            totp: TotpKey::from_base32(&totp.to_base32()).unwrap(),
            code: self.code(totp),
        }
    }

    pub(crate) fn code(&self, totp: &TotpKey) -> String {
        totp.code(self.clock.now()).unwrap()
    }

    pub(crate) async fn sign_in(&self, password: &str, code: &str) -> Result<Token, Unwelcome> {
        let (password, code) = (password.into(), code.to_owned());
        let credentials = Credentials { email: email(), password, code };
        let from = Origin { address: None, agent: None };
        self.people.sign_in(credentials, from, "req_2").await.map(|it| it.token)
    }

    pub(crate) async fn is_in(&self, token: &Token) -> bool {
        self.people.stay(token).await.unwrap().is_some()
    }

    pub(crate) async fn events(&self, person_id: &PersonId) -> Vec<PersonEvent> {
        let events = self.store.events::<Person>(person_id.as_str()).await.unwrap();
        events.into_iter().map(|it| it.event).collect()
    }

    pub(crate) async fn studio(&self) -> StudioId {
        let (id, at) = (StudioId::new(self.clock.now()), self.clock.now());
        let name = DisplayName::parse("Nebula Games").unwrap();
        let found = StudioCommand::Found { name, at };
        self.store.execute::<Studio>(id.as_str(), found, &self.context()).await.unwrap();
        id
    }
}

pub(crate) fn email() -> EmailAddress {
    EmailAddress::parse(EMAIL).unwrap()
}

pub(crate) fn from() -> Origin {
    Origin { address: Some("203.0.113.7".to_owned()), agent: Some("Firefox".to_owned()) }
}

//! `CqrsFramework` of cqrs-es on our log.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use cqrs_es::{
    Aggregate, AggregateContext, AggregateError, CqrsFramework, DomainEvent, EventEnvelope,
    EventStore as _, Query, event_sink::EventSink,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use toffeepay::{
    domain::{
        Timestamp,
        session::{Session, SessionCommand},
    },
    event_store::{EventStore, Label, StoredAggregate, cqrs},
    projections::session::SessionRow,
};

use crate::{
    given::{assert_gapless, create, now, session_id, store},
    support::database::TestDatabase,
};

#[tokio::test]
async fn three_times_plus_100_is_300_in_the_log_and_for_those_who_are_told() {
    let database = TestDatabase::new().await;
    let store = store(&database);
    let told = Told::default();
    let framework = CqrsFramework::new(store.clone(), vec![Box::new(told.clone())], ());

    for _ in 0..3 {
        framework.execute("a", Add(100)).await.unwrap();
    }

    let loaded = store.load::<Account>("a", None).await.unwrap();
    assert_eq!((loaded.aggregate.total, loaded.version), (300, 3));
    let events: Vec<EventEnvelope<Account>> = store.load_events("a").await.unwrap();
    let sequences: Vec<usize> = events.iter().map(|it| it.sequence).collect();
    assert_eq!(sequences, [1, 2, 3]);
    assert_eq!(*told.0.lock().unwrap(), [(1, 100), (2, 200), (3, 300)]);
    assert_gapless(&database.owner).await;
}

#[tokio::test]
async fn a_command_with_an_id_is_executed_once_and_its_metadata_stands_in_the_log() {
    let database = TestDatabase::new().await;
    let store = store(&database);
    let framework = CqrsFramework::<Account, _>::new(store.clone(), vec![], ());
    let metadata = [
        (cqrs::COMMAND_ID, "order-17"),
        (cqrs::ACTOR, "operator:ada"),
        (cqrs::CORRELATION, "request-9"),
        (cqrs::CAUSATION, "evt_1"),
        (cqrs::REASON, "asked for by phone"),
    ];
    let metadata = metadata.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let metadata = HashMap::from(metadata);

    for _ in 0..3 {
        framework.execute_with_metadata("a", Add(100), metadata.clone()).await.unwrap();
    }

    let events: Vec<EventEnvelope<Account>> = store.load_events("a").await.unwrap();
    let [event] = events.try_into().unwrap();
    assert!(matches!(event.payload, AccountEvent::Added { total: 100, .. }));
    for name in [cqrs::ACTOR, cqrs::CORRELATION, cqrs::CAUSATION, cqrs::REASON] {
        assert_eq!(event.metadata[name], metadata[name]);
    }
}

#[tokio::test]
async fn a_conflict_and_a_refusal_come_back_as_the_framework_knows_them() {
    let database = TestDatabase::new().await;
    let store = store(&database);
    let (first, second) = (begin(&store).await, begin(&store).await);
    store.commit(vec![added(1)], first, HashMap::new()).await.unwrap();

    let conflict = store.commit(vec![added(2)], second, HashMap::new()).await;
    assert!(matches!(conflict, Err(AggregateError::AggregateConflict)), "{conflict:?}");

    let framework = CqrsFramework::<Session, _>::new(store.clone(), vec![], ());
    let id = session_id();
    framework.execute(&id, create("player")).await.unwrap();
    let refused = framework.execute(&id, create("player")).await;
    assert!(matches!(refused, Err(AggregateError::UserError(_))));
    assert_gapless(&database.owner).await;
}

#[tokio::test]
async fn what_the_api_reads_is_written_for_the_framework_too() {
    let database = TestDatabase::new().await;
    let store = store(&database);
    let framework = CqrsFramework::<Session, _>::new(store.clone(), vec![], ());
    let id = session_id();

    framework.execute(&id, create("player")).await.unwrap();
    framework.execute(&id, SessionCommand::OpenPage { at: now() }).await.unwrap();

    let row = SessionRow::find(&database.service, &id).await.unwrap().unwrap();
    let loaded = store.load::<Session>(&id, None).await.unwrap();
    assert_eq!(row, SessionRow::of(loaded.aggregate.present().unwrap(), &id, 2));
}

#[tokio::test]
async fn a_command_that_causes_nothing_appends_nothing() {
    let database = TestDatabase::new().await;
    let store = store(&database);

    let committed = store.commit(vec![], begin(&store).await, HashMap::new()).await.unwrap();

    assert!(committed.is_empty());
    assert_eq!(store.load::<Account>("a", None).await.unwrap().version, 0);
}

async fn begin(store: &EventStore) -> cqrs::CqrsContext<Account> {
    let mut context: cqrs::CqrsContext<Account> = store.load_aggregate("a").await.unwrap();
    assert_eq!(context.aggregate().total, 0);
    context
}

fn added(total: i64) -> AccountEvent {
    AccountEvent::Added { total, at: now() }
}

/// A sum that shows at once if an event is applied twice.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Account {
    total: i64,
    events_applied: i64,
}

#[derive(Clone, Copy)]
struct Add(i64);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum AccountEvent {
    Added { total: i64, at: Timestamp },
}

impl DomainEvent for AccountEvent {
    fn event_type(&self) -> String {
        "Added".to_owned()
    }

    fn event_version(&self) -> String {
        "1.0".to_owned()
    }
}

impl Aggregate for Account {
    const TYPE: &'static str = "account";
    type Command = Add;
    type Event = AccountEvent;
    type Error = std::fmt::Error;
    type Services = ();

    async fn handle(
        &mut self,
        Add(amount): Add,
        _services: &(),
        sink: &EventSink<Self>,
    ) -> Result<(), std::fmt::Error> {
        assert_eq!(self.total, self.events_applied * 100);
        sink.write(added(self.total + amount), self).await;
        Ok(())
    }

    fn apply(&mut self, AccountEvent::Added { total, .. }: AccountEvent) {
        self.total = total;
        self.events_applied += 1;
    }
}

impl StoredAggregate for Account {
    fn label(&self, _id: &str) -> Label {
        Label::default()
    }

    fn rows(&self, _id: &str, _version: i64) -> impl Serialize {
        json!({})
    }

    fn occurred_at(AccountEvent::Added { at, .. }: &AccountEvent) -> Timestamp {
        *at
    }
}

/// What a query of the framework was told: sequence and total of each event.
#[derive(Clone, Default)]
struct Told(Arc<Mutex<Vec<(usize, i64)>>>);

#[async_trait]
impl Query<Account> for Told {
    async fn dispatch(&self, _aggregate_id: &str, events: &[EventEnvelope<Account>]) {
        let told = events.iter().map(|it| {
            let AccountEvent::Added { total, .. } = it.payload;
            (it.sequence, total)
        });
        self.0.lock().unwrap().extend(told);
    }
}

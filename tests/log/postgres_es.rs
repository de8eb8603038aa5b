//! The stock store of postgres-es on the view `events`: the same log, read by somebody else's code.
//!
//! Here, and only here, it writes too: what it writes passes the read models by.

use std::collections::HashMap;

use cqrs_es::{
    AggregateContext as _, AggregateError, CqrsFramework, EventEnvelope, EventStore as _,
    persist::PersistedEventStore,
};
use postgres_es::PostgresEventRepository;
use sqlx::PgPool;
use toffeepay::domain::{
    id::PaymentId,
    private::Private,
    session::{CancelledBy, Session, SessionCommand, SessionEvent, SessionStatus},
};
use toffeepay::ids::NewId;

use crate::{
    given::{assert_gapless, captured, context, create, now, pay, session_id, store},
    support::database::TestDatabase,
};

type StockStore = PersistedEventStore<PostgresEventRepository, Session>;

#[tokio::test]
async fn stock_postgres_es_reads_the_log_with_what_is_private_erased() {
    let database = TestDatabase::new().await;
    let store = store(&database);
    let (id, payment_id) = (session_id(), PaymentId::new(now()));
    for command in [create("player"), pay(&payment_id), captured(&payment_id)] {
        store.execute::<Session>(&id, command, &context()).await.unwrap();
    }
    let stock = stock(&database.service);

    let events: Vec<EventEnvelope<Session>> = stock.load_events(&id).await.unwrap();
    let mut loaded = stock.load_aggregate(&id).await.unwrap();

    let sequences: Vec<usize> = events.iter().map(|it| it.sequence).collect();
    assert_eq!(sequences, [1, 2, 3]);
    assert!(matches!(&events[0].payload, SessionEvent::Created { user_id: Private::Erased, .. }));
    assert_eq!(events[0].metadata["actor"], "player");
    assert_eq!(events[0].metadata["correlation"], "request-1");
    assert_eq!(loaded.aggregate().present().unwrap().status, SessionStatus::Paid);
}

#[tokio::test]
async fn stock_postgres_es_can_even_write_the_log_through_the_view() {
    let database = TestDatabase::new().await;
    make_the_view_writable(&database.owner).await;
    let framework = CqrsFramework::new(stock(&database.owner), vec![], ());
    let id = session_id();

    framework.execute(&id, create("player")).await.unwrap();
    framework.execute(&id, SessionCommand::OpenPage { at: now() }).await.unwrap();
    let cancel = SessionCommand::Cancel { by: CancelledBy::Player, at: now() };
    framework.execute(&id, cancel).await.unwrap();

    let ours = store(&database).load::<Session>(&id, None).await.unwrap();
    let state = ours.aggregate.present().unwrap();
    assert_eq!((ours.version, state.status), (3, SessionStatus::Cancelled));
    assert_gapless(&database.owner).await;
}

#[tokio::test]
async fn a_conflict_through_the_view_comes_back_as_a_conflict() {
    let database = TestDatabase::new().await;
    make_the_view_writable(&database.owner).await;
    let stock = stock(&database.owner);
    let id = session_id();
    CqrsFramework::new(self::stock(&database.owner), vec![], ())
        .execute(&id, create("player"))
        .await
        .unwrap();
    let first = stock.load_aggregate(&id).await.unwrap();
    let second = stock.load_aggregate(&id).await.unwrap();
    let opened = || vec![SessionEvent::PageOpened { opened_at: now() }];

    stock.commit(opened(), first, HashMap::new()).await.unwrap();
    let conflict = stock.commit(opened(), second, HashMap::new()).await;

    assert!(matches!(conflict, Err(AggregateError::AggregateConflict)));
    assert_eq!(stock.load_events(&id).await.unwrap().len(), 2);
    assert_gapless(&database.owner).await;
}

fn stock(pool: &PgPool) -> StockStore {
    PersistedEventStore::new_event_store(PostgresEventRepository::new(pool.clone()))
}

/// Appends what is inserted, as an entry made in SQL with nothing private taken out of it.
async fn make_the_view_writable(owner: &PgPool) {
    sqlx::raw_sql(
        "CREATE FUNCTION append_through_view() RETURNS trigger LANGUAGE plpgsql AS $$
         DECLARE
             stream  text := NEW.aggregate_type || '-' || NEW.aggregate_id;
             command uuid := gen_random_uuid();
             entry   text;
             answer  text;
         BEGIN
             entry := json_build_object(
                 'envelope', 1, 'event_id', 'evt_' || repeat('0', 39), 'stream', stream,
                 'version', NEW.sequence, 'type', NEW.event_type, 'schema', NEW.event_version,
                 'world', NULL, 'game', NULL, 'command_id', command, 'causation', NULL,
                 'correlation', command, 'actor', 'postgres-es',
                 'occurred_at', to_json(clock_timestamp()),
                 'data', NEW.payload -> NEW.event_type);
             SELECT outcome INTO STRICT answer FROM append_events(
                 0::smallint, ARRAY[command], ARRAY[gen_random_uuid()], ARRAY[stream],
                 ARRAY[NEW.sequence - 1], ARRAY[NULL::bytea], ARRAY[false],
                 ARRAY[NULL::bytea], ARRAY[NULL::bytea], ARRAY[NULL::timestamptz], ARRAY[NULL::jsonb],
                 ARRAY[1], ARRAY[NEW.event_type], ARRAY[convert_to(entry, 'UTF8')]);
             IF answer <> 'appended' THEN
                 RAISE unique_violation;
             END IF;
             RETURN NEW;
         END $$;
         CREATE TRIGGER is_writable INSTEAD OF INSERT ON events
             FOR EACH ROW EXECUTE FUNCTION append_through_view();",
    )
    .execute(owner)
    .await
    .unwrap();
}

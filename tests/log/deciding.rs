//! Commands that change nothing, that come too late, and that belong to elsewhere.

use std::{collections::HashMap, sync::Arc};

use cqrs_es::{AggregateError, CqrsFramework};
use sqlx::PgPool;
use toffeepay::event_store::{
    Append, Appended, CommandContext, EventStore, ExecuteError, Executed, Once, Remember,
    StoreError, cqrs,
};
use tokio::sync::{Semaphore, mpsc};

use crate::{
    counter::{Count, Counter, Gate},
    given::{append, assert_gapless, committer, context, store, until_waiting},
    support::database::TestDatabase,
};

/// How often a command is decided at most.
const DECISIONS_MAX: usize = 4;

#[tokio::test]
async fn a_notification_that_changed_nothing_changes_nothing_for_ever() {
    let database = TestDatabase::new().await;
    let store = store(&database);
    let notification = context().for_ever();
    count(&store, "a", Count::Set(0), &notification).await.unwrap();
    count(&store, "a", Count::Set(5), &context()).await.unwrap();

    let late = count(&store, "a", Count::Set(0), &notification).await.unwrap();

    assert_eq!((late.aggregate.total, late.version), (5, 1));
    assert!(late.events.is_empty());
    assert_gapless(&database.owner).await;
}

#[tokio::test]
async fn a_clients_command_that_changed_nothing_is_answered_the_same_again() {
    let database = TestDatabase::new().await;
    let store = store(&database);
    let request = context();
    let respond = |it: &Counter| it.total.to_string().into_bytes();
    let remember = || Remember { fingerprint: [7; 32], respond: &respond };
    count(&store, "a", Count::Set(3), &context()).await.unwrap();
    let first = store.execute_once("a", Count::Set(3), &request, remember()).await.unwrap();
    assert!(matches!(first, Once::Executed(it) if it.events.is_empty()));
    count(&store, "a", Count::Set(5), &context()).await.unwrap();

    let repeat = store.execute_once("a", Count::Set(9), &request, remember()).await.unwrap();

    let Once::Repeated(repeat) = repeat else { panic!("it was executed again") };
    assert_eq!((repeat.fingerprint, repeat.response), (vec![7; 32], Some(b"3".to_vec())));
}

#[tokio::test]
async fn our_own_command_that_changed_nothing_leaves_no_trace() {
    let database = TestDatabase::new().await;
    count(&store(&database), "a", Count::Set(0), &context()).await.unwrap();
    assert_eq!(commands(&database.owner).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_append_never_passes_by_its_own_command_that_is_just_being_remembered() {
    let database = TestDatabase::new().await;
    let append = append("counter-a", 0, 1);
    let mut remembering = database.service.begin().await.unwrap();
    let remember =
        sqlx::query_scalar("SELECT remember_command($1, 'counter-a', 0, NULL, NULL, NULL)");
    let is_new: bool = remember.bind(append.command_id).fetch_one(&mut *remembering).await.unwrap();
    assert!(is_new);
    let committer = committer(&database);
    let appending = tokio::spawn({
        let append: Append = append.clone();
        async move { committer.append(append).await }
    });
    until_waiting(&database.owner, 1).await;

    remembering.commit().await.unwrap();

    assert!(matches!(appending.await.unwrap(), Ok(Appended::Duplicate(it)) if it.version == 0));
    assert_gapless(&database.owner).await;
}

#[tokio::test]
async fn a_command_of_another_aggregate_is_an_error_and_no_success() {
    let database = TestDatabase::new().await;
    let store = store(&database);
    let command = context();
    count(&store, "a", Count::Add(1), &command).await.unwrap();

    let elsewhere = count(&store, "b", Count::Add(1), &command).await;

    let Err(ExecuteError::Store(StoreError::CommandElsewhere { stream })) = elsewhere else {
        panic!("it vanished")
    };
    assert_eq!(stream, "counter-a");
    let framework = CqrsFramework::<Counter, _>::new(store, vec![], ());
    let metadata = HashMap::from([(cqrs::COMMAND_ID.to_owned(), command.command_id.to_string())]);
    let elsewhere = framework.execute_with_metadata("b", Count::Add(1), metadata).await;
    assert!(matches!(elsewhere, Err(AggregateError::UnexpectedError(_))), "{elsewhere:?}");
}

#[tokio::test]
async fn after_a_conflict_a_command_is_decided_again_on_what_is_now_true() {
    let database = TestDatabase::new().await;
    let executed = outrun(&store(&database), DECISIONS_MAX - 1).await.unwrap();
    assert_eq!((executed.aggregate.total, executed.version), (31, 4));
    assert_gapless(&database.owner).await;
}

#[tokio::test]
async fn a_command_that_others_were_faster_than_four_times_is_given_back() {
    let database = TestDatabase::new().await;
    let given_back = outrun(&store(&database), DECISIONS_MAX).await;
    assert!(matches!(given_back, Err(ExecuteError::Conflict)));
    assert_gapless(&database.owner).await;
}

/// Adds one, while others add ten before each of the first `times` decisions is appended.
async fn outrun(
    store: &EventStore,
    times: usize,
) -> Result<Executed<Counter>, ExecuteError<std::fmt::Error>> {
    let (reached, mut decisions) = mpsc::unbounded_channel();
    let go_on = Arc::new(Semaphore::new(0));
    let slow = tokio::spawn({
        let (store, gate) = (store.clone(), Gate { reached, go_on: Arc::clone(&go_on) });
        async move { count(&store, "a", Count::AddOneWhenTold(gate), &context()).await }
    });
    for _ in 0..times {
        decisions.recv().await.unwrap();
        count(store, "a", Count::Add(10), &context()).await.unwrap();
        go_on.add_permits(1);
    }
    go_on.add_permits(1);
    slow.await.unwrap()
}

async fn count(
    store: &EventStore,
    id: &str,
    command: Count,
    context: &CommandContext,
) -> Result<Executed<Counter>, ExecuteError<std::fmt::Error>> {
    store.execute::<Counter>(id, command, context).await
}

async fn commands(pool: &PgPool) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM command").fetch_one(pool).await.unwrap()
}

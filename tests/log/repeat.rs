//! A command has one effect, however often it is asked for.

use std::collections::HashSet;

use chrono::TimeDelta;
use futures::future::join_all;
use toffeepay::{
    domain::session::{CancelledBy, Session, SessionCommand, SessionError},
    event_store::{
        Append, Appended, CommandContext, EventStore, ExecuteError, Once, Receipt, Remember,
    },
};

use crate::{
    given::{append, assert_gapless, committer, context, create, head, now, session_id, store},
    support::database::TestDatabase,
};

#[tokio::test(flavor = "multi_thread")]
async fn fifty_parallel_repeats_make_one_session_and_all_get_the_same_answer() {
    let database = TestDatabase::new().await;
    // Two processes, as it were.
    let key = toffeepay::vault::Key::generate();
    let stores = [(); 2].map(|()| crate::given::store_with(&database, &key));
    let context = context();

    let repeats = (0..50).map(|n| create_once(&stores[n % 2], &context));
    let answers = join_all(repeats).await;

    assert_eq!(answers.iter().filter(|(is_new, _)| *is_new).count(), 1);
    assert_eq!(answers.iter().map(|(_, answer)| answer).collect::<HashSet<_>>().len(), 1);
    assert!(!answers[0].1.is_empty());
    assert_eq!(head(&database.owner).await, 1);
    assert_gapless(&database.owner).await;
}

#[tokio::test]
async fn a_repeat_succeeds_although_the_rules_would_refuse_it_by_now() {
    let database = TestDatabase::new().await;
    let store = store(&database);
    let (id, first) = (session_id(), context());
    store.execute::<Session>(&id, create("player"), &context()).await.unwrap();
    let respond = |_: &Session| b"cancelled".to_vec();
    let remember = || Remember { fingerprint: [1; 32], respond: &respond };
    store.execute_once(&id, cancel(), &first, remember()).await.unwrap();

    let repeat = store.execute_once(&id, cancel(), &first, remember()).await.unwrap();
    let as_it_stands = store.execute::<Session>(&id, cancel(), &first).await.unwrap();
    let another = store.execute_once(&id, cancel(), &context(), remember()).await;

    assert!(matches!(repeat, Once::Repeated(it) if it.response.as_deref() == Some(b"cancelled")));
    assert_eq!((as_it_stands.version, as_it_stands.events), (2, vec![]));
    let Err(ExecuteError::Refused(SessionError::NotPending(_))) = another else {
        panic!("the rules refuse what is no repeat")
    };
}

#[tokio::test]
async fn a_refusal_is_not_remembered() {
    let database = TestDatabase::new().await;
    let store = store(&database);
    let (id, context) = (session_id(), context());
    let refused = store.execute::<Session>(&id, cancel(), &context).await;
    assert!(matches!(refused, Err(ExecuteError::Refused(SessionError::NotFound))));

    let executed = store.execute::<Session>(&id, create("player"), &context).await.unwrap();

    assert_eq!(executed.version, 1);
}

#[tokio::test]
async fn an_expired_command_is_forgotten_and_its_id_may_be_used_anew() {
    let database = TestDatabase::new().await;
    let store = store(&database);
    let context = context();
    let (_, first) = create_once(&store, &context).await;
    expire_all(&database).await;

    let (is_new, second) = create_once(&store, &context).await;
    assert!(is_new && first != second);
    let (is_new, repeat) = create_once(&store, &context).await;
    assert!(!is_new && repeat == second, "the new use is remembered as the first one was");
    assert_eq!(head(&database.owner).await, 2);
    assert_gapless(&database.owner).await;
}

#[tokio::test]
async fn only_expired_commands_are_tidied_away_and_never_those_kept_for_ever() {
    let database = TestDatabase::new().await;
    let store = store(&database);
    create_once(&store, &context()).await;
    create_once(&store, &context()).await;
    create_once(&store, &context().for_ever()).await;
    assert_eq!(forget(&database, 10).await, 0);

    expire_all(&database).await;

    assert_eq!(forget(&database, 1).await, 1);
    assert_eq!(forget(&database, 10).await, 1);
    let left: i64 = sqlx::query_scalar("SELECT count(*) FROM command")
        .fetch_one(&database.owner)
        .await
        .unwrap();
    assert_eq!(left, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn tidying_up_never_takes_an_id_that_is_just_used_anew() {
    let database = TestDatabase::new().await;
    let store = store(&database);
    let context = context();
    create_once(&store, &context).await;
    expire_all(&database).await;

    // The tidier finds the row expired and waits for its lock; then the row is no longer expired.
    let mut anew = database.owner.begin().await.unwrap();
    sqlx::query("UPDATE command SET expires_at = now() + interval '1 day'")
        .execute(&mut *anew)
        .await
        .unwrap();
    let pool = database.service.clone();
    let tidier = tokio::spawn(async move {
        let forget = sqlx::query_scalar::<_, i64>("SELECT forget_expired_commands(10)");
        forget.fetch_one(&pool).await.unwrap()
    });
    let waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
                   AND wait_event_type = 'Lock'";
    while sqlx::query_scalar::<_, i64>(waiting).fetch_one(&database.owner).await.unwrap() == 0 {}
    anew.commit().await.unwrap();

    assert_eq!(tidier.await.unwrap(), 0);
    assert!(store.remembered(context.command_id).await.unwrap().is_some());
}

#[tokio::test]
async fn an_append_that_has_expired_on_arrival_is_answered_with_its_own_place() {
    let database = TestDatabase::new().await;
    let expires_at = Some(now() - TimeDelta::hours(1));

    let append = Append { expires_at, ..append("session-a", 0, 2) };
    let answer = committer(&database).append(append).await.unwrap();

    let stream = "session-a".to_owned();
    assert_eq!(answer, Appended::New(Receipt { stream, version: 2, position: 2 }));
}

#[tokio::test]
async fn a_retry_of_what_nobody_else_can_repeat_is_known_by_its_events_and_nothing_else_is_kept() {
    let database = TestDatabase::new().await;
    let committer = committer(&database);
    let unkept = |expected| Append { append_id: None, ..append("session-a", expected, 2) };
    let (first, next) = (unkept(0), unkept(2));
    let stream = || "session-a".to_owned();
    let first_receipt = Receipt { stream: stream(), version: 2, position: 2 };
    let next_receipt = Receipt { stream: stream(), version: 4, position: 4 };

    for _ in 0..2 {
        let answer = committer.append(first.clone()).await.unwrap();
        assert_eq!(answer, Appended::New(first_receipt.clone()));
    }
    for _ in 0..2 {
        let answer = committer.append(next.clone()).await.unwrap();
        assert_eq!(answer, Appended::New(next_receipt.clone()));
    }

    let long_ago = committer.append(first).await.unwrap();
    assert_eq!(long_ago, Appended::New(first_receipt));
    for expected in [0, 2, 3] {
        let another = committer.append(unkept(expected)).await.unwrap();
        assert_eq!(another, Appended::Conflict, "{expected}");
    }
    let kept: i64 = sqlx::query_scalar("SELECT count(*) FROM command")
        .fetch_one(&database.owner)
        .await
        .unwrap();
    assert_eq!((kept, head(&database.owner).await), (0, 4));
    assert_gapless(&database.owner).await;
}

#[tokio::test]
async fn an_empty_answer_is_repeated_as_one_and_not_taken_for_an_erased_one() {
    let database = TestDatabase::new().await;
    let store = store(&database);
    let (id, request) = (session_id(), context());
    let respond = |_: &Session| vec![];
    let remember = || Remember { fingerprint: [1; 32], respond: &respond };
    store.execute_once(&id, create("player"), &request, remember()).await.unwrap();

    let repeat = store.execute_once(&id, create("player"), &request, remember()).await.unwrap();

    assert!(matches!(repeat, Once::Repeated(it) if it.response == Some(vec![])));
}

/// Creates a session of a new name, as each repeat of a request does; whether it was executed now,
/// and what was answered.
async fn create_once(store: &EventStore, context: &CommandContext) -> (bool, Vec<u8>) {
    let id = session_id();
    let respond = |_: &Session| id.clone().into_bytes();
    let remember = Remember { fingerprint: [1; 32], respond: &respond };
    match store.execute_once(&id, create("player"), context, remember).await.unwrap() {
        Once::Executed(_) => (true, id.into_bytes()),
        Once::Repeated(remembered) => {
            assert_eq!(remembered.fingerprint, [1; 32]);
            (false, remembered.response.unwrap())
        }
    }
}

fn cancel() -> SessionCommand {
    SessionCommand::Cancel { by: CancelledBy::Game, at: now() }
}

async fn expire_all(database: &TestDatabase) {
    sqlx::query("UPDATE command SET expires_at = now() - interval '1 s' WHERE expires_at > now()")
        .execute(&database.owner)
        .await
        .unwrap();
}

async fn forget(database: &TestDatabase, most: i32) -> i64 {
    let forget = sqlx::query_scalar("SELECT forget_expired_commands($1)").bind(most);
    forget.fetch_one(&database.service).await.unwrap()
}

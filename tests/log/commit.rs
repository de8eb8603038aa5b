//! When an append is acknowledged, and what happens to those that wait.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use futures::future::join_all;
use toffeepay::event_store::{AHEAD_MIN, AppendError, Appended, CommitLimits, Committer};

use crate::{
    cut::HeadLock,
    given::{PATIENCE, append, committer, events_of, head, until_waiting},
    support::database::TestDatabase,
};

#[tokio::test]
async fn an_append_whose_commit_fails_is_not_acknowledged_although_its_rows_were_answered() {
    let database = TestDatabase::new().await;
    sqlx::raw_sql(
        "CREATE FUNCTION fail_late() RETURNS trigger LANGUAGE plpgsql AS
             $$ BEGIN RAISE EXCEPTION 'at the commit'; END $$;
         CREATE CONSTRAINT TRIGGER fails_late AFTER INSERT ON stream
             DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
             WHEN (NEW.stream = 'session-late') EXECUTE FUNCTION fail_late();",
    )
    .execute(&database.owner)
    .await
    .unwrap();
    let committer = committer(&database);
    let (late, other) = (append("session-late", 0, 1), append("session-a", 0, 1));

    let answers = join_all([&late, &other].map(|it| committer.append(it.clone()))).await;

    assert!(matches!(answers[0], Err(AppendError::Refused(_))), "{answers:?}");
    assert!(matches!(answers[1], Ok(Appended::New(_))), "{answers:?}");
    assert_eq!(events_of(&database.owner, &late).await, 0);
    assert_eq!(events_of(&database.owner, &other).await, 1);
}

#[tokio::test]
async fn a_full_queue_says_so_at_once() {
    let database = TestDatabase::new().await;
    let limits = CommitLimits { waiting_max: AHEAD_MIN, ..CommitLimits::default() };
    let committer = Committer::start(database.service_options.clone(), limits, Arc::new(|| {}));
    let lock = HeadLock::take(&database.owner).await;
    let under_way = submit(&committer, "session-a");
    until_waiting(&database.owner, 1).await;
    let submit_many = |name: &str| {
        (0..AHEAD_MIN).map(|n| submit(&committer, &format!("{name}-{n}"))).collect::<Vec<_>>()
    };
    let ahead = submit_many("session-ahead");
    until_waiting(&database.owner, 2).await;

    let waiting = submit_many("session-waiting");
    // On one thread, what was spawned before runs before.
    tokio::task::yield_now().await;
    let refused = append("session-d", 0, 1);
    let answer = committer.append(refused.clone()).await;
    assert!(matches!(answer, Err(AppendError::Unavailable)), "{answer:?}");

    lock.release().await;
    for answer in join_all(waiting.into_iter().chain(ahead).chain([under_way])).await {
        let answer = answer.unwrap();
        assert!(matches!(answer, Ok(Appended::New(_))), "{answer:?}");
    }
    assert_eq!(events_of(&database.owner, &refused).await, 0);
}

#[tokio::test]
async fn what_waits_when_the_service_stops_is_still_answered() {
    let database = TestDatabase::new().await;
    let committer = committer(&database);
    let lock = HeadLock::take(&database.owner).await;
    let under_way = submit(&committer, "session-a");
    until_waiting(&database.owner, 1).await;
    let waiting = [submit(&committer, "session-b"), submit(&committer, "session-c")];
    tokio::task::yield_now().await;

    drop(committer);
    lock.release().await;

    for answer in join_all(waiting.into_iter().chain([under_way])).await {
        assert!(matches!(answer.unwrap(), Ok(Appended::New(_))));
    }
}

#[tokio::test]
async fn an_append_that_nobody_waits_for_any_more_is_not_begun() {
    let database = TestDatabase::new().await;
    let committer = committer(&database);
    let lock = HeadLock::take(&database.owner).await;
    let under_way = submit(&committer, "session-a");
    until_waiting(&database.owner, 1).await;

    let abandoned = submit(&committer, "session-b");
    tokio::task::yield_now().await;
    abandoned.abort();
    assert!(abandoned.await.unwrap_err().is_cancelled());
    lock.release().await;
    under_way.await.unwrap().unwrap();
    committer.append(append("session-c", 0, 1)).await.unwrap();

    let streams: Vec<String> = sqlx::query_scalar("SELECT stream FROM stream ORDER BY stream")
        .fetch_all(&database.owner)
        .await
        .unwrap();
    assert_eq!(streams, ["session-a", "session-c"]);
}

#[tokio::test]
async fn readers_are_woken_after_a_commit_that_added_something_and_only_then() {
    let database = TestDatabase::new().await;
    let woken = Arc::new(AtomicUsize::new(0));
    let on_commit = {
        let woken = Arc::clone(&woken);
        Arc::new(move || {
            woken.fetch_add(1, Ordering::SeqCst);
        })
    };
    let committer =
        Committer::start(database.service_options.clone(), CommitLimits::default(), on_commit);

    committer.append(append("session-a", 0, 1)).await.unwrap();
    // The answer is sent first: the wake-up follows on the same task.
    let wake_up = async {
        while woken.load(Ordering::SeqCst) == 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, wake_up).await.unwrap();
    assert_eq!(committer.append(append("session-a", 0, 1)).await.unwrap(), Appended::Conflict);
    assert_eq!(committer.append(append("session-a", 9, 1)).await.unwrap(), Appended::Conflict);

    assert_eq!(woken.load(Ordering::SeqCst), 1);
    assert_eq!(head(&database.owner).await, 1);
}

type Answer = tokio::task::JoinHandle<Result<Appended, AppendError>>;

fn submit(committer: &Committer, stream: &str) -> Answer {
    let (committer, append) = (committer.clone(), append(stream, 0, 1));
    tokio::spawn(async move { committer.append(append).await })
}

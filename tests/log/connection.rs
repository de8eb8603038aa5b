//! The connection breaks at the worst moment: the same command is asked for again, one effect.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use sqlx::PgPool;
use toffeepay::event_store::{Append, AppendError, Appended, CommitLimits, Committer};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::cut::{HeadLock, Network, Proxy};
use crate::given::{again, append, assert_gapless, committer, events_of, head, until_waiting};
use crate::support::database::TestDatabase;

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_lost_after_the_commit_is_asked_for_again_and_is_still_new() {
    let database = TestDatabase::new().await;
    let proxy = Proxy::before(&database).await;
    let committer = through(&proxy, CommitLimits::default());
    warm_up(&committer).await;

    for round in 0..3 {
        let append = append(&format!("session-{round}"), 0, 2);
        proxy.becomes(Network::SwallowsTheNextAnswer);
        let answer = committer.append(append.clone()).await.unwrap();
        assert!(matches!(answer, Appended::New(it) if it.version == 2));
        assert_eq!(events_of(&database.owner, &append).await, 2);
    }
    assert_gapless(&database.owner).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_cut_before_the_commit_has_one_effect_although_both_calls_run() {
    let database = TestDatabase::new().await;
    let proxy = Proxy::before(&database).await;
    let committer = through(&proxy, CommitLimits::default());
    warm_up(&committer).await;

    let lock = HeadLock::take(&database.owner).await;
    let append = append("session-a", 0, 1);
    let answer = tokio::spawn({
        let (committer, append) = (committer.clone(), append.clone());
        async move { committer.append(append).await }
    });
    until_waiting(&database.owner, 1).await;
    proxy.cut();
    // The first call does not know that nobody listens any more; the second waits beside it.
    until_waiting(&database.owner, 2).await;
    lock.release().await;

    assert!(matches!(answer.await.unwrap(), Ok(Appended::New(_))));
    assert_eq!(events_of(&database.owner, &append).await, 1);
    assert_gapless(&database.owner).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_ended_at_random_moments_lose_and_double_nothing() {
    const ENDED: usize = 12;
    let database = TestDatabase::new().await;
    let committer = committer(&database);
    let is_enough = Arc::new(AtomicBool::new(false));
    let mut writers = JoinSet::new();
    for writer in 0..8 {
        let (committer, is_enough) = (committer.clone(), Arc::clone(&is_enough));
        writers.spawn(async move {
            let mut appends = vec![];
            while !is_enough.load(Ordering::SeqCst) {
                let append = append(&format!("session-{writer}-{}", appends.len()), 0, 1);
                let answer = committer.append(append.clone()).await;
                assert!(matches!(answer, Ok(Appended::New(_))), "{answer:?}");
                appends.push(append);
            }
            appends
        });
    }

    for _ in 0..ENDED {
        end_an_append(&database.owner).await;
    }
    is_enough.store(true, Ordering::SeqCst);

    let appends: Vec<Append> = writers.join_all().await.into_iter().flatten().collect();
    let commands: Vec<Uuid> = appends.iter().map(|it| it.command_id).collect();
    let found: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM event JOIN command USING (stream, position)
         WHERE command_id = ANY ($1) AND entry = convert_to(
             format('{\"command_id\":\"%s\"}', command_id), 'UTF8')",
    )
    .bind(&commands)
    .fetch_one(&database.owner)
    .await
    .unwrap();
    assert_eq!(usize::try_from(found).unwrap(), commands.len());
    assert_eq!(found, head(&database.owner).await);
    assert_gapless(&database.owner).await;
}

/// Ends the database session of an append that is running, and waits until others have come
/// through.
async fn end_an_append(pool: &PgPool) {
    let end = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
               WHERE datname = current_database() AND query LIKE '%append_all(%'
                 AND pid <> pg_backend_pid() AND state = 'active'";
    while sqlx::query_scalar::<_, i64>(end).fetch_one(pool).await.unwrap() == 0 {}
    let ended_at = head(pool).await;
    while head(pool).await < ended_at + 20 {}
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_database_stays_away_the_outcome_is_unknown_and_a_repeat_answers_once() {
    let database = TestDatabase::new().await;
    let proxy = Proxy::before(&database).await;
    let committer = through(&proxy, impatient());
    warm_up(&committer).await;
    let append = append("session-a", 0, 1);

    proxy.becomes(Network::SwallowsTheNextAnswerAndStaysAway);
    let unknown = committer.append(append.clone()).await;
    proxy.becomes(Network::Whole);
    let repeat = committer.append(again(&append)).await.unwrap();

    assert!(matches!(unknown, Err(AppendError::Unknown)), "{unknown:?}");
    assert!(matches!(repeat, Appended::Duplicate(it) if it.version == 1));
    assert_eq!(events_of(&database.owner, &append).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_never_reached_the_database_is_known_not_to_be_in_the_log() {
    let database = TestDatabase::new().await;
    let proxy = Proxy::before(&database).await;
    let committer = through(&proxy, impatient());
    let append = append("session-a", 0, 1);

    proxy.becomes(Network::Away);
    let unavailable = committer.append(append.clone()).await;
    proxy.becomes(Network::Whole);
    let repeat = committer.append(again(&append)).await.unwrap();

    assert!(matches!(unavailable, Err(AppendError::Unavailable)), "{unavailable:?}");
    assert!(matches!(repeat, Appended::New(_)));
    assert_eq!(events_of(&database.owner, &append).await, 1);
}

fn through(proxy: &Proxy, limits: CommitLimits) -> Committer {
    Committer::start(proxy.options.clone(), limits, Arc::new(|| {}))
}

/// Asks for an answer for a shorter time than the tests' patience.
fn impatient() -> CommitLimits {
    CommitLimits { answer: Duration::from_millis(300), ..CommitLimits::default() }
}

/// The first call prepares the statement, so that the next one is a single round trip.
async fn warm_up(committer: &Committer) {
    committer.append(append("session-first", 0, 1)).await.unwrap();
}

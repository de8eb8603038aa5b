//! Subscriptions on a real Postgres, each follower driven by hand, step by step.

#![cfg(test)]

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection, Executor, PgConnection, PgPool};
use toffeepay::event_store::RecordedEntry;
use toffeepay::event_store::subscription::{
    FollowError, Follower, HandleError, ReadError, Retried, StartsAt, Step, Subscriber,
    SwitchError, Wake, announce, listen, live_generation, read_after, register, retry_dead_letters,
    switch,
};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

mod support;
use support::cluster;

/// A test that waits longer for something has failed.
const PATIENCE: Duration = Duration::from_secs(30);

// --- Order ---------------------------------------------------------------------------------------

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_skipped_and_nothing_out_of_order_while_sixteen_writers_append() {
    const WRITERS: usize = 16;
    const APPENDS: i64 = 40;
    let log = Log::new().await;
    let mut follower = log.follower(Notes::<1>::default());

    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let pool = log.connect(1).await;
        writers.spawn(async move {
            let stream = format!("session-{writer}");
            for turn in 0..APPENDS {
                append(&pool, &stream, turn * 2, 2).await;
            }
        });
    }
    let mut steps_beside_writers = 0;
    while !writers.is_empty() {
        let step = follower.step().await.unwrap();
        steps_beside_writers += usize::from(matches!(step, Step::Handled(_)));
        while let Some(finished) = writers.try_join_next() {
            finished.unwrap();
        }
    }
    catch_up(&mut follower).await;

    let total = i64::try_from(WRITERS).unwrap() * APPENDS * 2;
    assert_eq!(log.noted(1).await, (1..=total).collect::<Vec<_>>());
    assert!(1 < steps_beside_writers, "the follower only began when the writers were done");
    let mut versions = HashMap::new();
    for (stream, version) in log.noted_versions().await {
        let before = versions.insert(stream, version).unwrap_or(0);
        assert_eq!(version, before + 1);
    }
}

#[tokio::test]
async fn a_batch_is_at_most_256_events() {
    let log = Log::new().await;
    append(&log.service, "session-a", 0, 257).await;
    let mut follower = log.follower(Notes::<1>::default());
    assert_eq!(follower.step().await.unwrap(), Step::Handled(256));
    assert_eq!(follower.step().await.unwrap(), Step::Handled(1));
    assert_eq!(follower.step().await.unwrap(), Step::Idle);
}

#[tokio::test]
async fn an_effect_and_its_checkpoint_come_about_together_or_not_at_all() {
    let log = Log::new().await;
    append(&log.service, "session-a", 0, 3).await;
    let notes = Notes::<1>::default();
    notes.trouble_at(3, Trouble::Refused);
    let mut follower = log.follower(notes.clone());

    assert_eq!(follower.step().await.unwrap(), Step::Refused { attempts: 0 });
    assert_eq!((log.noted(1).await, log.checkpoint(1).await), (vec![], 0));

    notes.mend();
    catch_up(&mut follower).await;
    assert_eq!((log.noted(1).await, log.checkpoint(1).await), (vec![1, 2, 3], 3));
}

// --- Evidence ------------------------------------------------------------------------------------

#[tokio::test]
async fn a_missing_position_stops_the_follower_there() {
    let log = Log::new().await;
    append(&log.service, "session-a", 0, 5).await;
    log.tamper("DELETE FROM event WHERE position = 3").await;

    let error = log.follower(Notes::<1>::default()).step().await.unwrap_err();
    assert!(matches!(error, FollowError::Read(ReadError::Gap { shard: 0, position: 3 })));
    assert_eq!((log.noted(1).await, log.checkpoint(1).await), (vec![], 0));
}

#[tokio::test]
async fn a_missing_last_position_is_a_gap_too() {
    let log = Log::new().await;
    append(&log.service, "session-a", 0, 5).await;
    log.tamper("DELETE FROM event WHERE position = 5").await;
    let error = read_after(&log.service, 0, 0, 256).await.unwrap_err();
    assert!(matches!(error, ReadError::Gap { position: 5, .. }));
    assert_eq!(read_after(&log.service, 0, 0, 4).await.unwrap().entries.len(), 4);
}

#[tokio::test]
async fn a_changed_entry_is_not_believed() {
    let log = Log::new().await;
    append(&log.service, "session-a", 0, 2).await;
    log.tamper(r#"UPDATE event SET entry = '{"paid":true}' WHERE position = 2"#).await;
    let error = read_after(&log.service, 0, 0, 256).await.unwrap_err();
    assert!(matches!(error, ReadError::Altered { position: 2, .. }));
}

#[tokio::test]
async fn a_log_that_ends_before_the_checkpoint_is_not_followed() {
    let log = Log::new().await;
    append(&log.service, "session-a", 0, 2).await;
    let error = read_after(&log.service, 0, 3, 256).await.unwrap_err();
    assert!(matches!(error, ReadError::Cut { head: 2, after: 3, .. }));
    assert!(read_after(&log.service, 0, 2, 256).await.unwrap().entries.is_empty());
}

// --- Lease and fence -----------------------------------------------------------------------------

#[tokio::test]
async fn of_two_followers_one_leads_and_the_other_stands_by() {
    let log = Log::new().await;
    append(&log.service, "session-a", 0, 2).await;
    let mut first = log.follower(Notes::<1>::default());
    let mut second = log.follower(Notes::<1>::default());
    assert_eq!(first.step().await.unwrap(), Step::Handled(2));
    assert_eq!(second.step().await.unwrap(), Step::NotLeader);

    append(&log.service, "session-a", 2, 1).await;
    assert_eq!(second.step().await.unwrap(), Step::NotLeader);
    assert_eq!(first.step().await.unwrap(), Step::Handled(1));
    assert_eq!(log.noted(1).await, [1, 2, 3]);
}

#[tokio::test]
async fn after_a_takeover_the_old_holder_changes_nothing() {
    let log = Log::new().await;
    let mut old = log.follower(Notes::<1>::default());
    assert_eq!(old.step().await.unwrap(), Step::Idle);
    append(&log.service, "session-a", 0, 2).await;
    log.end_lease().await;

    let mut new = log.follower(Notes::<1>::default());
    assert_eq!(new.step().await.unwrap(), Step::Handled(2));
    // It still believes in its lease, and sees two events after its own checkpoint.
    assert_eq!(old.step().await.unwrap(), Step::NotLeader);
    assert_eq!(old.step().await.unwrap(), Step::NotLeader);
    assert_eq!((log.noted(1).await, log.checkpoint(1).await), (vec![1, 2], 2));
}

#[tokio::test]
async fn a_holder_stopped_in_the_middle_of_an_event_changes_nothing() {
    let log = Log::new().await;
    append(&log.service, "session-a", 0, 1).await;
    let (reached, mut stopped_at) = mpsc::unbounded_channel();
    let go_on = Arc::new(Semaphore::new(0));
    let mut old = log.follower(Stopping { reached, go_on: go_on.clone() });
    let stopped = tokio::spawn(async move { (old.step().await, old) });
    let (backend, standstill_max) = stopped_at.recv().await.unwrap();

    // What the server does by itself after this time.
    assert_eq!(standstill_max, "5s");
    sqlx::query("SELECT pg_terminate_backend($1)")
        .bind(backend)
        .execute(&log.superuser)
        .await
        .unwrap();
    log.end_lease().await;
    let mut new = log.follower(Notes::<1>::default());
    assert_eq!(new.step().await.unwrap(), Step::Handled(1));

    go_on.add_permits(1);
    let (step, mut old) = stopped.await.unwrap();
    assert!(matches!(step, Err(FollowError::Database(_))));
    assert_eq!(old.step().await.unwrap(), Step::NotLeader);
    assert_eq!((log.noted(1).await, log.checkpoint(1).await), (vec![1], 1));
}

#[tokio::test]
async fn a_holder_at_work_is_not_overtaken_however_long_it_takes() {
    let log = Log::new().await;
    let (reached, mut stopped_at) = mpsc::unbounded_channel();
    let go_on = Arc::new(Semaphore::new(0));
    let mut holder = log.follower(Stopping { reached, go_on: go_on.clone() });
    assert_eq!(holder.step().await.unwrap(), Step::Idle);
    append(&log.service, "session-a", 0, 1).await;
    log.end_lease().await;
    let working = tokio::spawn(async move { holder.step().await.unwrap() });
    stopped_at.recv().await.unwrap();

    let mut other = log.follower(Notes::<1>::default());
    let waiting = tokio::spawn(async move { other.step().await.unwrap() });
    go_on.add_permits(1);
    assert_eq!(working.await.unwrap(), Step::Handled(1));
    assert_eq!(waiting.await.unwrap(), Step::NotLeader, "the checkpoint renews the lease");
    assert_eq!(log.noted(1).await, [1]);
}

#[tokio::test]
async fn a_running_follower_renews_its_lease_and_gives_it_back_at_the_end() {
    let log = Log::new().await;
    let shutdown = CancellationToken::new();
    let running = tokio::spawn(log.follower(Notes::<1>::default()).run(shutdown.clone()));
    let renewals = async {
        let mut seen = vec![];
        while seen.len() < 3 {
            let lease: Option<(i64, f64)> = sqlx::query_as(
                "SELECT fence, extract(epoch FROM leased_until)::float8 FROM subscription
                 WHERE owner IS NOT NULL",
            )
            .fetch_optional(&log.superuser)
            .await
            .unwrap();
            seen.extend(lease.filter(|it| seen.last() != Some(it)));
        }
        seen
    };
    let seen = timeout(PATIENCE, renewals).await.unwrap();
    assert!(seen.iter().all(|(fence, _)| *fence == 1), "it lost its lease: {seen:?}");

    shutdown.cancel();
    timeout(PATIENCE, running).await.unwrap().unwrap();
    assert_eq!(log.follower(Notes::<1>::default()).step().await.unwrap(), Step::Idle);
}

// --- Dead letters --------------------------------------------------------------------------------

#[tokio::test]
async fn a_poison_event_parks_its_stream_while_others_go_on() {
    let log = Log::new().await;
    append(&log.service, "session-b", 0, 1).await;
    append(&log.service, "session-a", 0, 2).await;
    append(&log.service, "session-b", 1, 1).await;
    let notes = Notes::<1>::default();
    notes.trouble_at(2, Trouble::Refused);
    let mut follower = log.follower(notes.clone());

    assert_eq!(follower.step().await.unwrap(), Step::Refused { attempts: 0 });
    assert_eq!(follower.step().await.unwrap(), Step::Handled(1));
    for attempts in 1..5 {
        assert_eq!(follower.step().await.unwrap(), Step::Refused { attempts });
    }
    assert_eq!(follower.step().await.unwrap(), Step::Parked);
    assert_eq!(follower.step().await.unwrap(), Step::Handled(2));
    assert_eq!(log.noted(1).await, [1, 4]);
    assert_eq!(log.dead_letters().await, [(2, 5, "no".to_owned()), (3, 0, WAITS.to_owned())]);
}

const WAITS: &str = "waits behind an earlier event of its stream";

#[tokio::test]
async fn parked_events_are_handled_in_order_once_what_they_stumbled_over_is_mended() {
    let log = Log::new().await;
    append(&log.service, "session-a", 0, 3).await;
    append(&log.service, "session-b", 0, 1).await;
    let notes = Notes::<1>::default();
    notes.trouble_at(1, Trouble::Refused);
    let mut follower = log.follower(notes.clone());
    catch_up(&mut follower).await;
    assert_eq!(log.noted(1).await, [4]);

    let retried = retry_dead_letters(&log.service, &notes, 0).await.unwrap();
    assert_eq!(retried, Retried { handled: 0, left: 3 });
    assert_eq!(log.dead_letters().await[0].1, 6, "the refusal counts as an attempt");

    notes.mend();
    let retried = retry_dead_letters(&log.service, &notes, 0).await.unwrap();
    assert_eq!(retried, Retried { handled: 3, left: 0 });
    append(&log.service, "session-a", 3, 1).await;
    catch_up(&mut follower).await;
    assert_eq!(log.noted(1).await, [4, 1, 2, 3, 5]);
}

#[tokio::test]
async fn a_retry_stops_at_the_next_refusal_of_a_stream_and_goes_on_with_others() {
    let log = Log::new().await;
    append(&log.service, "session-a", 0, 2).await;
    append(&log.service, "session-b", 0, 1).await;
    let notes = Notes::<1>::default();
    notes.trouble_at(1, Trouble::Refused);
    notes.trouble_at(3, Trouble::Refused);
    catch_up(&mut log.follower(notes.clone())).await;
    notes.mend();
    notes.trouble_at(2, Trouble::Refused);
    let retried = retry_dead_letters(&log.service, &notes, 0).await.unwrap();
    assert_eq!(retried, Retried { handled: 2, left: 1 });
    assert_eq!(log.noted(1).await, [1, 3]);
}

#[tokio::test]
async fn a_panic_a_violated_constraint_and_a_row_that_is_too_large_are_poison() {
    let log = Log::new().await;
    for stream in ["session-a", "session-b", "session-c", "session-d"] {
        append(&log.service, stream, 0, 1).await;
    }
    let notes = Notes::<1>::default();
    notes.trouble_at(1, Trouble::Panic);
    notes.trouble_at(2, Trouble::SqlState("23505"));
    notes.trouble_at(4, Trouble::SqlState("54000"));
    catch_up(&mut log.follower(notes)).await;
    assert_eq!(log.noted(1).await, [3]);
    let reasons: Vec<_> = log.dead_letters().await.into_iter().map(|it| it.2).collect();
    let refused = |code| format!("the database refused it: SQLSTATE {code}, no constraint");
    assert_eq!(reasons, ["the subscriber panicked", &refused("23505"), &refused("54000")]);
}

#[tokio::test]
async fn a_database_in_trouble_is_not_the_event_s_fault() {
    let log = Log::new().await;
    append(&log.service, "session-a", 0, 1).await;
    let notes = Notes::<1>::default();
    let mut follower = log.follower(notes.clone());
    for trouble in ["40001", "57P01", "53300", "42P01"] {
        notes.trouble_at(1, Trouble::SqlState(trouble));
        for _ in 0..3 {
            assert!(matches!(follower.step().await, Err(FollowError::Database(_))));
        }
    }
    assert_eq!(log.dead_letters().await, []);
    notes.mend();
    assert_eq!(follower.step().await.unwrap(), Step::Handled(1));
}

// --- Generations ---------------------------------------------------------------------------------

#[tokio::test]
async fn a_rebuild_follows_beside_the_live_one_and_is_switched_to_when_it_has_caught_up() {
    let log = Log::new().await;
    append(&log.service, "session-a", 0, 300).await;
    let mut live = log.follower(Notes::<1>::default());
    catch_up(&mut live).await;
    assert_eq!(live_generation(&log.service, "notes").await.unwrap(), Some(1));

    let mut rebuilt = log.follower(Notes::<2>::default());
    register::<Notes<2>>(&log.service, 0).await.unwrap();
    let error = switch(&log.service, "notes", 2).await.unwrap_err();
    assert!(matches!(error, SwitchError::Behind { events: 300, .. }));
    let error = switch(&log.service, "notes", 3).await.unwrap_err();
    assert!(matches!(error, SwitchError::NoSuchGeneration { generation: 3, .. }));

    assert_eq!(rebuilt.step().await.unwrap(), Step::Handled(256));
    append(&log.service, "session-b", 0, 1).await;
    assert_eq!(live.step().await.unwrap(), Step::Handled(1));
    switch(&log.service, "notes", 2).await.unwrap();
    assert_eq!(live_generation(&log.service, "notes").await.unwrap(), Some(2));

    catch_up(&mut rebuilt).await;
    append(&log.service, "session-b", 1, 1).await;
    assert_eq!(live.step().await.unwrap(), Step::Handled(1), "the way back stays open");
    assert_eq!(rebuilt.step().await.unwrap(), Step::Handled(1));
    let all: Vec<_> = (1..=302).collect();
    assert_eq!((log.noted(1).await, log.noted(2).await), (all.clone(), all));
}

#[tokio::test]
async fn a_rebuild_may_lie_256_events_behind_but_not_257() {
    let log = Log::new().await;
    append(&log.service, "session-a", 0, 257).await;
    catch_up(&mut log.follower(Notes::<1>::default())).await;
    register::<Notes<2>>(&log.service, 0).await.unwrap();
    let error = switch(&log.service, "notes", 2).await.unwrap_err();
    assert!(matches!(error, SwitchError::Behind { events: 257, .. }));
    sqlx::query("UPDATE subscription SET position = 1 WHERE generation = 2")
        .execute(&log.superuser)
        .await
        .unwrap();
    switch(&log.service, "notes", 2).await.unwrap();
}

#[tokio::test]
async fn a_rebuild_that_had_to_park_events_does_not_become_live() {
    let log = Log::new().await;
    append(&log.service, "session-a", 0, 1).await;
    catch_up(&mut log.follower(Notes::<1>::default())).await;
    let notes = Notes::<2>::default();
    notes.trouble_at(1, Trouble::Refused);
    catch_up(&mut log.follower(notes.clone())).await;
    let error = switch(&log.service, "notes", 2).await.unwrap_err();
    assert!(matches!(error, SwitchError::Incomplete { dead_letters: 1, .. }));

    notes.mend();
    retry_dead_letters(&log.service, &notes, 0).await.unwrap();
    switch(&log.service, "notes", 2).await.unwrap();
}

#[tokio::test]
async fn side_effects_are_never_replayed_a_new_generation_goes_on_where_the_live_one_stands() {
    let log = Log::new().await;
    append(&log.service, "session-a", 0, 2).await;
    let mut old = log.follower(Calls::<1>::default());
    catch_up(&mut old).await;
    assert!(log.noted(1).await.is_empty(), "it did not start at the head");
    append(&log.service, "session-a", 2, 2).await;
    catch_up(&mut old).await;

    let mut new = log.follower(Calls::<2>::default());
    append(&log.service, "session-a", 4, 1).await;
    catch_up(&mut new).await;
    assert_eq!(old.step().await.unwrap(), Step::NotLeader);
    assert_eq!((log.noted(1).await, log.noted(2).await), (vec![3, 4], vec![5]));

    let error = switch(&log.service, "calls", 1).await.unwrap_err();
    assert!(matches!(error, SwitchError::NotReplayable(_)));
}

#[tokio::test]
async fn a_stream_parked_by_a_side_effect_stays_parked_under_its_next_generation() {
    let log = Log::new().await;
    register::<Calls<1>>(&log.service, 0).await.unwrap();
    append(&log.service, "session-a", 0, 1).await;
    let calls = Calls::<1>::default();
    calls.0.trouble_at(1, Trouble::Refused);
    catch_up(&mut log.follower(calls)).await;

    let calls = Calls::<2>::default();
    append(&log.service, "session-a", 1, 1).await;
    catch_up(&mut log.follower(calls.clone())).await;
    assert!(log.noted(2).await.is_empty());
    retry_dead_letters(&log.service, &calls, 0).await.unwrap();
    assert_eq!(log.noted(2).await, [1, 2]);
}

// --- Waking --------------------------------------------------------------------------------------

#[tokio::test]
async fn an_append_wakes_readers_in_its_own_process_at_once() {
    let wake = Wake::default();
    let mut signal = wake.readers();
    wake.notify();
    wake.notify();
    timeout(PATIENCE, signal.woken()).await.unwrap();
    // Two wake-ups unseen are one.
    assert!(futures::poll!(std::pin::pin!(signal.woken())).is_pending());
    wake.notify();
    signal.clear();
    assert!(futures::poll!(std::pin::pin!(signal.woken())).is_pending());
}

#[tokio::test]
async fn an_append_wakes_readers_in_other_processes() {
    let log = Log::new().await;
    let (here, there) = (Wake::default(), Wake::default());
    let mut reader = there.readers();
    let shutdown = CancellationToken::new();
    let other_pool = log.connect(1).await;
    let tasks = [
        tokio::spawn(announce(log.service.clone(), here.clone(), shutdown.clone())),
        tokio::spawn(listen(other_pool, there.clone(), shutdown.clone())),
    ];
    // The first tells that it listens now.
    timeout(PATIENCE, reader.woken()).await.unwrap();
    here.notify();
    timeout(PATIENCE, reader.woken()).await.unwrap();

    shutdown.cancel();
    for task in tasks {
        timeout(PATIENCE, task).await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn a_running_follower_handles_what_is_appended_meanwhile() {
    let log = Log::new().await;
    let wake = Wake::default();
    let shutdown = CancellationToken::new();
    let (reached, mut handled) = mpsc::unbounded_channel();
    let subscriber = Stopping { reached, go_on: Arc::new(Semaphore::new(2)) };
    let follower = Follower::new(log.service.clone(), subscriber, 0, &wake);
    let running = tokio::spawn(follower.run(shutdown.clone()));
    for version in 0..2 {
        append(&log.service, "session-a", version, 1).await;
        wake.notify();
        timeout(PATIENCE, handled.recv()).await.unwrap().unwrap();
    }
    shutdown.cancel();
    timeout(PATIENCE, running).await.unwrap().unwrap();
    assert_eq!((log.noted(1).await, log.checkpoint(1).await), (vec![1, 2], 2));
}

// --- Subscribers ---------------------------------------------------------------------------------

/// Writes each event's position into a table, and has the troubles that it is told to.
#[derive(Clone, Default)]
struct Notes<const GENERATION: i32> {
    troubles: Arc<Mutex<HashMap<i64, Trouble>>>,
}

#[derive(Clone, Copy)]
enum Trouble {
    Refused,
    Panic,
    SqlState(&'static str),
}

impl<const GENERATION: i32> Notes<GENERATION> {
    fn trouble_at(&self, position: i64, trouble: Trouble) {
        self.troubles.lock().unwrap().insert(position, trouble);
    }

    fn mend(&self) {
        self.troubles.lock().unwrap().clear();
    }
}

impl<const GENERATION: i32> Subscriber for Notes<GENERATION> {
    const NAME: &'static str = "notes";
    const GENERATION: i32 = GENERATION;
    const REPLAYABLE: bool = true;

    async fn handle(
        &self,
        connection: &mut PgConnection,
        entry: &RecordedEntry,
    ) -> Result<(), HandleError> {
        note(connection, GENERATION, entry).await?;
        // After the effect, which must then be undone.
        let trouble = self.troubles.lock().unwrap().get(&entry.position).copied();
        match trouble {
            None => Ok(()),
            Some(Trouble::Refused) => Err(HandleError::refused("no")),
            Some(Trouble::Panic) => panic!("told to"),
            Some(Trouble::SqlState(code)) => {
                let raise = format!("DO $$ BEGIN RAISE SQLSTATE '{code}'; END $$");
                sqlx::query(&raise).execute(connection).await?;
                Ok(())
            }
        }
    }
}

/// The same, as if its effects reached outside.
#[derive(Clone, Default)]
struct Calls<const GENERATION: i32>(Notes<GENERATION>);

impl<const GENERATION: i32> Subscriber for Calls<GENERATION> {
    const NAME: &'static str = "calls";
    const GENERATION: i32 = GENERATION;
    const REPLAYABLE: bool = false;
    const STARTS_AT: StartsAt = StartsAt::Head;

    async fn handle(
        &self,
        connection: &mut PgConnection,
        entry: &RecordedEntry,
    ) -> Result<(), HandleError> {
        self.0.handle(connection, entry).await
    }
}

/// Stands still after its effect, until it may go on.
struct Stopping {
    reached: mpsc::UnboundedSender<(i32, String)>,
    go_on: Arc<Semaphore>,
}

impl Subscriber for Stopping {
    const NAME: &'static str = "notes";
    const GENERATION: i32 = 1;
    const REPLAYABLE: bool = true;

    async fn handle(
        &self,
        connection: &mut PgConnection,
        entry: &RecordedEntry,
    ) -> Result<(), HandleError> {
        note(connection, 1, entry).await?;
        let where_it_stands = sqlx::query_as(
            "SELECT pg_backend_pid(), current_setting('idle_in_transaction_session_timeout')",
        )
        .fetch_one(connection)
        .await?;
        self.reached.send(where_it_stands).unwrap();
        self.go_on.acquire().await.unwrap().forget();
        Ok(())
    }
}

async fn note(
    connection: &mut PgConnection,
    generation: i32,
    entry: &RecordedEntry,
) -> Result<(), sqlx::Error> {
    sqlx::query("INSERT INTO note (generation, position, stream, version) VALUES ($1, $2, $3, $4)")
        .bind(generation)
        .bind(entry.position)
        .bind(&entry.stream)
        .bind(entry.version)
        .execute(connection)
        .await?;
    Ok(())
}

async fn catch_up<S: Subscriber>(follower: &mut Follower<S>) {
    loop {
        match follower.step().await.unwrap() {
            Step::Idle => return,
            Step::NotLeader => panic!("somebody else follows"),
            Step::Handled(_) | Step::Refused { .. } | Step::Parked => {}
        }
    }
}

// --- The log -------------------------------------------------------------------------------------

/// A database of the test's own.
struct Log {
    superuser: PgPool,
    service: PgPool,
    service_options: PgConnectOptions,
}

impl Log {
    async fn new() -> Self {
        let (superuser, service_options) = new_database().await;
        let superuser = connect(&superuser, 2).await;
        sqlx::raw_sql(
            "CREATE TABLE note (no bigint GENERATED ALWAYS AS IDENTITY, generation int,
                                position bigint, stream text, version bigint);
             GRANT SELECT, INSERT ON note TO toffeepay_service",
        )
        .execute(&superuser)
        .await
        .unwrap();
        let service = connect(&service_options, 4).await;
        Self { superuser, service, service_options }
    }

    async fn connect(&self, connections_max: u32) -> PgPool {
        connect(&self.service_options, connections_max).await
    }

    fn follower<S: Subscriber>(&self, subscriber: S) -> Follower<S> {
        Follower::new(self.service.clone(), subscriber, 0, &Wake::default())
    }

    /// The positions handled, in the order in which they were.
    async fn noted(&self, generation: i32) -> Vec<i64> {
        sqlx::query_scalar("SELECT position FROM note WHERE generation = $1 ORDER BY no")
            .bind(generation)
            .fetch_all(&self.superuser)
            .await
            .unwrap()
    }

    async fn noted_versions(&self) -> Vec<(String, i64)> {
        sqlx::query_as("SELECT stream, version FROM note ORDER BY no")
            .fetch_all(&self.superuser)
            .await
            .unwrap()
    }

    async fn checkpoint(&self, generation: i32) -> i64 {
        sqlx::query_scalar("SELECT position FROM subscription WHERE generation = $1")
            .bind(generation)
            .fetch_one(&self.superuser)
            .await
            .unwrap()
    }

    /// Position, attempts and error of each, in the order of the log.
    async fn dead_letters(&self) -> Vec<(i64, i32, String)> {
        sqlx::query_as("SELECT position, attempts, error FROM dead_letter ORDER BY position")
            .fetch_all(&self.superuser)
            .await
            .unwrap()
    }

    /// As if the lease's time had passed.
    async fn end_lease(&self) {
        sqlx::query("UPDATE subscription SET leased_until = '-infinity'")
            .execute(&self.superuser)
            .await
            .unwrap();
    }

    /// Does to the log what only a superuser can, with its guards switched off.
    async fn tamper(&self, statement: &str) {
        let mut connection = self.superuser.acquire().await.unwrap();
        let statement = format!("SET session_replication_role = replica; {statement}");
        sqlx::raw_sql(&statement).execute(&mut *connection).await.unwrap();
        connection.close_on_drop();
    }
}

async fn connect(options: &PgConnectOptions, connections_max: u32) -> PgPool {
    let pool = PgPoolOptions::new().max_connections(connections_max);
    pool.connect_with(options.clone()).await.unwrap()
}

/// Makes a database with our schema: how a superuser and how the service connects.
async fn new_database() -> (PgConnectOptions, PgConnectOptions) {
    let server = tokio::task::spawn_blocking(cluster::shared).await.unwrap();
    let name = format!("subscriptions_{}", Uuid::new_v4().simple());
    let mut connection = PgConnection::connect(server.url()).await.unwrap();
    connection.execute(format!("CREATE DATABASE {name}").as_str()).await.unwrap();
    let superuser: PgConnectOptions = server.url_of(&name).parse().unwrap();
    let mut connection = PgConnection::connect_with(&superuser).await.unwrap();
    sqlx::migrate!().run(&mut connection).await.unwrap();
    let service = superuser.clone().options([("role", "toffeepay_service")]);
    (superuser, service)
}

/// Appends so many tiny events as one member of a batch of one, and insists that it went in.
async fn append(pool: &PgPool, stream: &str, expected_version: i64, events: i32) {
    let entries: Vec<_> = (0..events).map(|it| format!("{{\"n\":{it}}}").into_bytes()).collect();
    let types = vec!["Tested"; entries.len()];
    let members = vec![1; entries.len()];
    let outcome: String = sqlx::query_scalar(
        "SELECT outcome FROM append_events(
             0::smallint, ARRAY[$1::uuid], ARRAY[$2::uuid], ARRAY[$3::text], ARRAY[$4::bigint],
             ARRAY[NULL::bytea], ARRAY[false], ARRAY[NULL::bytea], ARRAY[NULL::bytea],
             ARRAY[NULL::timestamptz], ARRAY[NULL::jsonb], $5::int[], $6::text[], $7::bytea[])",
    )
    .bind(Uuid::new_v4())
    .bind(Uuid::new_v4())
    .bind(stream)
    .bind(expected_version)
    .bind(members)
    .bind(types)
    .bind(entries)
    .fetch_one(pool)
    .await
    .unwrap();
    assert_eq!(outcome, "appended");
}

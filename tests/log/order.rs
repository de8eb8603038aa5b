//! One order: whoever reads by position sees everything, once and in order, while others write.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use sqlx::{PgConnection, PgPool};
use toffeepay::{
    domain::Timestamp,
    event_store::{
        Append, Appended, Committer, RecordedEntry,
        subscription::{Follower, HandleError, Step, Subscriber, Wake},
    },
};
use tokio::task::JoinSet;

use crate::{
    given::{append, assert_gapless, committer, head},
    support::{
        child::{self, Other},
        database::TestDatabase,
    },
};

const WRITERS_PER_PROCESS: usize = 8;
const APPENDS_PER_WRITER: usize = 60;
/// Streams that writers of both processes fight for.
const STREAMS: usize = 5;
/// How often they must have taken turns at least, for the test to say anything.
const TURNS_MIN: i64 = 10;

#[tokio::test(flavor = "multi_thread")]
async fn sixteen_writers_in_two_processes_leave_no_gap_for_a_subscription_to_fall_into() {
    let database = TestDatabase::new().await;
    let mut other = Other::start("order::writers_in_a_process_of_their_own", &database.url);
    other.says("ready").unwrap();
    let reader = Reader::default();
    let wake = Wake::default();
    let mut follower = Follower::new(database.service.clone(), reader.clone(), 0, &wake);

    let mut writers = tokio::spawn(write(TestDatabase::at(database.url.clone())));
    let mut batches_beside_writers = 0;
    while !writers.is_finished() {
        batches_beside_writers += usize::from(follow(&mut follower).await);
    }
    let ours = (&mut writers).await.unwrap();
    let theirs: usize = tokio::task::spawn_blocking(move || other.says("appended"))
        .await
        .unwrap()
        .unwrap()
        .parse()
        .unwrap();
    while follow(&mut follower).await {}

    assert!(1 < batches_beside_writers, "the subscription only began when the writers were done");
    assert!(0 < ours && 0 < theirs);
    let turns = turns(&database.owner).await;
    assert!(TURNS_MIN <= turns, "the processes wrote one after the other: {turns} turns");
    let position = reader.0.lock().unwrap().position;
    assert_eq!(position, i64::try_from(ours + theirs).unwrap());
    assert_eq!(position, head(&database.owner).await);
    assert_gapless(&database.owner).await;
}

/// Not a test: half of the writers.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "run by another test, in a process of its own"]
async fn writers_in_a_process_of_their_own() {
    let Some(url) = child::database_url() else { return };
    let database = TestDatabase::at(url);
    println!("\nready now");
    println!("appended {}", write(database).await);
}

/// How many events the writers of one process appended.
async fn write(database: TestDatabase) -> usize {
    let committer = committer(&database);
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS_PER_PROCESS {
        let (committer, pool) = (committer.clone(), database.service.clone());
        writers.spawn(async move {
            let mut appended = 0;
            for turn in 0..APPENDS_PER_WRITER {
                let (stream, events) = ((writer + turn) % STREAMS, 1 + turn % 3);
                write_one(&committer, &pool, &format!("shared-{stream}"), events).await;
                appended += events;
            }
            appended
        });
    }
    writers.join_all().await.into_iter().sum()
}

/// Appends to a stream where it now is, however often others were first.
async fn write_one(committer: &Committer, pool: &PgPool, stream: &str, events: usize) {
    loop {
        let version = "SELECT coalesce((SELECT version FROM stream WHERE stream = $1), 0)";
        let version = sqlx::query_scalar(version).bind(stream).fetch_one(pool).await.unwrap();
        let entries = vec![("Noted".to_owned(), whose()); events];
        let append = Append { entries, ..append(stream, version, events) };
        match committer.append(append).await.unwrap() {
            Appended::New(receipt) => {
                assert_eq!(receipt.version, version + i64::try_from(events).unwrap());
                return;
            }
            Appended::Conflict => {}
            Appended::Duplicate(..) => panic!("the command was new"),
        }
    }
}

/// An entry that tells which process wrote it.
fn whose() -> Vec<u8> {
    format!(r#"{{"process":{}}}"#, std::process::id()).into_bytes()
}

/// How often the process that wrote an event is another than the one that wrote the event before.
async fn turns(pool: &PgPool) -> i64 {
    let turns = "SELECT count(*) FROM (
                     SELECT entry <> lag(entry) OVER (ORDER BY position) AS is_turn FROM event) it
                 WHERE is_turn";
    sqlx::query_scalar(turns).fetch_one(pool).await.unwrap()
}

/// Follows as webhooks do, and checks what it is handed.
#[derive(Clone, Default)]
struct Reader(Arc<Mutex<Seen>>);

#[derive(Default)]
struct Seen {
    position: i64,
    versions: HashMap<String, i64>,
    recorded_at: Option<Timestamp>,
}

impl Subscriber for Reader {
    const NAME: &'static str = "reader";
    const GENERATION: i32 = 1;
    const REPLAYABLE: bool = true;

    async fn handle(
        &self,
        _connection: &mut PgConnection,
        entry: &RecordedEntry,
    ) -> Result<(), HandleError> {
        let mut seen = self.0.lock().unwrap();
        assert_eq!(entry.position, seen.position + 1);
        seen.position = entry.position;
        let before = seen.versions.entry(entry.stream.clone()).or_default();
        assert_eq!(entry.version, *before + 1);
        *before = entry.version;
        assert!(seen.recorded_at <= Some(entry.recorded_at), "time ran backwards");
        seen.recorded_at = Some(entry.recorded_at);
        Ok(())
    }
}

/// One batch; whether there was anything.
async fn follow(follower: &mut Follower<Reader>) -> bool {
    match follower.step().await.unwrap() {
        Step::Handled(events) => 0 < events,
        Step::Idle => false,
        other => panic!("nobody else follows, and nothing is refused: {other:?}"),
    }
}

//! A new projection from the first event on, beside `COPY … TO` of the same table.

use std::time::{Duration, Instant};

use futures::TryStreamExt as _;
use sqlx::{Connection, PgConnection, PgPool, postgres::PgPoolOptions};
use toffeepay::{
    event_store::{
        RecordedEntry, read_envelope,
        subscription::{Follower, HandleError, Step, Subscriber, Wake, register},
    },
    ids::SHARD,
};

use crate::{
    bench::{Bench, Question},
    fill,
    load::{Measured, histogram},
};

const EVENTS: u64 = 200_000;

/// Reads every envelope and writes nothing: what is left is the way there.
struct Reads;

impl Subscriber for Reads {
    const NAME: &'static str = "benchmark";
    const GENERATION: i32 = 1;
    const REPLAYABLE: bool = true;

    async fn handle(&self, _: &mut PgConnection, entry: &RecordedEntry) -> Result<(), HandleError> {
        read_envelope(entry).map(drop).map_err(HandleError::refused)
    }
}

pub(crate) async fn run(bench: &mut Bench) {
    let events = if bench.effort.is_smoke { 1_000 } else { EVENTS };
    bench.report.section(
        "Catch-up",
        &format!(
            "A new subscription follows a log of {events} events from the first to the last: it reads \
             and parses every entry and moves its checkpoint with each batch, but has no effect of its \
             own. `COPY … TO` of the same table is what Postgres can give away at most."
        ),
    );
    let database = bench.postgres.database("catch_up_ours").await;
    fill::sessions(&database, 0, events).await;
    let pool = PgPoolOptions::new().max_connections(4).connect(&database.owner_url).await.unwrap();
    let follows = async |_| follow(&pool, events).await;
    let copies = async |_| copy(&database.owner_url, events).await;
    let question =
        Question { what: format!("{events} events"), peer_is: "COPY … TO", goal: None };
    let row = bench.compare(question, follows, copies).await;
    bench.report.comparisons(&[row]);
    pool.close().await;
    bench.postgres.drop("catch_up_ours").await;
}

async fn follow(pool: &PgPool, events: u64) -> Measured {
    sqlx::raw_sql("DELETE FROM subscription").execute(pool).await.unwrap();
    register::<Reads>(pool, SHARD).await.unwrap();
    let mut follower = Follower::new(pool.clone(), Reads, SHARD, &Wake::default());
    let began = Instant::now();
    let mut handled = 0;
    while handled < events {
        match follower.step().await.unwrap() {
            Step::Handled(more) => handled += more as u64,
            other => panic!("{other:?} after {handled} events"),
        }
    }
    follower.release().await;
    counted(handled, began.elapsed())
}

async fn copy(url: &str, events: u64) -> Measured {
    let mut connection = PgConnection::connect(url).await.unwrap();
    let began = Instant::now();
    let mut rows = connection.copy_out_raw("COPY (SELECT * FROM event) TO STDOUT").await.unwrap();
    while rows.try_next().await.unwrap().is_some() {}
    counted(events, began.elapsed())
}

/// So many together, without a time of each.
fn counted(count: u64, elapsed: Duration) -> Measured {
    Measured { count, ..Measured::new(histogram(), elapsed) }
}

//! Webhooks: how soon and how many, and what a crash, a dead endpoint and an old transaction cost.

mod stage;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sqlx::Connection as _;

use crate::{
    bench::{Bench, Question, median},
    load::{Measured, histogram, percentile_ms},
    peers::{HANGS_PATH, TAKES_PATH},
    report::{Goal, Target, rate},
};
use stage::Stage;

const PER_SECOND: u32 = 200;
/// Behind as many messages for a dead endpoint the healthy ones are measured.
const DEAD: usize = 200_000;
/// Endpoints that each hear of every session, where it is counted how many deliveries there can be.
const ENDPOINTS: usize = 4;
/// Sessions of one such round.
const SESSIONS: usize = 5_000;
/// Sessions that are told to all of these endpoints while the old transaction is open, before it is
/// measured what that costs: what ten minutes of 300 deliveries a second leave.
const SESSIONS_BEFORE: usize = 45_000;

pub(crate) async fn run(bench: &mut Bench) {
    bench.report.section(
        "Webhooks",
        "One event `session.created` for each session; a worker in a process of its own follows the log \
         and delivers over HTTP to a receiver in another, which answers at once. `commit to receipt`: from \
         when the event was recorded, within its append, to when the receiver has the request's head. \
         `deliveries`: due to 4 endpoints of 16 at once before the worker begins, each attempt written \
         down; from the first receipt to the last. `followed`: how many of these the log's follower notes. \
         `old transaction`: beside one that was opened before the 180,000 deliveries before. `takeover`: \
         the process that follows and sends is killed, another stands by; from then to the first receipt \
         of what was recorded later.",
    );
    soon(bench).await;
    many(bench).await;
    beside_an_old_transaction(bench).await;
    takeover(bench).await;
}

/// From commit to receipt alone, as often as rounds are asked for.
pub(crate) async fn run_soon(bench: &mut Bench) {
    let what = "From commit to receipt as under `webhooks`, once a round.";
    bench.report.section("Webhooks, how soon", what);
    let mut rows = vec![];
    for round in 1..=bench.effort.rounds {
        rows.push(row(&format!("round {round}"), &alone(bench).await));
    }
    bench.report.table(&SOON, &rows);
}

/// What is told of commit to receipt.
const SOON: [&str; 5] = ["commit to receipt, 200 a second", "messages", "p50", "p95", "p99"];

fn row(what: &str, it: &hdrhistogram::Histogram<u64>) -> Vec<String> {
    let ms = |percentile| format!("{:.1} ms", percentile_ms(it, percentile));
    vec![what.to_owned(), it.len().to_string(), ms(50.0), ms(95.0), ms(99.0)]
}

/// The time that rates are kept up.
fn time(bench: &Bench) -> Duration {
    if bench.effort.is_smoke { Duration::from_millis(300) } else { bench.effort.pace.measure * 4 }
}

fn of_full(bench: &Bench, count: usize) -> usize {
    if bench.effort.is_smoke { count.min(40) } else { count }
}

/// Commit to receipt, with nothing beside it.
async fn alone(bench: &Bench) -> hdrhistogram::Histogram<u64> {
    let name = "webhooks_soon";
    let stage = Stage::new(bench, name).await;
    let time = time(bench);
    bench.progress(&format!("{PER_SECOND} deliveries a second"));
    stage.endpoint(TAKES_PATH).await;
    bench.postgres.settle().await;
    let worker = stage.worker();
    let alone = latencies(&stage, time).await;
    drop(worker);
    stage.end(bench, name).await;
    alone
}

/// Commit to receipt, alone and behind what is due to a dead endpoint.
async fn soon(bench: &mut Bench) {
    let alone = alone(bench).await;
    let name = "webhooks_soon";
    // The healthy endpoint comes later, so that it is not told of all that the dead one is.
    let stage = Stage::new(bench, name).await;
    let dead = of_full(bench, DEAD);
    bench.progress(&format!("{dead} messages for a dead endpoint"));
    stage.endpoint(HANGS_PATH).await;
    stage.sessions(dead).await;
    stage.endpoint(TAKES_PATH).await;
    stage.follow().await;
    bench.postgres.settle().await;
    let worker = stage.worker();
    let behind = latencies(&stage, time(bench)).await;
    drop(worker);
    stage.end(bench, name).await;

    let beside = format!("beside {dead} due to a dead endpoint");
    bench.report.table(&SOON, &[row("alone", &alone), row(&beside, &behind)]);
    let target =
        |what: &str, figure, goal, unit| Target { what: what.to_owned(), figure, goal, unit };
    let (p95, p99) = (percentile_ms(&alone, 95.0), percentile_ms(&alone, 99.0));
    let behind = percentile_ms(&behind, 99.0) / p99;
    bench.report.target(target("commit to receipt, p95", p95, Goal::AtMost(25.0), " ms"));
    bench.report.target(target("commit to receipt, p99", p99, Goal::AtMost(50.0), " ms"));
    bench.report.target(target(
        "p99 beside a dead endpoint / alone",
        behind,
        Goal::AtMost(2.0),
        "",
    ));
}

async fn latencies(stage: &Stage, time: Duration) -> hdrhistogram::Histogram<u64> {
    // Connections are made, and what was due before is over.
    stage.sessions_at(PER_SECOND, time / 4).await;
    stage.until_delivered().await;
    drop(stage.received().await);
    stage.sessions_at(PER_SECOND, time).await;
    stage.until_delivered().await;
    stage.latencies(&stage.received().await).await
}

/// A stage with endpoints that take all that they are sent.
async fn taking(bench: &Bench, name: &str) -> Stage {
    let stage = Stage::new(bench, name).await;
    for _ in 0..ENDPOINTS {
        stage.endpoint(TAKES_PATH).await;
    }
    stage
}

/// Has so many sessions told of; how fast they were noted, and how fast they were delivered.
async fn told(stage: &Stage, sessions: usize) -> (f64, Measured) {
    stage.sessions(sessions).await;
    let followed = stage.follow().await;
    drop(stage.received().await);
    let count = sessions * ENDPOINTS;
    let before = attempts(stage).await;
    let began = micros_now();
    let worker = stage.worker();
    stage.until_delivered().await;
    drop(worker);
    let made = attempts(stage).await - before;
    // All endpoints are sent the same ids, so that of each the first receipt is known.
    let received = stage.received().await;
    let first = received.values().min().copied().unwrap_or(began);
    let last: Option<i64> = sqlx::query_scalar(
        "SELECT (extract(epoch FROM max(written_at)) * 1000000)::bigint FROM webhook_attempt",
    )
    .fetch_one(&stage.pool)
    .await
    .unwrap();
    assert!(count as i64 <= made, "{made} attempts of {count} are written down");
    let elapsed = last.unwrap_or_default().unsigned_abs().saturating_sub(first).max(1);
    let measured = Measured::new(histogram(), Duration::from_micros(elapsed));
    (count as f64 / followed.as_secs_f64(), Measured { count: count as u64, ..measured })
}

async fn attempts(stage: &Stage) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM webhook_attempt").fetch_one(&stage.pool).await.unwrap()
}

fn micros_now() -> u64 {
    u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_micros()).unwrap()
}

async fn many(bench: &mut Bench) {
    let name = "webhooks_many";
    let stage = taking(bench, name).await;
    let sessions = of_full(bench, SESSIONS);
    let (mut followed, mut delivered) = (vec![], vec![]);
    for round in 1..=bench.effort.rounds {
        bench.progress(&format!("deliveries: round {round} of {}", bench.effort.rounds));
        let (noted, measured) = told(&stage, sessions).await;
        followed.push(noted);
        delivered.push(measured.per_second());
        bench.postgres.settle().await;
    }
    stage.end(bench, name).await;
    let (followed, delivered) = (median(followed), median(delivered));
    bench.report.table(
        &["what", "median of the rounds"],
        &[
            vec!["deliveries".to_owned(), rate(delivered)],
            vec!["followed".to_owned(), rate(followed)],
        ],
    );
    let goal = Goal::AtLeast(2_000.0);
    let what = "deliveries".to_owned();
    bench.report.target(Target { what, figure: delivered, goal, unit: "/s" });
}

async fn beside_an_old_transaction(bench: &mut Bench) {
    let names = ["webhooks_old", "webhooks_new"];
    let (old, new) = (taking(bench, names[0]).await, taking(bench, names[1]).await);
    let mut connection = old.pool.acquire().await.unwrap();
    let mut transaction = connection.begin().await.unwrap();
    let open = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM webhook_due";
    sqlx::raw_sql(open).execute(&mut *transaction).await.unwrap();
    let (before, sessions) = (of_full(bench, SESSIONS_BEFORE), of_full(bench, SESSIONS));
    bench.progress(&format!("{} deliveries before", before * ENDPOINTS));
    told(&old, before).await;
    told(&new, before).await;
    let question = Question {
        what: "deliveries beside an old transaction".to_owned(),
        peer_is: "without",
        goal: Some(0.85),
    };
    let beside = async |_| told(&old, sessions).await.1;
    let without = async |_| told(&new, sessions).await.1;
    let row = bench.compare(question, beside, without).await;
    bench.report.comparisons(&[row]);
    transaction.rollback().await.unwrap();
    drop(connection);
    old.end(bench, names[0]).await;
    new.end(bench, names[1]).await;
}

async fn takeover(bench: &mut Bench) {
    let name = "webhooks_takeover";
    let stage = Stage::new(bench, name).await;
    stage.endpoint(TAKES_PATH).await;
    let mut at_work = stage.worker();
    let mut gaps = vec![];
    for round in 1..=bench.effort.rounds {
        bench.progress(&format!("takeover: round {round} of {}", bench.effort.rounds));
        stage.sessions_at(PER_SECOND, Duration::from_millis(500)).await;
        stage.until_delivered().await;
        let stands_by = stage.worker();
        stage.sessions_at(PER_SECOND, Duration::from_millis(500)).await;
        stage.until_delivered().await;
        drop(stage.received().await);
        drop(at_work);
        let killed = micros_now();
        stage.sessions(1).await;
        stage.until_delivered().await;
        let first = stage.received().await.into_values().min().unwrap();
        gaps.push(first.saturating_sub(killed) as f64 / 1_000_000.0);
        at_work = stands_by;
    }
    drop(at_work);
    stage.end(bench, name).await;
    let longest = gaps.iter().copied().fold(0.0, f64::max);
    let what = "takeover, the longest".to_owned();
    let cells = vec![what.clone(), format!("{longest:.2} s")];
    bench.report.table(&["what", "of the rounds"], &[cells]);
    bench.report.target(Target { what, figure: longest, goal: Goal::AtMost(2.0), unit: " s" });
}

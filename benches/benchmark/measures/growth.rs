//! What a log of millions of events costs: speed, memory, disk.

use std::{sync::Arc, time::Duration};

use sqlx::{Connection, PgConnection};

use super::mixed;
use crate::{
    bench::{Bench, Question},
    fill, load,
    postgres::Database,
    report::{Compared, Goal, Target, bytes, rate, times},
    requests::{Creates, Statuses},
    service::{Process, Site},
    sessions::{self, Until},
};

const CONNECTIONS: usize = 64;
/// Sessions that are asked for.
const SESSIONS: usize = 2_000;
/// What a worker follows the log with: for provider calls, and for webhooks.
const FOLLOWERS: i64 = 2;
const MB: f64 = 1_000_000.0;
const LOOK_EVERY: Duration = Duration::from_millis(20);

pub(crate) async fn run(bench: &mut Bench) {
    bench.report.section(
        "Growth",
        "The same database with ever more sessions of one event each, put there by SQL with all the \
         rows that an append writes, beside an empty one that has only what is measured: in turns. \
         CreateSession flat out by 64 connections; pending statuses of 2,000 sessions out of all; then \
         the mix of above. Memory is that of the API's process at the end, and the most that it was.",
    );
    let empty = Site::new(bench.postgres.database("growth_empty").await);
    let site = Site::new(bench.postgres.database("growth_ours").await);
    subscribe(&site).await;
    let (mut compared, mut rows, mut most_memory) = (vec![], vec![], None);
    let mut there = 0;
    let asked = if bench.effort.is_smoke { 50 } else { SESSIONS };
    for events in bench.effort.events.clone() {
        bench.progress(&format!("filling the log to {events} events"));
        let size_before = size(&site.database).await;
        fill::sessions(&site.database, there, events).await;
        let added = events.saturating_sub(there);
        let grown_by = size(&site.database).await.saturating_sub(size_before);
        there = there.max(events);
        bench.postgres.settle().await;

        let (api, empty_api) = (site.serve("api"), empty.serve("api"));
        let ids = if there == 0 {
            sessions::open(&site, api.address, asked, Until::Pending).await
        } else {
            Arc::new(fill::some(&site.database, there, asked).await)
        };
        let is_last = bench.effort.events.last() == Some(&events);
        compared.extend(
            beside_empty(bench, (&site, &api, &ids), (&empty, &empty_api), events, is_last).await,
        );
        drop(empty_api);
        let worker = site.serve("worker");
        let mix = mixed::load_on(bench, &site, &api, &ids).await;
        drop(worker);
        let memory = api.memory();
        most_memory = most_memory.max(memory.map(|(_, most)| most));
        rows.push(vec![
            events.to_string(),
            rate(mix.per_second()),
            times(&mix),
            memory.map_or("?".to_owned(), |(now, most)| format!("{}, {}", bytes(now), bytes(most))),
            grown_by.checked_div(added).map_or("–".to_owned(), bytes),
        ]);
    }
    bench.report.comparisons(&compared);
    let head =
        ["events", "mixed", "p50, p99", "memory now, most", "disk for each session put there"];
    bench.report.table(&head, &rows);
    if let Some(most) = most_memory {
        bench.report.target(Target {
            what: "most memory of the API".to_owned(),
            figure: most as f64 / MB,
            goal: Goal::AtMost(150.0),
            unit: " MB",
        });
    }
    for name in ["growth_ours", "growth_empty"] {
        bench.postgres.drop(name).await;
    }
}

/// What a grown log costs, beside an empty one.
async fn beside_empty(
    bench: &Bench,
    (site, api, ids): (&Site, &Process, &Arc<Vec<String>>),
    (empty, empty_api): (&Site, &Process),
    events: u64,
    is_last: bool,
) -> [Compared; 2] {
    let connections = bench.effort.at_once(CONNECTIONS);
    let creates =
        |key: &str| (0..connections).map(|_| Creates::new(key, false)).collect::<Vec<_>>();
    let asks = |key: &str, ids: &Arc<Vec<String>>| {
        (0..connections).map(|nth| Statuses::new(key, ids, nth)).collect::<Vec<_>>()
    };
    let few = sessions::open(empty, empty_api.address, ids.len(), Until::Pending).await;
    let question = |what: &str, goal: Option<f64>| Question {
        what: format!("{what} at {events} events"),
        peer_is: "empty log",
        goal: goal.filter(|_| is_last),
    };
    let grown = async |pace| load::run(&[api.address], creates(&site.api_key), pace).await;
    let by_empty =
        async |pace| load::run(&[empty_api.address], creates(&empty.api_key), pace).await;
    let created = bench.compare(question("CreateSession", Some(0.9)), grown, by_empty).await;
    let grown = async |pace| load::run(&[api.address], asks(&site.api_key, ids), pace).await;
    let by_empty =
        async |pace| load::run(&[empty_api.address], asks(&empty.api_key, &few), pace).await;
    [created, bench.compare(question("pending status", None), grown, by_empty).await]
}

/// Has a worker begin to follow the log, so that it need not go through what is put there.
async fn subscribe(site: &Site) {
    let _worker = site.serve("worker");
    let mut owner = PgConnection::connect(&site.database.owner_url).await.unwrap();
    let mut followers = 0;
    while followers < FOLLOWERS {
        tokio::time::sleep(LOOK_EVERY).await;
        let count = sqlx::query_scalar("SELECT count(*) FROM subscription");
        followers = count.fetch_one(&mut owner).await.unwrap();
    }
}

async fn size(database: &Database) -> u64 {
    let mut connection = PgConnection::connect(&database.owner_url).await.unwrap();
    let size: i64 = sqlx::query_scalar("SELECT pg_database_size(current_database())")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    size.try_into().unwrap()
}

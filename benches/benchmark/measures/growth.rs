//! What a log of millions of events costs: speed, memory, disk.

use std::time::Duration;

use sqlx::{Connection, PgConnection};

use super::mixed;
use crate::{
    bench::Bench,
    fill,
    load::{self, Measured},
    postgres::Database,
    report::{Goal, Target, bytes, rate, times},
    requests::Creates,
    service::{Process, Site},
};

const CONNECTIONS: usize = 64;
/// What a worker follows the log with: for provider calls, and for webhooks.
const FOLLOWERS: i64 = 2;
const MB: f64 = 1_000_000.0;
const LOOK_EVERY: Duration = Duration::from_millis(20);

pub(crate) async fn run(bench: &mut Bench) {
    bench.report.section(
        "Growth",
        "The same database with ever more sessions of one event each, put there by SQL with all the \
         rows that an append writes. CreateSession flat out by 64 connections, then the mix of above. \
         Memory is that of the API's process at the end of the load, and the most that it was.",
    );
    let site = Site::new(bench.postgres.database("growth_ours").await);
    subscribe(&site).await;
    let (mut rows, mut bars) = (vec![], vec![]);
    let (mut there, mut most_memory) = (0, 0);
    for events in bench.effort.events.clone() {
        bench.progress(&format!("filling the log to {events} events"));
        fill::sessions(&site.database, there, events).await;
        there = events;
        bench.postgres.settle().await;
        let size_before = size(&site.database).await;
        let api = site.serve("api");
        let created = creates(bench, &site, &api, events).await;
        let worker = site.serve("worker");
        let mix = mixed::load_on(bench, &site, &api).await;
        drop(worker);
        let (now, most) = api.memory().unwrap_or_default();
        most_memory = most_memory.max(most);
        let of_each = size_before.checked_div(events).map_or("–".to_owned(), bytes);
        rows.push(vec![
            events.to_string(),
            rate(created.per_second()),
            times(&created),
            rate(mix.per_second()),
            times(&mix),
            format!("{}, {}", bytes(now), bytes(most)),
            of_each,
        ]);
        bars.push((format!("{events} events"), created.per_second()));
    }
    bench.report.table(
        &[
            "events",
            "CreateSession",
            "p50, p99",
            "mixed",
            "p50, p99",
            "memory now, most",
            "disk a session",
        ],
        &rows,
    );
    bench.report.bars(&bars, "/s");
    if let [(_, first), .., (label, last)] = &bars[..] {
        bench.report.target(Target {
            what: format!("CreateSession at {label} / at none"),
            figure: last / first,
            goal: Goal::AtLeast(0.9),
            unit: "",
        });
    }
    bench.report.target(Target {
        what: "most memory of the API".to_owned(),
        figure: most_memory as f64 / MB,
        goal: Goal::AtMost(150.0),
        unit: " MB",
    });
    bench.postgres.drop("growth_ours").await;
}

/// CreateSession on a log of so many events: the median round.
async fn creates(bench: &Bench, site: &Site, api: &Process, events: u64) -> Measured {
    let mut rounds = vec![];
    for _ in 0..bench.effort.rounds {
        bench.progress(&format!("CreateSession at {events} events"));
        let scripts = (0..CONNECTIONS).map(|_| Creates::new(&site.api_key, false));
        rounds.push(load::run(&[api.address], scripts, bench.effort.pace).await);
        bench.postgres.settle().await;
    }
    rounds.sort_by(|a, b| a.per_second().total_cmp(&b.per_second()));
    rounds.swap_remove(rounds.len() / 2)
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

//! What a log of millions of events costs: speed, memory, disk.

mod beside;

use std::time::Duration;

use sqlx::{Connection, PgConnection};

use super::mixed;
use crate::{
    bench::Bench,
    fill,
    postgres::Database,
    report::{Goal, Target, bytes, rate, times},
    service::Site,
};

use beside::{Side, beside_empty};

/// What a worker follows the log with: for provider calls, and for webhooks.
const FOLLOWERS: i64 = 2;
const MB: f64 = 1_000_000.0;
const LOOK_EVERY: Duration = Duration::from_millis(20);

pub(crate) async fn run(bench: &mut Bench) {
    bench.report.section(
        "Growth",
        "The same database with ever more sessions of one event each, put there by SQL with all the \
         rows that an append writes. First the mix of above on it; then everything in turns with an \
         empty one, made anew for each step: all by 64 callers or connections, flat out; pending statuses \
         of 2,000 sessions out of all, final ones of 2,000 just cancelled, pages of sessions just opened. \
         CreateSession is measured in more turns, from one checkpoint on and from its first moment: it \
         costs most at first, until each page of the indexes was written whole once. Its ratio is of \
         all turns together, its rounds are the quarters of that time. All else begins each round after \
         a checkpoint. Memory is that of the API's process at the end, and the most that it was.",
    );
    let site = Site::new(bench.postgres.database("growth_ours").await);
    subscribe(&site).await;
    let (mut compared, mut courses, mut rows, mut most_memory) = (vec![], vec![], vec![], None);
    let mut there = 0;
    for events in bench.effort.events.clone() {
        bench.progress(&format!("filling the log to {events} events"));
        let size_before = size(&site.database).await;
        fill::sessions(&site.database, there, events).await;
        let added = events.saturating_sub(there);
        let grown_by = size(&site.database).await.saturating_sub(size_before);
        there = there.max(events);

        let grown = Side::new(bench, &site, there).await;
        let worker = site.serve("worker");
        let mix = mixed::load_on(bench, &site, &grown.api, &grown.pending).await;
        drop(worker);
        let is_last = bench.effort.events.last() == Some(&events);
        let found = {
            let empty = Site::new(bench.postgres.database("growth_empty").await);
            let empty = Side::new(bench, &empty, 0).await;
            beside_empty(bench, &grown, &empty, events, is_last).await
        };
        compared.extend(found.compared);
        let quarters = found.creates.quarters.iter().zip(1..);
        courses.extend(
            quarters.map(|(ratio, nth)| (format!("{events} events, quarter {nth}"), *ratio)),
        );
        let memory = grown.api.memory();
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
    bench.report.say("CreateSession from the checkpoint on, beside the empty log:\n");
    bench.report.bars(&courses, "×");
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

//! CreateSession over HTTP, durable, with the key's check, validation and the read model.

use std::time::Duration;

use sqlx::{Connection, Executor, PgConnection};

use crate::{
    bench::{Bench, Question},
    load::{self, Pace},
    measures::append::{BARE, Template},
    peers::{Peer, STOCK_CREATE_PATH, STOCK_SCHEMA},
    postgres::Script,
    report::{Compared, Goal, Target, rate, times},
    requests::Creates,
    service::{Process, Site},
};

const CONNECTIONS: [usize; 2] = [64, 256];

pub(crate) async fn run(bench: &mut Bench) {
    bench.report.section(
        "CreateSession over HTTP",
        "Connect's JSON over HTTP/1.1 with keep-alive. `do-nothing`: the same Connect server with a \
         handler that returns a constant. `stock service`: a minimal axum service on cqrs-es and \
         postgres-es with 32 database connections, without keys and read models. `bare insert`: \
         pgbench inserts one row with the event's bytes for each transaction, without HTTP, on a \
         connection for each client.",
    );
    let site = Site::new(bench.postgres.database("create_ours").await);
    let ours = site.serve("api");
    let peers_at = bench.postgres.bare_database("create_peers").await;
    let mut owner = PgConnection::connect(&peers_at.owner_url).await.unwrap();
    owner.execute(BARE).await.unwrap();
    owner.execute(STOCK_SCHEMA).await.unwrap();
    let nothing = Peer::Nothing { static_bytes: 0 }.start();
    let stock = Peer::Stock { database_url: peers_at.owner_url.clone() }.start();
    let insert =
        Template::new(&bench.postgres.database("create_template").await).await.bare_insert();

    let mut rows = vec![];
    for connections in CONNECTIONS.map(|it| bench.effort.at_once(it)) {
        let creates = |is_idempotent: bool| {
            (0..connections).map(move |_| is_idempotent).map(|it| Creates::new(&site.api_key, it))
        };
        let at_64 = connections == 64;
        let question = |with_key: &str, peer_is, goal: Option<f64>| Question {
            what: format!("{connections} connections{with_key}"),
            peer_is,
            goal: goal.filter(|_| at_64),
        };
        let plain = async |pace| load::run(&[ours.address], creates(false), pace).await;
        let idempotent = async |pace| load::run(&[ours.address], creates(true), pace).await;
        let bare = async |pace: Pace| {
            bench.postgres.pgbench(&peers_at, &Script::Own(&insert), connections, pace)
        };
        let at_peer = |path| (0..connections).map(move |_| Creates::at(path));
        let by_nothing = async |pace| {
            let path = "/pay.v1.PaymentService/CreateSession";
            load::run(&[nothing.address], at_peer(path), pace).await
        };
        let by_stock =
            async |pace| load::run(&[stock.address], at_peer(STOCK_CREATE_PATH), pace).await;
        rows.push(bench.compare(question("", "bare insert", Some(1.2)), plain, bare).await);
        let with_key = " with Idempotency-Key";
        rows.push(
            bench.compare(question(with_key, "bare insert", Some(1.0)), idempotent, bare).await,
        );
        rows.push(bench.compare(question("", "stock service", Some(8.0)), plain, by_stock).await);
        rows.push(bench.compare(question("", "do-nothing", None), plain, by_nothing).await);
    }
    bench.report.comparisons(&rows);

    tails(bench, &site, &ours, &rows[0]).await;
    drop((ours, nothing, stock, owner));
    for name in ["create_ours", "create_peers", "create_template"] {
        bench.postgres.drop(name).await;
    }
}

/// How slow the slowest hundredth is, flat out as it was and at half of that.
async fn tails(bench: &mut Bench, site: &Site, ours: &Process, peak: &Compared) {
    let every = Duration::from_secs_f64(64.0 * 2.0 / peak.ours.per_second().max(1.0));
    let half = Pace { every: Some(every), ..bench.effort.pace };
    let mut rounds = vec![];
    for _ in 0..bench.effort.rounds {
        bench.progress("64 connections at half of the peak");
        let scripts = (0..64).map(|_| Creates::new(&site.api_key, false));
        rounds.push(load::run(&[ours.address], scripts, half).await);
        bench.postgres.settle().await;
    }
    rounds.sort_by(|a, b| a.p99_ms().total_cmp(&b.p99_ms()));
    let at_half = rounds.swap_remove((rounds.len() - 1) / 2);
    let half = ("at half of the peak", &at_half, at_half.p99_ms(), 2.0);
    let lines = [("flat out", &peak.ours, peak.p99_ms, 5.0), half];
    let cells = lines.map(|(name, it, figure, goal)| {
        let what = format!("p99 of 64 connections {name}");
        bench.report.target(Target { what, figure, goal: Goal::AtMost(goal), unit: " ms" });
        vec![
            name.to_owned(),
            rate(it.per_second()),
            times(it),
            format!("{figure:.2} ms"),
            format!("{goal} ms"),
        ]
    });
    bench.report.table(
        &["64 connections", "rate", "p50, p99", "p99, median of the rounds", "at most"],
        &cells,
    );
}

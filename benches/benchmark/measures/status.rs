//! GetSessionStatus over HTTP: what game servers ask most.

use crate::{
    bench::{Bench, Question},
    load::{self, Pace},
    peers::Peer,
    postgres::Script,
    requests::Statuses,
    service::Site,
    sessions::{self, Until},
};

const CONNECTIONS: usize = 64;
/// Sessions that are asked for.
const SESSIONS: usize = 2_000;
/// pgbench's own table: 100,000 rows for each, all in memory.
const SCALE: u32 = 1;

pub(crate) async fn run(bench: &mut Bench) {
    bench.report.section(
        "GetSessionStatus over HTTP",
        "2,000 sessions, asked for in turns by 64 connections. `do-nothing`: the same Connect server \
         with a handler that returns a constant. `pgbench -S`: one look-up by primary key for each \
         transaction among 100,000 rows in memory, 64 clients, without HTTP and without a key to check. \
         `final`: cancelled, and asked for before.",
    );
    let site = Site::new(bench.postgres.database("status_ours").await);
    let ours = site.serve("api");
    let nothing = Peer::Nothing { static_bytes: 0 }.start();
    let look_ups = bench.postgres.bare_database("status_peer").await;
    tokio::task::block_in_place(|| bench.postgres.pgbench_initialize(&look_ups, SCALE));
    let count = if bench.effort.is_smoke { 50 } else { SESSIONS };
    let pending = sessions::open(&site, ours.address, count, Until::Pending).await;
    let done = sessions::open(&site, ours.address, count, Until::Cancelled).await;

    let key = site.api_key.as_str();
    let connections = bench.effort.at_once(CONNECTIONS);
    let asks = |ids| (0..connections).map(move |nth| Statuses::new(key, ids, nth));
    let by_nothing = async |pace| load::run(&[nothing.address], asks(&pending), pace).await;
    let of_done = async |pace| load::run(&[ours.address], asks(&done), pace).await;
    let of_pending = async |pace| load::run(&[ours.address], asks(&pending), pace).await;
    let select =
        async |pace: Pace| bench.postgres.pgbench(&look_ups, &Script::Select, connections, pace);
    let question = |what: &str, peer_is, goal| Question { what: what.to_owned(), peer_is, goal };
    let rows = [
        bench.compare(question("final", "do-nothing", Some(0.95)), of_done, by_nothing).await,
        bench.compare(question("pending", "pgbench -S", Some(0.85)), of_pending, select).await,
        bench.compare(question("pending", "do-nothing", None), of_pending, by_nothing).await,
    ];
    bench.report.comparisons(&rows);
    drop((ours, nothing));
    for name in ["status_ours", "status_peer"] {
        bench.postgres.drop(name).await;
    }
}
